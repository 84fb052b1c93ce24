"""How fast records get into PostgreSQL: the loader is what a first sync waits for."""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import shlex
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import sql

from benchmarks.commands import PLATFORMS, ROOT, Commands
from benchmarks.measure import FailedError, alternately, once, side_by_side
from benchmarks.report import table
from scripts.demo.postgres import Postgres
from scripts.demo.stand_ins import StandIn
from scripts.meltano_file import extractor, fast_loader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Command, Figures
    from benchmarks.report import Row
    from scripts.demo.stand_ins import Source

PLATFORM = PLATFORMS["commercetools"]
SIZES = {"customers": "3.2 kB", "products": "18 kB"}
TARGET = ROOT / ".meltano/loaders/target-postgres/venv/bin/target-postgres"
HEADER = ("what", "wall s", "records/s", "CPU s", "peak MB", "records/s, by the first line's")


@dataclass(frozen=True)
class Setup:
    """One way to load a stream.

    Attributes:
        tap: Settings of the tap.
        loader: Settings of target-postgres; None for `benchmarks.floor` in its place.
        file: Output of the tap that is loaded instead of running the tap.
        shards: Number of taps with a loader each.
    """

    tap: dict[str, Any] = field(default_factory=dict)
    loader: dict[str, Any] | None = field(default_factory=dict)
    file: Path | None = None
    shards: int = 1


@dataclass
class Loading:
    """Loads one stream, each time into a new schema."""

    stream: str
    rows: int
    commands: Commands
    postgres: Postgres
    schemas: Iterator[str]

    def contenders(self, folder: Path) -> dict[str, Setup]:
        """Return what is compared, by name."""
        file = folder / f"{self.stream}.jsonl"
        ours, fast = extractor(PLATFORM.tap)["config"], fast_loader()
        once(self._tap(ours), file)
        return {
            "target-postgres' defaults": Setup(),
            "as in meltano.yml, but arrays as jsonb[]": Setup(loader=fast),
            "as in meltano.yml": Setup(ours, fast),
            "the same loader, from a file": Setup(ours, fast, file),
            "floor: COPY and INSERT of JSON, from a file": Setup(loader=None, file=file),
            "as in meltano.yml, 2 shards": Setup(ours, fast, shards=2),
            "as in meltano.yml, 4 shards": Setup(ours, fast, shards=4),
        }

    def run(self, setup: Setup) -> Figures:
        """Load all records.

        Raises:
            FailedError: Not all of them arrived.
        """
        schema = next(self.schemas)
        if setup.loader is None:
            loader = [sys.executable, "-m", "benchmarks.floor", self.postgres.url, schema]
        else:
            where = {
                "sqlalchemy_url": self.postgres.sqlalchemy_url,
                "default_target_schema": schema,
            }
            loader = [str(TARGET), "--config", self.commands.file({**where, **setup.loader})]
            # The tables are made before: loaders that start together would all try to.
            once(_pipe([*self._tap(setup.tap), "--test=schema"], loader))
        sources = [self._tap(setup.tap)]
        if setup.file:
            sources = [["cat", str(setup.file)]]
        elif setup.shards > 1:
            sources = self.commands.shards([self.stream], setup.shards, 4, **setup.tap)
        found = side_by_side([_pipe(source, loader) for source in sources])
        count = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, self.stream))
        if (loaded := self.postgres.query(count)[0][0]) != self.rows:
            msg = f"{loaded} {self.stream} were loaded instead of {self.rows}"
            raise FailedError(msg)
        drop = sql.SQL("drop schema {} cascade").format(sql.Identifier(schema))
        self.postgres.execute(drop)
        return found

    def _tap(self, settings: dict[str, Any]) -> Command:
        return self.commands.tap([self.stream], concurrency=4, **settings)


def main() -> None:
    """Load customers and products into an embedded PostgreSQL in several ways, in turn."""
    parser = argparse.ArgumentParser(prog="./run bench loading", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--customers", type=int, default=20_000, help="customers of 3.2 kB")
    parser.add_argument("--products", type=int, default=4_000, help="products of 18 kB")
    options = parser.parse_args()
    if not TARGET.exists():
        sys.exit("target-postgres is not installed: ./run install")
    counts = {"customers": options.customers, "products": options.products}
    schemas = (f"load_{number}" for number in itertools.count())
    with (
        tempfile.TemporaryDirectory(prefix="tap-commerce-bench-") as name,
        Postgres.serve(Path(name) / "pg") as postgres,
    ):
        for stream, rows in counts.items():
            with StandIn.serve(_source(stream, rows)) as stand_in:
                commands = Commands("commercetools", stand_in, Path(name))
                loading = Loading(stream, rows, commands, postgres, schemas)
                found = alternately(loading.contenders(Path(name)), options.rounds, loading.run)
            print(f"\n{rows:,} {stream} of {SIZES[stream]}, medians of {options.rounds} rounds\n")
            print(table(HEADER, _lines(rows, found)), flush=True)


def _source(stream: str, rows: int) -> Source:
    """Return a stand-in; its own customers are larger than those of the other benchmarks."""
    if stream == "products":
        return PLATFORM.with_records({stream: rows})
    options = (*PLATFORM.options, f"--rows={stream}={rows}")
    return dataclasses.replace(PLATFORM, options=options)


def _lines(rows: int, found: dict[str, Figures]) -> list[Row]:
    first, *_ = found.values()
    return [
        (
            name,
            f"{each.wall:.1f}",
            f"{rows / each.wall:,.0f}",
            f"{each.cpu:.1f}",
            f"{each.peak:.0f}",
            f"{first.wall / each.wall:.2f} x",
        )
        for name, each in found.items()
    ]


def _pipe(source: Command, target: Command) -> Command:
    line = f"{shlex.join(source)} | {shlex.join(target)}"
    return ["bash", "-o", "pipefail", "-c", line]


if __name__ == "__main__":
    main()
