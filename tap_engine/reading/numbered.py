"""Lists that only have numbered pages: read them, count, and read again while it does not add up.

Their order is undefined, and rows shift between pages when others are deleted. So rows are told
apart by key, the number of different ones is compared with the `total` that the API states, and a
list that moved while it was read is read again. One that may have moved unseen, because as many
rows went as came, is read again as well wherever a missed row would be lost.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_engine.errors import IncompleteError, SourceError
from tap_engine.reading import counts
from tap_engine.reading.page_queue import Step
from tap_engine.state.scan import Range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_engine.reading.page_queue import Submit
    from tap_engine.reading.pager import Page, Pager
    from tap_engine.state.scan import Context

PASSES = 4

LONG_SECONDS = 600
"""How long a list may take without a word about it."""


@dataclass
class _Pass:
    """What one reading of a list has shown."""

    keys: set[tuple[str, ...]] = field(default_factory=set)
    received: int = 0
    pages: int = 0
    longest: int = 0
    empty: int = 0
    full: bool = False
    total: int | None = None
    moved: bool = False
    repeated: bool = False

    def add(self, page: Page) -> None:
        self.moved |= self.total is not None and page.total != self.total
        keys = {row.key for row in page.rows}
        if keys and keys <= self.keys:
            self.repeated, self.total = True, page.total
            return
        # Rows behind an empty page: it was not the end.
        self.moved |= bool(page.rows) and self.empty > 0
        self.total = page.total
        self.received += len(page.rows)
        self.pages += 1
        self.longest = max(self.longest, len(page.rows))
        self.full = page.full
        self.empty = 0 if page.rows else self.empty + 1
        before = len(self.keys)
        self.keys |= keys
        self.moved |= len(self.keys) < before + len(page.rows)

    @property
    def at_end(self) -> bool:
        # Not every API has an empty page behind the last one.
        if self.repeated:
            return True
        if self.received == self.total:
            return not self.full  # behind a full page there may be more than the API counts
        if self.total is None or self.received > self.total:
            return self.empty > 0
        # An empty page is not the end while the API counts more rows than the pages could hold.
        return self.empty > 1 and (self.pages * self.longest >= self.total or not self.longest)

    @property
    def fits(self) -> bool:
        return not self.moved and (self.total is None or len(self.keys) >= self.total)

    @property
    def is_one_page(self) -> bool:
        """Whether one answer held all of it, so that no row can have shifted."""
        return self.received <= self.longest and not self.repeated

    @property
    def is_cut_off(self) -> bool:
        """Whether there may be more than the first page, and nothing leads to it."""
        return self.repeated and self.pages == 1 and self.full and self.total is None

    def confirms(self, other: _Pass) -> bool:
        """Return whether two readings agree on what there is, whatever the API counts."""
        quiet = not self.moved and not other.moved
        # A list of which nothing is shown is only empty if the API counts nothing either.
        shown = self.longest > 0 or not self.total
        return quiet and shown and self.keys == other.keys and self.total == other.total


class NumberedPages:
    """Reads every list of a stream page by page; the same interface as `PageQueue`.

    A position in such a list means nothing in the next run: state says which lists are done, and
    an interrupted list begins anew.

    Args:
        stream: Name for messages.
        pager: Reads pages; its scan moves with `commit`.
        submit: Runs work in a worker thread.
        sleep: Waits some seconds.
        strict: A count that two equal readings contradict is an error.
        twice: A list of several pages, or of none, is only complete when two readings agree: a row
            that was missed would be removed from the target, or fall below the bookmark.
    """

    def __init__(  # noqa: PLR0913 (one for each thing that the run decides)
        self,
        stream: str,
        pager: Pager[Any],
        submit: Submit,
        *,
        sleep: Callable[[float], None],
        logger: logging.Logger,
        strict: bool,
        twice: bool,
    ) -> None:
        self._stream = stream
        self._pager = pager
        self._submit = submit
        self._sleep = sleep
        self._logger = logger
        self._strict = strict
        self._twice = twice
        self.pending = self.held_bytes = 0

    def begin(self) -> None:
        """Ask for nothing ahead; the first step asks for the first page."""

    def steps(self) -> Iterator[Step]:
        """Yield pages with the rows that were not in an earlier one.

        Raises:
            IncompleteError: A list keeps moving, or the API counts more than it lists.
            SourceError: The API has only one page, which may not be all.
        """
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
        earlier: list[_Pass] = []
        reading = _Pass()
        for _ in range(PASSES):
            if earlier:
                self._prepare(reading)
            reading = _Pass()
            for step in self._read(context, reading):
                if not earlier and reading.pages == 1:
                    self._announce(reading)
                fresh = [row for row in step.page.rows if row.key not in seen]
                seen.update(row.key for row in fresh)
                step.page.rows = fresh
                yield step
            agreed = any(map(reading.confirms, earlier))
            if agreed or (reading.fits and self._is_enough(reading)):
                self._report(reading, context)
                return
            earlier.append(reading)
        missing = max((reading.total or 0) - len(seen), 0)
        if missing or not self._is_enough(reading):
            msg = (
                f"{self._stream}: after {PASSES} readings, of which no two agree, {missing} of"
                f" {reading.total} records have not been seen, because the list keeps moving; run"
                " again when it is quieter"
            )
            raise IncompleteError(msg)

    def _is_enough(self, reading: _Pass) -> bool:
        """Return whether a reading needs no other that agrees with it."""
        if not self._twice:
            return True
        # An empty answer in passing would remove every row from the target.
        return reading.is_one_page and (reading.longest > 0 or self._pager.often_empty)

    def _announce(self, reading: _Pass) -> None:
        """Say so if the API makes the list take long, going by its first page."""
        if reading.total is None or not reading.longest or reading.at_end:
            return
        seconds = self._pager.least_seconds(-(-reading.total // reading.longest))
        seconds *= 2 if self._twice else 1
        if seconds > LONG_SECONDS:
            self._logger.warning(
                "%s: %s records in numbered pages take at least %.1f hours, because the API slows"
                " down behind the first pages",
                self._stream,
                f"{reading.total:,}",
                seconds / 3600,
            )

    def _prepare(self, before: _Pass) -> None:
        """Say why the list is read again, and give a count that lags behind time to follow."""
        if before.fits:
            why = "to see that none moved" if before.longest else "because there is nothing"
            self._logger.info("%s: reading the pages twice, %s", self._stream, why)
            return
        self._logger.info("%s: the list moved while it was read; again", self._stream)
        if not before.moved:
            self._sleep(2 * counts.PAUSE_SECONDS)

    def _report(self, reading: _Pass, context: Context) -> None:
        """Compare a complete reading with the API's count.

        Raises:
            IncompleteError: The API counts more, twice the same.
        """
        total, read = reading.total, len(reading.keys)
        if total is None:
            return
        if read >= total:
            level = logging.WARNING if read > total else logging.INFO
            if not context or read > total:
                self._logger.log(level, "%s: %s", self._stream, counts.compared(read, total))
            return
        msg = (
            f"{self._stream}: the API counts {total} records and lists {read}, twice the same and"
            " without any sign of change"
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
            if reading.is_cut_off:
                msg = f"{self._stream}: the API ignored the page number"
                raise SourceError(msg)
            at_end, step = reading.at_end, Step(_page(context, number), page)
            if not at_end:
                number += 1
                future = self._submit(self._pager.fetch, _page(context, number))
            yield step
            if at_end:
                return


def _page(context: Context, number: int) -> Range:
    return Range(list=context, after=[str(number)])
