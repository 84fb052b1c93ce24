"""Columns of JSON that is hard to read, and of custom fields, attributes and metadata."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from scripts.dbt import ROOT
from tests.pipelines.marts.conftest import served
from tests.pipelines.tables import hard_fields as hard
from tests.pipelines.tables import hard_values
from tests.pipelines.tables.everything import COMPARED, MODELS, Everything, must_agree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.demo.postgres import Postgres

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def fields(
    installed: None,  # noqa: ARG001 (needed, not used)
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Everything]:
    """Records with custom fields, and two definitions that are deleted."""
    made = Everything(postgres, tmp_path_factory.mktemp("fields"), "fields")
    stand_ins = build_commercetools(size=0), build_commerce7(size=0, rate_limit=None)
    for collection in ("types", "product_types", "products", "orders"):
        for name in [*stand_ins[0].collections[collection].by_id]:
            stand_ins[0].collections[collection].delete(name)
        for record in getattr(hard, collection.upper()):
            stand_ins[0].collections[collection].upsert(record)
    for record in hard_values.ORDERS:
        stand_ins[0].collections["orders"].upsert(record)
    for record in [*hard.META_ORDERS, *hard_values.COMMERCE7_ORDERS]:
        stand_ins[1].collections["orders"].upsert(record)
    with served(made, *stand_ins):
        made.load("types", "product_types", "products", "orders", "meta_data_configs")
        for table in ("types", "product_types"):
            made.change(
                "update {} set _sdc_deleted_at = now() where key = 'gone'",
                made.shops["commercetools"].schema,
                table,
            )
        made.change(
            """insert into {} (id, "objectType", code, "dataType", _sdc_deleted_at)
            values ('1', 'Order', 'ghost', 'String', now()),
            ('2', 'club-membership', 'hyphenated', 'String', null)""",
            made.shops["commerce7"].schema,
            "meta_data_configs",
        )
        made.staging("run", "+path:models/custom_fields stg_*__order* stg_*__product*")
        yield made


def columns(fields: Everything, model: str) -> dict[str, str]:
    """Return the types of a model's columns by name."""
    found = fields.query(
        "select column_name::text, data_type::text from information_schema.columns"
        f" where table_schema = '{fields.target}_staging' and table_name = '{model}'"
    )
    return dict(found)


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ("stg_commercetools__order_custom_fields", hard.ORDER_COLUMNS),
        ("stg_commercetools__product_attribute_values", hard.VARIANT_COLUMNS),
        ("stg_commerce7__order_meta_data", hard.META_COLUMNS),
    ],
)
def test_each_definition_makes_columns(fields: Everything, model: str, wanted: hard.Record) -> None:
    key = next(iter(wanted))
    (row,) = (row for row in fields.rows_of("staging", model) if row[key] == wanted[key])
    assert row == wanted
    types = columns(fields, model)
    assert {name for name in wanted if types[name] == "jsonb"} == wanted.keys() & hard.AS_JSON


def test_fields_of_other_resources_are_elsewhere(fields: Everything) -> None:
    found = columns(fields, "stg_commercetools__category_custom_fields")
    assert found.keys() == {"category_id", "custom_type_id", "note", "elsewhere"}
    assert "hyphenated" in columns(fields, "stg_commerce7__club_membership_meta_data")


def order_rows(fields: Everything, model: str) -> dict[str, hard.Record]:
    """Return the rows of orders without their keys, by id."""
    rows = {row.pop("order_id"): row for row in fields.rows_of("staging", model)}
    for row in rows.values():
        row.pop("custom_type_id", None)
    return rows


def test_values_that_contradict_their_definition_are_null(fields: Everything) -> None:
    rows = order_rows(fields, "stg_commercetools__order_custom_fields")
    left = {name: value for name, value in rows[hard.ORDER.format(2)].items() if value is not None}
    assert left == {"motto_localized": "Oak"}
    for number in (3, 4, 5):
        assert {*rows[hard.ORDER.format(number)].values()} == {None}
    assert rows[hard.ORDER.format(6)]["motto"] == "Eiche", "the first of the others"
    assert rows[hard.ORDER.format(6)]["loyalty_level"] == -1500
    assert rows[hard.ORDER.format(7)]["motto"] == "Oak"
    assert rows[hard.ORDER.format(7)]["visited"] is None
    assert rows[hard.ORDER.format(8)]["motto"] is None
    assert rows[hard.ORDER.format(8)]["birthday"] is None
    in_utc = datetime(2024, 2, 29, 21)  # noqa: DTZ001 (columns have no zone)
    assert rows[hard.ORDER.format(8)]["visited"] == in_utc


def test_metadata_may_come_as_text(fields: Everything) -> None:
    rows = order_rows(fields, "stg_commerce7__order_meta_data")
    left = {name: value for name, value in rows[hard.ORDER.format(2)].items() if value is not None}
    assert left == {"loyalty_level": 15, "on": False, "vip": True}
    assert {*rows[hard.ORDER.format(3)].values()} == {None}


@pytest.mark.parametrize(
    "name", [name for name in COMPARED if MODELS[name].stream in {"orders", "products"}]
)
def test_json_that_is_hard_to_read(fields: Everything, name: str) -> None:
    must_agree(fields, MODELS[name])


def test_the_lines_of_the_document_are_models(fields: Everything, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sql\n(\{\{.*?)```", text, re.DOTALL)
    lines = block.replace("wine", "hard-1").splitlines()
    assert len(lines) == 3
    project = tmp_path / "transform"
    shutil.copytree(fields.project, project, ignore=shutil.ignore_patterns("target"))
    for place, line in enumerate(lines):
        model = project / "models" / "custom_fields" / f"mine_{place}.sql"
        model.write_text(line, encoding="utf-8")
    replace(fields, project=project).staging("run", "+mine_0 +mine_1 +mine_2")
    (row,) = fields.rows_of("staging", "mine_1")
    wanted = {name: hard.VARIANT_COLUMNS[name] for name in row}
    assert row == wanted | {"body": "full"}, "no other type contradicts"
    assert "length" not in row
