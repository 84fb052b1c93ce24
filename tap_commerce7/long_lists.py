"""Long lists without a documented cursor: they may have one all the same.

The vendor's own code checks the parameter `cursor` for every list; whether the lists act on it is
not documented. So a list that is longer than a few pages is asked once, and an answer that looks in
every way like a page of a cursor is followed. What was read so is compared with the number of
records that the list itself states; if it is less, the list is read by page number after all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_commerce7.answer import as_text
from tap_commerce7.cursor import START, TRY_SECONDS, CursorLostError, UnsortedError, ascending
from tap_commerce7.endpoint import ROWS_PER_PAGE, Endpoint
from tap_commerce7.paging import ByCursor, ByPageNumber
from tap_engine.errors import BetterWayError, QueryRefusedError, SourceError, StreamError
from tap_engine.records import json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_engine.reading.pager import Page, Pager
    from tap_engine.records.rows import Row
    from tap_engine.state.scan import Range, Scan

FEW_PAGES = 4
"""A list with more pages than this is asked for a cursor."""


class ByUnprovenCursor(ByCursor):
    """Follows a cursor that is not documented, and gives up sooner: numbered pages are there."""

    fallback = ByPageNumber
    proven = False
    instead = "beginning it anew"

    def fetch(self, part: Range) -> Page:
        """Read a page.

        Raises:
            CursorLostError: A cursor leads nowhere, or in a circle.
            UnsortedError: The rows are not sorted by id, or not from the cursor on.
        """
        try:
            page = super().fetch(part)
        except SourceError as error:
            raise CursorLostError(str(error)) from None
        if not ascending(page.rows):
            msg = f"{self.source.stream}: rows do not come in the order of their ids"
            raise UnsortedError(msg)
        return page

    def restart(self, error: QueryRefusedError, *, resumed: bool) -> Pager[Endpoint] | None:
        """Follow a single cursor; where that does not work either, read numbered pages."""
        return (
            self.instead_of_missing() if self._single else super().restart(error, resumed=resumed)
        )

    def instead_of_missing(self) -> ByPageNumber:
        """Read numbered pages: it is the cursor that leaves records out."""
        return ByPageNumber(self.scan.restarted(ByPageNumber.name), self.source)

    @property
    def can_count(self) -> bool:
        """Always compare: numbered pages, which may be read instead, are compared as well."""
        return True


class ByPageOrCursor(ByPageNumber):
    """Reads numbered pages; once it is known that there are many, it asks for a cursor."""

    fallback = ByUnprovenCursor
    instead = "reading it by cursor"

    def __init__(self, scan: Scan, source: Endpoint) -> None:
        super().__init__(scan, source)
        # What a cursor makes of the user's filter would show nowhere.
        self._asked = source.filtered

    def fetch(self, part: Range) -> Page:
        """Read a page.

        Raises:
            BetterWayError: The list is long and has a cursor.
        """
        page = super().fetch(part)
        if self._asked or (page.total or 0) <= FEW_PAGES * ROWS_PER_PAGE:
            return page
        self._asked = True
        stream = self.source.stream
        try:
            reason = self._why_not_by_cursor(part, page.rows)
        except StreamError as error:
            reason = str(error)
        if reason:
            self.source.logger.info("%s: there is no cursor to follow: %s", stream, reason)
            return page
        msg = f"{stream}: the list has {page.total:,} records and takes a cursor"
        raise BetterWayError(msg)

    def _why_not_by_cursor(self, part: Range, numbered: Sequence[Row]) -> str:
        """Ask for the first page of a cursor; return why it is none, empty if it is one.

        Args:
            part: Which list.
            numbered: Rows of its first numbered page.
        """
        source = self.source
        params = [*self.filters, ("cursor", START), ("limit", str(ROWS_PER_PAGE))]
        limiters = [source.connection.limiter]  # ignored, it is one more numbered page
        envelope, raws = source.ask(part.list, params, limiters, patience=TRY_SECONDS)
        rows = source.rows.rows(raws)
        if as_text(envelope.get("cursor")) in {None, START}:
            return "the answer names none"
        if bytes(envelope.get("total", b"null")) != b"null":
            return "the answer has a total as well"
        if not rows or not ascending(rows):
            return "the rows are not sorted by UUID"
        return "" if _same_list(numbered, rows) else "the rows are others than those by page number"

    def restart(self, error: QueryRefusedError, *, resumed: bool) -> Pager[Endpoint] | None:
        """Follow the cursor that was found; begin anew once where an old position is refused."""
        if isinstance(error, BetterWayError):
            kind = ByUnprovenCursor
            return kind(self.scan.restarted(kind.name), self.source)
        return self.again() if resumed else None


def _same_list(numbered: Sequence[Row], by_cursor: Sequence[Row]) -> bool:
    """Return whether two first pages are of the same list, as far as they show.

    The page of the cursor holds all rows up to its last id, so those of the numbered page with such
    ids are among them; and its rows have the members that all of the others have.
    """
    ids = {row.key for row in by_cursor}
    last = max(ids)
    if any(row.key <= last and row.key not in ids for row in numbered):
        return False
    if not numbered:
        return False
    always = set.intersection(*(set(json_text.members(row.raw)) for row in numbered))
    return always <= set.union(*(set(json_text.members(row.raw)) for row in by_cursor))
