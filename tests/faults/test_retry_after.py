"""The server's wish for a pause is honoured, in every form, unless it breaks the budget (20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_engine.http import retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.source import Source


@pytest.mark.parametrize(
    ("options", "least", "most"),
    [
        ({"headers": {"Retry-After": "7"}}, 7, 7),
        ({"headers": {"Retry-After": "0.25"}}, 0.25, 0.25),
        ({"retry_after_date": 30}, 28, 31),
        ({"status": 429, "headers": {"X-RateLimit-Reset": "9"}}, 9, 9),
        ({"status": 502, "headers": {"RateLimit-Reset": "900"}}, 0, 0.01),
        ({}, 0, 0.01),
        ({"headers": {"Retry-After": "0"}}, 0, 0.01),
        ({"retry_after_date": -30}, 0, 0.01),
        ({"headers": {"Retry-After": "in a while"}}, 0, 0.01),
    ],
    ids=[
        "seconds",
        "fraction",
        "date",
        "reset",
        "reset-of-no-429",
        "absent",
        "zero",
        "past",
        "garbage",
    ],
)
def test_waits_as_long_as_asked(
    source: Source,
    pauses: list[float],
    options: dict[str, Any],
    least: float,
    most: float,
) -> None:
    source.stand_in.faults.add(source.match, "status", **{"status": 503, **options})
    output = source.run()
    assert output.code == 0
    assert output.latest(source.stream) == source.truth()
    assert len(pauses) == 1
    assert least <= pauses[0] <= most


@pytest.mark.parametrize(
    "options",
    [{"headers": {"Retry-After": "100000"}}, {"retry_after_date": 100_000}],
    ids=["seconds", "date"],
)
def test_a_wish_beyond_the_budget_fails_at_once(
    source: Source,
    errors: Callable[[], list[str]],
    pauses: list[float],
    options: dict[str, Any],
) -> None:
    source.stand_in.faults.add(source.match, "status", times=-1, status=429, **options)
    assert source.run(retry_max_seconds=600, concurrency=1).code == 1
    assert pauses == []
    assert len(source.asked()) == 1
    assert "gave up after 1 tries in 0 s" in errors()[0]


def test_pauses_without_a_wish_grow(source: Source, pauses: list[float]) -> None:
    source.stand_in.faults.add(source.match, "status", times=12, status=429)
    assert source.run(concurrency=1).code == 0
    assert len(pauses) == 12
    assert max(pauses[:2]) <= 0.004
    assert max(pauses) > 0.004


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}], ids=["absent", "zero"])
def test_a_429_without_a_wish_is_not_answered_with_haste(
    source: Source,
    pauses: list[float],
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
) -> None:
    monkeypatch.setattr(retry, "LEAST_WHEN_LIMITED", 0.5)
    source.stand_in.faults.add(source.match, "status", status=429, headers=headers)
    assert source.run(concurrency=1).code == 0
    assert pauses == [0.5]
