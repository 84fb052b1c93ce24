"""Setting `type_custom_fields`: what discovery makes of the definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commercetools.app import build as build_commercetools
from sandbox.custom_fields import FIELDS, META_DATA, RESOURCE_TYPE_IDS
from sandbox.fake import load_schemas
from tap_commerce7 import metadata
from tap_commerce7.tap import TapCommerce7
from tap_commercetools import custom_fields
from tap_commercetools.tap import TapCommercetools
from tap_engine.records.typed_members import expected_types, objects
from tests.cli.shop import Shop, at, discovered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Command

KINDS = {
    "birthday": ["string", "null"],
    "budget": ["object", "null"],
    "fit": ["string", "null"],
    "hobbies": ["array", "null"],
    "loyalty-level": ["number", "null"],
    "motto": ["object", "null"],
    "note": ["string", "null"],
    "on": ["boolean", "null"],
    "opens": ["string", "null"],
    "prices": ["array", "null"],
    "shop": ["object", "null"],
    "size": ["string", "null"],
    "visited": ["string", "null"],
}

DATA_TYPES = {
    "boxes": ["boolean", "string", "array", "null"],
    "loyalty-level": ["number", "string", "null"],
    "mood": ["string", "null"],
    "note": ["string", "null"],
    "on": ["boolean", "string", "null"],
    "picked": ["string", "array", "null"],
    "remarks": ["string", "null"],
    "seats": ["integer", "string", "null"],
    "story": ["string", "null"],
    "visited": ["string", "null"],
    "vip": ["boolean", "string", "null"],
}


@pytest.fixture
def empty() -> Iterator[Shop]:
    """Serve a commercetools project without types."""
    stand_in = build_commercetools(size=0.05, rows={"types": 0})
    with stand_in.serve() as server:
        yield Shop(TapCommercetools, stand_in, server.url)


def expected(members: dict[str, Any]) -> dict[str, Any]:
    return {name: expected_types(node) for name, node in members.items()}


def test_every_kind_of_field_is_declared(command: Command, shops: dict[str, Shop]) -> None:
    shop = shops[TapCommercetools.name]
    schemas = discovered(command(shop.tap, "--discover", config=shop.config()))
    fields = at(schemas["customers"], "custom.fields")["properties"]
    assert expected(fields) == KINDS
    assert list(fields) == sorted(FIELDS)
    for node in fields.values():
        assert len(node["type"]) == len(set(node["type"])) == 7, "every JSON type is let through"
        assert not node.keys() & {"format", "enum", "items", "required"}
    assert fields["prices"]["description"] == "Set of Money"
    assert expected(fields["budget"]["properties"]) == {
        "type": ["string", "null"],
        "currencyCode": ["string", "null"],
        "centAmount": ["integer", "null"],
        "preciseAmount": ["integer", "null"],
        "fractionDigits": ["integer", "null"],
    }
    assert list(fields["shop"]["properties"]) == ["typeId", "id", "key"]


def test_every_data_type_of_metadata_is_declared(command: Command, shops: dict[str, Shop]) -> None:
    shop = shops[TapCommerce7.name]
    schemas = discovered(command(shop.tap, "--discover", config=shop.config()))
    members = at(schemas["customers"], "metaData")["properties"]
    assert expected(members) == DATA_TYPES
    assert {name: node["description"] for name, node in members.items()} == {
        code: data_type for code, data_type, _ in META_DATA
    }
    for place in ("customer.metaData", "metaData"):
        assert at(schemas["orders"], place)["properties"] == members
    assert "properties" not in at(schemas["carts"], "metaData")


def test_every_place_with_custom_fields_is_known() -> None:
    used = set()
    for stream, schema in load_schemas("tap_commercetools").items():
        for path, _ in custom_fields.places(schema):
            ids = custom_fields.resource_types(stream, path)
            assert ids, (stream, path)
            used |= set(ids)
    tables = (custom_fields.ROOTS, custom_fields.HOLDERS, custom_fields.OWN_NAMES)
    listed = {name for table in tables for ids in table.values() for name in ids}
    # No schema of a stream has custom fields of these two resource types.
    assert used == listed == {*RESOURCE_TYPE_IDS} - {"product-tailoring", "reservation"}


def test_every_metadata_object_type_is_used() -> None:
    used = {
        metadata.object_type_of(stream, path)
        for stream, schema in load_schemas("tap_commerce7").items()
        for path, _ in objects(schema)
        if path[-1] == "metaData"
    }
    tables = (metadata.ROOTS, metadata.HOLDERS)
    assert used - {None} == {name for table in tables for name in table.values()}


def test_fields_go_to_the_places_of_their_resource_type(command: Command, empty: Shop) -> None:
    empty.define("1", ["address"], door="String")
    empty.define("2", ["line-item", "transaction"], gift="Boolean")
    empty.define("3", ["payment-interface-interaction"], answer="Number")
    empty.define("4", ["order"], source="String")
    schemas = discovered(command(empty.tap, "--discover", config=empty.config()))
    for stream, path, names in (
        ("customers", "addresses.custom.fields", ["door"]),
        ("orders", "shippingAddress.custom.fields", ["door"]),
        ("orders", "lineItems.custom.fields", ["gift"]),
        ("orders", "custom.fields", ["source"]),
        ("carts", "custom.fields", ["source"]),
        ("shopping_lists", "lineItems.custom.fields", ["gift"]),
        ("payments", "transactions.custom.fields", ["gift"]),
        ("payments", "interfaceInteractions.fields", ["answer"]),
    ):
        assert list(at(schemas[stream], path)["properties"]) == names, (stream, path)
    for stream, path in (("customers", "custom.fields"), ("payments", "custom.fields")):
        assert at(schemas[stream], path) == {"type": ["object", "null"]}


def test_definitions_that_contradict_each_other_leave_a_field_open(
    command: Command, empty: Shop
) -> None:
    empty.define("1", ["customer"], size="Number", color="Enum", level="Number", odd="NotYetKnown")
    empty.define("2", ["customer"], size="String", color="String", level="Number")
    schemas = discovered(command(empty.tap, "--discover", config=empty.config()))
    fields = at(schemas["customers"], "custom.fields")["properties"]
    everything = ["object", "array", "string", "number", "integer", "boolean", "null"]
    assert fields["size"] == {"type": everything, "description": "Number or String"}
    assert fields["odd"] == {"type": everything, "description": "NotYetKnown"}
    assert expected(fields)["color"] == ["string", "null"]
    assert fields["color"]["description"] == "Enum or String"
    assert fields["level"]["description"] == "Number"


def test_all_pages_of_definitions_are_read(command: Command, empty: Shop) -> None:
    for number in range(5):
        empty.define(str(number), ["customer"], **{f"field-{number}": "String"})
    config = empty.config(page_size=2, concurrency=3)
    schemas = discovered(command(empty.tap, "--discover", config=config))
    fields = at(schemas["customers"], "custom.fields")["properties"]
    assert list(fields) == [f"field-{number}" for number in range(5)]


def test_nothing_is_asked_without_the_setting(command: Command, shop: Shop) -> None:
    ended = command(shop.tap, "--discover", config=shop.config(type_custom_fields=False))
    packaged = load_schemas(f"{shop.tap.name.replace('-', '_')}")
    name, path = ("customers", "custom.fields" if shop.is_commercetools else "metaData")
    # Keywords of our own are not printed.
    declared = {
        key: value for key, value in at(packaged[name], path).items() if not key.startswith("x-")
    }
    assert at(discovered(ended)[name], path) == declared
    assert shop.stand_in.requests == []


def test_only_definitions_are_asked_for(command: Command, shop: Shop) -> None:
    assert command(shop.tap, "--discover", config=shop.config()).code == 0
    assert shop.asked
    assert all(shop.definitions in path for path in shop.asked)


def test_filters_do_not_get_in_the_way(command: Command, shop: Shop) -> None:
    mine = 'id = "x"' if shop.is_commercetools else {"q": "x"}
    ended = command(shop.tap, "--discover", config=shop.config(stream_filters={"orders": mine}))
    assert discovered(ended) == discovered(command(shop.tap, "--discover", config=shop.config()))


def test_discovery_twice_prints_the_same(command: Command, shop: Shop) -> None:
    first, second = (command(shop.tap, "--discover", config=shop.config()) for _ in range(2))
    assert first.out == second.out


def test_a_metadata_configuration_without_a_code_is_passed_over(
    command: Command, shops: dict[str, Shop]
) -> None:
    shop = shops[TapCommerce7.name]
    row = {"id": "ffffffff-0000-4000-a000-000000000001", "objectType": "Customer", "code": None}
    shop.stand_in.put("meta_data_configs", row)
    try:
        schemas = discovered(command(shop.tap, "--discover", config=shop.config()))
    finally:
        shop.stand_in.delete("meta_data_configs", f"Customer/{row['id']}")
    assert expected(at(schemas["customers"], "metaData")["properties"]) == DATA_TYPES
