"""A walk: how a whole collection is read without gaps, in parallel, and where it stands."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from tap_engine import uuids

if TYPE_CHECKING:
    from tap_engine.records import Row

Text = Annotated[str, msgspec.Meta(min_length=1)]
Position = Annotated[list[Text], msgspec.Meta(min_length=1)]
Context = dict[str, str]

PAGE_NUMBERS = "page"
"""Order of lists that have nothing but numbered pages; see `tap_engine.numbered`."""


READY_BYTES = 4_000_000
"""With more than this waiting to be written, nothing further is asked for."""


class Range(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A half-open piece of the id space, read by one cursor.

    Attributes:
        of: Which list, for streams that are made of several (by parent, container, object type).
        at: Position after the last page that was written; None before the first.
        to: Highest id of the range; None when it is open.
    """

    of: Context = {}
    at: Position | None = None
    to: Text | None = None


class Walk(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """One full reading of a collection under one filter; this is what state holds of it.

    Attributes:
        order: What the rows come sorted by; a position only means something together with it.
        ranges: Ranges that are not finished.
        opened: Last of the lists that were begun; None before the first.
        since: Lower bound of the replication timestamp.
        cut: The server's time when the run began that started this walk.
        highest: Highest replication timestamp that was written.
        version: Table version of a full-table walk.
        count: Number of rows that were read.
        first: The walk reads everything, not just what changed since a bookmark.
        read_with: The settings that the walk was begun with.
    """

    order: str
    ranges: list[Range] = []
    opened: Context | None = None
    since: str | None = None
    cut: str | None = None
    highest: str | None = None
    version: int | None = None
    count: int = 0
    first: bool = False
    read_with: dict[str, Any] = {}

    def note(self, rows: Sequence[Row]) -> None:
        """Take in the rows of a page that was written, without those older than `since`."""
        self.count += len(rows)
        least = max(self.since or "", self.highest or "")
        self.highest = max(
            (row.at for row in rows if row.at and row.at >= least), default=self.highest
        )


class Page(msgspec.Struct):
    """One answer of the API.

    Attributes:
        rows: Its records.
        next: Where the range goes on; None when it is complete.
        received_at: When it arrived, in the canonical form.
        total: What the API says is the length of the list, where it says so.
    """

    rows: list[Row]
    next: Position | None
    received_at: str
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A page to be written, and what takes its range's place once it has been."""

    read: Range
    page: Page
    followers: tuple[Range, ...]


Fetch = Callable[[Range], Page]
Split = Callable[[Range, Page], "tuple[Range, ...]"]
Submit = Callable[[Callable[[Range], Page], Range], "Future[Page]"]


class Walker:
    """Reads the ranges of a walk, one request in flight for each.

    The next page of a range is asked for as soon as the one before has arrived, so that it travels
    while others are written. Memory: `width` pages in flight, and of those that arrived as many if
    they are small, one or two if they are large.

    Args:
        walk: Where to begin; it moves with `advance`.
        lists: The lists of the stream that were not begun yet.
        fetch: Reads the page at the position of a range; runs in a worker thread.
        submit: Runs work in a worker thread.
        width: Most ranges open at once.
        split: Cuts the rest of a range into several after its first page.
    """

    def __init__(  # noqa: PLR0913
        self,
        walk: Walk,
        lists: Iterable[Context],
        *,
        fetch: Fetch,
        submit: Submit,
        width: int,
        split: Split,
    ) -> None:
        self.walk = walk
        self._lists = iter(lists)
        self._fetch = fetch
        self._submit = submit
        self._width = width
        self._split = split
        self._asked: dict[Future[Page], Range] = {}
        self._ready: deque[Step] = deque()
        self._begun = False
        self._exhausted = False

    @property
    def asking(self) -> int:
        """Number of pages asked for and not yet handed out."""
        return len(self._asked) + len(self._ready)

    def begin(self) -> None:
        """Ask for the first pages without waiting for them."""
        if not self._begun:
            self._begun = True
            for piece in self.walk.ranges:
                self._ask(piece)
            self._open()

    def steps(self) -> Iterator[Step]:
        """Hand out pages until every range is complete.

        Each page is to be written and then reported with `advance`, in any case before the next.
        """
        self.begin()
        while self._asked or self._ready:
            if not self._ready:
                wait(self._asked, return_when=FIRST_COMPLETED)
            self._collect()
            yield self._ready.popleft()
            self._open()

    def _collect(self) -> None:
        """Take in what has arrived and ask for what follows, so that nobody waits for the writer.

        A page that failed is only reported when those that arrived before have been handed out.
        """
        for future in [future for future in self._asked if future.done()]:
            if len(self._ready) >= self._width or self._ready_bytes() > READY_BYTES:
                return
            if self._ready and future.exception() is not None:
                continue
            piece = self._asked.pop(future)
            page = future.result()
            followers = self._followers(piece, page)
            for follower in followers:
                self._ask(follower)
            self._ready.append(Step(piece, page, followers))

    def _ready_bytes(self) -> int:
        return sum(len(row.raw) for step in self._ready for row in step.page.rows)

    def advance(self, step: Step) -> None:
        """Move the walk past a page whose rows have been written."""
        kept = [piece for piece in self.walk.ranges if piece != step.read]
        self.walk.ranges = [*step.followers, *kept]
        self.walk.note(step.page.rows)

    def close(self) -> None:
        """Drop what was asked for and not handed out."""
        for future in self._asked:
            future.cancel()
        self._asked.clear()
        self._ready.clear()

    def _ask(self, piece: Range) -> None:
        self._asked[self._submit(self._fetch, piece)] = piece

    def _open(self) -> None:
        while not self._exhausted and len(self._asked) < self._width:
            context = next(self._lists, None)
            if context is None:
                self._exhausted = True
                return
            piece = Range(of=context)
            self.walk.ranges = [*self.walk.ranges, piece]
            self.walk.opened = context
            self._ask(piece)

    def _followers(self, piece: Range, page: Page) -> tuple[Range, ...]:
        if page.next is None:
            return ()
        if piece.at is None and piece.to is None and self._width > 1:
            return self._split(piece, page)
        return (Range(of=piece.of, at=page.next, to=piece.to),)


def whole(piece: Range, page: Page) -> tuple[Range, ...]:
    """Split nothing: the rest of the range stays in one piece."""
    return (Range(of=piece.of, at=page.next, to=piece.to),)


def split_uuids(piece: Range, page: Page, count: int, end: str | None = None) -> tuple[Range, ...]:
    """Cut the ids behind a page into `count` ranges of equal width.

    The cuts are UUIDs. Whatever order the server has for its strings, the ranges cover all of it;
    that ids are UUIDs only makes them equally full.

    Args:
        piece: The range that the page came from.
        page: Its first page.
        count: How many ranges to make.
        end: Id behind which there is nothing to read; None when all are wanted.
    """
    begin = uuids.place((page.next or ["0"])[0])
    width = ((uuids.place(end) if end else uuids.COUNT) - begin) // count
    if count < 2 or width < 1:  # noqa: PLR2004
        return whole(piece, page)
    cuts = [uuids.cut(begin + width * number) for number in range(1, count)]
    starts = [page.next, *([cut] for cut in cuts)]
    ends = [*cuts, None]
    return tuple(
        Range(of=piece.of, at=start, to=end) for start, end in zip(starts, ends, strict=True)
    )
