"""Deselected members never leave the tap (8); secrets only when asked for by name (25)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine.records.pruning import allow_list, compile_pruning, merge, secret_breadcrumbs

if TYPE_CHECKING:
    from tap_engine.singer.tap import EngineTap

SCHEMA: dict[str, Any] = {
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "token": {"type": "string", "x-sensitive": "secret"},
        "address": {
            "properties": {
                "city": {"type": "string"},
                "door": {"type": "string", "x-sensitive": "secret"},
            }
        },
        "items": {"items": {"properties": {"sku": {}, "price": {}}}},
        "free": {"type": "object"},
    }
}
RECORD = {
    "id": "1",
    "name": "n",
    "token": "t",
    "undeclared": 1,
    "address": {"city": "c", "door": "d", "more": 2},
    "items": [{"sku": "a", "price": 1, "extra": 3}, {"price": 2}, None, "text"],
    "free": {"x": 1},
}


def pruned(selected: dict[tuple[str, ...], bool], default: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Apply a selection to the record."""
    pruning = compile_pruning(SCHEMA, selected, default, keep=("id",))
    result: dict[str, Any] = json.loads(pruning.apply(json.dumps(RECORD).encode()))
    return result


def test_nothing_deselected_changes_nothing() -> None:
    assert not compile_pruning(SCHEMA, {}, ())
    assert pruned({}) == RECORD


def test_deselected_members_and_undeclared_ones_beside_them_stay_home() -> None:
    record = pruned({("properties", "name"): False})
    assert record == {
        key: value for key, value in RECORD.items() if key not in {"name", "undeclared"}
    }


def test_what_the_tap_itself_deselects_says_nothing_about_undeclared_members() -> None:
    crumb = ("properties", "token")
    record = pruned({crumb: False}, default=(crumb,))
    assert record == {key: value for key, value in RECORD.items() if key != "token"}


def test_nested_members_are_pruned_inside_objects() -> None:
    record = pruned({("properties", "address", "properties", "city"): False})
    assert record["address"] == {"door": "d"}
    assert record["undeclared"] == 1


@pytest.mark.parametrize(
    "crumb",
    [
        ("properties", "items", "items", "properties", "price"),
        ("properties", "items", "properties", "price"),
    ],
)
def test_members_of_array_elements_are_pruned_with_either_breadcrumb(crumb: Any) -> None:
    assert pruned({crumb: False})["items"] == [{"sku": "a"}, {}, None, "text"]


def test_keys_stay_even_when_deselected() -> None:
    assert pruned({("properties", "id"): False})["id"] == "1"


def test_allow_list_lets_only_declared_members_through_at_every_level() -> None:
    record = json.loads(allow_list(SCHEMA).apply(json.dumps(RECORD).encode()))
    assert record == {
        "id": "1",
        "name": "n",
        "token": "t",
        "address": {"city": "c", "door": "d"},
        "items": [{"sku": "a", "price": 1}, {"price": 2}, None, "text"],
        "free": {"x": 1},
    }


def test_merged_prunings_leave_out_what_either_does() -> None:
    one = compile_pruning(SCHEMA, {("properties", "name"): False}, ())
    two = compile_pruning(SCHEMA, {("properties", "address", "properties", "city"): False}, ())
    record = json.loads(merge(one, two).apply(json.dumps(RECORD).encode()))
    assert "name" not in record
    assert "undeclared" not in record
    assert "city" not in record["address"]


def test_secrets_are_found_at_every_depth() -> None:
    assert secret_breadcrumbs(SCHEMA) == [
        ("properties", "token"),
        ("properties", "address", "properties", "door"),
    ]
    inside_array = {"properties": {"list": {"items": SCHEMA}}}
    assert ("properties", "list", "items", "properties", "token") in secret_breadcrumbs(
        inside_array
    )


@pytest.mark.parametrize("tap", [TapCommerce7, TapCommercetools])
def test_both_taps_have_secret_fields_and_deselect_them(tap: type[EngineTap]) -> None:
    made = tap(config={}, validate_config=False, setup_mapper=False)
    crumbs = 0
    for entry in made.catalog_dict["streams"]:
        metadata = {tuple(item["breadcrumb"]): item["metadata"] for item in entry["metadata"]}
        for crumb in secret_breadcrumbs(made.streams[entry["tap_stream_id"]].schema):
            crumbs += 1
            assert metadata[crumb]["selected-by-default"] is False, (entry["stream"], crumb)
    assert crumbs > 0
