"""Throughput of shards that run side by side on one machine, from an API that is far away."""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.perf_commands import Commands
from benchmarks.perf_measure import once, side_by_side
from benchmarks.perf_source import Source

if TYPE_CHECKING:
    import argparse

    from benchmarks.perf_measure import Command

HELP = "Read a list with 1, 2 and 4 shards at once, and with as many requests from one process."
STREAM = "customers"
COUNTS = {"commercetools": 200_000}
DEFAULT_CONCURRENCY = {"commercetools": 4}
SHARDS = (1, 2, 4)

Setup = tuple[int, int]
"""Number of shards, and `concurrency` of each."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--latency", type=float, default=0.15, help="seconds added to each answer")


def run(options: argparse.Namespace) -> int:
    """Measure the platforms that have shards.

    Returns:
        1 when the shards together did not read every record once.
    """
    print(f"{options.latency * 1000:.0f} ms, medians of {options.rounds} rounds, in turn")
    print("| tap | shards | concurrency of each | wall s | records/s | gain | CPU s | requests |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    good = [_platform(platform, options.rounds, options.latency) for platform in COUNTS]
    return 0 if all(good) else 1


def _platform(platform: str, rounds: int, latency: float) -> bool:
    count, each = COUNTS[platform], DEFAULT_CONCURRENCY[platform]
    setups: list[Setup] = [*((number, each) for number in SHARDS), (1, each * SHARDS[-1])]
    samples: dict[Setup, list[tuple[float, float]]] = {setup: [] for setup in setups}
    requests: dict[Setup, int] = {}
    complete = True
    with (
        Source(platform, {STREAM: count}) as source,
        tempfile.TemporaryDirectory(prefix="tap-commerce-bench-") as name,
    ):
        folder = Path(name)
        make = Commands(source, folder)
        commands = {setup: make.shards([STREAM], *setup) for setup in setups}
        for setup in setups:
            complete &= _read_once(commands[setup], folder) == count
        source.latency(latency)
        for _ in range(rounds):
            for setup in setups:
                source.forget_requests()
                samples[setup].append(side_by_side(commands[setup]))
                requests[setup] = len(source.requests())
    first = statistics.median(wall for wall, _ in samples[setups[0]])
    for number, concurrency in setups:
        wall = statistics.median(wall for wall, _ in samples[number, concurrency])
        cpu = statistics.median(cpu for _, cpu in samples[number, concurrency])
        cells: tuple[Any, ...] = (
            f"tap-{platform}",
            number,
            concurrency,
            f"{wall:.1f}",
            f"{count / wall:,.0f}",
            f"{first / wall:.2f} x",
            f"{cpu:.1f}",
            requests[number, concurrency],
        )
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
    return complete


def _read_once(commands: list[Command], folder: Path) -> int:
    """Count the records that processes read; 0 when one was read twice."""
    seen: set[str] = set()
    total = 0
    for command in commands:
        file = folder / "records.jsonl"
        once(command, file)
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                if line.startswith('{"type":"RECORD"'):
                    total += 1
                    seen.add(json.loads(line)["record"]["id"])
    return total if len(seen) == total else 0
