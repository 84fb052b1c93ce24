"""Tables for analysts, made of what the pipelines loaded."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from psycopg import sql

from scripts.console import print_table, say

if TYPE_CHECKING:
    from scripts.demo.pipelines import Meltano
    from scripts.demo.postgres import Postgres

SHOWN = {
    "sku or name": "coalesce(sku, name, line_type)",
    "platform": "platform",
    "quantity": "quantity",
    "total": "round(total, 2)",
    "currency": "currency",
}
"""Columns of the table, and what they are in `order_lines`."""


def build(meltano: Meltano) -> None:
    """Build and test the tables, and say how many there are."""
    say("meltano run dbt-postgres:build: tables for analysts, and their tests")
    began = time.monotonic()
    log = meltano.run("dbt-postgres:build")
    done = dict(re.findall(r"(PASS|WARN|ERROR|TOTAL)=(\d+)", log))
    print(f"  {done['PASS']} of {done['TOTAL']} models and tests passed, {done['WARN']} warnings")
    print(f"  took {time.monotonic() - began:.0f} s")


def show(postgres: Postgres) -> None:
    """Print ten order lines."""
    say("ten rows of analytics.order_lines")
    lines = sql.SQL(
        "select {} from analytics.order_lines where abs(total) >= 0.01"
        " order by ordered_at desc, order_id, line_number limit 10"
    )
    columns = sql.SQL(", ").join(map(sql.SQL, SHOWN.values()))
    print_table((*SHOWN,), postgres.query(lines.format(columns)))
