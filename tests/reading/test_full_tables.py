"""Proves 17 (two full runs agree), 18 (activation at the end) and 19 (deletes) of full tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.standin import Hook
from tests.reading.tools import LOWEST_ID, Source, commerce7, commercetools, next_second, scan_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Output

FULL_TABLES = {
    "tap-commercetools": ["product_selection_products", "product_product_selections"],
    "tap-commerce7": ["tags", "taxes", "wine_varietals", "trash"],
}


def assert_activates_at_the_end(output: Output, stream: str) -> int:
    """Check that one version goes through all records and is activated behind the last."""
    kinds = [
        message["type"]
        for message in output.messages
        if message.get("stream") == stream and message["type"] != "SCHEMA"
    ]
    (activation,) = output.of_type("ACTIVATE_VERSION", stream)
    assert kinds[-1] == "ACTIVATE_VERSION"
    versions = {message["version"] for message in output.of_type("RECORD", stream)}
    assert versions <= {activation["version"]}
    version: int = activation["version"]
    return version


@pytest.fixture
def forced(customers: Source) -> tuple[Source, dict[str, Any]]:
    """Either API with customers forced to FULL_TABLE."""
    customers.defaults["concurrency"] = 4
    return customers, customers.catalog("customers", method="FULL_TABLE")


@pytest.fixture(params=["tap-commercetools", "tap-commerce7"])
def tables(request: pytest.FixtureRequest) -> Iterator[Source]:
    shop = request.param == "tap-commercetools"
    serve, rows = (commercetools, {}) if shop else (commerce7, {"wine_varietals": 120})
    with serve(size=1, small=False, rows=rows) as source:
        yield source


def test_full_tables_activate_behind_their_last_record(tables: Source) -> None:
    names = FULL_TABLES[tables.tap.name]
    output = tables.run(*names)
    assert output.code == 0
    for name in names:
        assert output.records(name)
        assert_activates_at_the_end(output, name)
    again = tables.run(*names, state=output.state)
    for name in names:
        assert sorted(map(str, again.records(name))) == sorted(map(str, output.records(name)))


def test_tables_with_a_column_version_activate_only_when_told_to() -> None:
    """target-postgres 0.8.1 fails at ACTIVATE_VERSION on them (bind parameter named `version`)."""
    with commercetools(size=1, small=False, rows={}) as source:
        told = source.run("project", "variant_projections", emit_activate_version_messages=True)
        assert_activates_at_the_end(told, "project")
        assert_activates_at_the_end(told, "variant_projections")
        output = source.run("project", "variant_projections")
    assert output.code == 0
    assert output.records("project")
    assert not output.of_type("ACTIVATE_VERSION")
    assert all("version" not in message for message in output.of_type("RECORD"))


def test_forced_full_table(forced: tuple[Source, dict[str, Any]]) -> None:
    source, catalog = forced
    one = source.run("customers", catalog=catalog)
    two = source.run("customers", catalog=catalog, state=one.state)
    for output in (one, two):
        assert output.code == 0
        assert source.held("customers", output) == source.rows("customers")
        assert len(output.ids("customers")) == 130
        assert_activates_at_the_end(output, "customers")
        assert output.bookmark("customers") is None


def test_incremental_streams_activate_nothing(customers: Source) -> None:
    output = customers.run("customers")
    assert output.of_type("ACTIVATE_VERSION") == []
    assert not any("version" in message for message in output.of_type("RECORD"))


def test_a_run_that_fails_activates_nothing(forced: tuple[Source, dict[str, Any]]) -> None:
    source, catalog = forced
    for count in (0, 1, 2):
        source.fail_after(count, source.pages("customers"))
        output = source.run("customers", catalog=catalog)
        source.heal()
        assert output.code == 1
        assert output.of_type("ACTIVATE_VERSION") == []


def test_a_stream_that_is_refused_activates_nothing(tables: Source) -> None:
    name = FULL_TABLES[tables.tap.name][0]
    path = "/products$|/products\\?" if tables.stamp == "lastModifiedAt" else "/tag/"
    tables.stand_in.faults.add(path, "status", status=403, times=-1, after=1)
    output = tables.run(name)
    assert output.code == 1
    assert output.of_type("ACTIVATE_VERSION") == []


@pytest.mark.usefixtures("state_per_page")
def test_what_incremental_runs_loaded_meanwhile_is_written_with_the_version_too(
    forced: tuple[Source, dict[str, Any]],
) -> None:
    """Otherwise ACTIVATE_VERSION removes it, and no later run reads it again."""
    source, catalog = forced
    source.defaults.update(concurrency=1, lookback_seconds=0)
    source.fail_after(2, source.pages("customers"))
    broken = source.run("customers", catalog=catalog)
    source.heal()
    next_second()
    source.stand_in.put("customers", {"id": LOWEST_ID})  # behind the position
    rest = source.run("customers", catalog=catalog, state=broken.state)
    assert rest.code == 0, rest.log
    version = assert_activates_at_the_end(rest, "customers")
    held = source.held("customers", broken, rest)
    assert LOWEST_ID in held
    assert held == source.rows("customers")
    assert {message["version"] for message in broken.of_type("RECORD")} == {version}


@pytest.mark.parametrize("filters", ["accepted", "refused"])
def test_catching_up_where_the_api_has_no_filter_on_time(filters: str) -> None:
    with commerce7(rows={"customers": 130}, undocumented_filters=filters) as source:
        catalog = source.catalog("customers", method="FULL_TABLE")
        source.stand_in.hooks.append(Hook(3, "customers", "upsert", {"id": LOWEST_ID}))
        output = source.run("customers", catalog=catalog)
        assert output.code == 0
        assert source.held("customers", output) == source.rows("customers")
        assert_activates_at_the_end(output, "customers")


def test_a_scan_that_goes_on_keeps_its_version(forced: tuple[Source, dict[str, Any]]) -> None:
    source, catalog = forced
    source.fail_after(2, source.pages("customers"))
    broken = source.run("customers", catalog=catalog)
    source.heal()
    state = broken.state
    scan = scan_of(state, "customers")
    assert {message["version"] for message in broken.of_type("RECORD")} == {scan["version"]}
    scan["version"] = 1_234_567_890  # as if it had been some time ago
    state["bookmarks"]["customers"]["scan"] = json.dumps(scan)
    rest = source.run("customers", catalog=catalog, state=state)
    assert rest.code == 0
    assert assert_activates_at_the_end(rest, "customers") == 1_234_567_890
    assert source.held("customers", broken, rest) == source.rows("customers")


def test_without_activation_messages(forced: tuple[Source, dict[str, Any]]) -> None:
    source, catalog = forced
    output = source.run("customers", catalog=catalog, emit_activate_version_messages=False)
    assert output.code == 0
    assert source.held("customers", output) == source.rows("customers")
    assert output.of_type("ACTIVATE_VERSION") == []
    assert not any("version" in message for message in output.of_type("RECORD"))


def test_an_unfinished_scan_does_not_cross_into_the_other_method(
    forced: tuple[Source, dict[str, Any]],
) -> None:
    source, catalog = forced
    for first, second in ((catalog, None), (None, catalog)):
        source.fail_after(2, source.pages("customers"))
        broken = source.run("customers", catalog=first)
        source.heal()
        other = source.run("customers", catalog=second, state=broken.state)
        assert other.code == 0
        assert source.held("customers", other) == source.rows("customers")


def test_a_forced_full_table_keeps_the_bookmark(forced: tuple[Source, dict[str, Any]]) -> None:
    source, catalog = forced
    state = source.run("customers").state
    full = source.run("customers", catalog=catalog, state=state)
    assert full.code == 0
    assert len(full.ids("customers")) == 130
    entry = full.state["bookmarks"]["customers"]
    assert entry.pop("version") == assert_activates_at_the_end(full, "customers")
    assert full.state == state


def test_deletes_and_returns_are_seen(forced: tuple[Source, dict[str, Any]]) -> None:
    source, catalog = forced
    gone = min(source.rows("customers"))
    record = source.stand_in.collections["customers"].record(gone)
    source.stand_in.delete("customers", gone)
    without = source.run("customers", catalog=catalog)
    assert gone not in without.ids("customers")
    assert_activates_at_the_end(without, "customers")
    source.stand_in.put("customers", record or {})
    back = source.run("customers", catalog=catalog, state=without.state)
    assert gone in back.ids("customers")
    assert assert_activates_at_the_end(back, "customers") >= 0


def test_an_empty_full_table_activates_too() -> None:
    with commerce7(rows={"taxes": 0}) as source:
        output = source.run("taxes")
        assert output.code == 0
        assert_activates_at_the_end(output, "taxes")


def test_what_the_source_forgets_is_never_activated() -> None:
    """The platform deletes messages after some days; that must not empty the copy."""
    with commercetools(rows={"messages": 30, "zones": 5}) as source:
        names = ("deletions", "messages", "zones")
        catalog = source.catalog(*names, method="FULL_TABLE")
        output = source.run(*names, catalog=catalog, emit_activate_version_messages=True)
        assert output.code == 0
        assert len(output.records("messages")) == 30
        activated = {message["stream"] for message in output.of_type("ACTIVATE_VERSION")}
        assert activated == {"zones"}
