"""Marks on deleted records: `_sdc_deleted_at`, in the stream that held them.

A message tells of the delete. It is only believed when the collection does not have the record any
more: what was made again under the same id keeps no mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_commercetools import query
from tap_commercetools.delete_messages import DELETED, types_for
from tap_commercetools.message_keeping import LOST_DELETES
from tap_engine import checkpoint, timestamps
from tap_engine.errors import RefusedError
from tap_engine.records import RowReader
from tap_engine.walk import Range, Walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_commercetools.client import CommercetoolsStream
    from tap_engine.partial import Partial
    from tap_engine.records import Row

MARK = "_sdc_deleted_at"
PROPERTIES = {MARK: {"type": ["string", "null"], "format": "date-time"}}
SCOPE = "view_messages"
READ_TO = "deletions_read_to"

IDS_AT_ONCE = 100
"""A URL with about 300 ids was refused somewhere (an issue of the vendor's project-sync)."""

_TIME = "createdAt"
_ORDER = (_TIME, "id")
_MESSAGE_KEY = ("id", "resource.id", "resource.typeId")


def wanted(stream: CommercetoolsStream) -> bool:
    """Tell whether deletes of a stream are marked: if asked for, and if a message tells of them."""
    return (
        bool(stream.config.get("emit_tombstones"))
        and stream.cursor_field is not None
        and stream.keys == ("id",)
        and bool(types_for(stream.name))
    )


def marks(stream: CommercetoolsStream, walk: Walk) -> Iterator[Partial]:
    """Read what was deleted since the last time, page by page.

    What is deleted while a walk reads may have been delivered by it, so a first walk is followed
    by what was deleted since it began; before, nothing was delivered.

    Raises:
        RefusedError: The credentials may not read messages.
    """
    try:
        yield from _marks(stream, walk)
    except RefusedError:
        # Kept in state, the complete walk would be taken up again and again, and read nothing new.
        checkpoint.drop(stream.stream_state)
        stream.tap.write_state()
        raise


def _marks(stream: CommercetoolsStream, walk: Walk) -> Iterator[Partial]:
    state, tap = stream.stream_state, stream.tap
    before = state.get(READ_TO) or state.get("replication_key_value")
    begin = timestamps.canonical(before or walk.cut or tap.http.cut or timestamps.now())
    tap.message_keeping.check(stream, LOST_DELETES, before)
    marked = 0
    for rows in _messages(stream, timestamps.earlier(begin, tap.lookback_seconds)):
        candidates = {row.key[1]: row.at for row in rows}
        still_there = set(_existing(stream, list(candidates)))
        gone = {row_id: at for row_id, at in candidates.items() if row_id not in still_there}
        marked += len(gone)
        yield [_mark(stream, row_id, at) for row_id, at in gone.items()]
    # Not the last message's time, or a quiet stream would look as if nobody had read for long.
    reached = tap.http.cut or begin
    state[READ_TO] = max(reached, timestamps.canonical(before)) if before else reached
    if marked:
        stream.logger.info("%s: %d deleted records marked", stream.name, marked)


def probe(stream: CommercetoolsStream) -> None:
    """Ask for no messages at all, to see whether they may be read."""
    stream.ask_page(_url(stream), [], _ORDER, limit=0)


def _mark(stream: CommercetoolsStream, row_id: str, at: str | None) -> dict[str, Any]:
    return {"id": row_id, str(stream.cursor_field): at, MARK: at}


def _messages(stream: CommercetoolsStream, since: str) -> Iterator[list[Row]]:
    """Read messages about deletes in the order in which they were written."""
    types = types_for(stream.name)
    type_id = DELETED[types[0]].type_id
    reader = RowReader(stream.name, _MESSAGE_KEY, _TIME)
    walk = Walk(order=_TIME)
    position: list[str] | None = None
    while True:
        after = query.after(_ORDER, position[:2]) if position else query.compare(_TIME, ">=", since)
        parts = [query.one_of("type", types), after]
        raws, full = stream.ask_page(_url(stream), parts, _ORDER)
        if not raws and position:  # an empty page behind a full one is looked at twice
            raws, full = stream.ask_page(_url(stream), parts, _ORDER)
        rows = reader.rows(raws)
        stream.check_rows(walk, Range(at=position), rows)
        yield [row for row in rows if row.key[2] == type_id]
        if not full:
            return
        position = stream.behind(walk, rows[-1])


def _existing(stream: CommercetoolsStream, ids: Sequence[str]) -> Iterator[str]:
    """Ask the collection which of some ids it has."""
    reader, url = RowReader(stream.name, ("id",), None), stream.url(Range())
    walk = Walk(order="id")
    for start in range(0, len(ids), IDS_AT_ONCE):
        position: list[str] | None = None
        full = True
        while full:
            after = [query.after(("id",), position)] if position else []
            parts = [query.one_of("id", ids[start : start + IDS_AT_ONCE]), *after]
            raws, full = stream.ask_page(url, parts, ("id",), stream.extra_params)
            rows = reader.rows(raws)
            stream.check_rows(walk, Range(at=position), rows)
            yield from (row.key[0] for row in rows)
            position = list(rows[-1].key) if full else None


def _url(stream: CommercetoolsStream) -> str:
    return f"{stream.tap.project_url}/messages"
