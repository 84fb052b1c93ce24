"""Compares what a complete walk read with the source's own count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_engine import timestamps
from tap_engine.errors import IncompleteError, QueryRefusedError, RequestError, StreamError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from tap_engine.stream import EngineStream
    from tap_engine.walk import Page, Walk

OFF, LOG, STRICT = MODES = ("off", "log", "strict")

PAUSE_SECONDS = 3.0
"""Before records are called missing: a count may lag behind writes by a moment."""


def compared(read: int, total: int) -> str:
    """Put both numbers into words."""
    return f"{read:,} records read, the API counts {total:,}"


class Counts:
    """Checks the walks of one run of a stream; both numbers are logged.

    The source moves while it is read. Records that changed since the walk began may be missing
    from it, because the next run reads them; records that are too many were deleted since.
    """

    def __init__(self, stream: EngineStream) -> None:
        self._stream = stream
        self._mode = stream.tap.verify_counts
        self._before: int | None = None
        self._early: Future[int | None] | None = None

    def ask_early(self, walk: Walk, page: Page) -> None:
        """Ask for the count beside the first page of several, so that nobody waits for it.

        With `strict` it is asked for at the end only: by then records may have come and gone.
        """
        if self._mode == LOG and page.next is not None and self._early is None:
            self._early = self._stream.ask_total(walk)

    def total(self, walk: Walk) -> Future[int | None] | None:
        """Give the count that was asked for early, or ask for it now, to tell the progress by."""
        return self._early or self._stream.ask_total(walk)

    def forget_early(self) -> None:
        """Drop what was asked for early, because the walk begins anew."""
        self._early = None

    def confirm(self, walk: Walk, pages: int) -> bool:
        """Compare after a complete walk.

        Args:
            walk: The finished walk.
            pages: Its number of pages; a single page is only counted with `strict`.

        Returns:
            False when, with `strict`, only a second walk can tell whether records are missing.

        Raises:
            IncompleteError: With `strict`, records are missing that did not change meanwhile.
            StreamError: With `strict`, the count was refused.
            RequestError: With `strict`, it could not be had.
        """
        stream = self._stream
        if self._mode == OFF or not stream.can_count(walk):
            return True
        unasked = self._early is None and (pages <= 1 or stream.count_waits)
        if self._mode == LOG and unasked:
            return True
        try:
            return self._compare(walk)
        except (StreamError, RequestError) as error:  # IncompleteError comes with `strict` only
            if self._mode == STRICT:
                raise
            stream.logger.info("%s; the number of records could not be compared", error)
            return True

    def _compare(self, walk: Walk) -> bool:
        stream = self._stream
        total, lost = self._early_look(walk) or self._look(walk)
        doubt = lost is None and self._mode == STRICT
        if doubt or (lost or 0) > 0:
            stream.tap.http.sleep(PAUSE_SECONDS)
            total, lost = self._look(walk)
        if total is None:
            return True
        text = compared(walk.count, total)
        stream.logger.info("%s: %s", stream.name, text)
        if lost is None and self._mode == LOG:
            return True
        if lost is None and self._before is None:
            self._before = total
            return False
        if lost is None:
            # After a second walk: what was there at the end of the first had to be in it.
            lost = min(total, self._before or 0) - walk.count
        if lost > 0:
            text = f"{stream.name}: {lost:,} records are missing: {text}, and they did not change"
            if self._mode == STRICT:
                again = f"{text}; nothing was bookmarked, the next run reads everything again"
                raise IncompleteError(again)
            stream.logger.warning("%s", text)
        return True

    def _early_look(self, walk: Walk) -> tuple[int | None, int | None] | None:
        """Take the count that was asked for early, if it is what was read."""
        future, self._early = self._early, None
        early = future.result() if future is not None else None
        return (early, 0) if early == walk.count else None

    def _look(self, walk: Walk) -> tuple[int | None, int | None]:
        """Ask how many records there are, and find out how many of them the walk had to see.

        Returns:
            The API's count, None when it tells none; and how many records that did not change
            meanwhile are missing (0 or less: none), None when that cannot be told.
        """
        total = self._stream.count()
        if total is None or total <= walk.count:
            return total, 0
        changed = self._changed(walk)
        return total, None if changed is None else total - changed - walk.count

    def _changed(self, walk: Walk) -> int | None:
        """Ask how many records changed since the walk began; None when the API does not tell."""
        stream = self._stream
        if walk.cut is None:
            return None
        try:
            return stream.count(since=timestamps.earlier(walk.cut, stream.tap.lookback_seconds))
        except QueryRefusedError:
            return None
