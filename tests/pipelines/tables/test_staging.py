"""Staging tables against the records that they are made of, before and after changes."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from sandbox.custom_fields import FIELDS
from sandbox.store import timestamp
from scripts.tables.columns import PERSONAL
from scripts.tables.models import models
from tests.pipelines.marts.conftest import served
from tests.pipelines.tables.everything import COMPARED, MODELS, Everything, must_agree, records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.demo.postgres import Postgres
    from scripts.tables.models import Model

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(900),
]

INCREMENTAL = [model for model in models() if model.incremental]
ODD_TYPE = {
    "id": "11111111-0000-4000-8000-000000000001",
    "key": "odd",
    "resourceTypeIds": ["order"],
    "fieldDefinitions": [
        {"name": "size", "type": {"name": "Number"}},
        {"name": "orderId", "type": {"name": "String"}},
    ],
}
"""A field that another type defines as an enum, and one whose column would be called as the key."""


@pytest.fixture(scope="module")
def everything(
    installed: None,  # noqa: ARG001 (needed, not used)
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Everything]:
    """Both platforms, loaded and built once; tests change them in their order."""
    made = Everything(postgres, tmp_path_factory.mktemp("staging"), "everything")
    stand_ins = build_commercetools(size=0.1), build_commerce7(size=0.1, rate_limit=None)
    stand_ins[0].put("types", ODD_TYPE)
    fields = {name: field.values[0] for name, field in FIELDS.items()}
    order = next(iter(stand_ins[0].collections["orders"].by_id))
    custom = {"type": {"typeId": "type", "id": ODD_TYPE["id"]}, "fields": fields}
    stand_ins[0].put("orders", {"id": order, "custom": custom}, merge=True)
    with served(made, *stand_ins):
        made.load()
        made.staging("build")
        yield made


@pytest.mark.parametrize("name", COMPARED)
def test_rows_ids_and_amounts_are_those_of_the_source(everything: Everything, name: str) -> None:
    must_agree(everything, MODELS[name])


def test_custom_fields_are_typed_columns(everything: Everything) -> None:
    found = everything.rows_of("staging", "stg_commercetools__order_custom_fields")
    rows = {row["order_id"]: row for row in found}
    orders = records(everything, MODELS["stg_commercetools__orders"])
    assert rows.keys() == {order["id"] for order in orders}
    seen: set[str] = set()
    for order in orders:
        fields = (order.get("custom") or {}).get("fields") or {}
        row = rows[order["id"]]
        seen |= fields.keys()
        assert row["loyalty_level"] == fields.get("loyalty-level")
        assert row["on"] == fields.get("on")
        assert row["birthday"] == (
            date.fromisoformat(fields["birthday"]) if "birthday" in fields else None
        )
        assert row["shop_id"] == fields.get("shop", {}).get("id")
        assert row["size"] == fields.get("size"), "a conflict stays as it is"
        assert row["motto_localized"] == fields.get("motto")
        budget = fields.get("budget", {})
        assert row["budget_minor"] == budget.get("centAmount")
        assert row["budget_currency"] == budget.get("currencyCode")
    assert seen >= FIELDS.keys()
    assert "order_id_2" in found[0]


def test_metadata_are_typed_columns(everything: Everything) -> None:
    found = everything.rows_of("staging", "stg_commerce7__order_meta_data")
    rows = {row["order_id"]: row for row in found}
    for order in records(everything, MODELS["stg_commerce7__orders"]):
        fields = order.get("metaData") or {}
        row = rows.pop(order["id"])
        assert row["loyalty_level"] == fields.get("loyalty-level")
        assert row["vip"] == fields.get("vip")
        assert row["remarks"] == fields.get("remarks")
        assert row["boxes"] == fields.get("boxes")
    assert not rows


def test_attributes_are_columns(everything: Everything) -> None:
    found = everything.rows_of("staging", "stg_commercetools__product_attribute_values")
    rows = {(row["product_id"], row["variant_id"]) for row in found}
    model = MODELS["stg_commercetools__product_variant_attributes"]
    assert rows == {(row["product_id"], row["variant_id"]) for row in everything.made(model)}


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
    schema = everything.shops["commerce7"].schema
    everything.change("delete from {0} where id in (select id from {0} limit 3)", schema, "orders")
    everything.change("update {} set _sdc_batched_at = now()", schema, "products")
    everything.staging("build")

    rows = {row["order_id"]: row for row in everything.made(MODELS["stg_commercetools__orders"])}
    assert rows[changed]["order_state"] == "Changed"
    assert [name for name in orders[:4] if rows[name]["is_deleted"]] == [deleted]
    assert rows[deleted]["deleted_at"] is not None
    lines = everything.made(MODELS["stg_commercetools__order_line_items"])
    assert emptied not in {row["order_id"] for row in lines}
    assert {row["order_id"] for row in lines if row["is_deleted"]} <= {deleted}

    compare_with_full_build(everything, {})


def test_other_variables_make_all_rows_anew(everything: Everything) -> None:
    variables: dict[str, Any] = {
        "personal_members": False,
        "deleted_rows": "leave_out",
        "locales": ["de-DE"],
    }
    everything.staging("run", **variables)
    compare_with_full_build(everything, variables)
    for model in MODELS.values():
        personal = {column.name for column in model.columns if PERSONAL in column.about}
        given = [row for row in everything.made(model) if any(row[name] for name in personal)]
        assert given == [], model.name
    orders = everything.made(MODELS["stg_commercetools__orders"])
    assert orders
    assert not [row for row in orders if row["is_deleted"]]


def compare_with_full_build(world: Everything, variables: dict[str, Any]) -> None:
    """Compare all incremental tables with those of a new build elsewhere."""
    given = {f"{name}_schema": shop.schema for name, shop in world.shops.items()}
    full = dataclasses.replace(world, target=f"{world.target}_full")
    tables = "config.materialized:incremental,path:models/staging"
    full.staging("run", tables, "--full-refresh", **given, **variables)
    for model in INCREMENTAL:
        assert contents(world, model) == contents(full, model), model.name


def test_tables_of_the_wrong_type_are_refused(everything: Everything) -> None:
    everything.change(
        'alter table {} drop column "items", add column "items" jsonb[]',
        everything.shops["commerce7"].schema,
        "carts",
    )
    done = everything.dbt("compile", "--select", "stg_commerce7__cart_items")
    assert done.returncode != 0
    assert '."items" is jsonb[], not jsonb' in done.stdout
    assert "docs/loading.md" in done.stdout


def test_other_values_of_variables_are_refused(everything: Everything) -> None:
    done = everything.dbt("compile", "--select", "stg_commerce7__tags", deleted_rows="all")
    assert done.returncode != 0
    assert "deleted_rows is 'keep' or 'leave_out'" in done.stdout
