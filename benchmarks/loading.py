"""How fast shards get into PostgreSQL: the loader is what a first sync waits for."""

from __future__ import annotations

import json
import shlex
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.perf_commands import Commands
from benchmarks.perf_measure import once, side_by_side
from benchmarks.perf_source import Source
from scripts.demo.postgres import Postgres

if TYPE_CHECKING:
    import argparse

HELP = "Load a list into an embedded PostgreSQL with 1, 2 and 4 pairs of tap and target-postgres."
STREAM = "customers"
SHARDS = (1, 2, 4)
TARGET = Path(__file__).parent.parent / ".meltano/loaders/target-postgres/venv/bin/target-postgres"
LOADERS: dict[str, dict[str, Any]] = {
    "as in meltano.yml": {},
    "use_copy, without validation": {"use_copy": True, "validate_records": False},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--rows", type=int, default=40_000, help="rows of the list")


def run(options: argparse.Namespace) -> int:
    """Measure.

    Returns:
        1 when a table does not hold all rows, or the loader is not installed.
    """
    if not TARGET.exists():
        print("target-postgres is not installed: ./run install")
        return 1
    rows: int = options.rows
    print(f"{rows:,} customers of 0.8 kB, medians of {options.rounds} rounds, in turn")
    print("| loader | shards | wall s | rows/s | gain | CPU s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with (
        tempfile.TemporaryDirectory(prefix="tap-commerce-bench-") as name,
        Postgres(Path(name) / "pg") as postgres,
        Source("commercetools", {STREAM: rows}) as source,
    ):
        bench = _Bench(source, postgres, Path(name))
        good = [bench.measure(loader, options.rounds, rows) for loader in LOADERS]
    return 0 if all(good) else 1


class _Bench:
    def __init__(self, source: Source, postgres: Postgres, folder: Path) -> None:
        self._make = Commands(source, folder)
        self._postgres = postgres
        self._folder = folder
        self._schemas = 0

    def measure(self, loader: str, rounds: int, rows: int) -> bool:
        """Measure one loader with each number of shards; tell whether all rows arrived."""
        walls: dict[int, list[float]] = {shards: [] for shards in SHARDS}
        cpus: dict[int, list[float]] = {shards: [] for shards in SHARDS}
        complete = True
        for _ in range(rounds):
            for shards in SHARDS:
                wall, cpu, loaded = self._load(shards, LOADERS[loader])
                walls[shards].append(wall)
                cpus[shards].append(cpu)
                complete &= loaded == rows
        first = statistics.median(walls[SHARDS[0]])
        for shards in SHARDS:
            wall = statistics.median(walls[shards])
            print(
                f"| {loader} | {shards} | {wall:.1f} | {rows / wall:,.0f} | {first / wall:.2f} x"
                f" | {statistics.median(cpus[shards]):.1f} |",
                flush=True,
            )
        return complete

    def _load(self, shards: int, settings: dict[str, Any]) -> tuple[float, float, int]:
        self._schemas += 1
        schema = f"load_{self._schemas}"
        file = self._folder / f"{schema}.json"
        file.write_text(
            json.dumps(
                {
                    "sqlalchemy_url": self._postgres.sqlalchemy_url,
                    "default_target_schema": schema,
                    **settings,
                }
            )
        )
        target = shlex.join([str(TARGET), "--config", str(file)])
        # The tables are made before: loaders that start together would all try to.
        once(_pipe(shlex.join([*self._make.tap([STREAM]), "--test=schema"]), target))
        taps = self._make.shards([STREAM], shards, concurrency=4)
        wall, cpu = side_by_side([_pipe(shlex.join(tap), target) for tap in taps])
        return wall, cpu, self._postgres.counts(schema)[STREAM]


def _pipe(tap: str, target: str) -> list[str]:
    return ["bash", "-o", "pipefail", "-c", f"{tap} | {target}"]
