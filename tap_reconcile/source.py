"""The source's side: a full walk of a stream, as keys and timestamps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from singer_sdk.mapper import SameRecordTransform

from tap_engine import rawjson
from tap_engine.errors import SourceError, StreamError
from tap_engine.progress import Progress
from tap_engine.reading import Reading
from tap_engine.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tap_engine.stream import EngineStream
    from tap_engine.walk import Step
    from tap_reconcile.merge import Entry, Key


def check_comparable(stream: EngineStream) -> None:
    """Make sure that a table would hold the stream's records under their own keys.

    Raises:
        StreamError: A stream map changes, drops or renames what is loaded.
    """
    maps = stream.stream_maps
    if len(maps) != 1 or type(maps[0]) is not SameRecordTransform:
        msg = f"{stream.name}: a stream map applies to it, so that the table differs on purpose"
        raise StreamError(msg)


def pages(stream: EngineStream) -> Generator[list[Entry], None, None]:
    """Read everything that a first sync would deliver, page by page, in no particular order.

    A row may come more than once, in several versions.

    Raises:
        StreamError: The stream cannot be read.
        TapError: Nothing can be read.
    """
    tap, since = stream.tap, stream.tap.start_date or ""
    whole = Walk(order=stream.full_order, first=True, since=stream.tap.start_date)
    progress = Progress(stream.name, tap.http, stream.logger, lambda: stream.ask_total(whole))
    reading = Reading(stream)
    try:
        for step in reading.pages():
            entries = [
                entry for entry in _entries(stream, step) if entry[1] is None or entry[1] >= since
            ]
            progress.add(len(entries))
            yield entries
    finally:
        reading.close()


def _entries(stream: EngineStream, step: Step) -> Iterator[Entry]:
    rows = step.page.rows
    if stream.keys == stream.row_key:  # nothing has to be decoded
        return ((row.key, row.at) for row in rows)
    return ((_key(stream, row.raw, step), row.at) for row in rows)


def _key(stream: EngineStream, raw: bytes, step: Step) -> Key:
    """Take the key out of a record as it goes out.

    Raises:
        SourceError: It is not there.
    """
    members = stream.reshape(rawjson.members(raw), step.read)
    try:
        return tuple(_text(members[name]) for name in stream.keys)
    except KeyError as error:
        msg = f"{stream.name}: the API sent a record without {error}, which is part of the key"
        raise SourceError(msg) from None


def _text(raw: msgspec.Raw) -> str:
    """Spell a value as PostgreSQL spells it as text: a text as it is, true, false, a number."""
    value = bytes(raw)
    return str(msgspec.json.decode(value)) if value[:1] == b'"' else value.decode()
