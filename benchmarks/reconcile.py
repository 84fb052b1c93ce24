"""Memory and speed of tap-reconcile over many rows, as the kernel counts the whole process."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import psycopg

from benchmarks.perf_commands import settings
from benchmarks.perf_measure import once
from benchmarks.perf_source import Source
from sandbox.fake import fake_id, fake_time
from scripts.demo.postgres import Postgres
from tap_reconcile.cli import URL_VARIABLE

if TYPE_CHECKING:
    import argparse

    from benchmarks.perf_measure import Sample

HELP = "Compare generated rows with a table of as many rows; memory has to stay flat."
STREAM = "customers"
SEED = 7  # the one that `benchmarks.perf_data.fill` has by default
TABLE = f"""
    create schema tap_commercetools;
    create table tap_commercetools.{STREAM} (
        id text primary key, "lastModifiedAt" timestamp, email text, _sdc_deleted_at timestamp
    )
"""
COPY = f'copy tap_commercetools.{STREAM} (id, "lastModifiedAt", email) from stdin'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows on either side")
    parser.add_argument("--most-mb", type=float, default=150, help="most memory that is allowed")


def run(options: argparse.Namespace) -> int:
    """Measure one comparison.

    Returns:
        1 when it takes more memory than allowed.
    """
    rows: int = options.rows
    with (
        tempfile.TemporaryDirectory(prefix="tap-commerce-bench-") as name,
        Postgres(Path(name) / "pg") as postgres,
        Source("commercetools", {STREAM: rows}) as source,
    ):
        _fill(postgres, rows)
        sample = _compare(postgres, source, Path(name), rows)
    print(
        f"{rows:,} rows on either side: {sample.wall:.1f} s, {rows / sample.wall:,.0f} rows/s,"
        f" {sample.cpu:.1f} s CPU, peak memory {sample.peak:.0f} MB"
        f" (at most {options.most_mb:.0f})"
    )
    return 1 if sample.peak > options.most_mb else 0


def _fill(postgres: Postgres, rows: int) -> None:
    """Make the table that loading the source would make."""
    with psycopg.connect(postgres.url) as connection:
        connection.execute(TABLE)
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for number in range(rows):
                at = fake_time(STREAM, number, SEED).removesuffix("Z")
                copy.write_row((fake_id(STREAM, number, SEED), at, f"{number}@example.com"))


def _compare(postgres: Postgres, source: Source, folder: Path, rows: int) -> Sample:
    """Run tap-reconcile and make sure that it has seen all rows."""
    config, output = folder / "config.json", folder / "report.json"
    config.write_text(json.dumps(settings(source)), encoding="utf-8")
    program = [sys.executable, "-m", "tap_reconcile", "tap-commercetools", "--json"]
    with patch.dict(os.environ, {URL_VARIABLE: postgres.url}):
        sample = once([*program, "--config", str(config), "--streams", STREAM], output)
    (found,) = json.loads(output.read_text(encoding="utf-8"))["streams"]
    if (found["source"], found["table"]) != (rows, rows):
        msg = f"compared {found['source']} with {found['table']} rows, not {rows}"
        raise RuntimeError(msg)
    return sample
