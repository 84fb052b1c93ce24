"""Setting `type_custom_fields`: what discovery makes of the definitions, and how it fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from sandbox.commercetools.auth import Client
from sandbox.custom_fields import FIELDS, META_DATA, RESOURCE_TYPE_IDS
from sandbox.fake import load_schemas
from tap_commerce7 import metadata
from tap_commerce7.tap import TapCommerce7
from tap_commercetools import custom_fields
from tap_commercetools.tap import TapCommercetools
from tap_engine.records.typed_members import expected_types, objects
from tests.support import commerce7_config, commercetools_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.standin import StandIn
    from tap_engine.singer.tap import EngineTap
    from tests.cli.conftest import Command, Ended

SECRETS = ("demo-secret", "demo-app-secret")

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


class Shop:
    """A source of either API, whose definitions a test may change."""

    def __init__(self, tap: type[EngineTap], stand_in: StandIn, url: str) -> None:
        self.tap, self.stand_in, self.url = tap, stand_in, url
        self.is_commercetools = tap is TapCommercetools

    def config(self, **more: Any) -> dict[str, Any]:
        make = commercetools_config if self.is_commercetools else commerce7_config
        return make(self.url, **{"type_custom_fields": True, "retry_max_seconds": 0, **more})

    @property
    def asked(self) -> list[str]:
        paths = [request["path"] for request in self.stand_in.requests]
        return [path for path in paths if not path.startswith("/oauth")]

    @property
    def definitions(self) -> str:
        return "/types" if self.is_commercetools else "/meta-data-config/"

    def define(self, name: str, resource_types: list[str], **fields: Any) -> None:
        """Store a type of commercetools."""
        self.stand_in.put(
            "types",
            {
                "id": f"00000000-0000-4000-a000-{name:0>12}",
                "resourceTypeIds": resource_types,
                "fieldDefinitions": [
                    {"name": field, "type": {"name": kind}, "label": {}, "required": False}
                    for field, kind in fields.items()
                ],
            },
        )


@pytest.fixture(scope="module")
def shops() -> Iterator[dict[str, Shop]]:
    one = build_commercetools(size=0.05, rows={"types": 7})
    two = build_commerce7(size=0.05, rate_limit=None)
    with one.serve() as first, two.serve() as second:
        yield {
            TapCommercetools.name: Shop(TapCommercetools, one, first.url),
            TapCommerce7.name: Shop(TapCommerce7, two, second.url),
        }


@pytest.fixture
def shop(tap: type[EngineTap], shops: dict[str, Shop]) -> Iterator[Shop]:
    """Serve both, one after the other, without faults and with an empty log."""
    chosen = shops[tap.name]
    chosen.stand_in.requests.clear()
    yield chosen
    chosen.stand_in.faults.clear()


@pytest.fixture
def empty() -> Iterator[Shop]:
    """Serve a commercetools project without types."""
    stand_in = build_commercetools(size=0.05, rows={"types": 0})
    with stand_in.serve() as server:
        yield Shop(TapCommercetools, stand_in, server.url)


def discovered(ended: Ended) -> dict[str, dict[str, Any]]:
    """Give the schemas by stream."""
    assert ended.code == 0, ended.err
    streams = json.loads(ended.out)["streams"]
    return {entry["tap_stream_id"]: entry["schema"] for entry in streams}


def at(schema: dict[str, Any], path: str) -> dict[str, Any]:
    """Give the member at a dotted path; elements of arrays need no step."""
    for name in path.split("."):
        schema = schema.get("items", schema)["properties"][name]
    return schema


def expected(members: dict[str, Any]) -> dict[str, Any]:
    return {name: expected_types(node) for name, node in members.items()}


def one_line(ended: Ended) -> str:
    """Give the one error line of a command that failed as it should."""
    assert ended.code == 1
    assert ended.out == ""
    assert len(ended.lines) == 1, ended.err
    assert "Traceback" not in ended.err
    assert not any(secret in ended.err for secret in SECRETS)
    return ended.lines[0]


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


@pytest.mark.parametrize("arguments", [("--discover",), ("--test",), ("--test=schema",), ()])
def test_a_missing_permission_is_said_in_one_line(
    command: Command, tap: type[EngineTap], arguments: tuple[str, ...]
) -> None:
    stand_in: Any
    if tap is TapCommercetools:
        client = Client("demo-client", "demo-secret", ("view_customers",))
        stand_in, needs = build_commercetools(size=0.05, clients=[client]), "view_types"
    else:
        stand_in = build_commerce7(size=0.05, rate_limit=None, permissions=("Customer",))
        needs = "app permission MetaData Config (read)"
    with stand_in.serve() as server:
        shop = Shop(tap, stand_in, server.url)
        line = one_line(command(tap, *arguments, config=shop.config()))
    assert line.startswith("type_custom_fields: ")
    assert needs in line
    assert shop.definitions in line


def test_a_source_that_fails_is_said_in_one_line(command: Command, shop: Shop) -> None:
    shop.stand_in.faults.add(shop.definitions, "status", times=-1, status=503)
    line = one_line(command(shop.tap, "--discover", config=shop.config()))
    assert "answered 503" in line


def test_missing_settings_are_said_in_one_line(command: Command, tap: type[EngineTap]) -> None:
    line = one_line(command(tap, "--discover", config={"type_custom_fields": True}))
    assert "required property" in line or "settings missing" in line


def test_settings_are_checked_before_anything_is_asked(command: Command, shop: Shop) -> None:
    line = one_line(command(shop.tap, "--discover", config=shop.config(concurrency=0)))
    assert line == "setting concurrency must be a number from 1 to 16"
    assert shop.stand_in.requests == []


def test_a_definition_of_another_form_is_said_in_one_line(command: Command, shop: Shop) -> None:
    row: dict[str, Any]
    if shop.is_commercetools:
        name, row = "types", {"fieldDefinitions": [{"name": 17, "type": {"name": "String"}}]}
    else:
        name, row = "meta_data_configs", {"objectType": "Customer", "code": 17}
    row["id"] = "ffffffff-0000-4000-a000-000000000000"
    shop.stand_in.put(name, row)
    try:
        line = one_line(command(shop.tap, "--discover", config=shop.config()))
    finally:
        key = row["id"] if shop.is_commercetools else f"Customer/{row['id']}"
        shop.stand_in.delete(name, str(key))
    assert line.startswith("type_custom_fields: cannot parse a ")
    assert "Expected `str" in line


def test_an_object_type_that_a_tenant_lacks_has_no_metadata(
    command: Command, shops: dict[str, Shop]
) -> None:
    shop = shops[TapCommerce7.name]
    shop.stand_in.faults.add("/meta-data-config/experience", "status", times=-1, status=404)
    try:
        schemas = discovered(command(shop.tap, "--discover", config=shop.config()))
        assert "properties" not in at(schemas["reservation_types"], "metaData")
        assert at(schemas["reservations"], "metaData")["properties"]
        shop.stand_in.faults.add("/meta-data-config/", "status", times=-1, status=404)
        line = one_line(command(shop.tap, "--discover", config=shop.config()))
    finally:
        shop.stand_in.faults.clear()
    assert line.startswith("type_custom_fields: ")
    assert "answered 404" in line


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
