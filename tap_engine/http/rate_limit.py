"""Rate limits that the taps keep by themselves, before the platform enforces them."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class RateLimiter:
    """Allows at most `count` requests in any window of `seconds`, across all threads.

    The window rolls: even after a pause no burst is larger than `count`, so the limit holds
    wherever the platform's own windows begin.
    """

    def __init__(
        self,
        count: int,
        seconds: float,
        *,
        sleep: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._count = count
        self._seconds = seconds
        self._sleep = sleep
        self._clock = clock
        self._slots: deque[float] = deque()
        self._lock = threading.Lock()

    @property
    def free(self) -> bool:
        """Whether a request could go out at once."""
        with self._lock:
            horizon = self._clock() - self._seconds
            return sum(1 for slot in self._slots if slot > horizon) < self._count

    def wait(self) -> float:
        """Take the next free slot and sleep until its time has come.

        The slot is booked before sleeping, so that other threads queue up behind it.

        Returns:
            Seconds slept.
        """
        with self._lock:
            now = self._clock()
            while self._slots and self._slots[0] <= now - self._seconds:
                self._slots.popleft()
            start = now
            if len(self._slots) >= self._count:
                start = max(now, self._slots[-self._count] + self._seconds)
            self._slots.append(start)
            pause = start - now
        if pause > 0:
            self._sleep(pause)
        return pause
