"""How long a server asks to wait, and how long the tap waits by itself (20)."""

from __future__ import annotations

import itertools
import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_engine.http import retry


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 7 "}, 7.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        ({"X-RateLimit-Reset": "12"}, 12.0),
        ({"RateLimit-Reset": "13"}, 13.0),
        ({"Retry-After": "5", "X-RateLimit-Reset": "12"}, 5.0),
        ({"Retry-After": "soon", "X-RateLimit-Reset": "12"}, 12.0),
    ],
)
def test_reads_what_the_server_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert retry.asked_wait(headers) == seconds


def test_date_is_measured_with_the_clock_of_the_server() -> None:
    headers = {
        "Date": "Mon, 05 Jan 2015 10:00:00 GMT",
        "Retry-After": "Mon, 05 Jan 2015 10:00:30 GMT",
    }
    assert retry.asked_wait(headers) == 30.0


def test_date_without_a_clock_of_the_server_is_measured_with_ours() -> None:
    wait = retry.asked_wait({"Retry-After": formatdate(time.time() + 40, usegmt=True)})
    assert wait is not None
    assert 35 < wait <= 40


def test_date_in_the_past_means_no_wait() -> None:
    assert retry.asked_wait({"Retry-After": "Mon, 05 Jan 2015 10:00:00 GMT"}) == 0.0


def test_reset_as_a_moment_is_turned_into_a_distance() -> None:
    wait = retry.asked_wait({"X-RateLimit-Reset": str(int(time.time()) + 20)})
    assert wait is not None
    assert 15 < wait <= 20


@given(st.text(), st.text(), st.text())
def test_no_header_value_is_an_error(after: str, date: str, reset: str) -> None:
    headers = {"Retry-After": after, "Date": date, "X-RateLimit-Reset": reset}
    wait = retry.asked_wait(headers)
    assert wait is None or 0 <= wait < float("inf")


@given(
    st.from_regex(
        r"([A-Z][a-z]{2}, )?\d{1,4} (Jan|Feb|Foo) \d{1,6} \d{1,3}:\d{1,3}(:\d{1,3})?"
        r"( (GMT|[+-]\d{1,9}))?",
        fullmatch=True,
    )
)
def test_no_date_is_an_error(date: str) -> None:
    wait = retry.asked_wait({"Retry-After": date, "Date": "Mon, 05 Jan 2015 10:00:00 GMT"})
    assert wait is None or wait >= 0


def test_own_waits_grow_and_stay_below_a_minute() -> None:
    many = [list(itertools.islice(retry.waits(), 12)) for _ in range(300)]
    highest = [max(waits[number] for waits in many) for number in range(12)]
    assert all(wait >= 0 for waits in many for wait in waits)
    assert highest[0] <= 1
    assert all(highest[number] <= min(60, 2**number) for number in range(12))
    assert highest[10] > 45, "the last waits use the whole minute"
    assert min(waits[10] for waits in many) < 15, "full jitter spreads the clients out"
