"""Pagers: the ways to read a stream's lists, each as an object."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, ClassVar, Generic, Self, TypeVar

import msgspec

from tap_engine.errors import FilterRefusedError, QueryRefusedError
from tap_engine.state.scan import Position, Range

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_engine.records.rows import Row
    from tap_engine.state.scan import Context, Scan

S = TypeVar("S")


class Page(msgspec.Struct):
    """One answer of the API.

    Attributes:
        rows: Its records.
        next: Position where the range goes on; None when it is complete.
        received_at: When the answer arrived, in the canonical form.
        total: Length of the list according to the API, where it says so.
        full: It holds as many records as were asked for; of numbered pages only.
        lacking: The API does not have the list.
    """

    rows: list[Row]
    next: Position | None
    received_at: str
    total: int | None = None
    full: bool = False
    lacking: bool = False


class Pager(abc.ABC, Generic[S]):
    """Reads the lists of a stream in one way; made for one scan, and owns all memory of it.

    Args:
        scan: What is read, and where it stands.
        source: What the pager needs to ask the API; of one type in each tap.
    """

    name: ClassVar[str]
    """Name in state."""
    fallback: ClassVar[type[Pager] | None] = None  # type: ignore[type-arg]
    """Pager to use when the API refuses this one's queries."""
    instead: ClassVar[str] = "reading everything and leaving out what is older"
    """What is done when the API refuses this pager's queries, for the log."""
    rereads: ClassVar[bool] = False
    """The list has no order to go on in: read it until it stands still, from its start in each run.

    See `tap_engine.reading.numbered`.
    """
    often_empty: ClassVar[bool] = False
    """Many of its lists are empty, so of those that it rereads an empty one is read once."""
    proven: ClassVar[bool] = True
    """It is known to list everything. If not, what it read is always compared with a count."""

    def __init__(self, scan: Scan, source: S) -> None:
        self.scan = scan
        self.source = source

    @abc.abstractmethod
    def fetch(self, part: Range) -> Page:
        """Read the page behind the position of a range; runs in a worker thread."""

    @abc.abstractmethod
    def try_list(self, context: Context) -> None:
        """Ask, with the user's filter, for as little of a list as shows that it can be read."""

    @property
    def filtered(self) -> bool:
        """Whether the user filters the stream."""
        return False

    @property
    def width(self) -> int:
        """Most ranges that may be open at once."""
        return 1

    @property
    def can_count(self) -> bool:
        """Whether the API counts exactly what the scan reads."""
        return False

    @property
    def counts_changes(self) -> bool:
        """Whether the API counts what changed at a moment or later."""
        return False

    @property
    def waits_for_count(self) -> bool:
        """Whether asking for the number of records would wait for a rate limit."""
        return False

    def count(self, since: str | None = None) -> int | None:  # noqa: ARG002
        """Return how many records there are; called only if `can_count`.

        Args:
            since: Count only what changed at this moment or later.

        Returns:
            Their number; None when the API does not tell.

        Raises:
            QueryRefusedError: The API does not count by time.
        """
        return None

    def least_seconds(self, pages: int) -> float:  # noqa: ARG002
        """Return how long the API makes one wait for so many pages, where that is known."""
        return 0.0

    def lists(self, after: Context | None) -> Iterable[Context]:
        """Return the lists behind one, in a stable order; all of them behind None."""
        names = self.contexts()
        return names if after is None else names[names.index(after) + 1 :]

    def contexts(self) -> Sequence[Context]:
        """Return all lists, where they are known beforehand."""
        return ({},)

    def has_list(self, context: Context) -> bool:
        """Return whether a list that an old state names is still one of the stream's."""
        return context in self.contexts()

    def accepts(self, position: Position) -> bool:
        """Return whether a position from a state has the form of this pager's positions."""
        return len(position) == 1

    def split(self, part: Range, page: Page) -> tuple[Range, ...]:
        """Divide the rest of a range behind its first page, where the API allows it."""
        return (rest(part, page),)

    def restart(self, error: QueryRefusedError, *, resumed: bool) -> Pager[S] | None:
        """Return the pager to begin anew with after a refusal; None to give up.

        Args:
            error: The refusal.
            resumed: The scan is from an earlier run: its positions may be what the API refuses.
        """
        del error
        kind = type(self) if resumed else self.fallback
        return None if kind is None else kind(self.scan.restarted(kind.name), self.source)

    def again(self) -> Self:
        """Return the same pager for reading everything once more."""
        return type(self)(self.scan.restarted(self.name), self.source)

    def instead_of_missing(self) -> Pager[S] | None:
        """Return the pager to begin anew with when records are missing; None to give up."""
        return None

    def check(self, context: Context) -> None:
        """Try a list.

        Raises:
            StreamError: The credentials do not give access to it, or the API refuses the filter.
        """
        try:
            self.try_list(context)
        except QueryRefusedError as error:
            if self.filtered:
                raise self._filter_refused(error) from None
            raise

    def blame_filter(self, context: Context) -> None:
        """Find out, after a refusal, whether it is the user's filter that the API refuses.

        Raises:
            FilterRefusedError: It refuses the filter alone as well.
        """
        if self.filtered:
            self.check(context)

    def _filter_refused(self, error: QueryRefusedError) -> FilterRefusedError:
        return FilterRefusedError(f"{error}; the API refuses the stream's entry in stream_filters")


def rest(part: Range, page: Page) -> Range:
    """Return the part of a range behind a page."""
    return Range(list=part.list, after=page.next, upto=part.upto)


def split_at(part: Range, page: Page, boundaries: Sequence[str]) -> tuple[Range, ...]:
    """Divide the rest of a range behind a page at ids in ascending order."""
    starts = [page.next, *([boundary] for boundary in boundaries)]
    ends = [*boundaries, part.upto]
    return tuple(
        Range(list=part.list, after=start, upto=end)
        for start, end in zip(starts, ends, strict=True)
    )
