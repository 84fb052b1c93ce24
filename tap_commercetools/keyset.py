"""Keyset reading: from key to key, never by offset, with a check of the order of rows."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from tap_commercetools import query
from tap_commercetools.collation import TextOrder, is_plain
from tap_engine import timestamps
from tap_engine.errors import SourceError
from tap_engine.ids import UUID
from tap_engine.reading.pager import Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_commercetools.collection import Collection
    from tap_engine.records.rows import Row, RowReader
    from tap_engine.state.scan import Position


class Keyset:
    """Reads lists in the order of some members.

    Args:
        collection: Asks for pages.
        sort: Dotted paths of the members, the replication key first if it is among them.
        rows: Reads keys and timestamps out of rows.
        by_time: The first of the members is the replication key.
    """

    def __init__(
        self, collection: Collection, sort: Sequence[str], rows: RowReader, *, by_time: bool
    ) -> None:
        self.sort = tuple(sort)
        self._collection = collection
        self._stream = collection.stream
        self._rows = rows
        self._by_time = by_time
        self._order = TextOrder()

    def page(
        self,
        url: str,
        predicates: Sequence[str],
        after: Position | None,
        *,
        upto: str | None = None,
        look_twice: bool = False,
    ) -> Page:
        """Read one page.

        Args:
            url: URL of the list.
            predicates: The filter, including what asks for rows behind `after` only.
            after: Position before the page; None at the start.
            upto: Highest id that may come.
            look_twice: An empty page is rare enough here to be asked for again.

        Raises:
            SourceError: Rows come in another order than asked for, or from outside the range.
        """
        raws, full = self._collection.ask_rows(url, predicates, self.sort, look_twice=look_twice)
        rows = self._rows.rows(raws)
        self._check(rows, after, upto)
        return Page(rows, self.position(rows[-1]) if full else None, timestamps.now())

    def pages(
        self,
        url: str,
        predicates: Sequence[str] = (),
        *,
        after: Position | None = None,
        look_twice: bool = False,
    ) -> Iterator[Page]:
        """Read a whole list, page by page.

        Args:
            url: URL of the list.
            predicates: The filter of all pages.
            after: Position to begin behind.
            look_twice: The list is hardly ever empty.
        """
        while True:
            behind = [query.after(self.sort, after)] if after else []
            page = self.page(
                url,
                [*predicates, *behind],
                after,
                look_twice=look_twice or after is not None,
            )
            yield page
            if page.next is None:
                return
            after = page.next

    def position(self, row: Row) -> Position:
        """Return the position behind a row.

        Raises:
            SourceError: The row has no replication timestamp to sort by.
        """
        if not self._by_time:
            return list(row.key)
        if row.at is None:
            msg = f"{self._stream}: record {'/'.join(row.key)} has no {self.sort[0]} to sort by"
            raise SourceError(msg)
        return [row.sent or row.at, *row.key]

    def _check(self, rows: Sequence[Row], after: Position | None, upto: str | None) -> None:
        """Check that the server sorted: if it did not, going on would skip records.

        Timestamps and UUIDs always compare; of other ids, no usual collation may be left that sorts
        all that were seen. A position that does not move is an error in any case.
        """
        places = [tuple(self.position(row)) for row in rows]
        if after is not None:
            places.insert(0, tuple(after))
        plain = is_plain([row.key[0] for row in rows])
        for before, here in itertools.pairwise(places):
            if not (plain and before < here) and not self._follows(before, here):
                msg = (
                    f"{self._stream}: the API sent record {'/'.join(here)} behind"
                    f" {'/'.join(before)}, so it did not sort as asked; stopped, because records"
                    " would be skipped"
                )
                raise SourceError(msg)
        if rows and self.position(rows[-1]) == after:
            msg = f"{self._stream}: the API returned the same page twice"
            raise SourceError(msg)
        self._check_shard(rows)
        last = rows[-1].key[0] if rows else ""
        if upto and UUID.fullmatch(last) and last > upto:
            msg = f"{self._stream}: the API sent record {last} from behind the range up to {upto}"
            raise SourceError(msg)

    def _follows(self, before: tuple[str, ...], here: tuple[str, ...]) -> bool:
        for place, (one, other) in enumerate(zip(before, here, strict=False)):
            if one == other:
                continue
            if self._by_time and place == 0:
                return timestamps.canonical(one) <= timestamps.canonical(other)
            return self._order.follows(one, other)
        # A boundary between ranges is shorter than a position; equal positions do not follow.
        return len(before) < len(here)

    def _check_shard(self, rows: Sequence[Row]) -> None:
        shard = self._collection.shard
        ids = [row.key[0] for row in rows if UUID.fullmatch(row.key[0])] if shard else []
        if shard and ids and (min(ids) < (shard.begin or "") or max(ids) > (shard.end or "g")):
            msg = f"{self._stream}: the API sent records that are not of shard {shard}"
            raise SourceError(msg)
