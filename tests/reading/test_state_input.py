"""Proves what issue 3 asks of states: other settings are honoured, what makes no sense is refused.

Part of 13 (manipulated state) and of 15 (resuming under other settings).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tap_commercetools.tap import TapCommercetools
from tests.reading.tools import LONG_AGO, Source, bookmarked, commerce7, commercetools, scan_of

CONTAINERS = ["loyalty-tiers", "settings", "wish_lists"]


@pytest.mark.parametrize("state", [None, bookmarked("customers", LONG_AGO)])
@pytest.mark.parametrize(
    "changed",
    [
        {"concurrency": 1},
        {"page_size": 7},
        {"lookback_seconds": 0},
        {"lookback_seconds": 86_400},
    ],
    ids=str,
)
def test_resuming_under_other_settings(state: Any, changed: dict[str, Any]) -> None:
    with commercetools(rows={"customers": 190}) as source:
        source.fail_after(5, "/customers")
        broken = source.run("customers", state=state, concurrency=4)
        assert broken.code == 1
        source.heal()
        rest = source.run("customers", state=broken.state, **{"concurrency": 4, **changed})
        assert rest.code == 0
        assert source.held("customers", broken, rest) == source.rows("customers")


def test_a_longer_lookback_while_a_scan_is_interrupted(customers: Source) -> None:
    state = bookmarked("customers", "2022-03-01T00:00:00.000Z", customers.stamp)
    customers.fail_after(1, customers.pages("customers"))
    broken = customers.run("customers", state=state, lookback_seconds=0)
    assert broken.code == 1
    customers.heal()
    rest = customers.run("customers", state=broken.state, lookback_seconds=86_400 * 360)
    assert rest.code == 0
    wanted = {key: at for key, at in customers.rows("customers").items() if at >= "2021-03-06"}
    assert customers.held("customers", broken, rest) == wanted


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["wish_lists"], CONTAINERS),
        (["settings", "wish_lists"], CONTAINERS),
        (CONTAINERS, ["settings"]),
        (["settings"], None),
        (None, ["settings"]),
    ],
)
def test_containers_changed_while_a_scan_is_interrupted(before: Any, after: Any) -> None:
    with commercetools(rows={"custom_objects": 90}, small=False) as source:
        source.fail_after(3, "/custom-objects")
        broken = source.run("custom_objects", custom_object_containers=before, page_size=7)
        assert broken.code == 1
        source.heal()
        rest = source.run("custom_objects", custom_object_containers=after, state=broken.state)
        assert rest.code == 0
        held = {*broken.ids("custom_objects"), *rest.ids("custom_objects")}
        wanted = {
            record["id"]
            for record in source.records("custom_objects").values()
            if record["container"] in (after or CONTAINERS)
        }
        assert wanted <= held


def test_states_of_all_streams_and_sixteen_ranges_stay_small() -> None:
    settings = '{"start_date":"2020-01-01T00:00:00.000Z"}'
    done = {
        each.name: {**mark(LONG_AGO), "coverage": settings}
        for each in TapCommercetools.stream_types
        if each.replication_key and each.name != "customers"
    }
    assert len(done) >= 40
    with commercetools(rows={"customers": 700}) as source:
        source.fail_after(12, "/customers")
        broken = source.run(
            "customers",
            "orders",
            catalog=source.catalog("customers"),
            page_size=10,
            concurrency=16,
            state={"bookmarks": done},
        )
        assert broken.code == 1
        assert len(scan_of(broken.state, "customers")["ranges"]) == 16
        line = broken.text.splitlines()[-1]
        assert '"STATE"' in line
        assert len(line) < 9_000


def refused(source: Source, entry: Any, stream: str = "customers") -> None:
    """Check that a state ends the run with one line, before anything is read."""
    output = source.run(stream, state={"bookmarks": {stream: entry}})
    assert output.code == 1, f"accepted: {entry}"
    assert output.records(stream) == []
    lines = [line for line in output.log.splitlines() if f"state of stream '{stream}'" in line]
    assert len(lines) == 1, output.log[-1500:]
    assert "Traceback" not in output.log


def mark(value: object) -> dict[str, object]:
    return {"replication_key": "lastModifiedAt", "replication_key_value": value}


def scan(**members: object) -> dict[str, object]:
    return {"scan": json.dumps({"pager": "id", "full": True, "last_list": {}, **members})}


NONSENSE = [
    mark("yesterday"),
    mark(1_700_000_000),
    mark(["2022-01-01"]),
    mark({}),
    mark(""),
    mark("2022-13-45T00:00:00Z"),
    {"replication_key": "updatedAt", "replication_key_value": LONG_AGO},
    {"replication_key": ["lastModifiedAt"], "replication_key_value": LONG_AGO},
    {**mark(LONG_AGO), "coverage": "x"},
    {**mark(LONG_AGO), "coverage": {}},
    {**mark(LONG_AGO), "coverage": "[]"},
    {**mark(LONG_AGO), "coverage": '{"start_date": 5}'},
    {**mark(LONG_AGO), "coverage": '{"start_date": "soon"}'},
    {**mark(LONG_AGO), "coverage": '{"left_out": 1}'},
    {**mark(LONG_AGO), "read_up_to": "soon"},
    {**mark(LONG_AGO), "read_up_to": 5},
    {**mark(LONG_AGO), "version": "1"},
    {**mark(LONG_AGO), "version": -1},
    {**mark(LONG_AGO), "version": True},
    scan(bookmark="soon"),
    {"bookmark": LONG_AGO},
    {"partitions": [{"context": {}, "replication_key_value": LONG_AGO}]},
    {"scan": "id"},
    {"scan": []},
    {"scan": {}},
    {"scan": "[]"},
    {"scan": "{}"},
    scan(pager=5),
    scan(ranges=[{"after": []}]),
    scan(ranges=[{"after": [""]}]),
    scan(ranges=[{"after": [7]}]),
    scan(ranges=[{"after": ["a", "b", "c"]}]),
    scan(ranges=[{"upto": ""}]),
    scan(ranges=[{"offset": 500}]),
    scan(ranges="all"),
    scan(since="soon"),
    scan(run_started_at=12),
    scan(max_replication_value="x"),
    scan(coverage={"start_date": 5}),
    scan(new_member=1),
    {**mark(LONG_AGO), **scan(pager="time", bookmark=LONG_AGO, ranges=[{"after": ["x", "y"]}])},
]


@pytest.fixture(scope="module")
def small_project() -> Any:
    with commercetools(rows={"customers": 30}) as source:
        yield source


@pytest.mark.parametrize("entry", NONSENSE, ids=lambda entry: str(entry)[:70])
def test_nonsense_is_refused(small_project: Source, entry: dict[str, object]) -> None:
    refused(small_project, entry)


@pytest.mark.parametrize("containers", [5, "x", [1, 2], {"a": 1}])
def test_nonsense_about_containers_is_refused(small_project: Source, containers: object) -> None:
    coverage = json.dumps({"start_date": None, "containers": containers})
    entry = {**mark(LONG_AGO), "coverage": coverage}
    refused(small_project, entry, "custom_objects")


def test_nonsense_of_commerce7_is_refused() -> None:
    with commerce7(rows={"customers": 30}) as source:
        for entry in (
            {"replication_key": "lastModifiedAt", "replication_key_value": LONG_AGO},
            {"replication_key": "updatedAt", "replication_key_value": "monday"},
            scan(pager="cursor", ranges=[{"after": []}]),
            scan(pager="cursor", ranges=[{"after": ["a", "b"]}]),
        ):
            refused(source, entry)
        refused(source, {"replication_key_value": LONG_AGO}, "taxes")


def test_a_foreign_tap_with_the_same_key_is_honoured(small_project: Source) -> None:
    entry = {
        **mark("2022-03-01T00:00:00Z"),
        "starting_replication_value": "2020-01-01",
        "replication_key_signpost": "2022-03-02T00:00:00Z",
        "progress_markers": {},
    }
    output = small_project.run("customers", state={"bookmarks": {"customers": entry}})
    assert output.code == 0
    assert min(small_project.held("customers", output).values()) >= "2022-02-28"
    assert "progress_markers" not in output.state["bookmarks"]["customers"]


def test_other_streams_in_the_state_are_left_alone(small_project: Source) -> None:
    other = {"replication_key": "lastModifiedAt", "replication_key_value": "2022-03-01T00:00:00Z"}
    state = {"bookmarks": {"orders": other, "never_heard_of": {"anything": 1}}}
    catalog = small_project.catalog("customers")
    output = small_project.run("customers", "orders", catalog=catalog, state=state)
    assert output.code == 0
    assert output.state["bookmarks"]["orders"] == other
    assert output.state["bookmarks"]["never_heard_of"] == {"anything": 1}


def test_an_order_that_is_unknown_begins_anew(small_project: Source) -> None:
    entry = scan(pager="key", ranges=[{"after": ["zzz"]}])
    output = small_project.run("customers", state={"bookmarks": {"customers": entry}})
    assert output.code == 0
    assert small_project.held("customers", output) == small_project.rows("customers")
