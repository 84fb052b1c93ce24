"""Staging tables against the records that they are made of, before and after changes."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, LiteralString

import pytest
from psycopg import sql

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from sandbox.store import timestamp
from scripts.declarations import on_by_default
from scripts.meltano_file import fast_loader
from scripts.tables.models import models
from tests.pipelines.marts.conftest import served
from tests.pipelines.marts.world import World
from tests.pipelines.tables import source
from tests.pipelines.test_values import load
from tests.support import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.demo.postgres import Postgres
    from scripts.tables.models import Model

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(900),
]

ON = on_by_default()
MODELS = {model.name: model for model in models()}
INCREMENTAL = [model for model in models() if model.incremental]
MADE_BY_TAP = {"deletions", "product_selection_products"}
"""Streams whose rows are not the records of a collection."""


class Everything(World):
    """A world with all streams that are on by default."""

    def load(self, *streams: str) -> None:
        """Run the taps into the loader, each from where it stopped."""
        for shop in self.shops.values():
            wanted = [
                each.name for each in ON[shop.tap.name] if not streams or each.name in streams
            ]
            output = run(shop.tap, shop.config, streams=wanted, state=shop.state)
            assert output.code == 0, output.log[-2000:]
            load(output, self.postgres, self.folder, shop.schema, **fast_loader())
            shop.state = output.state

    def staging(self, command: str, select: str = "path:models/staging", **given: Any) -> None:
        """Build the staging models, and run their tests where the command is `build`."""
        done = self.dbt(command, "--select", select, **given)
        assert done.returncode == 0, self.failures() or done.stdout[-3000:]

    def made(self, model: Model) -> list[dict[str, Any]]:
        """Return the rows of a model."""
        return self.rows_of("staging", model.name)

    def change(self, statement: LiteralString, *table: str) -> None:
        """Change a table behind the back of the loader."""
        self.postgres.execute(sql.SQL(statement).format(sql.Identifier(*table)))


@pytest.fixture(scope="module")
def everything(
    installed: None,  # noqa: ARG001 (needed, not used)
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Everything]:
    """Both platforms, loaded and built once; tests change them in their order."""
    made = Everything(postgres, tmp_path_factory.mktemp("staging"), "everything")
    stand_ins = build_commercetools(size=0.1), build_commerce7(size=0.1, rate_limit=None)
    with served(made, *stand_ins):
        made.load()
        made.staging("build")
        yield made


def records(world: World, model: Model) -> list[dict[str, Any]]:
    """Return the records of a model's stream at the source."""
    return world.shops[model.platform].records(model.stream)


@pytest.mark.parametrize("name", [n for n, m in MODELS.items() if m.stream not in MADE_BY_TAP])
def test_a_row_for_each_record_and_element(everything: Everything, name: str) -> None:
    model = MODELS[name]
    there = source.elements(model, records(everything, model))
    rows = everything.made(model)
    assert len(rows) == len(there)
    key = model.key[-1]
    if key.endswith("_id") and len(model.key) == len(model.source_key) + len(model.levels):
        given = source.ids(there)
        assert not given - Counter(str(row[key]) for row in rows)


@pytest.mark.parametrize("name", [n for n, m in MODELS.items() if source.amounts(m)])
def test_amounts_add_up(everything: Everything, name: str) -> None:
    model = MODELS[name]
    there = source.elements(model, records(everything, model))
    rows = everything.made(model)
    for column, path in source.amounts(model).items():
        found: dict[str, Any] = {}
        for row in rows:
            if row[column] is not None:
                currency = row.get(f"{column}_currency") or ""
                found[currency] = found.get(currency, 0) + row[column]
        assert found == source.sums(there, path), column


def contents(world: Everything, model: Model) -> list[str]:
    """Return the rows of a model as text, in an order of their own."""
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in world.made(model))


def test_after_changes_and_deletes_tables_are_as_if_built_at_once(everything: Everything) -> None:
    ct = everything.shops["commercetools"].stand_in
    c7 = everything.shops["commerce7"].stand_in
    orders = [each["id"] for each in records(everything, MODELS["stg_commercetools__orders"])]
    changed, emptied, deleted, again = orders[:4]
    ct.put("orders", {"id": changed, "orderState": "Changed"}, merge=True)
    ct.put("orders", {"id": emptied, "lineItems": []}, merge=True)
    copy = next(each for each in ct.collections["orders"].by_id.items() if each[0] == again)
    ct.delete("orders", deleted)
    ct.delete("orders", again)
    everything.load()
    now = timestamp()
    ct.put("orders", {**json.loads(copy[1].body), "createdAt": now}, at=now)
    customer = next(iter(c7.collections["customers"].by_id))
    c7.put("customers", {"id": customer, "tags": [], "firstName": "Changed"}, merge=True)
    everything.load()
    # A loader with hard_delete, and one that starts over.
    everything.change(
        'alter table {} drop column "items", add column "items" jsonb[]',
        everything.shops["commerce7"].schema,
        "carts",
    )
    done = everything.dbt("compile", "--select", "stg_commerce7__cart_items")
    assert done.returncode != 0
    assert '."items" is ARRAY, not jsonb' in done.stdout
    assert "docs/loading.md" in done.stdout
