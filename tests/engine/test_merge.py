"""States of shards are only put together when they are all there, finished, and of one source."""

from __future__ import annotations

import copy
import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_engine.errors import SettingsError, StateError
from tap_engine.state.merge import merge, merge_files
from tap_engine.state.shards import MOST, Shard, read_setting

if TYPE_CHECKING:
    from pathlib import Path

TAP = "tap-commercetools"
LOW, HIGH = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"


def entry(value: str | None, **more: Any) -> dict[str, Any]:
    bookmark = {"replication_key": "lastModifiedAt", "replication_key_value": value}
    return {**(bookmark if value else {}), **more}


def state(
    number: int,
    bookmarks: dict[str, Any],
    finished: dict[str, str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    done = dict.fromkeys(bookmarks, "split") if finished is None else finished
    mark = {"number": number, "of": 2, "finished": done, **more}
    return {"bookmarks": bookmarks, "tap": TAP, "source": "demo", "shard": mark}


def pair() -> dict[str, dict[str, Any]]:
    return {
        "a.json": state(1, {"orders": entry(HIGH), "customers": entry(LOW)}),
        "b.json": state(2, {"orders": entry(LOW), "customers": entry(HIGH)}),
    }


def whole(bookmarks: dict[str, Any]) -> dict[str, Any]:
    return {"bookmarks": bookmarks, "tap": TAP, "source": "demo"}


def refusal(states: dict[str, Any], tap: str = TAP) -> str:
    with pytest.raises(StateError) as caught:
        merge(tap, states)
    return str(caught.value)


def test_the_lowest_bookmark_counts() -> None:
    assert merge(TAP, pair()) == whole({"customers": entry(LOW), "orders": entry(LOW)})


def test_the_order_of_the_files_does_not_matter() -> None:
    assert merge(TAP, dict(reversed(pair().items()))) == merge(TAP, pair())


def test_other_forms_of_a_timestamp_compare_by_their_moment() -> None:
    states = pair()
    states["a.json"]["bookmarks"]["orders"] = entry("2026-01-01T00:30:00+01:00")
    merged = merge(TAP, states)["bookmarks"]["orders"]
    assert merged["replication_key_value"] == "2025-12-31T23:30:00.000Z"


def test_the_lowest_moment_of_full_tables_counts() -> None:
    states = {
        "a": state(1, {"orders": entry(HIGH, full_table_read_at=HIGH)}),
        "b": state(2, {"orders": entry(HIGH, full_table_read_at=LOW)}),
    }
    assert merge(TAP, states)["bookmarks"]["orders"]["full_table_read_at"] == LOW
    del states["b"]["bookmarks"]["orders"]["full_table_read_at"]
    assert "full_table_read_at" not in merge(TAP, states)["bookmarks"]["orders"]


def test_settings_that_were_the_same_stay() -> None:
    settings = json.dumps({"start_date": LOW})
    states = {
        str(number): state(number, {"orders": entry(HIGH, coverage=settings)}) for number in (1, 2)
    }
    assert merge(TAP, states)["bookmarks"]["orders"] == entry(HIGH, coverage=settings)
    states["2"]["bookmarks"]["orders"]["coverage"] = json.dumps({"start_date": HIGH})
    assert "read orders with different settings" in refusal(states)


def test_a_stream_that_one_shard_has_no_bookmark_of_is_read_from_its_start() -> None:
    states = pair()
    states["b.json"]["bookmarks"]["orders"] = {}
    assert merge(TAP, states) == whole({"customers": entry(LOW)})


def test_what_shard_1_reads_alone_is_taken_from_it() -> None:
    both = {
        "a": state(1, {"orders": entry(HIGH)}, {"orders": "whole", "project": "whole"}),
        "b": state(2, {}, {}),
    }
    assert merge(TAP, both) == whole({"orders": entry(HIGH)})


def test_unfinished_shards_are_refused_and_named() -> None:
    states = pair()
    states["b.json"]["bookmarks"]["orders"]["scan"] = '{"pager": "id"}'
    assert refusal(states) == "shard 2/2 (b.json) has not finished orders"
    states = pair()
    for each in states.values():
        del each["shard"]["finished"]["customers"]
    assert refusal(states).count("has not finished customers") == 2
    states = pair()
    del states["a.json"]["shard"]["finished"]["orders"]
    del states["a.json"]["bookmarks"]["orders"]
    assert refusal(states) == "shard 1/2 (a.json) has not finished orders"
    states = pair()
    states["a.json"]["shard"]["finished"]["project"] = "whole"
    merge(TAP, states)


def test_shards_that_are_missing_or_twice_are_refused() -> None:
    states = pair()
    assert refusal({"b.json": states["b.json"]}) == "shards are missing: 1/2"
    assert "both of shard 1/2" in refusal({**states, "c.json": copy.deepcopy(states["a.json"])})
    assert "no states given" in refusal({})


@pytest.mark.parametrize(
    ("member", "value", "words"),
    [
        (
            "tap",
            "tap-commerce7",
            "b.json is a state of tap-commerce7 (demo) in 2 shards, not of tap-",
        ),
        ("source", "other", "(other) in 2 shards, not of tap-commercetools (demo) in 2 shards"),
        ("of", 3, "(demo) in 3 shards, not of tap-commercetools (demo) in 2 shards"),
        ("number", "two", "b.json is not the state of a shard: Expected `int`, got `str`"),
        ("extra", 1, "b.json is not the state of a shard: Object contains unknown field `extra`"),
        ("finished", {"orders": "half"}, "b.json is not the state of a shard: Invalid enum value"),
    ],
)
def test_states_of_something_else_are_refused(member: str, value: Any, words: str) -> None:
    states = pair()
    state = states["b.json"]
    (state if member in state else state["shard"])[member] = value
    assert words in refusal(states)


@pytest.mark.parametrize(
    "other", [{"bookmarks": {}}, {}, [], "text", None, {"bookmarks": []}, {"bookmarks": {"a": 1}}]
)
def test_what_is_no_state_of_a_shard_is_refused(other: Any) -> None:
    states: dict[str, Any] = {**pair(), "c.json": other}
    assert refusal(states).startswith("c.json ")


def test_a_bookmark_that_is_no_timestamp_is_refused() -> None:
    states = pair()
    states["b.json"]["bookmarks"]["orders"]["replication_key_value"] = "yesterday"
    assert "replication_key_value of orders is no ISO 8601 timestamp" in refusal(states)
    states["b.json"]["bookmarks"]["orders"]["replication_key_value"] = 5
    assert "replication_key_value of orders is no ISO 8601 timestamp" in refusal(states)


def test_files_are_read_and_meltanos_form_is_kept(tmp_path: Path) -> None:
    for name, each in pair().items():
        (tmp_path / name).write_text(json.dumps(each))
        (tmp_path / f"meltano-{name}").write_text(json.dumps({"singer_state": each}))
    plain = merge_files(TAP, [str(tmp_path / name) for name in pair()])
    assert json.loads(plain) == merge(TAP, pair())
    wrapped = merge_files(TAP, [str(tmp_path / f"meltano-{name}") for name in pair()])
    assert json.loads(wrapped) == {"singer_state": merge(TAP, pair())}
    with pytest.raises(StateError, match="both of shard 1/2"):
        merge_files(TAP, [str(tmp_path / "a.json"), str(tmp_path / "meltano-a.json")])


@pytest.mark.parametrize("content", ["", "{", "[]", '{"singer_state": 5}', "\x00"])
def test_files_without_a_state_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(StateError, match=r"a\.json"):
        merge_files(TAP, [str(path)])
    with pytest.raises(StateError, match="cannot be read"):
        merge_files(TAP, [str(tmp_path / "nowhere.json")])


def test_a_file_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(state(1, {}, {}, of=1)))
    with pytest.raises(StateError, match="given twice"):
        merge_files(TAP, [str(path), str(path)])


# The setting


@given(st.integers(1, MOST), st.uuids().map(str))
def test_every_uuid_is_in_exactly_one_shard(count: int, row_id: str) -> None:
    inside = [
        shard
        for shard in (Shard(number, count) for number in range(1, count + 1))
        if (shard.begin or "") < row_id and (shard.end is None or row_id <= shard.end)
    ]
    assert len(inside) == 1


@given(st.integers(1, MOST))
def test_shards_join_without_gap_and_are_equally_wide(count: int) -> None:
    all_of_them = [Shard(number, count) for number in range(1, count + 1)]
    assert all_of_them[0].begin is None
    assert all_of_them[-1].end is None
    assert [s.end for s in all_of_them[:-1]] == [s.begin for s in all_of_them[1:]]
    begins = [int(shard.begin[:8], 16) for shard in all_of_them if shard.begin]
    bounds = [0, *begins, 2**32]
    widths = [high - low for low, high in itertools.pairwise(bounds)]
    assert max(widths) - min(widths) <= 1


@pytest.mark.parametrize("value", [" 2/8 ", "2/8"])
def test_the_setting_names_a_shard(value: str) -> None:
    assert read_setting({"shard": value}) == Shard(2, 8)
    assert read_setting({"shard": ""}) is None
    assert read_setting({}) is None


@pytest.mark.parametrize(
    "value",
    ["0/8", "9/8", "2", "2/", "/8", "-1/8", "2/8/3", "a/b", "1/1025", "2/0", 2, "\uff11/\uff12"],
)
def test_other_values_of_the_setting_are_refused(value: Any) -> None:
    with pytest.raises(SettingsError, match="shard must be of the form 2/8"):
        read_setting({"shard": value})
