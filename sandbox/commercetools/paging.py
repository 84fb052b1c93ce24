"""Pages of a collection.

Sorted by `id`, or by the update time with or without `id`, a page is read from an index. For other
sorts the rows are decoded. What the API leaves undefined, the order without `sort` and the order of
rows with equal sort values, differs from call to call.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.commercetools.span import Span, span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sandbox.commercetools.query import Query
    from sandbox.store import Collection, Row

MAX_TOTAL = 10_000


class Pager:
    """Reads pages of one collection.

    Args:
        collection: The rows.
        keep: Whether the list has a row at all, for instance because it is in a store.
    """

    def __init__(self, collection: Collection, keep: Callable[[Row], bool] | None = None) -> None:
        self._rows = collection
        self._keep = keep
        self._indexed = collection.identity == ("id",)

    def page(self, query: Query) -> tuple[list[bytes], int | None]:
        """Return the rows of a page as JSON, and the total if the query asks for it."""
        rows, total = self.rows(query)
        return [row.body for row in rows], total

    def rows(self, query: Query) -> tuple[list[Row], int | None]:
        """Return the rows of a page, and the total if the query asks for it."""
        with self._rows.lock:
            rows = islice(self._ordered(query), query.offset, query.offset + query.limit)
            return list(rows), self._total(query) if query.total else None

    def _ordered(self, query: Query) -> Iterator[Row]:
        if not query.sort:
            return self._unordered(query)
        (first, descending), *more = query.sort
        if self._indexed and first == "id" and not more:
            return self._along(("id",), query, descending=descending)
        if self._indexed and first in self._rows.time_fields and more in ([], [("id", descending)]):
            rows = self._along(self._rows.time_fields, query, descending=descending)
            return rows if more else self._with_shuffled_ties(rows)
        return iter(self._sorted(query))

    def _indexes(self) -> Iterator[_Index]:
        yield _Index(self._rows, ("id",))
        if self._indexed and self._rows.time_fields:
            yield _Index(self._rows, self._rows.time_fields)

    def _span(self, query: Query, index: _Index) -> Span:
        if query.where is None or not self._indexed:
            return Span(exact=query.where is None and self._keep is None)
        found = span(query.where, index.fields)
        return replace(found, exact=found.exact and self._keep is None)

    def _along(self, fields: tuple[str, ...], query: Query, *, descending: bool) -> Iterator[Row]:
        index = _Index(self._rows, fields)
        found = self._span(query, index)
        rows = index.rows(*index.places(found), reverse=descending)
        return rows if found.exact else self._wanted(query, rows)

    def _with_shuffled_ties(self, rows: Iterator[Row]) -> Iterator[Row]:
        for _, ties in groupby(rows, key=lambda row: row.at):
            yield from self._rows.shuffled(ties)

    def _unordered(self, query: Query) -> Iterator[Row]:
        index, begin, end = self._narrowest(query)
        return self._wanted(query, map(index.row, self._rows.scattered(begin, end)))

    def _sorted(self, query: Query) -> list[Row]:
        rows = self._rows.shuffled(self._wanted(query, self._candidates(query)))
        records = [(msgspec.json.decode(row.body), row) for row in rows]
        for path, descending in reversed(query.sort):
            records.sort(key=lambda pair: _sort_key(pair[0], path), reverse=descending)
        return [row for _, row in records]

    def _candidates(self, query: Query) -> Iterable[Row]:
        index, begin, end = self._narrowest(query)
        return index.rows(begin, end)

    def _narrowest(self, query: Query) -> tuple[_Index, int, int]:
        """Return the index that has fewer rows to look at, and the places from and to."""
        indexes = islice(self._indexes(), 1 if query.where is None else None)
        places = ((index, *index.places(self._span(query, index))) for index in indexes)
        return min(places, key=lambda found: found[2] - found[1])

    def _wanted(self, query: Query, rows: Iterable[Row]) -> Iterator[Row]:
        kept = rows if self._keep is None else filter(self._keep, rows)
        condition = query.where
        if condition is None:
            return iter(kept)
        times = self._rows.time_fields if self._indexed else ()
        light = set(condition.fields()) <= {"id", *times} and self._indexed

        def is_wanted(row: Row) -> bool:
            if light:
                return condition.test({"id": row.id, **dict.fromkeys(times, row.at)})
            return condition.test(msgspec.json.decode(row.body))

        return filter(is_wanted, kept)

    def _total(self, query: Query) -> int:
        if query.where is None and self._keep is None:
            return len(self._rows)
        for index in self._indexes():
            found = self._span(query, index)
            if found.exact:
                begin, end = index.places(found)
                return min(MAX_TOTAL, end - begin)
        wanted = self._wanted(query, self._candidates(query))
        return sum(1 for _ in islice(wanted, MAX_TOTAL))


@dataclass(frozen=True)
class _Index:
    """The rows of a collection, sorted by `id` or by the update time and `id`."""

    collection: Collection
    fields: tuple[str, ...]

    def places(self, found: Span) -> tuple[int, int]:
        """Return the places where a span begins and ends."""
        if found.low >= found.high:
            return 0, 0
        return self._place(*found.low), self._place(*found.high)

    def row(self, place: int) -> Row:
        """Return the row at a place."""
        return next(self.rows(place, place + 1))

    def rows(self, begin: int, end: int, *, reverse: bool = False) -> Iterator[Row]:
        """Return the rows from one place to another."""
        keys = self._keys.islice(begin, end, reverse=reverse)
        ids = keys if self._is_by_id else (row_id for _, row_id in keys)
        return map(self.collection.by_id.__getitem__, ids)

    @property
    def _is_by_id(self) -> bool:
        return self.fields == ("id",)

    @property
    def _keys(self) -> Any:
        return self.collection.by_id if self._is_by_id else self.collection.by_time

    def _place(self, key: tuple[str, ...], side: int) -> int:
        # The boundary may be a part of a key: a shorter tuple sorts before all longer ones.
        wanted = (key[0] if key else "") if self._is_by_id else key
        place: int = (self._keys.bisect_right if side else self._keys.bisect_left)(wanted)
        return place


def envelope(limit: int, offset: int, rows: list[bytes], total: int | None) -> bytes:
    """Return the body of a page."""
    head = {"limit": limit, "offset": offset, "count": len(rows)}
    counted = {} if total is None else {"total": total}
    return msgspec.json.encode({**head, **counted, "results": list(map(msgspec.Raw, rows))})


def _sort_key(record: dict[str, Any], path: str) -> tuple[int, Any]:
    """Make values of different types comparable; what is missing comes last."""
    value: Any = record
    for member in path.split("."):
        value = value.get(member) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return 0, value
    if isinstance(value, int | float):
        return 1, value
    return (2, value) if isinstance(value, str) else (3, "")
