"""How long the tables for analysts take, all of them and after a few changes.

The loader's tables are written by SQL, because loading them would take most of the time: orders of
commercetools with three lines each, and their payments.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from benchmarks.report import table
from scripts import dbt
from scripts.demo.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Sequence

CHANGED = 100
MODELS = "+order_lines +orders +customers"
HEADER = ("build", "seconds", "of which in models", "rows made again")

MONEY = """jsonb_build_object(
    'type', 'centPrecision', 'currencyCode', 'EUR', 'fractionDigits', 2, 'centAmount', {})"""
TAXED = f"""jsonb_build_object('totalNet', {MONEY.format("{0} * 1000")},
    'totalGross', {MONEY.format("{0} * 1190")}, 'taxPortions', '[]'::jsonb)"""
LINE = f"""jsonb_build_object(
    'id', 'line-' || place, 'productId', 'product-' || (n + place) % 5000, 'quantity', place,
    'name', jsonb_build_object('en', 'Wine ' || place, 'de-DE', 'Wein ' || place),
    'variant', jsonb_build_object('id', 1, 'sku', 'SKU-' || (n + place) % 5000,
        'attributes', jsonb_build_array(jsonb_build_object('name', 'vintage', 'value', 2020))),
    'price', jsonb_build_object('id', 'price', 'value', {MONEY.format("1000")}),
    'totalPrice', {MONEY.format("place * 1000")}, 'taxedPrice', {TAXED.format("place")},
    'taxRate', jsonb_build_object('amount', 0.19, 'includedInPrice', false, 'country', 'DE'),
    'discountedPricePerQuantity', '[]'::jsonb, 'state', '[]'::jsonb, 'lineItemMode', 'Standard',
    'priceMode', 'Platform')"""
ADDRESS = """jsonb_build_object('firstName', 'Ada', 'lastName', 'Lovelace', 'city', 'Berlin',
    'streetName', 'Street', 'streetNumber', '1', 'postalCode', '10115', 'country', 'DE')"""
LOADED = "'2025-01-01'::timestamp as _sdc_batched_at, null::timestamp as _sdc_deleted_at"
TABLES = f"""
create schema tap_commercetools;
create table tap_commercetools.orders as
select 'order-' || n as id, 1::bigint as version, n::text as "orderNumber",
    '2024-01-01'::timestamp + n * interval '1 minute' as "createdAt",
    '2024-01-01'::timestamp + n * interval '1 minute' as "lastModifiedAt",
    'customer-' || n % 20000 as "customerId", 'Open' as "orderState",
    {MONEY.format("6000")} as "totalPrice", {TAXED.format("6")} as "taxedPrice",
    {ADDRESS} as "billingAddress", {ADDRESS} as "shippingAddress",
    (select jsonb_agg({LINE}) from generate_series(1, 3) as place) as "lineItems",
    '[]'::jsonb as "customLineItems", '[]'::jsonb as "returnInfo", '[]'::jsonb as shipping,
    jsonb_build_object('payments', jsonb_build_array(jsonb_build_object('id', 'payment-' || n)))
        as "paymentInfo", {LOADED}
from generate_series(1, %(rows)s) as n;
alter table tap_commercetools.orders add primary key (id);
create table tap_commercetools.payments as
select 'payment-' || n as id, '2024-01-01'::timestamp as "lastModifiedAt",
    jsonb_build_array(jsonb_build_object('id', 't', 'type', 'Charge', 'state', 'Success',
        'amount', {MONEY.format("7140")})) as transactions, {LOADED}
from generate_series(1, %(rows)s) as n;
alter table tap_commercetools.payments add primary key (id);
create table tap_commercetools.customers as
select 'customer-' || n as id, '2024-01-01'::timestamp as "createdAt",
    '2024-01-01'::timestamp as "lastModifiedAt", {LOADED}
from generate_series(0, 19999) as n;
"""
CHANGE = f"""
update tap_commercetools.orders
set "orderState" = 'Complete', _sdc_batched_at = clock_timestamp()
where id in (select 'order-' || n * 7 from generate_series(1, {CHANGED}) as n)
"""


def main() -> None:
    """Measure a full build, one after changes, and one without."""
    parser = argparse.ArgumentParser(prog="./run bench tables", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="number of orders")
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="tap-commerce-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with Postgres.serve(folder / "pg") as postgres:
            execute(postgres, TABLES, rows)
            lines = [build(postgres, folder, "full")]
            execute(postgres, CHANGE)
            lines.append(build(postgres, folder, f"{CHANGED} orders changed"))
            lines.append(build(postgres, folder, "nothing changed"))
    print(table(HEADER, lines))


def execute(postgres: Postgres, statements: str, rows: int = 0) -> None:
    """Run statements, and let PostgreSQL know what is in the tables."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(statements.replace("%(rows)s", str(rows)).encode())
        connection.execute("analyze")


def build(postgres: Postgres, folder: Path, what: str) -> Sequence[str]:
    """Build the marts of orders and what they are made of; return a line of the table."""
    settings = {dbt.URL: postgres.sqlalchemy_url}
    target = folder / "target"
    command = [dbt.DBT, "run", "--select", *MODELS.split(), "--target-path", target]
    began = time.monotonic()
    done = subprocess.run(
        [*command, "--log-path", folder],
        cwd=dbt.PROJECT,
        env={**os.environ, **dbt.environment(settings)},
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.monotonic() - began
    if done.returncode:
        sys.exit(done.stdout[-3000:])
    results = json.loads((target / "run_results.json").read_text("utf-8"))["results"]
    made = [re.search(r"\d+$", each["message"]) for each in results]
    counts = sum(int(found[0]) for found in made if found)
    inside = sum(each["execution_time"] for each in results)
    return what, f"{took:.0f}", f"{inside:.0f}", f"{counts:,}"


if __name__ == "__main__":
    main()
