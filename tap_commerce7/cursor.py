"""Cursors: following them, and whether a list lets several be followed at once.

For several at once, rows have to come sorted by id, and the cursor has to be the id of the first
row of the next page. Neither is documented, so both are checked in the very run: on the first page,
and then on every other. A range begins at a row that the API itself has just sent, and is complete
when it has led, in ascending order, to the very row where the next range begins. So all ranges
together are what one cursor would have led through, and nothing can fall between two.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING

from tap_commerce7.answer import as_int, as_text
from tap_commerce7.endpoint import ROWS_PER_PAGE, Endpoint, Params
from tap_engine import ids
from tap_engine.errors import QueryRefusedError, SourceError, StreamError
from tap_engine.ids import UUID
from tap_engine.reading.pager import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

    from tap_engine.records.rows import Row
    from tap_engine.state.scan import Context, Range

START = "start"
"""Cursor of the first page."""

TRY_SECONDS = 5.0
"""Patience with cursors that the API did not give out: it need not have an answer to them."""


class UnsortedError(QueryRefusedError):
    """The list is not sorted by id, so ranges are unsafe; restart with one cursor."""


class CursorLostError(QueryRefusedError):
    """A cursor that a list gave out leads nowhere; restart from the first page."""


class Cursors:
    """Follows the cursors of a list; no cursor may come twice.

    Whether a list has cursors at all is decided by its first page alone.

    Args:
        endpoint: Asks for pages.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._given: set[str] = set()
        self._followed: set[str] = set()
        self._totals = False

    def page(
        self,
        context: Context,
        cursor: str,
        filters: Params,
        *,
        expect_rows: bool,
        ranged: bool = False,
    ) -> tuple[list[msgspec.Raw], str | None]:
        """Read the page of a cursor.

        Args:
            context: Which list.
            cursor: `start` or what the last page said.
            filters: Query parameters, the same on every page.
            expect_rows: The list is read as a whole, so that its first page is hardly ever empty.
            ranged: The page is one of several ranges, see `within`. Its last page reaches into the
                next range, whose cursors may be the same.

        Returns:
            The rows and the next cursor, None at the end.

        Raises:
            QueryRefusedError: The endpoint knows no cursor.
            CursorLostError: It no longer knows this one.
            SourceError: A cursor came back that was followed before.
        """
        ask = partial(self._ask, context, cursor, filters)
        raws, following, total = ask()
        # A cursor names a row, an empty full table would remove every row of the target, and
        # behind a full page there are nearly always more.
        doubt = expect_rows or following is not None or cursor != START
        full = following is None and len(raws) >= ROWS_PER_PAGE
        if full or (not raws and doubt):
            raws, following, total = ask()
        if following is None:
            self._check_end(context, cursor, filters, len(raws), total)
        elif following == cursor or (following in self._followed and not ranged):
            msg = f"{self._endpoint.stream}: the API returned the same cursor twice ({following})"
            raise SourceError(msg)
        else:
            self._given.add(following)
            if not ranged:
                self._followed.add(following)
            self._totals |= cursor == START and total is not None
        return raws, following

    def _ask(
        self, context: Context, cursor: str, filters: Params
    ) -> tuple[list[msgspec.Raw], str | None, int | None]:
        params = [*filters, ("cursor", cursor), ("limit", str(ROWS_PER_PAGE))]
        try:
            envelope, raws = self._endpoint.ask(context, params)
        except QueryRefusedError as error:
            if cursor not in self._given:
                raise
            # The same query was accepted on the first page.
            self._endpoint.logger.info("%s; asking for that page once more", error)
            try:
                envelope, raws = self._endpoint.ask(context, params)
            except QueryRefusedError as again:
                raise CursorLostError(str(again)) from None
        return raws, as_text(envelope.get("cursor")), as_int(envelope.get("total"))

    def _check_end(
        self, context: Context, cursor: str, filters: Params, count: int, total: int | None
    ) -> None:
        """Check that a page without a cursor is the last, and not a numbered one.

        Numbered pages have a total. With a cursor it is not documented, and settles nothing.
        """
        msg = f"{self._endpoint.stream}: the API ignored the cursor"
        if cursor == START:
            full = count >= ROWS_PER_PAGE
            if (total or 0) > count or (full and self._has_second_page(context, filters)):
                raise QueryRefusedError(msg)
        elif total is not None and not self._totals and count >= min(total, ROWS_PER_PAGE):
            raise CursorLostError(msg)  # it looks like the first numbered page

    def _has_second_page(self, context: Context, filters: Params) -> bool:
        endpoint = self._endpoint
        params = [*filters, ("page", "2"), ("limit", str(ROWS_PER_PAGE))]
        _, raws = endpoint.ask(context, params, [endpoint.connection.limiter])
        return bool(raws)

    def first_ids(self, cursors: Sequence[str], filters: Params) -> list[str | None]:
        """Ask for the id of the first row behind each of some cursors, all at the same time."""
        submit = self._endpoint.connection.http.submit
        asked = [submit(self._first_id, each, filters) for each in cursors]
        found = [future.result() for future in asked]
        self._given.update(filter(None, found))
        return found

    def _first_id(self, cursor: str, filters: Params) -> str | None:
        endpoint = self._endpoint
        params = [*filters, ("cursor", cursor), ("limit", "1")]
        try:
            _, raws = endpoint.ask({}, params, patience=TRY_SECONDS)
        except StreamError:  # with whatever status it refuses a cursor that it did not give out
            return None
        rows = endpoint.rows.rows(raws)
        return rows[0].key[0] if rows else None


