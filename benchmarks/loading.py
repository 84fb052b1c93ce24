"""How fast shards get into PostgreSQL: the loader is what a first sync waits for."""

from __future__ import annotations

import argparse
import itertools
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.commands import ROOT, serving
from benchmarks.measure import FailedError, alternately, once, side_by_side
from benchmarks.report import table
from scripts.demo.postgres import Postgres

if TYPE_CHECKING:
    from benchmarks.commands import Commands
    from benchmarks.measure import Figures

STREAM = "customers"
SHARDS = (1, 2, 4)
TARGET = ROOT / ".meltano/loaders/target-postgres/venv/bin/target-postgres"
LOADERS: dict[str, dict[str, Any]] = {
    "as in meltano.yml": {},
    "use_copy, without validation": {"use_copy": True, "validate_records": False},
}
HEADER = ("loader", "shards", "wall s", "rows/s", "gain", "CPU s")


def main() -> None:
    """Load a list into an embedded PostgreSQL with 1, 2 and 4 pairs of tap and target-postgres."""
    parser = argparse.ArgumentParser(prog="./run bench loading", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--rows", type=int, default=40_000, help="rows of the list")
    options = parser.parse_args()
    if not TARGET.exists():
        sys.exit("target-postgres is not installed: ./run install")
    rows: int = options.rows
    schemas = (f"load_{number}" for number in itertools.count())
    lines = []
    with (
        tempfile.TemporaryDirectory(prefix="tap-commerce-bench-") as name,
        Postgres.serve(Path(name) / "pg") as postgres,
        serving("commercetools", {STREAM: rows}, Path(name)) as commands,
    ):

        def load(setup: tuple[str, int]) -> Figures:
            loader, shards = setup
            schema = next(schemas)
            found = _load(commands, postgres, schema, shards, LOADERS[loader])
            if (loaded := postgres.counts(schema)[STREAM]) != rows:
                msg = f"{shards} shards loaded {loaded} rows instead of {rows}"
                raise FailedError(msg)
            return found

        for loader in LOADERS:
            found = alternately({n: (loader, n) for n in SHARDS}, options.rounds, load)
            for shards, each in found.items():
                rate, gain = f"{rows / each.wall:,.0f}", f"{found[1].wall / each.wall:.2f} x"
                cells = (loader, f"{shards}", f"{each.wall:.1f}", rate, gain, f"{each.cpu:.1f}")
                lines.append(cells)
    print(f"{rows:,} customers of 0.8 kB, medians of {options.rounds} rounds, in turn")
    print(table(HEADER, lines))


def _load(
    commands: Commands, postgres: Postgres, schema: str, shards: int, more: dict[str, Any]
) -> Figures:
    target = {"sqlalchemy_url": postgres.sqlalchemy_url, "default_target_schema": schema, **more}
    loader = shlex.join([str(TARGET), "--config", commands.file(target)])
    # The tables are made before: loaders that start together would all try to.
    once(_pipe([*commands.tap([STREAM]), "--test=schema"], loader))
    return side_by_side([_pipe(tap, loader) for tap in commands.shards([STREAM], shards, 4)])


def _pipe(tap: list[str], loader: str) -> list[str]:
    return ["bash", "-o", "pipefail", "-c", f"{shlex.join(tap)} | {loader}"]


if __name__ == "__main__":
    main()
