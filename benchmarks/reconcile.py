"""Memory and speed of tap-reconcile over many rows, as the kernel counts the whole process."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

import psycopg

from benchmarks.commands import serving
from benchmarks.data import rows
from benchmarks.measure import FailedError, once
from scripts.demo.postgres import Postgres
from tap_reconcile.cli import URL_VARIABLE

TABLE = """
    create schema tap_commercetools;
    create table tap_commercetools.customers (
        id text primary key, "lastModifiedAt" timestamp, email text, _sdc_deleted_at timestamp
    )
"""
COPY = 'copy tap_commercetools.customers (id, "lastModifiedAt", email) from stdin'


def main() -> None:
    """Compare generated rows with a table of as many rows; memory has to stay flat."""
    parser = argparse.ArgumentParser(prog="./run bench reconcile", description=main.__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows on either side")
    parser.add_argument("--most-mb", type=float, default=150, help="most memory that is allowed")
    options = parser.parse_args()
    count: int = options.rows
    with (
        tempfile.TemporaryDirectory(prefix="tap-commerce-bench-") as name,
        Postgres.serve(Path(name) / "pg") as postgres,
        serving("commercetools", {"customers": count}, Path(name)) as commands,
        patch.dict(os.environ, {URL_VARIABLE: postgres.url}),
    ):
        _fill(postgres, count)
        config, output = commands.file(commands.settings()), Path(name) / "report.json"
        program = [sys.executable, "-m", "tap_reconcile", "tap-commercetools", "--json"]
        found = once([*program, "--config", config, "--streams", "customers"], output)
        (stream,) = json.loads(output.read_text("utf-8"))["streams"]
    if (stream["source"], stream["table"]) != (count, count):
        msg = f"compared {stream['source']} with {stream['table']} rows, not {count}"
        raise FailedError(msg)
    print(
        f"{count:,} rows on either side: {found.wall:.1f} s, {count / found.wall:,.0f} rows/s,"
        f" {found.cpu:.1f} s CPU, peak memory {found.peak:.0f} MB (at most {options.most_mb:.0f})"
    )
    sys.exit(found.peak > options.most_mb)


def _fill(postgres: Postgres, count: int) -> None:
    """Make the table that loading the source would make."""
    with psycopg.connect(postgres.url) as connection:
        connection.execute(TABLE)
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for row in rows("commercetools", "customers", count):
                copy.write_row((row.id, row.at.removesuffix("Z"), "someone@example.com"))


if __name__ == "__main__":
    main()
