"""Incremental runs of many tenants, which all become due at the same moment."""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Tenants:
    """What they depend on; the defaults are the assumptions of docs/scale.md.

    Attributes:
        tenants: How many.
        every_seconds: From one run of a tenant to the next.
        streams: Of each tenant; a stream in which nothing changed takes one request.
        latency_seconds: From a request to its whole answer.
        concurrency: Requests in flight of one tap.
        changed_rows: Median rows that changed since the last run; a tenth has ten times as many.
        loader_rows_per_second: Of one loader.
        run_seconds: Wall time of a run without requests and rows: engine, tap and loader start.
        run_cpu_seconds: CPU of that.
        cores: Of one machine.
        most_busy: Share of the cores that may be busy, so that a late run does not pile up.
        days: How long is simulated.
    """

    tenants: int = 1000
    every_seconds: float = 900.0
    streams: int = 40
    latency_seconds: float = 0.15
    concurrency: int = 4
    changed_rows: float = 100.0
    loader_rows_per_second: float = 3_000.0
    run_seconds: float = 8.0
    run_cpu_seconds: float = 5.0
    cores: int = 8
    most_busy: float = 0.8
    days: float = 1.0


@dataclass
class Result:
    """What came out.

    Attributes:
        machines: The fewest with which every run ends before the next is due.
        at_once: Runs at once on all of them.
        requests: A day.
        core_hours: A day.
        median_seconds: From due to done.
        last_seconds: The same, of the slowest run.
    """

    machines: int
    at_once: int
    requests: int
    core_hours: float
    median_seconds: float
    last_seconds: float


@dataclass(frozen=True)
class _Run:
    seconds: float
    cpu: float
    requests: int


def simulate(given: Tenants, seed: int = 1) -> Result:
    """Take more and more machines until every run ends before the next is due."""
    rng = random.Random(seed)
    ticks = [
        [_run(given, rng) for _ in range(given.tenants)]
        for _ in range(max(1, round(given.days * 86_400 / given.every_seconds)))
    ]
    busy = sum(run.cpu for tick in ticks for run in tick)
    span = len(ticks) * given.every_seconds
    machines = max(1, math.ceil(busy / span / given.cores / given.most_busy))
    while True:
        # A run waits for answers a good part of its time, so there are more of them than cores.
        share = statistics_of_cpu(ticks)
        at_once = max(1, math.floor(machines * given.cores * given.most_busy / share))
        lags = sorted(lag for tick in ticks for lag in _lags(tick, at_once))
        if lags[-1] <= given.every_seconds:
            break
        machines += 1
    return Result(
        machines=machines,
        at_once=at_once,
        requests=round(sum(run.requests for tick in ticks for run in tick) / given.days),
        core_hours=busy / 3600 / given.days,
        median_seconds=lags[len(lags) // 2],
        last_seconds=lags[-1],
    )


def statistics_of_cpu(ticks: list[list[_Run]]) -> float:
    """Tell how many cores a run keeps busy on average."""
    runs = [run for tick in ticks for run in tick]
    return sum(run.cpu for run in runs) / sum(run.seconds for run in runs)


def _run(given: Tenants, rng: random.Random) -> _Run:
    rows = given.changed_rows * (10 if rng.random() < 0.1 else 1) * rng.lognormvariate(0, 0.5)
    requests = given.streams + math.floor(rows / 500)
    loading = rows / given.loader_rows_per_second
    waiting = requests * given.latency_seconds / given.concurrency
    return _Run(given.run_seconds + waiting + loading, given.run_cpu_seconds + loading, requests)


def _lags(tick: list[_Run], at_once: int) -> list[float]:
    """Run all in the order of their due, so many at once; give seconds from due to done."""
    ends = [0.0] * at_once
    lags = []
    for run in tick:
        end = heapq.heappop(ends) + run.seconds
        heapq.heappush(ends, end)
        lags.append(end)
    return lags
