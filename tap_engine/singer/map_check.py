"""What can be wrong with the setting `stream_maps`, found before the first record goes out."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from singer_sdk import mapper as sdk
from singer_sdk.exceptions import MapExpressionError, StreamMapConfigError

from tap_engine.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tap_engine.singer.stream import EngineStream

OPTIONS = {
    sdk.MAPPER_ALIAS_OPTION,
    sdk.MAPPER_ELSE_OPTION,
    sdk.MAPPER_FILTER_OPTION,
    sdk.MAPPER_KEY_PROPERTIES_OPTION,
    sdk.MAPPER_SOURCE_OPTION,
}
VALUES = {"_", "record", "config", "self", "__stream_name__", "__original_stream_name__"}
"""What an expression may name besides members and functions."""

RECORDS = ("_", "record")


def check(
    mapper: sdk.PluginMapper, known: Collection[str], streams: Iterable[EngineStream]
) -> None:
    """Check the stream maps of the streams that are read.

    Args:
        mapper: The tap's mapper.
        known: Names of all streams of the tap.
        streams: The streams that are read.

    Raises:
        SettingsError: A map names a stream or a member that does not exist, removes a key, or is no
            expression.
    """
    given = mapper.stream_maps_dict
    for name, definition in given.items():
        if not any(fnmatchcase(stream, _source(name, definition)) for stream in known):
            _refuse(f"there is no stream {_source(name, definition)!r:.60}")
    for stream in streams:
        try:
            functions = [set(each.functions) for each in stream.stream_maps if _is_custom(each)]
        except (MapExpressionError, StreamMapConfigError, NotImplementedError) as error:
            _refuse(f"{stream.name}: {str(error).rstrip('.')}")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            _refuse(f"{stream.name}: the map has not the form of one ({error})")
        members = {*stream.schema["properties"], *stream.selected_schema["properties"]}
        allowed = members.union(VALUES, *functions)
        for name, definition in given.items():
            source = _source(name, definition)
            if isinstance(definition, dict) and fnmatchcase(stream.name, source):
                for fault in _faults(definition, members, allowed, mapper.map_config or {}):
                    _refuse(f"{stream.name}: {fault}")
                if source == stream.name:
                    for member in sorted(_removed(definition) - members):
                        _refuse(f"{stream.name}: there is no member {member!r:.60} to remove")


def explained(error: Exception) -> str:
    """Return why a map failed on a record, without the values in it."""
    cause = error.__cause__ or error
    if isinstance(error, KeyError):
        return f"there is no {error}"
    if isinstance(error, MapExpressionError | AttributeError | TypeError):
        return str(cause)
    return type(error).__name__


def _refuse(fault: str) -> None:
    msg = f"setting stream_maps: {fault}"
    raise SettingsError(msg) from None


def _is_custom(stream_map: sdk.StreamMap) -> bool:
    return isinstance(stream_map, sdk.CustomStreamMap)


def _source(name: str, definition: object) -> str:
    inside = definition if isinstance(definition, dict) else {}
    return str(inside.get(sdk.MAPPER_SOURCE_OPTION, name))


def _removed(definition: Mapping[str, Any]) -> set[str]:
    return {
        name
        for name, each in definition.items()
        if name not in OPTIONS and each in (None, sdk.NULL_STRING)
    }


def _faults(
    definition: Mapping[str, Any],
    members: Collection[str],
    allowed: Collection[str],
    config: Mapping[str, Any],
) -> Iterator[str]:
    """Yield what is wrong with the options and expressions of a map that the SDK accepts."""
    for name, expression in definition.items():
        if name.startswith("__") and name not in OPTIONS and name not in members:
            yield f"there is no option {name!r:.60}"
        if not isinstance(expression, str) or expression == sdk.NULL_STRING:
            continue
        if name in OPTIONS - {sdk.MAPPER_FILTER_OPTION}:
            continue
        nodes = list(ast.walk(ast.parse(expression)))
        bound = {
            node.id
            for node in nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        for node in nodes:
            if isinstance(node, ast.Name) and node.id not in bound and node.id not in allowed:
                yield f"there is no member {node.id!r:.60}, which {name!r:.60} is made from"
            match node:
                case ast.Subscript(value=ast.Name(id=where), slice=ast.Constant(value=str(member))):
                    if where in RECORDS and member not in members:
                        yield f"there is no member {member!r:.60}, which {name!r:.60} is made from"
                    if where == "config" and member not in config:
                        yield f"stream_map_config has no {member!r:.60}, which {name!r:.60} needs"
