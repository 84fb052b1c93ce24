"""Traffic, time and memory of tap-reconcile: ids alone beside whole records, as the kernel counts.

Without --pair it compares many rows once, to see that memory stays flat.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import psycopg
from psycopg import sql

from benchmarks.commands import Commands, serving
from benchmarks.data import rows
from benchmarks.measure import FailedError, Figures, once
from scripts.demo.postgres import Postgres
from tap_reconcile.cli import URL_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

STAMPS = {"commercetools": "lastModifiedAt", "commerce7": "updatedAt"}


@dataclass(frozen=True)
class Load:
    """What is compared.

    Attributes:
        platform: "commercetools" or "commerce7".
        stream: One of those that the benchmarks have records of.
        rows: Rows on either side.
    """

    platform: str
    stream: str
    rows: int

    def fill(self, postgres: Postgres) -> None:
        """Make the table that loading the source would make."""
        schema, table = sql.Identifier(f"tap_{self.platform}"), sql.Identifier(self.stream)
        names = {"table": sql.SQL("{}.{}").format(schema, table), "schema": schema}
        names["at"] = sql.Identifier(STAMPS[self.platform])
        with psycopg.connect(postgres.url) as connection:
            connection.execute(sql.SQL("create schema {schema}").format(**names))
            connection.execute(
                sql.SQL(
                    "create table {table} (id text primary key, {at} timestamp, email text,"
                    " _sdc_deleted_at timestamp)"
                ).format(**names)
            )
            copy_in = sql.SQL("copy {table} (id, {at}, email) from stdin").format(**names)
            with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
                for row in rows(self.platform, self.stream, self.rows):
                    copy.write_row((row.id, row.at.removesuffix("Z"), "someone@example.com"))

    def compare(
        self, commands: Commands, output: Path, options: Sequence[str] = (), **settings: Any
    ) -> tuple[Figures, int, int]:
        """Compare once.

        Returns:
            Time and memory, number of requests, and bytes of their answers.

        Raises:
            FailedError: The comparison did not cover all rows.
        """
        config = commands.file(commands.settings(**settings))
        program = [sys.executable, "-m", "tap_reconcile", f"tap-{self.platform}", "--json"]
        commands.stand_in.forget_requests()
        found = once([*program, "--config", config, "--streams", self.stream, *options], output)
        (stream,) = json.loads(output.read_text("utf-8"))["streams"]
        if (stream["source"], stream["table"]) != (self.rows, self.rows):
            msg = f"compared {stream['source']} with {stream['table']} rows, not {self.rows}"
            raise FailedError(msg)
        return found, *commands.stand_in.traffic()


def main() -> None:
    """Compare generated rows with a table of as many rows."""
    parser = argparse.ArgumentParser(prog="./run bench reconcile", description=__doc__)
    parser.add_argument("--platform", choices=STAMPS, default="commercetools")
    parser.add_argument("--stream", help="products or customers (default: products with --pair)")
    parser.add_argument("--rows", type=int, help="rows on either side (1,000,000; 200,000)")
    parser.add_argument("--most-mb", type=float, default=150, help="most memory that is allowed")
    parser.add_argument("--pair", action="store_true", help="compare with reading whole records")
    parser.add_argument("--latency", type=float, default=0.15, help="seconds, with --pair")
    options = parser.parse_args()
    stream = options.stream or ("products" if options.pair else "customers")
    load = Load(options.platform, stream, options.rows or (200_000 if options.pair else 1_000_000))
    with (
        tempfile.TemporaryDirectory(prefix="tap-commerce-bench-") as name,
        Postgres.serve(Path(name) / "pg") as postgres,
        serving(load.platform, {load.stream: load.rows}, Path(name)) as commands,
        patch.dict(os.environ, {URL_VARIABLE: postgres.url}),
    ):
        load.fill(postgres)
        output = Path(name) / "report.json"
        if options.pair:
            commands.stand_in.latency(options.latency)
            ids = load.compare(commands, output, concurrency=4)
            whole = load.compare(commands, output, concurrency=4, use_graphql=False)
            _print(load, "ids alone", *ids)
            _print(load, "whole records", *whole)
            print(f"bytes 1/{whole[2] / ids[2]:.0f}, time 1/{whole[0].wall / ids[0].wall:.1f}")
            sys.exit(whole[2] < 50 * ids[2] or whole[0].wall < 3 * ids[0].wall)
        found = load.compare(commands, output, ["--mark-deleted"])
    _print(load, "marking deletes", *found)
    sys.exit(found[0].peak > options.most_mb)


def _print(load: Load, what: str, found: Figures, requests: int, size: int) -> None:
    print(
        f"{load.rows:,} {load.stream}, {what}: {requests:,} requests, {size / 1e6:,.1f} MB,"
        f" {found.wall:.1f} s, {load.rows / found.wall:,.0f} rows/s, {found.cpu:.1f} s CPU,"
        f" peak memory {found.peak:.0f} MB"
    )


if __name__ == "__main__":
    main()
