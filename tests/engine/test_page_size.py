"""Pages shrink when the API asks for it and grow back (20)."""

from __future__ import annotations

from tap_commercetools import page_size
from tap_commercetools.page_size import PageSize


def test_halves_down_to_one_row() -> None:
    size = PageSize(500)
    seen = []
    while size.current > 1:
        size.shrink(size.current)
        seen.append(size.current)
    assert seen == [250, 125, 62, 31, 15, 7, 3, 1]
    size.shrink(1)
    assert size.current == 1


def test_threads_that_were_refused_together_halve_once() -> None:
    size = PageSize(500)
    for _ in range(8):
        size.shrink(500)
    assert size.current == 250


def test_grows_back_after_enough_good_pages_and_not_beyond_the_start() -> None:
    size = PageSize(100)
    size.shrink(100)
    size.shrink(50)
    for _ in range(page_size.GROW_AFTER):
        size.succeeded()
    assert size.current == 50
    for _ in range(3 * page_size.GROW_AFTER):
        size.succeeded()
    assert size.current == 100


def test_a_refusal_starts_the_count_anew() -> None:
    size = PageSize(100)
    size.shrink(100)
    for _ in range(page_size.GROW_AFTER - 1):
        size.succeeded()
    size.shrink(50)
    size.succeeded()
    assert size.current == 25


def test_each_refusal_of_a_larger_size_makes_the_next_attempt_wait_longer() -> None:
    size = PageSize(100)
    size.shrink(100)
    tried = []
    for page in range(2000):
        if size.current == 100:
            size.shrink(100)
            size.shrink(100)  # another thread that had asked for as much
            tried.append(page)
        size.succeeded()
    assert tried == [20, 100, 420, 1700]
    assert size.current == 50
