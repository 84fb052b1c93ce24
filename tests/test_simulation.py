"""The simulations behind docs/scale.md agree with what can be worked out by hand."""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import pytest

from scripts.simulate import __main__ as command
from scripts.simulate import first_sync, tenants
from scripts.simulate.first_sync import FirstSync
from scripts.simulate.tenants import Tenants

PLAIN = FirstSync(
    rows=36_000_000, hours_between_kills=0, start_seconds=0, tap_cpu_seconds_per_million=0.001
)
FREE = replace(
    PLAIN, budget_per_second=math.inf, database_rows_per_second=math.inf, concurrency=1000
)


@pytest.mark.parametrize(
    ("given", "hours", "bound"),
    [
        (replace(FREE, loader_rows_per_second=1000), 10, "loader"),
        (replace(FREE, loader_rows_per_second=1000, shards=4), 2.5, "loader"),
        (replace(FREE, loader_rows_per_second=1e9, concurrency=3), 1, "requests in flight"),
        (replace(FREE, loader_rows_per_second=1e9, budget_per_second=20), 1, "the tenant's budget"),
        (
            replace(FREE, loader_rows_per_second=1e9, budget_per_second=20, shards=8),
            1,
            "the tenant's budget",
        ),
        (replace(FREE, database_rows_per_second=2000, shards=8), 5, "database"),
    ],
)
def test_a_first_sync_takes_as_long_as_its_bound_says(
    given: FirstSync, hours: float, bound: str
) -> None:
    result = first_sync.simulate(replace(given, latency_seconds=0.15))
    assert result.hours == pytest.approx(hours)
    assert result.bound == bound
    assert result.kills == 0
    assert result.requests == math.ceil(given.rows / 500) + given.shards * given.concurrency


def test_workers_that_are_killed_cost_time_and_requests() -> None:
    calm = first_sync.simulate(replace(FREE, shards=4))
    rough = first_sync.simulate(replace(FREE, shards=4, hours_between_kills=0.25))
    assert rough.kills > 0
    assert rough.hours > calm.hours
    assert rough.requests > calm.requests
    assert first_sync.simulate(replace(FREE, shards=4, hours_between_kills=0.25)) == rough


def test_machines_have_room_for_loaders_and_taps() -> None:
    given = replace(FREE, shards=16, loader_rows_per_second=1000, tap_cpu_seconds_per_million=1000)
    assert first_sync.simulate(given).machines == 16 * 2 / 8


def test_enough_machines_are_taken_for_every_run_to_end_in_time() -> None:
    given = Tenants(days=0.05)
    result = tenants.simulate(given)
    assert result.median_seconds < result.last_seconds <= given.every_seconds
    assert result.machines * given.cores * 24 * given.most_busy >= result.core_hours
    assert tenants.simulate(replace(given, tenants=4000)).machines >= 3 * result.machines
    requests = tenants.simulate(replace(given, changed_rows=0)).requests
    assert requests == given.tenants * given.streams * 5 / given.days


def test_the_command_takes_other_assumptions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (
        ["first-sync", "--rows", "1000", "--shards", "2"],
        ["tenants", "--days", "0.01"],
    ):
        monkeypatch.setattr(sys, "argv", ["simulate", *arguments])
        command.main()
        assert "machines: " in capsys.readouterr().out
