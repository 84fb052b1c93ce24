"""How long dbt takes to build the tables of many orders, at once and after changes."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from benchmarks.commands import Commands
from benchmarks.loading import PLATFORM, TARGET
from benchmarks.measure import once
from benchmarks.report import table
from scripts import dbt
from scripts.demo.postgres import Postgres
from scripts.demo.stand_ins import StandIn
from scripts.meltano_file import extractor, fast_loader

if TYPE_CHECKING:
    from benchmarks.report import Row

STREAMS = ("channels", "customers", "deletions", "orders", "payments", "stores")
SCHEMA = "tap_commercetools"
COLUMNS = """
    select column_name from information_schema.columns
    where table_schema = %s and table_name = 'orders' and column_name <> 'id'
    order by ordinal_position
"""
OF_ORDERS = "stg_commercetools__orders+"
"""The models made of orders, marts included."""
HEADER = ("build of the tables of orders", "wall s", "of the full build")


def main() -> None:
    """Load some orders, make copies of their rows, and build the tables of all of them."""
    parser = argparse.ArgumentParser(prog="./run bench tables", description=main.__doc__)
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--changed", type=int, default=100)
    options = parser.parse_args()
    if not (TARGET.exists() and dbt.DBT.exists()):
        sys.exit("target-postgres or dbt is not installed: ./run install")
    with contextlib.ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="tap-commerce-bench-"))
        )
        postgres = stack.enter_context(Postgres.serve(folder / "pg"))
        with StandIn.serve(PLATFORM) as stand_in:
            load(Commands("commercetools", stand_in, folder), postgres)
        multiply(postgres, options.orders)
        print(f"{options.orders:,} orders, {size(postgres)} in the loader's table", flush=True)
        build(postgres, folder, "--exclude", OF_ORDERS)
        full = build(postgres, folder, "--select", OF_ORDERS)
        found = {"full": full, "nothing changed": build(postgres, folder, "--select", OF_ORDERS)}
        change(postgres, options.changed)
        changed = f"{options.changed:,} orders changed"
        found[changed] = build(postgres, folder, "--select", OF_ORDERS)
        found["all models of the project, nothing changed"] = build(postgres, folder)
        print(table(HEADER, [line(name, wall, full) for name, wall in found.items()]))


def load(commands: Commands, postgres: Postgres) -> None:
    """Load the streams of the tables by the tap and target-postgres."""
    settings = {"sqlalchemy_url": postgres.sqlalchemy_url, "default_target_schema": SCHEMA}
    loader = [str(TARGET), "--config", commands.file({**settings, **fast_loader()})]
    tap = commands.tap(STREAMS, **extractor(PLATFORM.tap)["config"])
    once(["bash", "-o", "pipefail", "-c", f"{shlex.join(tap)} | {shlex.join(loader)}"])


def multiply(postgres: Postgres, orders: int) -> None:
    """Copy the orders under other ids until there are enough."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        names = [name for (name,) in connection.execute(COLUMNS, (SCHEMA,))]
        statement = sql.SQL(
            "insert into {table} (id, {columns})"
            " select md5(id || copy), {columns} from {table}, generate_series(1, {copies}) as copy"
            " limit {missing}"
        )
        there = postgres.query(sql.SQL("select count(*) from tap_commercetools.orders"))[0][0]
        connection.execute(
            statement.format(
                table=sql.Identifier(SCHEMA, "orders"),
                columns=sql.SQL(", ").join(map(sql.Identifier, names)),
                copies=sql.Literal(orders // there + 1),
                missing=sql.Literal(orders - there),
            )
        )
        connection.execute("vacuum analyze tap_commercetools.orders")


def change(postgres: Postgres, orders: int) -> None:
    """Change some orders as the loader does."""
    statement = sql.SQL(
        "update tap_commercetools.orders set _sdc_batched_at = now(), \"orderState\" = 'Complete'"
        " where id in (select id from tap_commercetools.orders order by id limit {})"
    )
    postgres.execute(statement.format(sql.Literal(orders)))


def build(postgres: Postgres, folder: Path, *which: str) -> float:
    """Build tables and return how many seconds it took.

    Raises:
        SystemExit: dbt failed.
    """
    began = time.monotonic()
    paths = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    code = dbt.run(["run", "--quiet", *which, *paths], {dbt.URL: postgres.sqlalchemy_url})
    if code:
        sys.exit(code)
    return time.monotonic() - began


def size(postgres: Postgres) -> str:
    """Return the size of the loader's table."""
    statement = "select pg_size_pretty(pg_total_relation_size('tap_commercetools.orders'))"
    return str(postgres.query(sql.SQL(statement))[0][0])


def line(name: str, wall: float, full: float) -> Row:
    """Return a line of the table."""
    return name, f"{wall:.1f}", f"{wall / full:.0%}"


if __name__ == "__main__":
    main()
