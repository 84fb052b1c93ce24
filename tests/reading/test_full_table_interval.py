"""A full table that was read a short while ago is left alone, unless that is in doubt."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tap_engine import timestamps
from tap_engine.state.merge import merge
from tests.reading.tools import Source, commerce7, commercetools, scan_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Output

DAY: dict[str, Any] = {"full_table_interval_hours": 24}
TABLES = {"tap-commercetools": "product_selection_products", "tap-commerce7": "wine_varietals"}


@pytest.fixture(params=["tap-commercetools", "tap-commerce7"])
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    shop = request.param == "tap-commercetools"
    serve, rows = (commercetools, {}) if shop else (commerce7, {"wine_varietals": 120})
    with serve(size=1, small=False, rows={"customers": 130, **rows}) as served:
        yield served


def aged(state: dict[str, Any], stream: str, **age: float) -> dict[str, Any]:
    """Return a state in which a full table was read so long ago."""
    changed = copy.deepcopy(state)
    moment = datetime.now(UTC) - timedelta(**age)
    changed["bookmarks"][stream]["full_table_read_at"] = timestamps.render(moment)
    return changed


def assert_read(output: Output, stream: str, *, activated: bool = True) -> None:
    assert output.code == 0, output.log[-2000:]
    assert output.records(stream)
    assert len(output.of_type("ACTIVATE_VERSION", stream)) == activated


def assert_left_alone(output: Output, stream: str, before: dict[str, Any]) -> None:
    assert output.code == 0, output.log[-2000:]
    assert [message for message in output.messages if message.get("stream") == stream] == []
    assert f"{stream}: not read, because it was read at" in output.log
    assert output.state["bookmarks"][stream] == before["bookmarks"][stream]


def test_it_is_left_alone_until_the_interval_is_over(source: Source) -> None:
    table = TABLES[source.tap.name]
    streams = ("customers", table)
    first = source.run(*streams, **DAY)
    assert_read(first, table)
    source.forget_requests()

    second = source.run(*streams, state=first.state, **DAY)
    assert_left_alone(second, table, first.state)
    assert source.asked(source.path(table)) == []
    assert second.of_type("SCHEMA", "customers"), "others are read"
    nearly = source.run(*streams, state=aged(second.state, table, hours=23.9), **DAY)
    assert nearly.records(table) == []

    assert_read(source.run(*streams, state=aged(second.state, table, hours=24.1), **DAY), table)
    assert_read(source.run(*streams, state=second.state), table)
    assert_read(source.run(*streams, **DAY), table)


def test_a_run_in_which_all_is_left_alone_is_complete_and_has_a_state(source: Source) -> None:
    table = TABLES[source.tap.name]
    state = source.run(table).state
    output = source.run(table, state=state, **DAY)
    assert_left_alone(output, table, state)
    assert [message["type"] for message in output.messages] == ["STATE"]


def test_a_moment_in_the_future_says_nothing(source: Source) -> None:
    table = TABLES[source.tap.name]
    state = aged(source.run(table).state, table, hours=-1)
    assert_read(source.run(table, state=state, **DAY), table)


def test_a_stream_that_is_forced_to_be_a_full_table(source: Source) -> None:
    catalog = source.catalog("customers", method="FULL_TABLE")
    incremental = source.run("customers", **DAY)
    first = source.run("customers", state=incremental.state, catalog=catalog, **DAY)
    assert_read(first, "customers")
    second = source.run("customers", state=first.state, catalog=catalog, **DAY)
    assert_left_alone(second, "customers", first.state)
    again = source.run("customers", state=second.state, **DAY)
    assert again.of_type("SCHEMA", "customers"), "incremental runs have no such interval"


def test_other_settings_are_read_for(source: Source) -> None:
    catalog = source.catalog(
        "customers", method="FULL_TABLE", deselect=[("properties", "firstName")]
    )
    less = source.run("customers", catalog=catalog, **DAY)
    same = source.run("customers", catalog=catalog, state=less.state, **DAY)
    assert_left_alone(same, "customers", less.state)
    everything = source.catalog("customers", method="FULL_TABLE")
    more = source.run("customers", catalog=everything, state=less.state, **DAY)
    assert_read(more, "customers")
    mapped: dict[str, Any] = {"stream_maps": {"customers": {"id": "id", "__else__": None}}}
    other = source.run("customers", catalog=everything, state=more.state, **mapped, **DAY)
    assert_read(other, "customers")


def test_an_interrupted_scan_goes_on_within_the_interval(source: Source) -> None:
    catalog = source.catalog("customers", method="FULL_TABLE")
    first = source.run("customers", catalog=catalog)
    source.fail_after(2, source.pages("customers"))
    broken = source.run("customers", catalog=catalog, state=first.state)
    source.heal()
    assert broken.code == 1
    assert scan_of(broken.state, "customers")
    rest = source.run("customers", catalog=catalog, state=broken.state, **DAY)
    assert_read(rest, "customers")
    assert source.held("customers", broken, rest) == source.rows("customers")


def test_a_table_that_could_not_be_read_is_tried_again(source: Source) -> None:
    catalog = source.catalog("customers", method="FULL_TABLE")
    state = aged(source.run("customers", catalog=catalog).state, "customers", hours=25)
    source.fail_after(0, source.path("customers"))
    broken = source.run("customers", catalog=catalog, state=state, **DAY)
    source.heal()
    assert broken.code == 1
    assert_read(source.run("customers", catalog=catalog, state=broken.state, **DAY), "customers")


def test_shards_and_what_goes_on_from_their_merged_state() -> None:
    table = TABLES["tap-commercetools"]
    streams = ("customers", table)
    with commercetools(size=1, rows={"customers": 130}) as source:
        first = source.run(*streams, shard="1/2", **DAY)
        assert_read(first, table)
        again = source.run(*streams, shard="1/2", state=first.state, **DAY)
        assert_left_alone(again, table, first.state)
        second = source.run(*streams, shard="2/2", **DAY)
        assert second.records(table) == []
        state = merge(source.tap.name, {"1": again.state, "2": second.state})
        assert_left_alone(source.run(*streams, state=state, **DAY), table, state)

        # Each shard reads its part of a stream that can be divided; the oldest counts.
        catalog = source.catalog("customers", method="FULL_TABLE")
        parts = [
            source.run("customers", catalog=catalog, shard=f"{n}/2", **DAY).state for n in (1, 2)
        ]
        parts[1] = aged(parts[1], "customers", hours=25)
        state = merge(source.tap.name, {"1": parts[0], "2": parts[1]})
        assert_read(source.run("customers", catalog=catalog, state=state, **DAY), "customers")


def test_a_run_of_commerce7_in_which_nothing_changed_asks_little() -> None:
    with commerce7(size=1, small=False, undocumented_filters="accepted") as source:
        first = source.run(**DAY)
        source.forget_requests()
        second = source.run(state=first.state, **DAY)
        assert (first.code, second.code) == (0, 0)
        assert len(source.stand_in.requests) <= 15


def test_what_it_asks_of_commerce7_does_not_count_against_the_limit() -> None:
    with commerce7(size=1, small=False) as source:  # most lists refuse the filter on time
        first = source.run(**DAY)
        assert any("page=" in request["query"] for request in source.stand_in.requests)
        source.forget_requests()
        second = source.run(state=first.state, **DAY)
        assert (first.code, second.code) == (0, 0)
        assert all("cursor=" in request["query"] for request in source.stand_in.requests)
