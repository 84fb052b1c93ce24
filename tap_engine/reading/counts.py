"""Compares what a complete scan read with the source's own count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_engine import timestamps
from tap_engine.errors import IncompleteError, QueryRefusedError, StreamError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from tap_engine.reading.pager import Pager
    from tap_engine.reading.run import ReadSettings

OFF, LOG, STRICT = MODES = ("off", "log", "strict")

PAUSE_SECONDS = 3.0
"""Pause before records are called missing: a count may lag behind writes for a moment."""


def compared(read: int, total: int) -> str:
    """Return both numbers as a sentence for the log."""
    return f"{read:,} records read, the API counts {total:,}"


class Counts:
    """Checks the scans of one run of a stream; both numbers are logged.

    The source moves while it is read. Records that changed since the scan began may be missing
    from it, because the next run reads them; if there are too many, some were deleted since.

    Args:
        sleep: Waits some seconds.
    """

    def __init__(
        self, settings: ReadSettings, sleep: Callable[[float], None], logger: logging.Logger
    ) -> None:
        self._mode = settings.verify_counts
        self._lookback = settings.lookback_seconds
        self._sleep = sleep
        self._logger = logger
        self._before: int | None = None

    def confirm(self, stream: str, pager: Pager[Any], pages: int) -> bool:
        """Compare after a complete scan.

        Args:
            stream: Name for messages.
            pager: Pager of the complete scan.
            pages: Number of its pages; a single page is only counted with `strict`.

        Returns:
            False when, with `strict`, only a second scan can show whether records are missing.

        Raises:
            IncompleteError: With `strict`, records are missing that did not change meanwhile.
            StreamError: With `strict`, there is no count.
        """
        if self._mode == OFF or not pager.can_count:
            return True
        if self._mode == LOG and (pages <= 1 or pager.waits_for_count):
            return True
        try:
            return self._compare(stream, pager)
        except StreamError as error:  # IncompleteError comes with `strict` only
            if self._mode == STRICT:
                raise
            self._logger.info("%s; the number of records could not be compared", error)
            return True

    def _compare(self, stream: str, pager: Pager[Any]) -> bool:
        read = pager.scan.count
        total, lost = self._ask(pager)
        doubt = lost is None and self._mode == STRICT
        if doubt or (lost or 0) > 0:
            self._sleep(PAUSE_SECONDS)
            total, lost = self._ask(pager)
        if total is None:
            return True
        text = compared(read, total)
        self._logger.info("%s: %s", stream, text)
        if lost is None and self._mode == LOG:
            return True
        if lost is None and self._before is None:
            self._before = total
            return False
        if lost is None:
            # After a second scan: what was there at the end of the first had to be in it.
            lost = min(total, self._before or 0) - read
        if lost > 0:
            text = f"{stream}: {lost:,} records are missing: {text}, and they did not change"
            if self._mode == STRICT:
                again = f"{text}; nothing was bookmarked, the next run reads everything again"
                raise IncompleteError(again)
            self._logger.warning("%s", text)
        return True

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
