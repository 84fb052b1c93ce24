"""A replay yields what the recorded run did, with values replaced (2)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine import timestamps
from tap_engine.http import retry
from tests.recording.tools import TAPS, build, recorded, replayed

if TYPE_CHECKING:
    from pathlib import Path

    from tap_engine.singer.tap import EngineTap
    from tests.recording.tools import Recording
    from tests.support import Output

each_tap = pytest.mark.parametrize("kind", TAPS, ids=lambda kind: kind.name)

STREAMS = {
    TapCommercetools.name: (
        "api_clients",
        "approval_flows",
        "business_units",
        "custom_objects",
        "customers",
        "deletions",
        "inventory_entries",
        "mcp_servers",
        "messages",
        "orders",
        "product_selection_products",
        "project",
        "store_product_selection_assignments",
        "stores",
        "variant_projections",
        "zones",
    ),
    TapCommerce7.name: (
        "carts",
        "club_shipments",
        "clubs",
        "customers",
        "gift_cards",
        "meta_data_configs",
        "orders",
        "settings",
        "tags",
        "trash",
    ),
}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.002)
    monkeypatch.setattr(retry, "LONGEST_WAIT", 0.02)


def plain(records: list[dict[str, Any]]) -> Any:
    return json.loads(json.dumps(records, default=_number))


def _number(value: object) -> float:
    assert isinstance(value, Decimal)
    return float(value)


def same(recording: Recording, output: Output) -> None:
    """Compare records, their order and the state."""
    was = recording.output
    assert was.code == output.code, (was.log[-2000:], output.log[-2000:])
    streams = {message["stream"] for message in was.of_type("RECORD")}
    assert streams == {message["stream"] for message in output.of_type("RECORD")}
    for stream in streams:
        expected = [recording.replaced(each) for each in was.records(stream)]
        found = output.records(stream)
        for each in (*expected, *found) if stream == "deletions" else ():
            del each["stream"]  # looked up by the tap
        assert plain(expected) == plain(found), stream
    expected_state = recording.replaced_state(was.state)["bookmarks"]
    assert set(expected_state) == set(output.state["bookmarks"])
    for stream, entry in output.state["bookmarks"].items():
        if stream in streams:
            bookmark = expected_state[stream].get("replication_key_value")
            assert entry.get("replication_key_value") == bookmark, stream


@each_tap
def test_a_first_sync(kind: type[EngineTap], tmp_path: Path) -> None:
    recording = recorded(kind, build(kind), tmp_path / "rec", STREAMS[kind.name])
    assert recording.output.code == 0
    output, replay = replayed(kind, recording)
    assert replay.missed == []
    assert replay.unasked == 0
    same(recording, output)


@each_tap
def test_several_pages_and_ties(kind: type[EngineTap], tmp_path: Path) -> None:
    name = "customers"
    rows = {"rows": {name: 230}, "rows_per_timestamp": 40}
    settings: dict[str, Any] = {"page_size": 20} if kind is TapCommercetools else {}
    recording = recorded(kind, build(kind, **rows), tmp_path / "rec", [name], **settings)
    assert len(recording.output.records(name)) == 230
    output, replay = replayed(kind, recording)
    assert replay.missed == []
    same(recording, output)


@each_tap
def test_an_incremental_run(kind: type[EngineTap], tmp_path: Path) -> None:
    stand_in = build(kind, undocumented_filters="accepted") if kind is TapCommerce7 else build(kind)
    names = ("customers", "orders")
    settings: dict[str, Any] = {"page_size": 7} if kind is TapCommercetools else {}
    first = recorded(kind, stand_in, tmp_path / "first", names, **settings)
    # Before the run starts: a bookmark never lies behind that, and no two runs start alike.
    at = timestamps.earlier(timestamps.now(), 3600)
    for row_id in list(stand_in.collections["orders"].by_id)[:30]:
        record = stand_in.collections["orders"].record(row_id)
        assert record
        stand_in.put("orders", record, at=at)
    second = recorded(
        kind, stand_in, tmp_path / "second", names, state=first.output.state, **settings
    )
    assert 30 <= len(second.output.records("orders")) < 60
    output, replay = replayed(kind, second)
    assert replay.missed == []
    same(second, output)
    assert (tmp_path / "second" / "state.json").exists()


@each_tap
def test_an_interrupted_scan_goes_on(kind: type[EngineTap], tmp_path: Path) -> None:
    stand_in = build(kind, rows={"customers": 230})
    settings: dict[str, Any] = {"page_size": 20} if kind is TapCommercetools else {}
    body = {"statusCode": 409, "message": "no", "errors": []}
    broken = {"status": 409, "body": body}
    stand_in.faults.add("/customers?\\b", "status", times=-1, after=3, **broken)
    first = recorded(kind, stand_in, tmp_path / "first", ["customers"], **settings)
    assert first.output.code == 1
    output, replay = replayed(kind, first)
    assert replay.missed == []
    assert output.code == 1
    stand_in.faults.clear()
    state = first.output.state
    assert "scan" in state["bookmarks"]["customers"]
    second = recorded(kind, stand_in, tmp_path / "second", ["customers"], state=state, **settings)
    assert second.output.code == 0
    output, replay = replayed(kind, second)
    assert replay.missed == []
    same(second, output)


@each_tap
@pytest.mark.parametrize("fault", ["status", "reset", "truncate", "html"])
def test_faults_are_replayed(kind: type[EngineTap], fault: str, tmp_path: Path) -> None:
    stand_in = build(kind)
    stand_in.faults.add("/customers?\\b", fault, times=2)
    recording = recorded(kind, stand_in, tmp_path / "rec", ["customers"])
    assert recording.output.code == 0
    output, replay = replayed(kind, recording)
    assert (replay.missed, replay.unasked) == ([], 0)
    assert output.log.count("trying again") == recording.output.log.count("trying again") == 2
    same(recording, output)


@each_tap
def test_refusals_are_replayed(kind: type[EngineTap], tmp_path: Path) -> None:
    stand_in = build(kind)
    body = {"statusCode": 403, "type": "unauthorized", "message": "Not for Ada.", "errors": []}
    stand_in.faults.add("/orders?\\b", "status", times=-1, status=403, body=body)
    recording = recorded(kind, stand_in, tmp_path / "rec", ["customers", "orders"])
    output, replay = replayed(kind, recording)
    assert replay.missed == []
    assert output.code == recording.output.code == 1
    assert "stream not read: orders" in output.log
    assert "Ada" not in recording.text


def test_filters_and_stores(tmp_path: Path) -> None:
    stand_in = build(TapCommercetools)
    stores = [
        stand_in.collections["stores"].record(i) for i in stand_in.collections["stores"].by_id
    ]
    keys = [str(store["key"]) for store in stores if store][:2]
    email = next(iter(stand_in.collections["customers"].by_id.values()))
    wanted = json.loads(email.body)["email"]
    settings: dict[str, Any] = {
        "stream_filters": {"customers": f'email = "{wanted}" and version > 0'},
        "start_date": "2001-02-03T00:00:00Z",
        "custom_object_containers": ["settings", "wish_lists"],
    }
    names = ("customers", "custom_objects")
    recording = recorded(TapCommercetools, stand_in, tmp_path / "one", names, **settings)
    assert wanted not in recording.text
    assert "wish_lists" not in recording.text
    output, replay = replayed(TapCommercetools, recording)
    assert replay.missed == []
    same(recording, output)
    recording = recorded(TapCommercetools, stand_in, tmp_path / "two", ("orders",), store_keys=keys)
    assert not [key for key in keys if len(key) > 4 and key in recording.text]
    output, replay = replayed(TapCommercetools, recording)
    assert replay.missed == []
    same(recording, output)


def test_parameters_of_filters_at_commerce7(tmp_path: Path) -> None:
    stand_in = build(TapCommerce7)
    order = json.loads(next(iter(stand_in.collections["orders"].by_id.values())).body)
    settings: dict[str, Any] = {"stream_filters": {"orders": {"customerId": order["customerId"]}}}
    recording = recorded(TapCommerce7, stand_in, tmp_path / "rec", ("orders",), **settings)
    assert recording.output.records("orders")
    output, replay = replayed(TapCommerce7, recording)
    assert replay.missed == []
    same(recording, output)
    assert order["customerId"] not in recording.text


def test_a_filter_by_a_boolean_at_commerce7(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"stream_filters": {"gift_cards": {"isActive": True}}}
    recording = recorded(
        TapCommerce7, build(TapCommerce7), tmp_path / "rec", ("gift_cards",), **settings
    )
    output, replay = replayed(TapCommerce7, recording)
    assert replay.missed == []
    same(recording, output)


def test_a_key_of_digits_in_a_state_is_replaced_as_elsewhere(tmp_path: Path) -> None:
    keys = ["100234", "100235"]
    stand_in = build(TapCommercetools)
    recording = recorded(TapCommercetools, stand_in, tmp_path, ("orders",), store_keys=keys)
    scan = '{"pager":"id","last_list":{"storeKey":"100234"},"count":1234}'
    state = recording.replaced_state({"bookmarks": {"orders": {"scan": scan, "version": 5678}}})
    entry = state["bookmarks"]["orders"]
    replaced = json.loads(entry["scan"])
    assert replaced["last_list"]["storeKey"] in recording.index["settings"]["store_keys"]
    assert (replaced["count"], entry["version"]) == (1234, 5678)


@each_tap
def test_custom_fields_that_users_defined(kind: type[EngineTap], tmp_path: Path) -> None:
    name = "customers"
    stand_in = build(kind)
    recording = recorded(kind, stand_in, tmp_path / "rec", [name])
    assert recording.output.code == 0
    defined = {"loyalty-level", "motto", "hobbies", "loyalty-tier"} & set(custom_names(recording))
    assert defined, "the run knew names that users gave"
    assert not [each for each in defined if each in recording.text]
    output, replay = replayed(kind, recording)
    assert replay.missed == []
    same(recording, output)


def custom_names(recording: Recording) -> list[str]:
    found: list[str] = []
    for record in recording.output.records("customers"):
        inner = record.get("metaData") or (record.get("custom") or {}).get("fields") or {}
        found += inner
    return found
