"""Commerce7's limits are kept, not run into: the allowance and the brake on deep pages (20)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.commerce7.app import build
from tap_commerce7.tap import TapCommerce7
from tap_engine.http.rate_limit import RateLimiter
from tap_engine.http.session import Http
from tests.faults.source import Source

WINDOW = 0.6
"""Seconds that stand for the vendor's minute."""


def read(stand_in: Any, *streams: str, **settings: Any) -> Any:
    """Run the tap against a stand-in, served for this run."""
    with stand_in.serve() as server:
        source = Source(TapCommerce7, stand_in, server.url, "/v1/vendor", 1)
        return source.run(*streams, **settings), source.truth(streams[0])


@pytest.fixture
def small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shrink the tap's minute; it keeps below the limit by the same tenth as by default."""

    def small(count: int, seconds: float, **options: Any) -> RateLimiter:
        assert seconds == 60
        return RateLimiter(min(count, 9), WINDOW * 1.05, **options)

    monkeypatch.setattr("tap_commerce7.tap.RateLimiter", small)


@pytest.mark.usefixtures("small_window")
@pytest.mark.parametrize("concurrency", [1, 4])
def test_numbered_pages_never_meet_the_limit(concurrency: int) -> None:
    stand_in = build(size=0.05, rows={"vendors": 1500}, rate_limit=(10, WINDOW))
    began = time.monotonic()
    output, truth = read(stand_in, "vendors", "departments", concurrency=concurrency)
    assert output.code == 0
    assert output.latest("vendors") == truth
    assert {entry["status"] for entry in stand_in.requests} == {200}
    assert len(stand_in.requests) >= 31
    assert time.monotonic() - began > 2 * WINDOW, "the run had to wait, and did"


def test_without_the_throttle_the_limit_is_met_and_survived() -> None:
    stand_in = build(size=0.05, rows={"vendors": 1500}, rate_limit=(10, WINDOW), retry_after=False)
    output, truth = read(stand_in, "vendors", max_requests_per_minute=100_000)
    assert output.code == 0
    assert output.latest("vendors") == truth
    assert 429 in {entry["status"] for entry in stand_in.requests}


@pytest.mark.usefixtures("small_window")
def test_cursor_lists_are_not_throttled() -> None:
    stand_in = build(size=0.05, rows={"notes": 2000}, rate_limit=(10, WINDOW))
    with stand_in.serve() as server:
        source = Source(TapCommerce7, stand_in, server.url, "/v1/note", 1)
        output = source.run("notes")
        assert output.code == 0
        assert output.latest("notes") == source.truth("notes")
    assert {entry["status"] for entry in stand_in.requests} == {200}
    assert "waiting" not in output.log


def test_pages_behind_the_hundredth_are_asked_for_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[int, float]] = []
    monkeypatch.setattr(Http, "sleep", lambda _http, seconds: asked.append((1, seconds)))
    stand_in = build(size=0.05, rows={"vendors": 102 * 50 + 1}, small=True, rate_limit=None)
    output, truth = read(stand_in, "vendors")
    assert output.code == 0
    assert set(output.latest("vendors")) == set(truth)
    # Pages 101, 102 and 103, twice: the first one goes at once, each other waits for its minute.
    waits = [seconds for _, seconds in asked if seconds > 1]
    assert len(waits) == 5
    assert 50 < waits[0] <= 60
    assert 110 < waits[1] <= 120, "slots are booked one behind the other"


def test_the_default_stays_below_the_limit_of_the_vendor() -> None:
    tap: Any = TapCommerce7(config={"tenant": "t", "app_id": "a", "app_secret": "b" * 9})
    limiter, deep = tap.connection.limiter, tap.connection.deep_page_limiter
    assert (limiter._count, limiter._seconds) == (90, 60.0)
    assert (deep._count, deep._seconds) == (1, 60.0)
    shared = [stream.connection.limiter for stream in tap.streams.values()]
    assert all(each is limiter for each in shared), "all streams share it"


def test_commercetools_can_be_throttled(commercetools_source: Source) -> None:
    source = commercetools_source
    began = time.monotonic()
    output = source.run(max_requests_per_second=5)
    elapsed = time.monotonic() - began
    assert output.code == 0
    assert output.latest(source.stream) == source.truth()
    requests = [entry["time"] for entry in source.asked()]
    assert elapsed > (len(requests) / 5 - 1)
    for start in requests:
        assert sum(start <= moment < start + 0.95 for moment in requests) <= 5 + source.concurrency
