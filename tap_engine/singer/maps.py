"""What the setting `stream_maps` means for one stream."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from singer_sdk.mapper import MAPPER_SOURCE_OPTION, RemoveRecordTransform

if TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk.mapper import PluginMapper, StreamMap


def source_of(name: str, definition: object) -> str:
    """Return the stream, or the pattern of streams, that an entry applies to."""
    inside = definition if isinstance(definition, dict) else {}
    return str(inside.get(MAPPER_SOURCE_OPTION, name))


def definitions(mapper: PluginMapper, stream: str) -> dict[str, Any]:
    """Return the entries that apply to a stream, with the values that they may use."""
    applied = {
        name: each
        for name, each in mapper.stream_maps_dict.items()
        if fnmatchcase(stream, source_of(name, each))
    }
    return {"maps": applied, "config": mapper.map_config} if applied else {}


def lets_nothing_out(maps: Iterable[StreamMap]) -> bool:
    """Return whether stream maps drop every record."""
    return all(isinstance(each, RemoveRecordTransform) for each in maps)
