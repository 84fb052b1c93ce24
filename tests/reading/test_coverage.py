"""What was left out of a delivery by something else than the API is read once it is wanted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_engine.state.coverage import Coverage, digest
from tests.reading.tools import Source, commercetools

if TYPE_CHECKING:
    from tests.support import Output

OTHER = {"lastModifiedAt": ("firstName", "customerNumber"), "updatedAt": ("firstName", "phones")}
"""Two members of a customer."""

FEW = 10


def without(source: Source, *members: str) -> dict[str, Any]:
    crumbs = [("properties", name) for name in members]
    return source.catalog("customers", deselect=crumbs)


def broken_after(source: Source, pages: int, **given: Any) -> Output:
    source.fail_after(pages, source.pages("customers"))
    broken = source.run("customers", concurrency=1, **given)
    source.heal()
    assert broken.code == 1
    assert broken.records("customers")
    return broken


def test_a_member_that_is_selected_again_is_read_of_all_records(customers: Source) -> None:
    one, two = OTHER[customers.stamp]
    first = customers.run("customers", catalog=without(customers, one))
    assert not any(one in record for record in first.records("customers"))
    same = customers.run("customers", catalog=without(customers, one), state=first.state)
    assert len(same.ids("customers")) < FEW
    fewer = customers.run("customers", catalog=without(customers, one, two), state=same.state)
    assert len(fewer.ids("customers")) < FEW, "one member less is no reason"
    swapped = customers.run("customers", catalog=without(customers, two), state=same.state)
    assert len(swapped.ids("customers")) == 130
    assert "members are selected that were not before" in swapped.log
    again = customers.run("customers", catalog=without(customers, two), state=fewer.state)
    assert len(again.ids("customers")) == 130
    whole = customers.run("customers", state=again.state)
    assert len(whole.ids("customers")) == 130
    assert len(customers.run("customers", state=whole.state).ids("customers")) < FEW


def test_a_member_that_is_selected_while_a_scan_is_interrupted(customers: Source) -> None:
    one, _ = OTHER[customers.stamp]
    customers.fail_after(2, customers.pages("customers"))
    broken = customers.run("customers", catalog=without(customers, one), concurrency=1)
    customers.heal()
    assert broken.records("customers")
    whole = customers.run("customers", state=broken.state)
    assert len(whole.ids("customers")) == 130


@pytest.mark.usefixtures("state_per_page")
def test_a_member_that_is_left_out_in_the_middle_of_a_scan(customers: Source) -> None:
    begun = broken_after(customers, 1)
    narrower = broken_after(
        customers, 1, catalog=without(customers, "createdAt"), state=begun.state
    )
    assert "resuming an interrupted scan" in narrower.log
    whole = customers.run("customers", state=narrower.state)
    assert whole.code == 0
    held = {**begun.latest("customers"), **narrower.latest("customers")}
    held |= whole.latest("customers")
    assert held == customers.records("customers")


@pytest.mark.usefixtures("state_per_page")
@pytest.mark.parametrize("again", [False, True])
def test_stream_maps_that_are_taken_back_in_the_middle_of_a_scan(
    customers: Source, *, again: bool
) -> None:
    first = customers.run("customers")
    maps = {"customers": {"more": "'x'"}}
    mapped = broken_after(customers, 1, stream_maps=maps, state=first.state)
    outputs = [first, mapped]
    if again:
        outputs.append(broken_after(customers, 1, state=mapped.state))
    outputs.append(customers.run("customers", state=outputs[-1].state))
    held: dict[str, Any] = {}
    for output in outputs:
        held |= output.latest("customers")
    assert held == customers.records("customers")
    assert len(customers.run("customers", state=outputs[-1].state).ids("customers")) < FEW


@pytest.mark.usefixtures("state_per_page")
@pytest.mark.parametrize("complete", [True, False])
def test_stream_maps_that_are_taken_back_after_the_first_records(
    customers: Source, *, complete: bool
) -> None:
    first = customers.run("customers") if complete else broken_after(customers, 1)
    maps = {"customers": {"more": "'x'"}}
    mapped = customers.run("customers", stream_maps=maps, state=first.state)
    begun = [message["type"] for message in mapped.messages].index("RECORD") + 5
    (state,) = [each["value"] for each in mapped.messages[:begun] if each["type"] == "STATE"][-1:]
    last = customers.run("customers", state=state)
    assert last.latest("customers") == customers.records("customers")


@pytest.mark.usefixtures("state_per_page")
def test_a_full_table_with_fewer_members_that_is_given_up(customers: Source) -> None:
    first = customers.run("customers")
    crumbs = [("properties", "createdAt")]
    fewer = customers.catalog("customers", deselect=crumbs, method="FULL_TABLE")
    broken = broken_after(customers, 1, catalog=fewer, state=first.state)
    whole = customers.run("customers", state=broken.state)
    held = {**first.latest("customers"), **broken.latest("customers")}
    assert {**held, **whole.latest("customers")} == customers.records("customers")


def test_a_secret_that_is_selected_is_read_of_all_records() -> None:
    with commercetools(rows={"customers": 40}, small=False) as source:
        state = source.run("customers").state
        catalog = source.catalog("customers")
        for item in catalog["streams"][0]["metadata"]:
            if item["breadcrumb"]:
                item["metadata"]["selected"] = True
        output = source.run("customers", catalog=catalog, state=state)
        assert any("password" in record for record in output.records("customers"))
        assert len(output.ids("customers")) == 40


@pytest.mark.parametrize(
    ("before", "now", "more"),
    [
        ([], [("a",)], False),
        ([("a",)], [], True),
        ([("a",)], [("a",), ("b",)], False),
        ([("a",), ("b",)], [("a",)], True),
        ([("a", "b")], [("a",)], False),
        ([("a", "b"), ("a", "c")], [("a",)], False),
        ([("a",)], [("a", "b")], True),
        ([("a", "b")], [("a", "b", "c")], True),
        ([("a", "b", "c")], [("a", "b")], False),
        ([("a", "b")], [("b",)], True),
    ],
)
def test_only_what_is_added_counts(
    before: list[tuple[str, ...]], now: list[tuple[str, ...]], *, more: bool
) -> None:
    coverage = Coverage(left_out=digest(now))
    assert bool(coverage.gap(Coverage(left_out=digest(before)))) is more


def test_a_minimal_selection_takes_little_room(customers: Source) -> None:
    catalog = customers.catalog("orders")
    names = [item["breadcrumb"] for item in catalog["streams"][0]["metadata"]]
    for item in catalog["streams"][0]["metadata"]:
        if item["breadcrumb"]:
            item["metadata"]["selected"] = False
    assert len(names) > 60
    output = customers.run("orders", catalog=catalog)
    assert output.code == 0
    assert 100 < len(json.dumps(output.state["bookmarks"]["orders"])) < 700


FILTER = {"customers": {"__filter__": "id < '8'"}}


def test_rows_that_a_map_filtered_out_are_read_without_it(customers: Source) -> None:
    first = customers.run("customers", stream_maps=FILTER)
    assert 0 < len(first.ids("customers")) < 130
    same = customers.run("customers", stream_maps=FILTER, state=first.state)
    assert len(same.ids("customers")) < FEW
    whole = customers.run("customers", state=same.state)
    assert len(whole.ids("customers")) == 130
    assert "stream_maps changed" in whole.log
    elsewhere = {"orders": {"__filter__": "False"}}
    catalog = customers.catalog("customers")
    quiet = customers.run(
        "customers", "orders", catalog=catalog, state=whole.state, stream_maps=elsewhere
    )
    assert quiet.code == 0
    assert len(quiet.ids("customers")) < FEW, "a map of another stream"
    values = customers.run(
        "customers", stream_maps=FILTER, stream_map_config={"a": 1}, state=same.state
    )
    assert len(values.ids("customers")) > FEW, "a map may use what stands there"


@pytest.mark.parametrize(
    "maps", [{"customers": None}, {"customers": "__NULL__"}, {"__else__": None}]
)
def test_a_stream_that_maps_drop_is_left_alone(customers: Source, maps: dict[str, Any]) -> None:
    state = customers.run("customers").state
    changed = min(customers.rows("customers"))
    customers.stand_in.touch("customers", changed)
    customers.forget_requests()
    output = customers.run("customers", stream_maps=maps, state=state)
    assert output.code == 0
    assert customers.asked(customers.path("customers")) == []
    assert output.of_type("SCHEMA") == []
    assert output.state == state
    assert "stream_maps let nothing out" in output.log
    back = customers.run("customers", state=output.state)
    assert changed in back.ids("customers")
    assert len(back.ids("customers")) < FEW
