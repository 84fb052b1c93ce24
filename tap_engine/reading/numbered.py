"""Lists that only have numbered pages: read them, count, and read again while it does not add up.

Their order is undefined, and rows shift between pages when others are deleted. So rows are told
apart by key, the number of different ones is compared with the `total` that the API states, and a
list that moved while it was read is read again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_engine.errors import IncompleteError, SourceError
from tap_engine.reading import counts
from tap_engine.reading.page_queue import Step
from tap_engine.state.scan import Range

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

    from tap_engine.reading.page_queue import Submit
    from tap_engine.reading.pager import Page, Pager
    from tap_engine.state.scan import Context

PASSES = 3


@dataclass
class _Pass:
    """What one reading of a list has shown."""

    keys: set[tuple[str, ...]] = field(default_factory=set)
    received: int = 0
    pages: int = 0
    longest: int = 0
    empty: int = 0
    total: int | None = None
    moved: bool = False

    def add(self, page: Page) -> None:
        self.moved |= self.total is not None and page.total != self.total
        # Rows behind an empty page: it was not the end.
        self.moved |= bool(page.rows) and self.empty > 0
        self.total = page.total
        self.received += len(page.rows)
        self.pages += 1
        self.longest = max(self.longest, len(page.rows))
        self.empty = 0 if page.rows else self.empty + 1
        before = len(self.keys)
        self.keys.update(row.key for row in page.rows)
        self.moved |= len(self.keys) < before + len(page.rows)

    @property
    def at_end(self) -> bool:
        if self.total is None:
            return self.empty > 0
        # An empty page is not the end while the API counts more rows than the pages could hold.
        return self.received >= self.total or (
            self.empty > 1 and (self.pages * self.longest >= self.total or not self.longest)
        )

    @property
    def fits(self) -> bool:
        return not self.moved and (self.total is None or len(self.keys) >= self.total)

    def confirms(self, other: _Pass) -> bool:
        """Return whether two readings agree on what there is, whatever the API counts."""
        quiet = not self.moved and not other.moved
        return quiet and self.longest > 0 and self.keys == other.keys and self.total == other.total


class NumberedPages:
    """Reads every list of a stream page by page; the same interface as `PageQueue`.

    A position in such a list means nothing in the next run: state says which lists are done, and
    an interrupted list begins anew.

    Args:
        stream: Name for messages.
        pager: Reads pages; its scan moves with `commit`.
        submit: Runs work in a worker thread.
        strict: A count that two equal readings contradict is an error.
    """

    def __init__(
        self,
        stream: str,
        pager: Pager[Any],
        submit: Submit,
        *,
        logger: logging.Logger,
        strict: bool = False,
    ) -> None:
        self._stream = stream
        self._pager = pager
        self._submit = submit
        self._logger = logger
        self._strict = strict
        self.pending = self.held_bytes = 0

    def begin(self) -> None:
        """Ask for nothing ahead; the first step asks for the first page."""

    def steps(self) -> Iterator[Step]:
        """Yield pages with the rows that were not in an earlier one."""
        scan = self._pager.scan
        for context in self._pager.lists(scan.last_list):
            yield from self._list(context)
            scan.last_list = context

    def commit(self, step: Step) -> None:
        """Take in the rows of a page that has been written."""
        self._pager.scan.record([row.at for row in step.page.rows])

    def close(self) -> None:
        """Do nothing; no request is in flight between two steps."""

    def _list(self, context: Context) -> Iterator[Step]:
        seen: set[tuple[str, ...]] = set()
        before: _Pass | None = None
        for number in range(1, PASSES + 1):
            reading = _Pass()
            for step in self._read(context, reading):
                fresh = [row for row in step.page.rows if row.key not in seen]
                seen.update(row.key for row in fresh)
                step.page.rows = fresh
                yield step
            if reading.fits:
                if reading.total is not None and not context:
                    text = counts.compared(len(seen), reading.total)
                    self._logger.info("%s: %s", self._stream, text)
                return
            if before is not None and reading.confirms(before):
                self._report(reading)
                return
            before = reading
            if number < PASSES:
                self._logger.info("%s: the list moved while it was read; again", self._stream)
        missing = (reading.total or 0) - len(seen)
        if missing > 0:
            msg = (
                f"{self._stream}: after {PASSES} readings {missing} of {reading.total} records have"
                " not been seen, because the list keeps moving; run again when it is quieter"
            )
            raise SourceError(msg)

    def _report(self, reading: _Pass) -> None:
        """Report that two readings agree with each other but not with the API's count."""
        msg = (
            f"{self._stream}: the API counts {reading.total} records and lists"
            f" {len(reading.keys)}, twice the same and without any sign of change"
        )
        if self._strict:
            raise IncompleteError(msg)
        self._logger.warning("%s; going by the list", msg)

    def _read(self, context: Context, reading: _Pass) -> Iterator[Step]:
        number = 1
        future = self._submit(self._pager.fetch, _page(context, number))
        while True:
            page = future.result()
            reading.add(page)
            at_end, step = reading.at_end, Step(_page(context, number), page)
            if not at_end:
                number += 1
                future = self._submit(self._pager.fetch, _page(context, number))
            yield step
            if at_end:
                return


def _page(context: Context, number: int) -> Range:
    return Range(list=context, after=[str(number)])
