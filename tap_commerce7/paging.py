"""The pagers of Commerce7: by cursor and by page number."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from tap_commerce7.answer import as_int
from tap_commerce7.cursor import (
    START,
    CursorLostError,
    Cursors,
    UnsortedError,
    divisible,
    usable_boundaries,
    within,
)
from tap_commerce7.endpoint import ROWS_PER_PAGE, Endpoint, Params, UpdatedAt
from tap_engine import ids, timestamps
from tap_engine.errors import NotFoundError, QueryRefusedError
from tap_engine.reading.pager import Page, Pager, rest, split_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_engine.state.scan import Context, Range, Scan

UNBRAKED_PAGES = 100
SECONDS_PER_BRAKED_PAGE = 60.0
"""Numbered pages beyond the hundredth are limited to one request a minute."""


class EndpointPager(Pager[Endpoint]):
    """What both pagers share: the filters, and leaving out `updatedAt` where it is refused."""

    def __init__(self, scan: Scan, source: Endpoint) -> None:
        super().__init__(scan, source)
        self._since_refused = False

    @property
    def filtered(self) -> bool:
        """Whether the user filters the stream."""
        return self.source.filtered

    def contexts(self) -> Sequence[Context]:
        """Return all lists."""
        return self.source.contexts

    @abc.abstractmethod
    def ask(self, part: Range, filters: Params) -> Page:
        """Ask for the page behind the position of a range."""

    @property
    def bound(self) -> str | None:
        """Lower bound of `updatedAt` that the API is asked for."""
        ignored = self.source.updated_at is UpdatedAt.ABSENT or self._since_refused
        return None if ignored else self.scan.since

    @property
    def filters(self) -> Params:
        """Query parameters that go with every page."""
        since = [] if self.bound is None else self.source.since(self.bound)
        return [*self.source.user_filter, *since]

    def fetch(self, part: Range) -> Page:
        """Read a page, with the filter on `updatedAt` where the endpoint takes it."""
        source, bound = self.source, self.bound
        try:
            return self.ask(part, self.filters)
        except CursorLostError:
            raise
        except QueryRefusedError as error:
            self.blame_filter(part.list)
            if source.updated_at is UpdatedAt.DOCUMENTED or bound is None:
                raise
            source.logger.info("%s; reading everything and leaving out what is older", error)
            self._since_refused = True
            return self.ask(part, source.user_filter)

    def try_list(self, context: Context) -> None:
        """Ask for a single row."""
        params = [*self.source.user_filter, ("page", "1"), ("limit", "1")]
        self.source.ask(context, params, [self.source.connection.limiter])


class ByPageNumber(EndpointPager):
    """Reads numbered pages, which are in no documented order."""

    name = "page"
    rereads = True

    def least_seconds(self, pages: int) -> float:
        """Return how long the pages take that are limited to one a minute."""
        return max(pages - UNBRAKED_PAGES, 0) * SECONDS_PER_BRAKED_PAGE

    def ask(self, part: Range, filters: Params) -> Page:
        """Ask for a page by its number."""
        source = self.source
        number = int((part.after or ["1"])[0])
        params = [*filters, ("page", str(number)), ("limit", str(ROWS_PER_PAGE))]
        limiters = [source.connection.limiter]
        if number > UNBRAKED_PAGES:
            limiters.append(source.connection.deep_page_limiter)
        envelope, raws = source.ask(part.list, params, limiters)
        return Page(
            source.rows.rows(raws),
            None,
            timestamps.now(),
            total=as_int(envelope.get("total")),
            full=len(raws) >= ROWS_PER_PAGE,
        )


class ByObjectType(ByPageNumber):
    """Reads a numbered list for each object type, with no rows of a type that the API lacks."""

    def __init__(self, scan: Scan, source: Endpoint) -> None:
        super().__init__(scan, source)
        self._lacking: set[str] = set()

    def lists(self, after: Context | None) -> Iterable[Context]:
        """Return the lists behind one; all of them while nothing was found: see `fetch`."""
        return super().lists(after if self.scan.count else None)

    def fetch(self, part: Range) -> Page:
        """Read a page.

        Raises:
            NotFoundError: The API lacks all object types, so it probably lacks the endpoint.
        """
        try:
            return super().fetch(part)
        except NotFoundError as error:
            self._lacking.add(part.list["objectType"])
            if len(self._lacking) == len(self.contexts()):
                raise
            self.source.logger.info("%s; taken for an empty list", error)
            return Page([], None, timestamps.now(), total=0, lacking=True)


class ByCursor(EndpointPager):
    """Reads a list with a cursor, in the order of ids; such requests are not rate-limited.

    The cursor is, as far as can be seen, the id of the first row of the next page. Rows are never
    sorted by time, so the bookmark only moves when the scan is complete.

    Args:
        single: Follow one cursor only, because the list is not sorted by id.
    """

    name = "cursor"
    fallback = ByPageNumber

    def __init__(self, scan: Scan, source: Endpoint, *, single: bool = False) -> None:
        super().__init__(scan, source)
        self._single = single
        self._divided = len(scan.ranges) > 1
        self._cursors = Cursors(source)

    @property
    def width(self) -> int:
        """Read as many ranges at once as requests may be in flight."""
        return 1 if self._single else self.source.connection.settings.concurrency

    def ask(self, part: Range, filters: Params) -> Page:
        """Ask for the page of a cursor."""
        cursor = part.after[0] if part.after else START
        raws, following = self._cursors.page(
            part.list,
            cursor,
            filters,
            expect_rows=self.scan.version is not None,
            ranged=self._is_ranged(part),
        )
        rows = self.source.rows.rows(raws)
        return Page(rows, None if following is None else [following], timestamps.now())

    def fetch(self, part: Range) -> Page:
        """Read a page, reduced to its range where the list is divided into several.

        Raises:
            QueryRefusedError: The endpoint knows no cursor.
            CursorLostError: It refuses this one.
        """
        try:
            page = super().fetch(part)
        except QueryRefusedError as error:
            if part.after is None:
                raise
            raise CursorLostError(str(error)) from None
        return within(part, page) if self._is_ranged(part) else page

    def _is_ranged(self, part: Range) -> bool:
        """Return whether a range is one of several."""
        return part.upto is not None or (self._divided and part.after is not None)

    def split(self, part: Range, page: Page) -> tuple[Range, ...]:
        """Divide the list behind its first page, where the API behaves as that needs."""
        if page.next is None or not divisible(page, self.width):
            return (rest(part, page),)
        boundaries = ids.boundaries(self.width, page.next[0])
        first_ids = self._cursors.first_ids([page.next[0], *boundaries], self.filters)
        usable = usable_boundaries(page, boundaries, first_ids)
        self._divided = bool(usable)
        return split_at(part, page, usable)

    def restart(self, error: QueryRefusedError, *, resumed: bool) -> Pager[Endpoint] | None:
        """Follow one cursor from the start when ranges, or cursors of this run, do not work.

        Only where that does not work either, or the first page is refused, numbered pages are left.
        """
        lost = isinstance(error, CursorLostError)
        if isinstance(error, UnsortedError) or (lost and not self._single):
            single = not (lost and resumed)
            return type(self)(self.scan.restarted(self.name), self.source, single=single)
        return super().restart(error, resumed=resumed)

    @property
    def can_count(self) -> bool:
        """Whether the API counts exactly what the scan reads: not if others change it meanwhile."""
        return self.scan.full

    @property
    def waits_for_count(self) -> bool:
        """Whether the vendor's budget is used up: totals come from numbered pages only."""
        return not self.source.connection.limiter.free

    def count(self, since: str | None = None) -> int | None:
        """Ask for the number of records, from the scan's lower bound on."""
        return self.source.count(max(filter(None, (self.bound, since)), default=None))
