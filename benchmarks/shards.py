"""Throughput of shards that run side by side on one machine, from an API that is far away."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.commands import serving
from benchmarks.measure import FailedError, alternately, once, side_by_side
from benchmarks.report import table

if TYPE_CHECKING:
    from benchmarks.measure import Command, Figures
    from benchmarks.report import Row

STREAM = "customers"
COUNTS = {"commercetools": 200_000}
DEFAULT_CONCURRENCY = {"commercetools": 4}
SHARDS = (1, 2, 4)

HEADER = (
    *("tap", "shards", "concurrency of each"),
    *("wall s", "records/s", "gain", "CPU s", "requests"),
)

Setup = tuple[int, int]
"""Number of shards, and `concurrency` of each."""


def main() -> None:
    """Read a list with 1, 2 and 4 shards at once, and with as many requests from one process."""
    parser = argparse.ArgumentParser(prog="./run bench shards", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--latency", type=float, default=0.15, help="seconds added to each answer")
    options = parser.parse_args()
    lines = [line for platform in COUNTS for line in _platform(platform, options)]
    print(f"{options.latency * 1000:.0f} ms, medians of {options.rounds} rounds, in turn")
    print(table(HEADER, lines))


def _platform(platform: str, options: argparse.Namespace) -> list[Row]:
    count, each = COUNTS[platform], DEFAULT_CONCURRENCY[platform]
    setups: list[Setup] = [*((number, each) for number in SHARDS), (1, each * SHARDS[-1])]
    requests: dict[Setup, int] = {}
    with (
        tempfile.TemporaryDirectory(prefix="tap-commerce-bench-") as name,
        serving(platform, {STREAM: count}, Path(name)) as commands,
    ):
        taps = {setup: commands.shards([STREAM], *setup) for setup in setups}
        for shards in taps.values():
            _must_read_all(shards, Path(name), count)
        commands.stand_in.latency(options.latency)

        def read(setup: Setup) -> Figures:
            commands.stand_in.forget_requests()
            found = side_by_side(taps[setup])
            requests[setup] = len(commands.stand_in.requests())
            return found

        found = alternately({setup: setup for setup in setups}, options.rounds, read)
    first = found[setups[0]].wall
    return [
        (
            f"tap-{platform}",
            *(f"{number}" for number in setup),
            f"{figures.wall:.1f}",
            f"{count / figures.wall:,.0f}",
            f"{first / figures.wall:.2f} x",
            f"{figures.cpu:.1f}",
            f"{requests[setup]}",
        )
        for setup, figures in found.items()
    ]


def _must_read_all(shards: list[Command], folder: Path, count: int) -> None:
    """Fail unless the shards together read every record once."""
    ids: list[str] = []
    for shard in shards:
        file = folder / "records.jsonl"
        once(shard, file)
        with file.open(encoding="utf-8") as lines:
            records = (line for line in lines if line.startswith('{"type":"RECORD"'))
            ids += [json.loads(line)["record"]["id"] for line in records]
    if len(ids) != count or len(set(ids)) != count:
        msg = f"{len(shards)} shards read {len(ids)} records, {len(set(ids))} of them different"
        raise FailedError(msg)


if __name__ == "__main__":
    main()
