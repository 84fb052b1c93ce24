"""A first sync of one tenant in shards, with workers that are killed now and then."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FirstSync:
    """What a first sync depends on; the defaults are the assumptions of docs/scale.md.

    Attributes:
        rows: Rows of the tenant.
        shards: Parts, and workers at once.
        page_rows: Rows of a page.
        latency_seconds: From a request to its whole answer.
        concurrency: Requests in flight of one tap.
        budget_per_second: Requests that the tenant may get, of all workers together; Commerce7 does
            not count those of cursor lists.
        loader_rows_per_second: Of one loader with a core of its own.
        database_rows_per_second: What the database takes of all loaders together.
        tap_cpu_seconds_per_million: CPU of the tap for a million rows.
        start_seconds: From a worker's start to its first request: engine, tap and loader.
        hours_between_kills: Mean time until a worker is killed.
        retry_seconds: Until a killed worker is replaced.
        rows_read_again: At most so many after a kill: what was in flight or not yet stored.
        cores: Of one machine.
    """

    rows: int = 100_000_000
    shards: int = 1
    page_rows: int = 500
    latency_seconds: float = 0.15
    concurrency: int = 4
    budget_per_second: float = 50.0
    loader_rows_per_second: float = 3_000.0
    database_rows_per_second: float = 60_000.0
    tap_cpu_seconds_per_million: float = 30.0
    start_seconds: float = 10.0
    hours_between_kills: float = 24.0
    retry_seconds: float = 120.0
    rows_read_again: int = 10_000
    cores: int = 8


@dataclass
class Result:
    """What came out.

    Attributes:
        hours: Until the last shard was done.
        requests: Sent by all.
        kills: Workers that were killed.
        machines: That have the cores for all loaders and taps.
        bound: What kept it from going faster while all shards were running.
    """

    hours: float = 0.0
    requests: int = 0
    kills: int = 0
    machines: int = 0
    bound: str = ""


@dataclass
class _Worker:
    left: float
    waits_until: float
    killed_at: float = field(default=math.inf)


def simulate(given: FirstSync, seed: int = 1) -> Result:
    """Run all shards at once, from event to event: a start, an end, a kill."""
    rng = random.Random(seed)
    mean = given.hours_between_kills * 3600

    def next_kill(now: float) -> float:
        return now + rng.expovariate(1 / mean) if mean else math.inf

    workers = [
        _Worker(given.rows / given.shards, given.start_seconds, next_kill(0))
        for _ in range(given.shards)
    ]
    now, read, result = 0.0, 0.0, Result()
    while running := [worker for worker in workers if worker.left > 0]:
        reading = [worker for worker in running if worker.waits_until <= now]
        rate = _rate(given, len(reading))[0] if reading else 0.0
        times = [worker.waits_until for worker in running if worker.waits_until > now]
        times += [worker.killed_at for worker in running]
        times += [now + worker.left / rate for worker in reading]
        then = min(times)
        for worker in reading:
            done = min(worker.left, rate * (then - now))
            read += done
            worker.left = worker.left - done if worker.left - done > 1e-6 else 0.0
        now = then
        for worker in running:
            if worker.left > 0 and worker.killed_at <= now:
                result.kills += 1
                worker.left = min(
                    given.rows / given.shards, worker.left + given.rows_read_again / 2
                )
                worker.waits_until = now + given.retry_seconds + given.start_seconds
                worker.killed_at = next_kill(worker.waits_until)
    result.hours = now / 3600
    # Ranges end with a page that is not full.
    result.requests = math.ceil(read / given.page_rows) + given.shards * given.concurrency
    rate, result.bound = _rate(given, given.shards)
    busy = rate / given.loader_rows_per_second + rate * given.tap_cpu_seconds_per_million / 1e6
    result.machines = math.ceil(given.shards * busy / given.cores)
    return result


def _rate(given: FirstSync, workers: int) -> tuple[float, str]:
    """Tell how many rows a second each of some workers reads, and what the bound is."""
    bounds = {
        "requests in flight": given.concurrency * given.page_rows / given.latency_seconds,
        "loader": given.loader_rows_per_second,
        "the tenant's budget": given.budget_per_second * given.page_rows / workers,
        "database": given.database_rows_per_second / workers,
        "the tap's CPU": 1e6 / given.tap_cpu_seconds_per_million,
    }
    bound = min(bounds, key=bounds.__getitem__)
    return bounds[bound], bound