def ascending(rows: Sequence[Row], at_least: str = "") -> bool:
    """Return whether rows have UUIDs as ids, strictly ascending, from a lower bound on."""
    keys = [row.key[0] for row in rows]
    # The bound itself may come as the first row.
    rising = not keys or (at_least <= keys[0] and all(a < b for a, b in itertools.pairwise(keys)))
    return rising and all(UUID.fullmatch(each) for each in keys)


def usable_boundaries(
    page: Page, boundaries: Sequence[str], first_ids: Sequence[str | None]
) -> list[str]:
    """Return the ids at which a list can be divided behind its first page; none if in doubt.

    Args:
        page: The first page.
        boundaries: Ids that were asked for as cursors, in ascending order.
        first_ids: The id of the first row behind the cursor of the page, and behind each boundary.
    """
    rest = page.next[0] if page.next else ""
    behind, *starts = first_ids
    if behind != rest:
        return []
    good = {
        start
        for boundary, start in zip(boundaries, starts, strict=True)
        if start is not None and UUID.fullmatch(start) and start >= boundary and start > rest
    }
    return sorted(good)


def divisible(page: Page, parts: int) -> bool:
    """Return whether a list can be divided, by its first page, and is long enough.

    Args:
        page: The first page: sorted by id, its cursor an id behind them.
        parts: Number of parts, for each of which there should be a page.
    """
    following = page.next[0] if page.next else ""
    last = page.rows[-1].key[0] if page.rows else ""
    if not (UUID.fullmatch(following) and ascending(page.rows) and last < following):
        return False
    return ids.share_below(following) * (parts + 1) <= 1


def within(part: Range, page: Page) -> Page:
    """Reduce a page to its range.

    Raises:
        UnsortedError: Its rows are not in the order of ids, or it leads past the row where the
            next range begins.
    """
    keys = [row.key[0] for row in page.rows]
    following = page.next[0] if page.next else None
    leads_back = following is not None and keys and following <= keys[-1]
    if leads_back or not ascending(page.rows, part.after[0] if part.after else ""):
        msg = "rows do not come in the order of their ids"
        raise UnsortedError(msg)
    end = part.upto
    if end is None:
        return page
    beyond = next((key for key in [*keys, following] if key is not None and key >= end), None)
    if beyond is None and following is not None:
        return page
    if beyond != end:
        # Somebody deleted that row in this very moment, or the order is not that of ids.
        msg = f"the list leads past {end} without showing it"
        raise UnsortedError(msg)
    return Page([row for row in page.rows if row.key[0] < end], None, page.received_at)
