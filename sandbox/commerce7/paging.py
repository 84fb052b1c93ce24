"""Picks the rows of one page, in either of the two modes of the API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sandbox.commerce7.query import Condition, Query
    from sandbox.commerce7.tables import Table
    from sandbox.store import Row

START = "start"
# Values that look the same in a record and in its JSON, so that a search can rule a row out.
PLAIN_VALUE = re.compile("[0-9A-Za-z-]+")
# When at most one row in so many is recent enough, they are looked up by time.
FEW = 10


def cursor_page(table: Table, query: Query) -> tuple[list[Row], str | None]:
    """Read rows in the order of their ids, from the cursor on.

    Returns:
        The rows and the id of the first row of the next page, None at the end.
    """
    begin = None if query.cursor == START else query.cursor
    matches = _matcher(query)
    found: list[Row] = []
    for row in _by_id(table, query, begin):
        if not matches(row):
            continue
        if len(found) == query.limit:
            return found, row.id
        found.append(row)
    return found, None


def numbered_page(table: Table, query: Query, *, unstable: bool) -> tuple[list[Row], int]:
    """Read rows in an order that means nothing.

    Args:
        table: The collection.
        query: Page number, limit and filters.
        unstable: Take another order for every page.

    Returns:
        The rows and the number of matching rows on all pages.
    """
    first = (query.page - 1) * query.limit
    end = first + query.limit
    if unstable:
        rows = _narrow(table.unordered(), query)
        return rows[first:end], len(rows)
    if query.updated or query.others or query.search:
        rows = _narrow((table.by_id[row_id] for _, row_id in table.by_chance), query)
        return rows[first:end], len(rows)
    page = table.by_chance.islice(first, end)
    return [table.by_id[row_id] for _, row_id in page], len(table)


def _narrow(rows: Iterable[Row], query: Query) -> list[Row]:
    matches = _matcher(query)
    return [row for row in rows if matches(row)]


def _by_id(table: Table, query: Query, begin: str | None) -> Iterator[Row]:
    """Walk rows by id; of a huge table with few recent rows only those are touched."""
    lowest = max((found.lowest() for found in query.updated), default="")
    if lowest:
        by_time = table.by_time
        first = by_time.bisect_left((lowest, ""))
        if (len(by_time) - first) * FEW <= len(by_time):
            recent = (row_id for _, row_id in by_time.islice(first))
            ids = sorted(row_id for row_id in recent if begin is None or row_id >= begin)
            return (table.by_id[row_id] for row_id in ids)
    return (table.by_id[row_id] for row_id in table.by_id.irange(minimum=begin))


def _matcher(query: Query) -> Callable[[Row], bool]:
    needles = [needle for found in query.others if (needle := _needle(found))]
    search = query.search.encode()

    def matches(row: Row) -> bool:
        if any(needle not in row.body for needle in needles):
            return False
        if search and search not in row.body.lower():
            return False
        if not all(found.allows(row.at) for found in query.updated):
            return False
        if not query.others:
            return True
        record: dict[str, Any] = msgspec.json.decode(row.body)
        return all(found.matches(record) for found in query.others)

    return matches


def _needle(condition: Condition) -> bytes:
    """Give what the body of a matching row has to contain, empty if that is not known."""
    if condition.operator or condition.filter.kind != "text":
        return b""
    value = condition.values[0]
    return value.encode() if PLAIN_VALUE.fullmatch(value) else b""
