"""Reads keys and timestamps from the source, in a full scan of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tap_engine.errors import SourceError, StreamError
from tap_engine.reading.progress import Progress
from tap_engine.records import json_text
from tap_engine.state.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tap_engine.reading.page_queue import Step
    from tap_engine.singer.stream import EngineStream
    from tap_reconcile.compare import Entry, Key


def check_comparable(stream: EngineStream) -> None:
    """Check that the table should hold the stream's records unchanged.

    Raises:
        StreamError: A stream map changes, drops or renames records.
    """
    if stream.is_mapped:
        msg = f"{stream.name}: a stream map applies to it, so the table differs on purpose"
        raise StreamError(msg)


def pages(stream: EngineStream, since: str | None) -> Generator[list[Entry], None, None]:
    """Read what a first sync would deliver, page by page, in no particular order.

    A row may occur more than once, in different versions.

    Args:
        stream: The stream.
        since: Lower bound of the replication timestamp; None for all.

    Raises:
        StreamError: The stream cannot be read.
        TapError: The source cannot be read at all.
    """
    run = stream.host.current_run
    scan = Scan(
        pager=stream.full_pager.name,
        since=since if stream.replication_key else None,
        full=True,
        version=run.version,  # as of a full table: an empty list is looked at twice
    )
    reading = stream.reading(stream.keys_pager(scan))
    progress = Progress(stream.name, run.http, stream.logger, reading.ask_total)
    try:
        for step in reading.pages(counted=True):
            entries = [
                entry
                for entry in _entries(stream, step)
                if entry[1] is None or entry[1] >= (since or "")
            ]
            progress.add(len(entries))
            yield entries
    finally:
        reading.close()


def _entries(stream: EngineStream, step: Step) -> Iterator[Entry]:
    rows = step.page.rows
    if stream.keys == stream.row_key:  # no need to decode the record
        return ((row.key, row.at) for row in rows)
    return ((_key(stream, row.raw, step), row.at) for row in rows)


def _key(stream: EngineStream, raw: bytes, step: Step) -> Key:
    """Return the key of a record as the tap would emit it.

    Raises:
        SourceError: The record has no key.
    """
    members = stream.reshape(json_text.members(raw), step.part.list)
    try:
        return tuple(_text(members[name]) for name in stream.keys)
    except KeyError as error:
        msg = f"{stream.name}: the API sent a record without {error}, which is part of the key"
        raise SourceError(msg) from None


def _text(raw: msgspec.Raw) -> str:
    """Return a JSON string, number or boolean as PostgreSQL casts it to text."""
    value = bytes(raw)
    return str(msgspec.json.decode(value)) if value[:1] == b'"' else value.decode()
