"""Both stand-ins, loaded into PostgreSQL by taps and loader, and built into marts by dbt."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

from scripts import dbt
from scripts.dbt import DBT, PROJECT, URL
from scripts.meltano_file import extractor, fast_loader
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.pipelines.test_values import load
from tests.support import commerce7_config, commercetools_config, run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sandbox.standin import StandIn
    from scripts.demo.postgres import Postgres
    from tap_engine.singer.tap import EngineTap

STREAMS: dict[type[EngineTap], tuple[str, ...]] = {
    TapCommercetools: (
        "channels",
        "customers",
        "deletions",
        "inventory_entries",
        "orders",
        "payments",
        "product_types",
        "products",
        "standalone_prices",
        "stores",
        "variants",
    ),
    TapCommerce7: (
        "club_memberships",
        "clubs",
        "coupons",
        "customers",
        "inventories",
        "inventory_locations",
        "orders",
        "products",
    ),
}
"""What the marts are made of, and coupons."""

MARTS = ("orders", "order_lines", "customers", "club_members", "product_catalogue", "inventory")


@dataclass
class Shop:
    """One platform: its stand-in, its tap and the schema of its tables."""

    tap: type[EngineTap]
    stand_in: StandIn
    config: dict[str, Any]
    schema: str
    state: dict[str, Any] | None = None

    def records(self, stream: str) -> list[dict[str, Any]]:
        """Return what the source holds now."""
        rows = self.stand_in.collections[stream].by_id.values()
        return [json.loads(row.body, parse_float=Decimal) for row in rows]


@dataclass
class World:
    """Where everything is.

    Attributes:
        target: Schema of the marts.
        shops: The platforms that are loaded, by name.
        project: The dbt project.
    """

    postgres: Postgres
    folder: Path
    target: str
    shops: dict[str, Shop] = field(default_factory=dict)
    project: Path = PROJECT

    def add(self, tap: type[EngineTap], stand_in: StandIn, url: str) -> Shop:
        """Add a platform that is served at a URL."""
        make = commercetools_config if tap is TapCommercetools else commerce7_config
        platform = tap.name.removeprefix("tap-")
        config = make(url, **extractor(tap.name)["config"])
        shop = Shop(tap, stand_in, config, f"{self.target}_{platform}")
        self.shops[platform] = shop
        return shop

    def load(self, *streams: str) -> None:
        """Run the taps into the loader, each from where it stopped."""
        for shop in self.shops.values():
            wanted = [name for name in STREAMS[shop.tap] if not streams or name in streams]
            output = run(shop.tap, shop.config, streams=wanted, state=shop.state)
            assert output.code == 0, output.log[-2000:]
            load(output, self.postgres, self.folder, shop.schema, **fast_loader())
            shop.state = output.state

    def build(self, *arguments: str, **variables: Any) -> None:
        """Build the marts and what they are made of, and run the tests of the marts."""
        tests = "resource_type:test,path:models/staging"
        parts = ["+marts", "stg_commerce7__coupons"]
        done = self.dbt("build", "--select", *parts, "--exclude", tests, *arguments, **variables)
        assert done.returncode == 0, self.failures() or done.stdout[-3000:]

    def failures(self) -> list[str]:
        """Return what failed in the last run of dbt."""
        results = self.folder / "target" / "run_results.json"
        found = (
            json.loads(results.read_text(encoding="utf-8"))["results"] if results.exists() else []
        )
        failed = [each for each in found if each["status"] in {"error", "fail", "warn"}]
        return [f"{each['unique_id']}: {each['message']}" for each in failed]

    def dbt(self, *arguments: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        """Run dbt, with what it writes in a folder of the test's own."""
        given = {
            f"{name}_schema": f"{self.target}_{name}" for name in ("commercetools", "commerce7")
        }
        command: list[str | Path] = [
            DBT,
            "--no-use-colors",
            *arguments,
            "--project-dir",
            self.project,
        ]
        command += ["--target-path", self.folder / "target", "--log-path", self.folder / "logs"]
        command += ["--vars", json.dumps(given | variables)]
        settings = {"TRANSFORM_SCHEMA": self.target, URL: self.postgres.sqlalchemy_url}
        environment = {**os.environ, **dbt.environment(settings)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def rows(self, mart: str) -> list[dict[str, Any]]:
        """Return the rows of a mart, without the columns that only builds use."""
        return self.rows_of("", mart)

    def rows_of(self, part: str, model: str) -> list[dict[str, Any]]:
        """Return the rows of a model in a part of the project, such as `staging`."""
        schema = f"{self.target}_{part}" if part else self.target
        statement = sql.SQL("select * from {}").format(sql.Identifier(schema, model))
        with psycopg.connect(self.postgres.url, row_factory=dict_row) as connection:
            set_json_loads(partial(json.loads, parse_float=Decimal), connection)
            rows = connection.execute(statement).fetchall()
        return [{k: v for k, v in row.items() if not k.startswith("_")} for row in rows]

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement and return all rows."""
        with psycopg.connect(self.postgres.url) as connection:
            return connection.execute(statement.encode()).fetchall()

    def records(self, platform: str) -> dict[str, list[dict[str, Any]]]:
        """Return what a source holds now, by stream; nothing if the platform is not loaded."""
        shop = self.shops.get(platform)
        return {name: shop.records(name) for name in STREAMS[shop.tap]} if shop else {}


def differences(
    found: Iterable[dict[str, Any]], expected: Iterable[dict[str, Any]], *key: str
) -> list[str]:
    """Say where rows differ, in the columns that are expected."""
    here = {tuple(row[name] for name in key): row for row in found}
    there = {tuple(row[name] for name in key): row for row in expected}
    lines = [f"missing: {name}" for name in there.keys() - here.keys()]
    lines += [f"too many: {name}" for name in here.keys() - there.keys()]
    for name in there.keys() & here.keys():
        lines += [
            f"{name}: {column} is {here[name][column]!r}, not {value!r}"
            for column, value in there[name].items()
            if here[name][column] != value
        ]
    return lines
