"""Cuts one page out of a collection.

Sorted by `id`, or by the update time with or without `id`, a page is read off an index. Any other
order is made by decoding the rows. What the API leaves undefined is shuffled, differently each
time: the order without `sort`, and the order of rows with equal sort values.
"""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.commercetools.span import LAST, Span, span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sandbox.commercetools.query import Query
    from sandbox.store import Collection, Row

MAX_TOTAL = 10_000


class Pager:
    """Reads pages of one collection under one restriction.

    Args:
        collection: The rows.
        keep: Tells which rows the endpoint has at all, say those of one store.
        prefix: Only rows whose identity starts with it, for the children of one parent.
    """

    def __init__(
        self,
        collection: Collection,
        keep: Callable[[Row], bool] | None = None,
        prefix: str = "",
    ) -> None:
        self._rows = collection
        self._keep = keep
        self._prefix = prefix

    def page(self, query: Query) -> tuple[list[bytes], int | None]:
        """Give the rows of a page as JSON and, if asked for, the total."""
        with self._rows.lock:
            rows = islice(self._ordered(query), query.offset, query.offset + query.limit)
            return [row.body for row in rows], self._total(query) if query.total else None

    def _ordered(self, query: Query) -> Iterator[Row]:
        if not query.sort:
            return self._unordered(query)
        (first, descending), *more = query.sort
        by_time = first in self._rows.time_fields
        if self._indexed and first == "id" and not more:
            return self._by_id(query, descending=descending)
        if self._indexed and by_time and more == [("id", descending)]:
            return self._by_time(query, descending=descending)
        if self._indexed and by_time and not more:
            return self._by_time_alone(query, descending=descending)
        return iter(self._sorted(query))

    @property
    def _indexed(self) -> bool:
        return self._rows.identity == ("id",) and not self._prefix

    def _span(self, query: Query, fields: tuple[str, ...]) -> Span:
        if query.where is None:
            return Span(exact=self._keep is None)
        found = span(query.where, fields)
        return Span(found.low, found.high, exact=found.exact and self._keep is None)

    def _by_id(self, query: Query, *, descending: bool) -> Iterator[Row]:
        found = self._span(query, ("id",))
        begin, end = self._places_by_id(found)
        ids = self._rows.by_id.islice(begin, end, reverse=descending)
        rows = map(self._rows.by_id.__getitem__, ids)
        return rows if found.exact else self._wanted(query, rows)

    def _by_time(self, query: Query, *, descending: bool) -> Iterator[Row]:
        found = self._span(query, self._rows.time_fields)
        begin, end = self._places_by_time(found)
        keys = self._rows.by_time.islice(begin, end, reverse=descending)
        by_id = self._rows.by_id
        rows = (by_id[row_id] for _, row_id in keys)
        return rows if found.exact else self._wanted(query, rows)

    def _by_time_alone(self, query: Query, *, descending: bool) -> Iterator[Row]:
        rows = self._by_time(query, descending=descending)
        for _, ties in groupby(rows, key=lambda row: row.at):
            yield from self._rows.shuffled(ties)

    def _unordered(self, query: Query) -> Iterator[Row]:
        if self._prefix:
            return iter(self._rows.shuffled(self._wanted(query, self._candidates(query))))
        index, begin, end = self._narrowest(query)
        rows = map(index, self._rows.scattered(begin, end))
        return self._wanted(query, rows)

    def _sorted(self, query: Query) -> list[Row]:
        rows = self._rows.shuffled(self._wanted(query, self._candidates(query)))
        records = [(msgspec.json.decode(row.body), row) for row in rows]
        for path, descending in reversed(query.sort):
            records.sort(key=lambda pair: _sort_key(pair[0], path), reverse=descending)
        return [row for _, row in records]

    def _candidates(self, query: Query) -> Iterable[Row]:
        by_id = self._rows.by_id
        if self._prefix:
            return (by_id[key] for key in by_id.irange(self._prefix, self._prefix + LAST))
        index, begin, end = self._narrowest(query)
        return map(index, range(begin, end))

    def _narrowest(self, query: Query) -> tuple[Callable[[int], Row], int, int]:
        """Choose the index that has fewer rows to look at.

        Returns:
            What gives the row at a place of the index, and the places from and to.
        """
        by_id, by_time = self._rows.by_id, self._rows.by_time if self._rows.time_fields else None
        begin, end = 0, len(by_id)
        if self._indexed and query.where is not None:
            begin, end = self._places_by_id(self._span(query, ("id",)))
            if by_time is not None:
                first, last = self._places_by_time(self._span(query, self._rows.time_fields))
                if last - first < end - begin:
                    return (lambda place: by_id[by_time[place][1]]), first, last
        return (lambda place: by_id.peekitem(place)[1]), begin, end

    def _wanted(self, query: Query, rows: Iterable[Row]) -> Iterator[Row]:
        kept = rows if self._keep is None else filter(self._keep, rows)
        condition = query.where
        if condition is None:
            yield from kept
            return
        times = self._rows.time_fields if self._indexed else ()
        light = set(condition.fields()) <= {"id", *times} and self._indexed
        for row in kept:
            record: dict[str, Any] = (
                {"id": row.id, **dict.fromkeys(times, row.at)}
                if light
                else msgspec.json.decode(row.body)
            )
            if condition.test(record):
                yield row

    def _total(self, query: Query) -> int:
        if query.where is None and self._keep is None and not self._prefix:
            return len(self._rows)
        if self._indexed:
            found = self._span(query, ("id",))
            places = self._places_by_id(found)
            if not found.exact and self._rows.time_fields:
                found = self._span(query, self._rows.time_fields)
                places = self._places_by_time(found)
            if found.exact:
                return min(MAX_TOTAL, max(0, places[1] - places[0]))
        wanted = self._wanted(query, self._candidates(query))
        return sum(1 for _ in islice(wanted, MAX_TOTAL))

    def _places_by_id(self, found: Span) -> tuple[int, int]:
        if found.low >= found.high:
            return 0, 0
        low, high = ((cut[0][0] if cut[0] else "", cut[1]) for cut in (found.low, found.high))
        return _place(self._rows.by_id, *low), _place(self._rows.by_id, *high)

    def _places_by_time(self, found: Span) -> tuple[int, int]:
        if found.low >= found.high:
            return 0, 0
        # A cut is the beginning of a key, and a shorter tuple sorts before all longer ones.
        return _place(self._rows.by_time, *found.low), _place(self._rows.by_time, *found.high)


def _place(keys: Any, key: Any, side: int) -> int:
    place: int = keys.bisect_right(key) if side else keys.bisect_left(key)
    return place


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
