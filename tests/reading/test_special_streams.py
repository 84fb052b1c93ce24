"""Proves 5, 6 and 10 for the streams that are no plain collections, and what they let through."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.store import timestamp
from tests.reading.tools import Source, commerce7, commercetools

CONTAINERS = ["loyalty-tiers", "settings", "wish_lists"]


@pytest.fixture(scope="module")
def shop() -> Any:
    with commercetools(size=1, small=False) as source:
        yield source


@pytest.fixture(scope="module")
def winery() -> Any:
    with commerce7(size=1, small=False) as source:
        yield source


def objects(source: Source, *containers: str) -> set[str]:
    records = source.records("custom_objects").values()
    return {record["id"] for record in records if record["container"] in containers}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_containers_one_several_all(shop: Source, concurrency: int) -> None:
    for chosen in (["settings"], ["wish_lists", "settings"], CONTAINERS, None, []):
        shop.forget_requests()
        output = shop.run(
            "custom_objects",
            custom_object_containers=chosen,
            concurrency=concurrency,
            page_size=7,
        )
        assert output.code == 0
        ids = output.ids("custom_objects")
        assert set(ids) == objects(shop, *(chosen or CONTAINERS))
        assert len(ids) == len(set(ids))
        asked = {each["path"] for each in shop.stand_in.requests if "custom" in each["path"]}
        names = [f"/demo/custom-objects/{name}" for name in chosen or ()]
        assert asked == set(names or ["/demo/custom-objects"])


def test_a_container_added_later_is_read_from_its_start(shop: Source) -> None:
    first = shop.run("custom_objects", custom_object_containers=["settings"])
    second = shop.run(
        "custom_objects", custom_object_containers=["settings", "wish_lists"], state=first.state
    )
    assert objects(shop, "wish_lists") <= set(second.ids("custom_objects"))
    third = shop.run("custom_objects", state=second.state)
    assert set(third.ids("custom_objects")) == objects(shop, *CONTAINERS)
    fourth = shop.run("custom_objects", state=third.state, lookback_seconds=0)
    assert len(fourth.ids("custom_objects")) == 1
    fewer = shop.run(
        "custom_objects",
        custom_object_containers=["settings"],
        state=third.state,
        lookback_seconds=0,
    )
    assert fewer.code == 0
    assert len(fewer.ids("custom_objects")) <= 1


def test_a_container_without_objects(shop: Source) -> None:
    output = shop.run("custom_objects", custom_object_containers=["nothing-here", "settings"])
    assert output.code == 0
    assert set(output.ids("custom_objects")) == objects(shop, "settings")


CHILDREN = {
    "product_selection_products": ("product", "productId"),
    "product_product_selections": ("productSelection", "productSelectionId"),
    "store_product_selection_assignments": ("productSelection", "productSelectionId"),
}


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("stream", CHILDREN)
def test_children_carry_their_parent_and_are_complete(
    shop: Source, stream: str, concurrency: int
) -> None:
    member, column = CHILDREN[stream]
    output = shop.run(stream, page_size=5, concurrency=concurrency)
    assert output.code == 0, output.log[-1500:]
    keys = next(each.keys for each in shop.tap.stream_types if each.name == stream)
    found = [tuple(record[key] for key in keys) for record in output.records(stream)]
    assert len(found) == len(set(found)) == len(shop.rows(stream))
    for record in output.records(stream):
        assert record[column] == record[member]["id"]
        assert "/".join([record[keys[0]], record[member]["id"]])


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("size", [3, 10, 11])
def test_lists_without_sort_are_complete_at_every_page_size(
    shop: Source, size: int, concurrency: int
) -> None:
    stream = "store_product_selection_assignments"
    shop.forget_requests()
    output = shop.run(stream, page_size=size, concurrency=concurrency)
    assert output.code == 0
    assert len(output.records(stream)) == len(shop.rows(stream))
    assert len(shop.stand_in.requests) < 120


def test_rows_of_one_key_that_fill_a_page_are_an_error(shop: Source) -> None:
    output = shop.run("store_product_selection_assignments", page_size=2)
    assert output.code == 1
    assert "page_size" in output.log
    assert output.of_type("ACTIVATE_VERSION") == []


@pytest.mark.parametrize("stream", ["approval_flows", "approval_rules"])
def test_lists_of_business_units(shop: Source, stream: str) -> None:
    output = shop.run(stream)
    assert output.code == 0, output.log[-1500:]
    keys = {(record["businessUnitKey"], record["id"]) for record in output.records(stream)}
    assert keys == {
        (record["businessUnit"]["key"], record["id"]) for record in shop.records(stream).values()
    }


@pytest.mark.parametrize("concurrency", [1, 4])
def test_lists_of_business_units_that_are_divided_are_read_once(concurrency: int) -> None:
    stream = "approval_rules"
    rows = {"business_units": 3, stream: 300}
    with commercetools(rows=rows, small=False) as source:
        output = source.run(stream, page_size=20, concurrency=concurrency)
        assert output.code == 0, output.log[-1500:]
        keys = [(record["businessUnitKey"], record["id"]) for record in output.records(stream)]
        assert len(keys) == len(set(keys)) == len(source.records(stream))


def test_variants_with_one_id_in_two_products_are_two_rows(shop: Source) -> None:
    for size in (1, 7, 500):
        output = shop.run("variant_projections", page_size=size)
        assert output.code == 0
        found = [
            (record["productId"], record["id"]) for record in output.records("variant_projections")
        ]
        current = [r for r in shop.records("variant_projections").values() if not r["staged"]]
        assert len(found) == len(set(found)) == len(current)
        assert len({row_id for _, row_id in found}) < len(found)


COMMON = {
    "id",
    "version",
    "versionModifiedAt",
    "createdAt",
    "createdBy",
    "lastModifiedAt",
    "lastModifiedBy",
    "sequenceNumber",
    "resource",
    "resourceVersion",
    "resourceUserProvidedIdentifiers",
    "type",
}


def test_messages_keep_what_all_have_and_put_the_rest_into_payload(shop: Source) -> None:
    output = shop.run("messages")
    assert output.code == 0
    sent = shop.records("messages")
    assert len(output.records("messages")) == len(sent)
    kinds = set()
    for record in output.records("messages"):
        payload = record.pop("payload")
        assert {**record, **payload} == sent[record["id"]]
        assert not COMMON & payload.keys()
        assert record.keys() <= COMMON
        kinds.add(record["type"])
    assert len(kinds) > 10


def test_messages_go_by_creation(shop: Source) -> None:
    output = shop.run("messages")
    highest = max(record["createdAt"] for record in output.records("messages"))
    # One that becomes visible late has its place behind it, however quiet the source is.
    assert output.bookmark("messages") == highest
    assert highest < output.state["bookmarks"]["messages"]["read_up_to"] <= timestamp()
    assert output.state["bookmarks"]["messages"]["replication_key"] == "createdAt"
    shop.forget_requests()
    shop.run("messages", state=output.state)
    (query,) = shop.asked("/messages")
    assert query["sort"] == ["createdAt asc", "id asc"]


def test_settings_let_only_declared_members_through(winery: Source) -> None:
    sent = str(winery.records("settings"))
    assert sent.count("fake-credential") > 3
    output = winery.run("settings")
    assert output.code == 0
    (record,) = output.records("settings")
    assert record["id"]
    assert "fake-credential" not in output.text
    assert "fake-credential" not in output.log


def test_cards_carry_their_customer(winery: Source) -> None:
    names = ("customers", "customer_credit_cards")
    output = winery.run(*names, catalog=winery.catalog("customer_credit_cards"))
    assert output.code == 0
    sent = winery.records("customer_credit_cards")
    assert set(output.ids("customer_credit_cards")) == set(sent)
    for record in output.records("customer_credit_cards"):
        assert record["customerId"] == sent[record["id"]]["customerId"]


def test_the_trash_is_a_full_table(winery: Source) -> None:
    output = winery.run("trash")
    assert output.code == 0
    assert set(output.ids("trash")) == set(winery.rows("trash"))
    assert output.of_type("ACTIVATE_VERSION")


@pytest.mark.parametrize("activate", [False, True])
def test_an_empty_child_list_is_asked_for_again_only_where_rows_could_be_removed(
    shop: Source, *, activate: bool
) -> None:
    selections = sorted(shop.rows("product_selections"))
    lists = r"^/demo/product-selections/[^/]+/products"
    body: dict[str, Any] = {"limit": 20, "offset": 0, "count": 0, "results": []}
    shop.stand_in.faults.add(lists, "status", status=200, body=body, times=-1)
    shop.forget_requests()
    output = shop.run("product_selection_products", emit_activate_version_messages=activate)
    shop.heal()
    assert output.code == 0
    asked = [each["path"] for each in shop.stand_in.requests if each["path"].endswith("/products")]
    assert len(asked) == (2 if activate else 1) * len(selections)


@pytest.mark.parametrize("activate", [False, True])
def test_so_is_an_empty_list_of_a_store(shop: Source, *, activate: bool) -> None:
    body: dict[str, Any] = {"limit": 20, "offset": 0, "count": 0, "results": []}
    shop.stand_in.faults.add("assignments", "status", status=200, body=body, times=-1)
    shop.forget_requests()
    stream = "store_product_selection_assignments"
    output = shop.run(stream, emit_activate_version_messages=activate)
    shop.heal()
    assert output.code == 0
    asked = [each["path"] for each in shop.stand_in.requests if "assignments" in each["path"]]
    assert len(asked) == (2 if activate else 1) * len(shop.rows("stores"))
