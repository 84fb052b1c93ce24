"""What can be wrong with the setting `stream_maps`, found before the first record goes out."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Protocol

from singer_sdk import mapper as sdk
from singer_sdk.exceptions import MapExpressionError, StreamMapConfigError

from tap_engine.errors import SettingsError
from tap_engine.singer.maps import source_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

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


class Mapped(Protocol):
    """What is needed of a stream to check its maps."""

    name: str

    @property
    def schema(self) -> dict[str, Any]:
        """The schema of all members."""

    @property
    def selected_schema(self) -> dict[str, Any]:
        """The schema, reduced to the selected members."""

    @property
    def stream_maps(self) -> list[sdk.StreamMap]:
        """The maps, the first of which writes under the stream's own name."""


def check(mapper: sdk.PluginMapper, known: Collection[str], streams: Iterable[Mapped]) -> None:
    """Check the stream maps of the streams that are read.

    Args:
        mapper: The tap's mapper.
        known: Names of all streams of the tap.
        streams: The streams that are read.

    Raises:
        SettingsError: A map names a stream or a member that does not exist, removes a key, or is no
            expression.
    """
    for name, definition in mapper.stream_maps_dict.items():
        source = source_of(name, definition)
        # An entry that changes nothing may be for any stream.
        if definition != {} and not any(fnmatchcase(stream, source) for stream in known):
            msg = f"setting stream_maps: there is no stream {source!r:.60}"
            raise SettingsError(msg)
    for stream in streams:
        if fault := next(_faults(mapper, stream), None):
            msg = f"setting stream_maps: {stream.name}: {fault}"
            raise SettingsError(msg)


def why_failed(error: Exception, members: Collection[str]) -> str:
    """Return why a map failed on a record, without values of the record.

    Args:
        error: What was raised.
        members: Declared members of the stream.
    """
    if isinstance(error, KeyError):
        name = error.args[0] if error.args else None
        return f"there is no {name!r}" if name in members else "KeyError"
    if isinstance(error, MapExpressionError | AttributeError | TypeError):
        return str(error.__cause__ or error)
    return type(error).__name__


def _faults(mapper: sdk.PluginMapper, stream: Mapped) -> Iterator[str]:
    try:
        maps = stream.stream_maps
    except (MapExpressionError, StreamMapConfigError, NotImplementedError) as error:
        yield str(error).rstrip(".")
        return
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        yield f"the map has not the form of one ({error})"
        return
    members = {*stream.schema["properties"], *stream.selected_schema["properties"]}
    functions = [set(each.functions) for each in maps if isinstance(each, sdk.CustomStreamMap)]
    names = members.union(VALUES, *functions)
    for name, definition in mapper.stream_maps_dict.items():
        source = source_of(name, definition)
        if isinstance(definition, dict) and fnmatchcase(stream.name, source):
            yield from _faults_of(definition, members, names, mapper.map_config or {})
            if source == stream.name:  # a pattern is also for streams without the member
                for member in sorted(_removed(definition) - members):
                    yield f"there is no member {member!r:.60} to remove"


def _removed(definition: Mapping[str, Any]) -> set[str]:
    return {
        name
        for name, each in definition.items()
        if name not in OPTIONS and each in (None, sdk.NULL_STRING)
    }


def _faults_of(
    definition: Mapping[str, Any],
    members: Collection[str],
    names: Collection[str],
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
            if isinstance(node, ast.Name) and node.id not in bound and node.id not in names:
                yield f"there is no member {node.id!r:.60}, which {name!r:.60} is made from"
            match node:
                case ast.Subscript(value=ast.Name(id=where), slice=ast.Constant(value=str(member))):
                    if where in RECORDS and member not in members:
                        yield f"there is no member {member!r:.60}, which {name!r:.60} is made from"
                    if where == "config" and member not in config:
                        yield f"stream_map_config has no {member!r:.60}, which {name!r:.60} needs"
