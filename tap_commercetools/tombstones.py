"""Tombstones: `_sdc_deleted_at` on deleted records, in the stream that held them.

A message tells of the delete. It is only believed when the collection no longer has the record:
what was created again under the same id keeps no mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_commercetools import query
from tap_commercetools.delete_messages import DELETED, types_for
from tap_commercetools.keyset import Keyset
from tap_commercetools.lookup import existing
from tap_commercetools.message_keeping import LOST_DELETES
from tap_engine import timestamps
from tap_engine.records.rows import RowReader
from tap_engine.state.entry import BOOKMARK

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from tap_commercetools.collection import Collection
    from tap_engine.records.rows import Row
    from tap_engine.state.scan import Scan

MARK = "_sdc_deleted_at"
PROPERTIES = {MARK: {"type": ["string", "null"], "format": "date-time"}}
SCOPE = "view_messages"
READ_TO = "deletions_read_to"
"""Member of a stream's entry: the moment up to which deletes were read, for the retention."""

FROM = "deletions_from"
"""Member of a stream's entry: the latest message that was seen, where reading goes on.

Not the same moment: on a quiet stream, a message that becomes visible late lies between the two.
"""

_TIME = "createdAt"
_MESSAGE_KEY = ("id", "resource.id", "resource.typeId")


def tells_deletes(stream: str) -> bool:
    """Return whether a message tells that a record of a stream is gone."""
    return bool(types_for(stream))


def marks(
    collection: Collection, state: MutableMapping[str, Any], scan: Scan
) -> Iterator[list[dict[str, Any]]]:
    """Read what was deleted since the last time, page by page.

    What is deleted while a scan reads may have been delivered by it, so a full scan is followed by
    what was deleted since it began; before, nothing was delivered.

    Raises:
        RefusedError: The credentials may not read messages.
    """
    connection, started = collection.connection, collection.connection.http.run_started_at
    before = state.get(READ_TO) or state.get(BOOKMARK)
    now = started or timestamps.now()
    begin = min(timestamps.canonical(state.get(FROM) or before or scan.run_started_at or now), now)
    connection.message_keeping.check(collection.stream, LOST_DELETES, before, started)
    marked, latest = 0, begin
    since = timestamps.earlier(begin, connection.settings.lookback_seconds)
    for rows in _messages(collection, since):
        candidates = {row.key[1]: row.at for row in rows}
        latest = max(latest, *(row.at or "" for row in rows), "")
        still_there = set(existing(collection, list(candidates)))
        gone = {row_id: at for row_id, at in candidates.items() if row_id not in still_there}
        marked += len(gone)
        yield [{"id": row_id, str(collection.time): at, MARK: at} for row_id, at in gone.items()]
    state[FROM], state[READ_TO] = min(latest, now), now
    if marked:
        collection.logger.info("%s: %d deleted records marked", collection.stream, marked)


def probe(collection: Collection) -> None:
    """Ask for no messages at all, to see whether they may be read."""
    collection.ask_rows(_url(collection), [], (_TIME, "id"), limit=0)


def _messages(collection: Collection, since: str) -> Iterator[list[Row]]:
    """Read messages about deletes in the order in which they were written."""
    types = types_for(collection.stream)
    type_id = DELETED[types[0]].type_id
    reader = RowReader(collection.stream, _MESSAGE_KEY, _TIME)
    keyset = Keyset(collection, (_TIME, "id"), reader, by_time=True)
    start = [query.compare(_TIME, ">=", since)]
    for page in keyset.pages(_url(collection), [query.one_of("type", types)], start=start):
        yield [row for row in page.rows if row.key[2] == type_id]


def _url(collection: Collection) -> str:
    return f"{collection.connection.project_url}/messages"
