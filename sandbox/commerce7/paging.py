"""Pages of a list, in the two modes of the API: by cursor and by number."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sandbox.commerce7.query import Condition, Query
    from sandbox.store import Collection, Row

START = "start"
# Values that look the same in JSON, so that a search of the text can rule a row out.
PLAIN_VALUE = re.compile("[0-9A-Za-z-]+")
# If at most one row in ten is recent enough, rows are looked up by time.
FEW = 10


def by_chance(row: Row) -> tuple[int, str]:
    """Return the key of the order of page mode.

    It means nothing, but is the same from page to page. Rows keep their places relative to each
    other, so that rows which come or go shift those behind them.
    """
    return zlib.crc32(row.id.encode()), row.id


def cursor_page(table: Collection, query: Query) -> tuple[list[Row], str | None]:
    """Return rows by id, and the id of the first row of the next page or None at the end."""
    return _page(_by_id(table, query, _begin(query)), query)


def cursor_page_by_time(table: Collection, query: Query) -> tuple[list[Row], str | None]:
    """Return the same with the latest rows first."""
    return _page(_by_time(table, _begin(query)), query)


def _begin(query: Query) -> str | None:
    return None if query.cursor == START else query.cursor


def _page(rows: Iterable[Row], query: Query) -> tuple[list[Row], str | None]:
    matches = _matcher(query)
    found: list[Row] = []
    for row in rows:
        if not matches(row):
            continue
        if len(found) == query.limit:
            return found, row.id
        found.append(row)
    return found, None


def numbered_page(table: Collection, query: Query, *, unstable: bool) -> tuple[list[Row], int]:
    """Return rows in an order that means nothing, and the number of matching rows on all pages.

    Args:
        table: The collection.
        query: Page number, limit and filters.
        unstable: Use another order for every page.
    """
    first = (query.page - 1) * query.limit
    end = first + query.limit
    if unstable:
        rows = _narrow(table.unordered(), query)
        return rows[first:end], len(rows)
    if query.updated or query.others or query.search:
        rows = _narrow((table.by_id[row_id] for _, row_id in table.index(by_chance)), query)
        return rows[first:end], len(rows)
    page = table.index(by_chance).islice(first, end)
    return [table.by_id[row_id] for _, row_id in page], len(table)


def _narrow(rows: Iterable[Row], query: Query) -> list[Row]:
    matches = _matcher(query)
    return [row for row in rows if matches(row)]


def _by_id(table: Collection, query: Query, begin: str | None) -> Iterator[Row]:
    """Yield rows by id; in a huge table with few recent rows only those are looked at."""
    lowest = max((found.lowest() for found in query.updated), default="")
    if lowest:
        by_time = table.by_time
        first = by_time.bisect_left((lowest, ""))
        if (len(by_time) - first) * FEW <= len(by_time):
            recent = (row_id for _, row_id in by_time.islice(first))
            ids = sorted(row_id for row_id in recent if begin is None or row_id >= begin)
            return (table.by_id[row_id] for row_id in ids)
    return (table.by_id[row_id] for row_id in table.by_id.irange(minimum=begin))


def _by_time(table: Collection, begin: str | None) -> Iterator[Row]:
    """Yield the latest rows first, from one of them on."""
    newest = [row_id for _, row_id in table.by_time.islice(reverse=True)]
    start = newest.index(begin) if begin in newest else 0
    return (table.by_id[row_id] for row_id in newest[start:])


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
    """Return text that a matching row has to contain, empty if that is not known."""
    if condition.operator or condition.filter.kind != "text":
        return b""
    value = condition.values[0]
    return value.encode() if PLAIN_VALUE.fullmatch(value) else b""
