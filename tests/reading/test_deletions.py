"""Deletes that the project tells by message: complete, without anything personal, with warnings."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commercetools.resources import RESOURCES
from tap_commercetools.delete_messages import DELETED
from tap_engine import timestamps
from tests.reading.tools import (
    Pairs,
    Source,
    bookmarked,
    commercetools,
    days_ago,
    next_second,
    where,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAVE_A_MESSAGE = [name for name, resource in RESOURCES.items() if resource.deleted]
COLUMNS = {
    "id",
    "deletedAt",
    "type",
    "resourceType",
    "stream",
    "resourceId",
    "resourceVersion",
    "resourceKey",
    "resourceUserProvidedIdentifiers",
    "sequenceNumber",
    "product",
}


@pytest.fixture
def shop() -> Iterator[Source]:
    with commercetools(size=0.1, small=False, rows={"messages": 130}) as source:
        yield source


def test_one_record_per_delete_of_every_stream_that_leaves_a_message(shop: Source) -> None:
    state = shop.run("deletions").state
    gone = {name: min(shop.rows(name)) for name in LEAVE_A_MESSAGE}
    before = {name: shop.records(name)[row_id] for name, row_id in gone.items()}
    for name, row_id in gone.items():
        shop.stand_in.delete(name, row_id)
    output = shop.run("deletions", state=state, page_size=7)
    next_second()  # what happened after the run start comes with the next run
    rest = shop.run("deletions", state=output.state, page_size=7)
    assert output.code == rest.code == 0
    records = [*output.records("deletions"), *rest.records("deletions")]
    found = {record["stream"]: record for record in records}
    assert {name: record["resourceId"] for name, record in found.items()} == gone
    for name, record in found.items():
        assert record["type"] == RESOURCES[name].deleted
        assert record["resourceType"] == RESOURCES[name].type_id
        assert record["resourceVersion"] == before[name]["version"]
    assert found["stores"]["resourceKey"] == before["stores"]["key"]
    assert found["stores"]["resourceUserProvidedIdentifiers"]["key"] == before["stores"]["key"]


def test_the_table_of_types_is_that_of_the_stand_in_and_of_the_streams(shop: Source) -> None:
    known = {each.deleted: (name, each.type_id) for name, each in RESOURCES.items() if each.deleted}
    assert {
        kind: (about.stream, about.type_id) for kind, about in DELETED.items() if about.stream
    } == known
    assert {about.stream for about in DELETED.values()} - {None} <= {
        each.name for each in shop.tap.stream_types
    }
    assert len(DELETED) == 20


def test_the_first_sync_reads_all_that_the_project_still_keeps(shop: Source) -> None:
    messages = {
        row_id: record
        for row_id, record in shop.records("messages").items()
        if record["type"] in DELETED
    }
    output = shop.run("deletions")
    found = {record["id"]: record for record in output.records("deletions")}
    assert found.keys() == messages.keys() == shop.rows("deletions").keys()
    assert len(output.records("deletions")) == len(found)
    for row_id, record in found.items():
        assert record["deletedAt"] == messages[row_id]["createdAt"]
        assert record["sequenceNumber"] == messages[row_id]["sequenceNumber"]


def test_a_variant_inside_a_product_does_not_pass_for_the_product(shop: Source) -> None:
    output = shop.run("deletions")
    variants = [r for r in output.records("deletions") if r["type"] == "ProductVariantDeleted"]
    assert variants
    for record in variants:
        assert (record["stream"], record["resourceType"]) == (None, "product")


def message(kind: str, resource: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"type": kind, "resource": resource, "sequenceNumber": 3, **members}


def test_a_message_that_names_another_resource_speaks_of_no_stream(shop: Source) -> None:
    shop.stand_in.put("messages", message("VariantDeleted", {"typeId": "product", "id": "p1"}))
    shop.stand_in.put("messages", message("VariantDeleted", {"typeId": "variant", "id": "v1"}))
    streams = {r["resourceId"]: r["stream"] for r in shop.run("deletions").records("deletions")}
    assert (streams["p1"], streams["v1"]) == (None, "variants")


def test_a_deleted_variant_names_its_product(shop: Source) -> None:
    variant = min(shop.rows("variants"))
    product = shop.records("variants")[variant]["product"]
    shop.stand_in.delete("variants", variant)
    obj = {"name": {"en": "Cabernet"}, "description": {"en": "by ada@example.com"}}
    expanded = {"typeId": "product", "id": "p1", "obj": obj}
    variants = {"typeId": "variant", "id": "v1"}
    shop.stand_in.put("messages", message("VariantDeleted", variants, product=expanded))
    shop.stand_in.put("messages", message("VariantDeleted", {**variants, "id": "v2"}))
    output = shop.run("deletions")
    found = {r["resourceId"]: r for r in output.records("deletions")}
    assert found[variant]["product"] == {"typeId": "product", "id": product["id"]}
    assert found["v1"]["product"] == {"typeId": "product", "id": "p1"}
    assert "product" not in found["v2"], "older messages do not name it"
    assert "which the schema does not declare" not in output.log


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ({"resourceUserProvidedIdentifiers": {"key": "mine", "orderNumber": "7"}}, "mine"),
        ({"resource": {"typeId": "order", "key": "by-key"}}, "by-key"),
        ({"order": {"key": "inside", "customerEmail": "ada@example.com"}}, "inside"),
        ({"resourceUserProvidedIdentifiers": {"orderNumber": "7"}}, None),
        ({"resourceUserProvidedIdentifiers": None, "order": None}, None),
    ],
)
def test_where_the_key_of_a_record_is_found(shop: Source, members: Any, key: str | None) -> None:
    resource = {"typeId": "order", "id": "o1"}
    row_id = shop.stand_in.put("messages", message("OrderDeleted", resource) | members)["id"]
    record = shop.run("deletions").latest("deletions")[row_id]
    assert record["resourceKey"] == key
    assert record["stream"] == "orders"


def test_nothing_else_of_the_message_gets_out(shop: Source) -> None:
    for name in ("orders", "customers", "payment_methods", "recurring_orders"):
        shop.stand_in.delete(name, min(shop.rows(name)))
    output = shop.run("deletions")
    assert {"OrderDeleted", "CustomerDeleted"} <= {r["type"] for r in output.records("deletions")}
    for record in output.records("deletions"):
        assert record.keys() <= COLUMNS
    assert "@" not in json.dumps(output.records("deletions"))


def test_filters_and_sorts_use_the_names_of_the_api(shop: Source) -> None:
    started: dict[str, Any] = {"start_date": "2021-01-01"}
    state = shop.run("deletions", **started).state
    first = shop.asked("/messages")
    assert all(where(query).startswith("type in (") for query in first)
    assert all('createdAt >= "2021-01-01T00:00:00.000Z"' in where(query) for query in first)
    shop.forget_requests()
    shop.run("deletions", state=state, **started)
    (query,) = shop.asked("/messages")
    assert query["sort"] == ["createdAt asc", "id asc"]
    assert "deletedAt" not in str(first) + str(query)


@pytest.mark.parametrize("bookmark", [None, "2015-01-01T00:00:00.000Z"])
def test_an_interrupted_scan_goes_on(shop: Source, bookmark: str | None) -> None:
    state = bookmarked("deletions", bookmark, key="deletedAt") if bookmark else None
    shop.fail_after(3, "/messages")
    broken = shop.run("deletions", state=state, page_size=5, concurrency=1)
    assert broken.code == 1
    assert broken.records("deletions")
    shop.heal()
    rest = shop.run("deletions", state=broken.state, page_size=5)
    # A bookmark that is too old for what the project keeps is an error once.
    assert rest.code == (1 if bookmark else 0)
    assert shop.run("deletions", state=rest.state).code == 0
    ids = [*broken.ids("deletions"), *rest.ids("deletions")]
    assert set(ids) == set(shop.rows("deletions"))
    assert len(rest.ids("deletions")) < len(set(ids))


def test_a_position_of_an_interrupted_scan_is_checked(shop: Source) -> None:
    scan = {"pager": "time", "last_list": {}, "ranges": [{"after": ["yesterday", "x"]}]}
    output = shop.run("deletions", state={"bookmarks": {"deletions": {"scan": json.dumps(scan)}}})
    assert output.code == 1
    assert "scan.ranges holds a position of another form" in output.log


def test_messages_of_other_types_are_left_out_even_if_the_api_sends_them(shop: Source) -> None:
    def unfiltered(pairs: Pairs) -> Pairs:
        return [
            (name, re.sub(r"^type in \([^)]*\) and ", "", value))
            for name, value in pairs
            if not re.fullmatch(r"type in \([^)]*\)", value)
        ]

    shop.rewrite("/messages", unfiltered)
    output = shop.run("deletions", page_size=5)
    assert output.code == 0, output.log
    assert sorted(output.ids("deletions")) == sorted(shop.rows("deletions"))


@pytest.mark.parametrize("stream", ["deletions", "messages"])
def test_that_nothing_came_is_remembered_apart_from_the_bookmark(stream: str) -> None:
    with commercetools(small=False, rows={"messages": 0}) as source:
        started = timestamps.render(datetime.now(UTC) - timedelta(seconds=2))
        first = source.run(stream)
        assert first.bookmark(stream) is None
        assert started <= first.state["bookmarks"][stream]["read_up_to"] <= timestamps.now()
        before = days_ago(2)
        key = "deletedAt" if stream == "deletions" else "createdAt"
        later = source.run(stream, state=bookmarked(stream, before, key=key))
        assert later.bookmark(stream) == before
        assert started <= later.state["bookmarks"][stream]["read_up_to"] <= timestamps.now()


@pytest.mark.parametrize("stream", ["deletions", "messages"])
def test_a_message_that_becomes_visible_late_is_read(shop: Source, stream: str) -> None:
    """Later than the lookback: what counts is the last message that was seen."""
    state = shop.run(stream).state
    late = timestamps.earlier(timestamps.now(), 300)
    message_id = shop.stand_in.put(
        "messages", message("OrderDeleted", {"typeId": "order", "id": "o1"}), at=late
    )["id"]
    output = shop.run(stream, state=state)
    assert message_id in output.ids(stream)
