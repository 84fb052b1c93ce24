"""Lists that have nothing but numbered pages: read, count, and read again while it does not fit.

Their order is undefined and rows shift between pages when others are deleted. What can be done is
done: rows are told apart by key, the number of different ones is compared with the `total` that
the API states, and a list that moved while it was read is read again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_engine import counts
from tap_engine.errors import IncompleteError, SourceError
from tap_engine.walk import Page, Range, Step

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Iterator

    from tap_engine.walk import Context, Fetch, Submit, Walk

PASSES = 3


@dataclass
class _Pass:
    """What one reading of a list showed."""

    keys: set[tuple[str, ...]] = field(default_factory=set)
    received: int = 0
    pages: int = 0
    longest: int = 0
    empty: int = 0
    total: int | None = None
    moved: bool = False

    def add(self, page: Page) -> None:
        self.moved |= self.total is not None and page.total != self.total
        # Rows behind an empty page: that one was not the end.
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
        # An empty page is no end while the API counts more rows than the pages so far can hold.
        return self.received >= self.total or (
            self.empty > 1 and (self.pages * self.longest >= self.total or not self.longest)
        )

    @property
    def fits(self) -> bool:
        return not self.moved and (self.total is None or len(self.keys) >= self.total)

    def confirms(self, other: _Pass) -> bool:
        """Tell whether two readings agree on what there is, whatever the API counts."""
        quiet = not self.moved and not other.moved
        return quiet and self.longest > 0 and self.keys == other.keys and self.total == other.total


class NumberedReader:
    """Reads every list of a stream page by page; the same interface as `Walker`.

    A position in such a list means nothing in the next run: state holds which lists are done, and
    an interrupted list begins anew.
    """

    def __init__(  # noqa: PLR0913
        self,
        stream: str,
        walk: Walk,
        lists: Iterable[Context],
        *,
        fetch: Fetch,
        submit: Submit,
        logger: logging.Logger,
        strict: bool = False,
    ) -> None:
        self.walk = walk
        self._strict = strict
        self._stream = stream
        self._lists = lists
        self._fetch = fetch
        self._submit = submit
        self._logger = logger
        self.asking = 0

    def begin(self) -> None:
        """Nothing to ask for ahead: the first page is asked for with the first step."""

    def steps(self) -> Iterator[Step]:
        """Hand out pages with the rows that were not handed out before."""
        for context in self._lists:
            yield from self._list(context)
            self.walk.opened = context

    def advance(self, step: Step) -> None:
        """Take in the rows of a page that has been written."""
        self.walk.note(step.page.rows)

    def close(self) -> None:
        """Nothing is kept."""

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
        """Say that two readings agree with each other and not with the API's count."""
        msg = (
            f"{self._stream}: the API counts {reading.total} records and lists"
            f" {len(reading.keys)}, twice the same and without any sign of change"
        )
        if self._strict:
            raise IncompleteError(msg)
        self._logger.warning("%s; going by the list", msg)

    def _read(self, context: Context, reading: _Pass) -> Iterator[Step]:
        number = 1
        piece = Range(of=context, at=[str(number)])
        future = self._submit(self._fetch, piece)
        while True:
            page = future.result()
            reading.add(page)
            current = piece
            if not reading.at_end:
                number += 1
                piece = Range(of=context, at=[str(number)])
                future = self._submit(self._fetch, piece)
            yield Step(current, page, ())
            if reading.at_end:
                return
