"""Progress lines: logs every few seconds how far a stream is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from concurrent.futures import Future

    from tap_engine.http.session import Http

INTERVAL_SECONDS = 5.0


class Progress:
    """Counts what one stream has written and logs it from time to time.

    Args:
        stream: Name of the stream.
        http: Counts requests and waiting time.
        ask_total: Asks for the length of the list in a worker thread; called once, and only when
            the scan takes long enough to be logged at all.
    """

    def __init__(
        self,
        stream: str,
        http: Http,
        logger: logging.Logger,
        ask_total: Callable[[], Future[int | None] | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._http = http
        self._logger = logger
        self._ask_total = ask_total
        self._clock = clock
        self._began = self._logged = clock()
        self._requests = http.sent_for(stream)
        self._records = 0
        self._asked = False
        self._total: Future[int | None] | None = None

    def add(self, records: int) -> None:
        """Count records, and log when it is time."""
        self._records += records
        now = self._clock()
        if now - self._logged >= INTERVAL_SECONDS:
            self._logged = now
            if not self._asked:
                self._asked = True
                self._total = self._ask_total()
            self._logger.info("%s", self.line(now - self._began))

    def line(self, seconds: float) -> str:
        """Return the line: records, rate, requests, share and time left, time waited."""
        rate = self._records / max(seconds, 0.001)
        text = (
            f"{self._stream}: {self._records:,} records, {rate:,.0f}/s,"
            f" {self._http.sent_for(self._stream) - self._requests:,} requests"
        )
        total = self._known_total()
        if total:
            share = min(self._records / total, 1)
            left = max(total - self._records, 0) / max(rate, 0.001)
            text += f", {share:.0%} of about {total:,}, {left:,.0f} s left"
        if waited := self._http.waited:
            text += f", waited {waited:,.0f} s for the API"
        return text

    def _known_total(self) -> int | None:
        future = self._total
        if future is None or not future.done() or future.exception() is not None:
            return None
        return future.result()
