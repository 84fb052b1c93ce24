"""Writes partial records, such as tombstones, of which only a few members are known.

Stream maps are written for whole records; their filters and expressions would fail on missing
members. So only the parts of a map that decide which row of the target is meant are applied.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from singer_sdk.exceptions import MapExpressionError
from singer_sdk.mapper import NULL_STRING, PluginMapper
from singer_sdk.singerlib import RecordMessage

from tap_engine.errors import StreamError

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping, Sequence

    from singer_sdk.mapper import StreamMap

    from tap_engine.singer.writer import RecordWriter

Partial = list[dict[str, Any]]

_FILTER, _KEYS = "__filter__", "__key_properties__"


class Mapped(Protocol):
    """What writing partial records needs from a stream."""

    name: str
    keys: tuple[str, ...]
    replication_key: str | None
    primary_keys: Sequence[str]

    @property
    def logger(self) -> logging.Logger:
        """Logger of the stream."""

    @property
    def config(self) -> Mapping[str, Any]:
        """Settings of the tap."""

    @property
    def added_properties(self) -> Mapping[str, Mapping[str, Any]]:
        """Properties of records beyond those of the schema file."""

    @property
    def selected_schema(self) -> dict[str, Any]:
        """The schema, reduced to the selected members."""


def write(stream: Mapped, records: Partial, writer: RecordWriter, mapper: PluginMapper) -> int:
    """Write records that only have keys, replication key and added properties.

    Args:
        stream: The stream.
        records: The records.
        writer: Writes the messages.
        mapper: The tap's mapper.

    Returns:
        The number of records.

    Raises:
        StreamError: A stream map builds the key from missing members.
    """
    maps = _reduced_maps(stream, mapper)
    for record in records:
        added = {name: record[name] for name in stream.added_properties if name in record}
        for each in maps:
            try:
                mapped = each.transform(dict(record))
            except (MapExpressionError, AttributeError, KeyError, TypeError) as error:
                msg = f"{stream.name}: stream_maps cannot build a key without the record: {error}"
                raise StreamError(msg) from None
            if mapped is not None:
                writer.write_message(
                    RecordMessage(
                        stream=each.stream_alias,
                        record={**mapped, **added},
                        time_extracted=datetime.now(UTC),
                    )
                )
    return len(records)


def declare(added: Mapping[str, Mapping[str, Any]], stream_map: StreamMap) -> None:
    """Declare added properties in the output of a stream map.

    The catalog may deselect or lack them, and a map may drop what it does not name. Without its
    mark, a record would blank the row it should mark.
    """
    properties = stream_map.transformed_schema.get("properties", {})
    for name, node in added.items():
        properties.setdefault(name, dict(node))


def _reduced_maps(stream: Mapped, mapper: PluginMapper) -> list[StreamMap]:
    """Return the stream maps without filters and without expressions for other members."""
    kept = {*stream.keys, stream.replication_key}
    given = stream.config.get("stream_maps") or {}
    reduced = {
        name: _reduced(each, kept) if isinstance(each, dict) else each
        for name, each in given.items()
    }
    own = PluginMapper({**stream.config, "stream_maps": reduced}, stream.logger)
    # The SDK removes `__else__` from the settings when it first reads them.
    own.default_mapper_type = mapper.default_mapper_type
    own.register_raw_stream_schema(stream.name, stream.selected_schema, stream.primary_keys)
    return own.stream_maps[stream.name]


def _reduced(definition: dict[str, Any], kept: set[str | None]) -> dict[str, Any]:
    wanted = kept | set(definition.get(_KEYS) or ())
    return {
        name: each
        for name, each in definition.items()
        if name != _FILTER
        and (name.startswith("__") or each in (None, NULL_STRING) or name in wanted)
    }
