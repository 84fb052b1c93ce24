"""The stand-ins define the custom fields that their records carry, one of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.custom_fields import FIELDS, META_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.serve import Running
    from sandbox.standin import StandIn

KINDS = {
    "Boolean", "Date", "DateTime", "Enum", "LocalizedEnum", "LocalizedString", "Money", "Number",
    "Reference", "Set", "String", "Time",
}  # fmt: skip
DATA_TYPES = {
    "Checkbox", "Date Picker", "HTML", "Integer", "Number", "Radio", "Select", "String", "TextArea",
    "True / False", "Yes / No",
}  # fmt: skip


def inside(value: Any, name: str) -> Iterator[dict[str, Any]]:
    """Yield the objects with a name, at any depth."""
    if isinstance(value, dict):
        for member, inner in value.items():
            if member == name and isinstance(inner, dict):
                yield inner
            yield from inside(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from inside(inner, name)


def records(stand_in: StandIn, name: str) -> list[dict[str, Any]]:
    collection = stand_in.collections[name]
    return [msgspec.json.decode(row.body) for row in collection.by_id.values()]


def test_types_define_what_records_carry(commercetools: tuple[StandIn, Running]) -> None:
    stand_in, _ = commercetools
    defined = {
        definition["name"]: definition["type"]
        for type_ in records(stand_in, "types")
        for definition in type_["fieldDefinitions"]
    }
    assert {kind["name"] for kind in defined.values()} == KINDS
    carried = {
        name
        for stream in ("customers", "orders", "payments")
        for record in records(stand_in, stream)
        for fields in inside(record, "fields")
        for name in fields
    }
    assert carried == set(defined) == set(FIELDS)


def test_configurations_describe_metadata(commerce7: tuple[StandIn, Running]) -> None:
    stand_in, _ = commerce7
    configs = records(stand_in, "meta_data_configs")
    for object_type in ("Customer", "Order"):
        own = {each["code"]: each for each in configs if each["objectType"] == object_type}
        assert set(own) == {code for code, _, _ in META_DATA}
        assert {each["dataType"] for each in own.values()} == DATA_TYPES
    carried = {
        code
        for record in records(stand_in, "customers")
        for values in inside(record, "metaData")
        for code in values
    }
    assert carried == {code for code, _, _ in META_DATA}
