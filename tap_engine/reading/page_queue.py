"""Pages in flight: reads the ranges of a scan, one request at a time for each."""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_engine.reading.pager import rest
from tap_engine.state.scan import Range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_engine.reading.pager import Page, Pager

    Submit = Callable[[Callable[[Range], Page], Range], Future[Page]]

READY_BYTES = 4_000_000
"""No further page is asked for while more than this waits to be written."""


@dataclass(frozen=True, slots=True)
class Step:
    """A page to be written, and what replaces its range once it has been."""

    part: Range
    page: Page
    remaining: tuple[Range, ...] = ()


class PageQueue:
    """Reads the ranges of a scan in parallel.

    The next page of a range is asked for as soon as the one before has arrived, so that it travels
    while others are written. Memory: `width` pages in flight, and of those that arrived as many if
    they are small, one or two if they are large.

    Args:
        pager: Reads pages; its scan moves with `commit`.
        submit: Runs work in a worker thread.
    """

    def __init__(self, pager: Pager[Any], submit: Submit) -> None:
        self._pager = pager
        self._submit = submit
        self._lists = iter(pager.lists(pager.scan.last_list))
        self._width = pager.width
        self._asked: dict[Future[Page], Range] = {}
        self._ready: deque[Step] = deque()
        self._begun = False
        self._exhausted = False

    @property
    def pending(self) -> int:
        """Number of pages asked for and not yet handed out."""
        return len(self._asked) + len(self._ready)

    @property
    def held_bytes(self) -> int:
        """Size of the pages that have arrived and were not yet handed out."""
        arrived = [each for each in self._asked if each.done() and not each.cancelled()]
        pages = [each.result() for each in arrived if each.exception() is None]
        return sum(map(_size, (*pages, *(step.page for step in self._ready))))

    def begin(self) -> None:
        """Ask for the first pages without waiting for them."""
        if not self._begun:
            self._begun = True
            for part in self._pager.scan.ranges:
                self._ask(part)
            self._open()

    def steps(self) -> Iterator[Step]:
        """Yield pages until every range is complete.

        Each page is to be written and then passed to `commit` before the next is taken.
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
            part = self._asked.pop(future)
            page = future.result()
            remaining = self._remaining(part, page)
            for each in remaining:
                self._ask(each)
            self._ready.append(Step(part, page, remaining))

    def _ready_bytes(self) -> int:
        return sum(_size(step.page) for step in self._ready)

    def commit(self, step: Step) -> None:
        """Move the scan past a page whose rows have been written."""
        scan = self._pager.scan
        kept = [part for part in scan.ranges if part != step.part]
        scan.ranges = [*step.remaining, *kept]
        scan.record([row.at for row in step.page.rows])

    def close(self) -> None:
        """Drop what was asked for and not handed out."""
        for future in self._asked:
            future.cancel()
        self._asked.clear()
        self._ready.clear()

    def _ask(self, part: Range) -> None:
        self._asked[self._submit(self._pager.fetch, part)] = part

    def _open(self) -> None:
        scan = self._pager.scan
        while not self._exhausted and len(self._asked) < self._width:
            context = next(self._lists, None)
            if context is None:
                self._exhausted = True
                return
            part = Range(list=context)
            scan.ranges = [*scan.ranges, part]
            scan.last_list = context
            self._ask(part)

    def _remaining(self, part: Range, page: Page) -> tuple[Range, ...]:
        if page.next is None:
            return ()
        if part.after is None and part.upto is None and self._width > 1:
            return self._pager.split(part, page)
        return (rest(part, page),)


def _size(page: Page) -> int:
    return sum(len(row.raw) for row in page.rows)
