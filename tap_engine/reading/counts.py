"""Compares what a complete scan read with the source's own count."""

from __future__ import annotations

from operator import ne
from typing import TYPE_CHECKING, Any

from tap_engine import timestamps
from tap_engine.errors import IncompleteError, QueryRefusedError, StreamError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable

    from tap_engine.reading.pager import Pager
    from tap_engine.reading.run import ReadSettings
    from tap_engine.records.rows import Row

OFF, LOG, STRICT = MODES = ("off", "log", "strict")

PAUSE_SECONDS = 3.0
"""Pause before records are called missing: a count may lag behind writes for a moment."""

PATIENCE_SECONDS = 30.0
"""How long a request for a count is tried; the records are there already."""

BUCKETS = 1024


def compared(read: int, total: int) -> str:
    """Return both numbers as a sentence for the log."""
    return f"{read:,} records read, the API counts {total:,}"


def _missing(stream: str, lost: int, text: str) -> str:
    return f"{stream}: {lost:,} records are missing: {text}, and they did not change"


class Checksums:
    """What shows how far two readings of a list differ, in little memory: sums over their keys."""

    def __init__(self) -> None:
        self._sums = [0] * BUCKETS

    def add(self, rows: Iterable[Row]) -> None:
        """Take in the rows of a page."""
        sums = self._sums
        for row in rows:
            mark = hash(row.key)
            sums[mark % BUCKETS] += mark

    def differences(self, other: Checksums) -> int:
        """Return how many records at least are in one reading and not in the other."""
        return sum(map(ne, self._sums, other._sums))


class Counts:
    """Checks the scans of one run of a stream; both numbers are logged.

    The source moves while it is read. Records that changed since the scan began may be missing
    from it, because the next run reads them; if there are too many, some were deleted since.
    Where the API does not count by time, two readings of this run show whether records came and
    went: what the count has more than both, and more than they differ by, is missing.

    Args:
        sleep: Waits some seconds.
        checksums: Sum up the first scan. Of no use if an earlier run began it, and hardly ever
            needed where the API counts by time: then a third scan has to show the difference.
    """

    def __init__(
        self,
        settings: ReadSettings,
        sleep: Callable[[float], None],
        logger: logging.Logger,
        *,
        checksums: bool,
    ) -> None:
        self._mode = settings.verify_counts
        self._lookback = settings.lookback_seconds
        self._sleep = sleep
        self._logger = logger
        self._before: tuple[int, Checksums | None] | None = None
        self._sums = Checksums() if checksums else None

    def begin_anew(self) -> None:
        """Forget what was read of a scan that begins anew."""
        self._sums = Checksums()

    def add(self, rows: Iterable[Row]) -> None:
        """Take in the rows of a page that was written."""
        if self._mode == STRICT and self._sums is not None:
            self._sums.add(rows)

    def confirm(self, stream: str, pager: Pager[Any], pages: int, *, matters: bool) -> bool:
        """Compare after a complete scan.

        Whatever the setting, a pager that is not proven is compared as with `strict`.

        Args:
            stream: Name for messages.
            pager: Pager of the complete scan.
            pages: Number of its pages; a single page is only counted with `strict`.
            matters: A missing record would be lost; not if the next run reads everything anyway.

        Returns:
            False when, with `strict`, only another scan can show whether records are missing.

        Raises:
            IncompleteError: With `strict`, records are missing that did not change meanwhile. Or
                the pager is not proven, and the API states no number.
            StreamError: The pager is not proven, and the API does not count.
        """
        mode = self._mode if pager.proven else STRICT
        if mode == OFF or not pager.can_count:
            return True
        skipped = pages <= 1 or pager.waits_for_count if mode == LOG else not matters
        if skipped:
            return True
        try:
            return self._compare(stream, pager, strict=mode == STRICT)
        except IncompleteError:
            raise
        except StreamError as error:
            if not pager.proven:
                raise
            self._logger.warning("%s; the number of records could not be compared", error)
            return True

    def _compare(self, stream: str, pager: Pager[Any], *, strict: bool) -> bool:
        read = pager.scan.count
        total, lost = self._ask(pager)
        if lost is None or lost > 0:
            self._sleep(PAUSE_SECONDS)
            total, lost = self._ask(pager)
        if total is None and not pager.proven:
            msg = f"{stream}: the API states no number of records to compare with"
            raise IncompleteError(msg)
        if total is None:
            self._logger.info(
                "%s: %s records read, not compared: the API gives no exact count",
                stream,
                f"{read:,}",
            )
            return True
        text = compared(read, total)
        self._logger.info("%s: %s", stream, text)
        if lost is not None and lost <= 0:
            return True
        if strict:
            return self._judge(stream, text, total, read, lost)
        if lost is not None:
            self._logger.warning("%s", _missing(stream, lost, text))
        return True

    def _judge(self, stream: str, text: str, total: int, read: int, lost: int | None) -> bool:
        """Return whether a shortage is none after all; False if another scan has to show it."""
        before, self._before = self._before, (total, self._sums)
        if before is None:
            return False
        if lost is None:
            lost = self._lost_in_both(before, total, read)
        if lost is None:
            return False
        if lost > 0:
            missing = _missing(stream, lost, text)
            msg = f"{missing}; nothing was bookmarked, the next run reads everything again"
            raise IncompleteError(msg)
        self._logger.warning("%s: %s; too much comes and goes to tell why", stream, text)
        return True

    def _lost_in_both(
        self, before: tuple[int, Checksums | None], total: int, read: int
    ) -> int | None:
        """Return how many records both of two readings lack; None if the first was not summed up.

        What was there at the end of the first had to be in the second, unless it was deleted
        meanwhile; then the readings differ by it.
        """
        total_before, sums_before = before
        if sums_before is None or self._sums is None:
            return None
        lost = min(total, total_before) - read
        return lost if lost > 2 * self._sums.differences(sums_before) else 0

    def _ask(self, pager: Pager[Any]) -> tuple[int | None, int | None]:
        """Return the API's count, and how many unchanged records are missing.

        The count is None when the API tells none. The second number is 0 or less if nothing is
        missing, and None when that cannot be told.
        """
        scan = pager.scan
        total = pager.count()
        if total is None or total <= scan.count:
            return total, 0
        if scan.run_started_at is None:
            return total, None
        try:
            changed = pager.count(since=timestamps.earlier(scan.run_started_at, self._lookback))
        except QueryRefusedError:
            changed = None
        return total, None if changed is None else total - changed - scan.count
