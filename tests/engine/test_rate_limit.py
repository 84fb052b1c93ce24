"""Never more requests in any window than allowed, whatever the threads do (concurrency safety)."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_engine.http.rate_limit import RateLimiter


class Clock:
    """A clock that moves when somebody sleeps, or by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def most_in_a_window(moments: list[float], seconds: float) -> int:
    """Count the requests of the fullest half-open window."""
    ordered = sorted(moments)
    # A hair less than the window: sums of floats are not exact.
    return max(sum(0 <= later - start < seconds - 1e-6 for later in ordered) for start in ordered)


@given(
    st.integers(1, 6),
    st.floats(0.5, 60),
    st.lists(st.floats(0, 30), min_size=1, max_size=60),
)
def test_no_window_holds_more_than_the_limit(
    count: int, seconds: float, pauses: list[float]
) -> None:
    clock = Clock()
    limiter = RateLimiter(count, seconds, sleep=clock.sleep, clock=clock)
    moments = []
    for pause in pauses:
        clock.sleep(pause)
        limiter.wait()
        moments.append(clock.now)
    assert most_in_a_window(moments, seconds) <= count


def test_waits_no_longer_than_needed() -> None:
    clock = Clock()
    limiter = RateLimiter(3, 10.0, sleep=clock.sleep, clock=clock)
    for _ in range(3):
        limiter.wait()
    assert clock.now == 1000.0, "the first ones pass at once"
    limiter.wait()
    assert clock.now == 1010.0
    clock.sleep(100)
    for _ in range(3):
        limiter.wait()
    assert clock.now == 1110.0, "a pause gives back the whole allowance, and no more"
    assert limiter.wait() == 10.0
    assert clock.now == 1120.0


@pytest.mark.parametrize("threads", [4, 16])
def test_threads_share_one_allowance(threads: int) -> None:
    seconds, count, wanted = 0.2, 5, 30
    limiter = RateLimiter(count, seconds, sleep=time.sleep)
    moments: list[float] = []
    lock = threading.Lock()

    def work() -> None:
        limiter.wait()
        with lock:
            moments.append(time.monotonic())

    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(wanted):
            pool.submit(work)
    # Threads wake up late on a busy machine: the booked slots are exact, the wake-ups are not.
    assert len(moments) == wanted
    assert time.monotonic() - began >= (wanted / count - 1) * seconds - 0.01
    slots = sorted(limiter._slots)
    assert all(later - earlier >= 0 for earlier, later in pairwise(slots))
    assert most_in_a_window(slots, seconds) <= count


def test_a_burst_of_threads_books_different_slots() -> None:
    clock = Clock()
    pauses: list[float] = []
    limiter = RateLimiter(2, 10.0, sleep=pauses.append, clock=clock)
    with ThreadPoolExecutor(16) as pool:
        for _ in range(8):
            pool.submit(limiter.wait)
    assert sorted(pauses) == [10.0, 10.0, 20.0, 20.0, 30.0, 30.0]
