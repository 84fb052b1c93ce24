"""Typed custom fields in PostgreSQL: what a changed type does there, columns of single fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg import sql

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from sandbox.custom_fields import FIELDS
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.faults.source import narrowed
from tests.pipelines.test_values import load
from tests.support import (
    commerce7_config,
    commercetools_config,
    run,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.standin import StandIn
    from scripts.demo.postgres import Postgres
    from tests.support import Output

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("installed"),
]

CONTRADICTIONS: list[Any] = ["text", 5, 1.5, True, None, ["a", 1], {"a": {"b": 1}}, [[1], ["x"]]]


def fill(stand_in: StandIn, *records: dict[str, Any]) -> None:
    """Replace all customers by others."""
    for name in list(stand_in.collections["customers"].by_id):
        stand_in.delete("customers", name)
    for number, record in enumerate(records):
        stand_in.put("customers", {"id": f"00000000-0000-4000-a000-{number:012}", **record})


def read_commercetools(stand_in: StandIn, **settings: Any) -> Output:
    with stand_in.serve() as server:
        config = commercetools_config(server.url, type_custom_fields=True, **settings)
        output = run(narrowed(TapCommercetools, ("customers",)), config)
    assert output.code == 0, output.log
    return output


def types_of(postgres: Postgres, schema: str) -> dict[str, str]:
    """Give the columns of `customers` with their types."""
    query = sql.SQL(
        "select column_name, data_type from information_schema.columns"
        " where table_schema = {} and table_name = 'customers'"
    ).format(sql.Literal(schema))
    return dict(postgres.query(query))


def column(postgres: Postgres, schema: str, name: str) -> list[Any]:
    query = sql.SQL("select {} from {}.customers order by id").format(
        sql.Identifier(name), sql.Identifier(schema)
    )
    return [value for (value,) in postgres.query(query)]


def test_every_value_of_every_field_loads_whatever_its_kind(
    postgres: Postgres, tmp_path: Path
) -> None:
    stand_in = build_commercetools(size=0.05, rows={"types": 1})
    fields = [dict.fromkeys(FIELDS, value) for value in CONTRADICTIONS]
    fields.append({name: field.values[0] for name, field in FIELDS.items()})
    type_ = {"typeId": "type", "id": "t"}
    nested = [{"id": "a", "country": "DE", "custom": {"type": type_, "fields": fields[-1]}}]
    fill(
        stand_in,
        *({"custom": {"type": type_, "fields": each}, "addresses": nested} for each in fields),
    )
    for schema, settings in (
        ("fields_kinds", {}),
        ("fields_not_flat", {"flattening_enabled": True, "flattening_max_depth": 0}),
    ):
        load(read_commercetools(stand_in, **settings), postgres, tmp_path, schema)
        found = column(postgres, schema, "custom")
        assert [each["fields"] for each in found] == fields


def test_metadata_loads_whatever_its_kind(postgres: Postgres, tmp_path: Path) -> None:
    stand_in = build_commerce7(size=0.05, rate_limit=None)
    codes = ("note", "on", "loyalty-level", "boxes", "unheard-of")
    values = [dict.fromkeys(codes, value) for value in CONTRADICTIONS]
    fill(stand_in, *({"metaData": each} for each in values))
    with stand_in.serve() as server:
        tap = narrowed(TapCommerce7, ("customers",))
        config = commerce7_config(server.url, type_custom_fields=True)
        nested, flat = (
            run(tap, {**config, **more})
            for more in ({}, {"flattening_enabled": True, "flattening_max_depth": 1})
        )
    assert nested.code == flat.code == 0
    load(nested, postgres, tmp_path, "metadata")
    assert column(postgres, "metadata", "metaData") == values
    load(flat, postgres, tmp_path, "metadata_flat")
    texts = ["text", "5", "1.5", "true", None, '["a",1]', '{"a":{"b":1}}', '[[1],["x"]]']
    for code in codes[:-1]:
        assert column(postgres, "metadata_flat", f"metaData__{code}") == texts, code


def test_flattened_fields_are_typed_columns(postgres: Postgres, tmp_path: Path) -> None:
    stand_in = build_commercetools(size=0.05, rows={"types": 1})
    values = {name: field.values[0] for name, field in FIELDS.items()}
    fill(stand_in, {"custom": {"fields": values}}, {"custom": {"fields": {"note": 5}}}, {})
    output = read_commercetools(stand_in, flattening_enabled=True, flattening_max_depth=3)
    load(output, postgres, tmp_path, "fields_flat")
    columns = types_of(postgres, "fields_flat")
    head = "custom__fields__"
    assert {
        name.removeprefix(head): kind for name, kind in columns.items() if name.startswith(head)
    } == {
        "birthday": "text",
        "budget__type": "text",
        "budget__currencyCode": "text",
        "budget__centAmount": "bigint",
        "budget__preciseAmount": "bigint",
        "budget__fractionDigits": "bigint",
        "fit": "text",
        "hobbies": "text",
        "loyalty-level": "numeric",
        "motto": "text",
        "note": "text",
        "on": "boolean",
        "opens": "text",
        "prices": "text",
        "shop__typeId": "text",
        "shop__id": "text",
        "shop__key": "text",
        "size": "text",
        "visited": "text",
    }
    assert column(postgres, "fields_flat", f"{head}on") == [True, None, None]
    assert column(postgres, "fields_flat", f"{head}budget__centAmount") == [1999, None, None]
    assert column(postgres, "fields_flat", f"{head}note") == ["Élan", "5", None]
    assert column(postgres, "fields_flat", f"{head}hobbies") == ['["wine","chess"]', None, None]


def define(stand_in: StandIn, **fields: str) -> None:
    """Replace the types of a project by one for customers."""
    for name in list(stand_in.collections["types"].by_id):
        stand_in.delete("types", name)
    definitions = [
        {"name": name, "type": {"name": kind}, "label": {}, "required": False}
        for name, kind in fields.items()
    ]
    record = {"resourceTypeIds": ["customer"], "fieldDefinitions": definitions}
    stand_in.put("types", {"id": "00000000-0000-4000-a000-000000000001", **record})


def test_a_type_that_changes_between_two_runs(postgres: Postgres, tmp_path: Path) -> None:
    stand_in = build_commercetools(size=0.05, rows={"types": 1})
    flat = {"flattening_enabled": True, "flattening_max_depth": 2}
    define(stand_in, size="Number", gone="Boolean")
    fill(stand_in, {"custom": {"fields": {"size": 1, "gone": True}}})
    load(read_commercetools(stand_in), postgres, tmp_path, "fields_changed")
    define(stand_in, size="Set", added="Number")
    fill(stand_in, {"custom": {"fields": {"size": ["XL"], "added": 2}}})
    load(read_commercetools(stand_in), postgres, tmp_path, "fields_changed")
    (custom,) = column(postgres, "fields_changed", "custom")
    assert custom == {"fields": {"size": ["XL"], "added": 2}}

    define(stand_in, note="String")
    fill(stand_in, {"custom": {"fields": {"note": "Oak"}}})
    load(read_commercetools(stand_in, **flat), postgres, tmp_path, "fields_changed_flat")
    define(stand_in, note="Set", added="Number")
    fill(stand_in, {"custom": {"fields": {"note": ["Oak"], "added": 2}}})
    load(read_commercetools(stand_in, **flat), postgres, tmp_path, "fields_changed_flat")
    assert column(postgres, "fields_changed_flat", "custom__fields__note") == ['["Oak"]']
    assert column(postgres, "fields_changed_flat", "custom__fields__added") == [2]


def test_flattened_values_of_any_type_load(postgres: Postgres, tmp_path: Path) -> None:
    stand_in = build_commercetools(size=0.05, rows={"custom_objects": len(CONTRADICTIONS)})
    names = sorted(stand_in.collections["custom_objects"].by_id)
    for name, value in zip(names, CONTRADICTIONS, strict=True):
        stand_in.put("custom_objects", {"id": name, "value": value}, merge=True)
    with stand_in.serve() as server:
        flat = {"flattening_enabled": True, "flattening_max_depth": 1}
        config = commercetools_config(server.url, **flat)
        output = run(narrowed(TapCommercetools, ("custom_objects",)), config)
    assert output.code == 0
    load(output, postgres, tmp_path, "any_flat")
    query = sql.SQL("select value from {}.custom_objects order by id")
    found = [value for (value,) in postgres.query(query.format(sql.Identifier("any_flat")))]
    assert found == ["text", "5", "1.5", "true", None, '["a",1]', '{"a":{"b":1}}', '[[1],["x"]]']


def test_a_text_in_a_column_of_numbers_stops_the_load(postgres: Postgres, tmp_path: Path) -> None:
    stand_in = build_commercetools(size=0.05, rows={"types": 1})
    fill(stand_in, {"custom": {"fields": {"loyalty-level": "gold"}}})
    output = read_commercetools(stand_in, flattening_enabled=True, flattening_max_depth=2)
    assert "custom.fields.loyalty-level as string" in output.log
    with pytest.raises(AssertionError, match="'gold' is not of type 'number'"):
        load(output, postgres, tmp_path, "fields_contradicted")


def test_a_map_makes_a_column_of_a_field(postgres: Postgres, tmp_path: Path) -> None:
    stand_in = build_commercetools(size=0.05, rows={"types": 1})
    fill(stand_in, {"custom": {"fields": {"loyalty-level": 4.5}}}, {"custom": {"fields": {}}}, {})
    expression = (
        "float(record['custom']['fields']['loyalty-level'])"
        " if 'loyalty-level' in record.get('custom', {}).get('fields', {}) else None"
    )
    maps = {"customers": {"level": expression}}
    output = read_commercetools(stand_in, stream_maps=maps)
    load(output, postgres, tmp_path, "fields_mapped")
    assert types_of(postgres, "fields_mapped")["level"] == "numeric"
    assert column(postgres, "fields_mapped", "level") == [4.5, None, None]
