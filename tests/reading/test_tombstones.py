"""Deleted records are marked in their stream: all of them, no others, and none twice for long."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commercetools.auth import Client
from sandbox.commercetools.resources import RESOURCES
from sandbox.standin import Hook
from tap_commercetools.delete_messages import types_for
from tap_commercetools.tap import TapCommercetools
from tap_engine import timestamps
from tests.reading.tools import LONG_AGO, Source, bookmarked, commercetools, next_second, scan_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Output

ON: dict[str, Any] = {"emit_tombstones": True}
MARK = "_sdc_deleted_at"
MARKED = [each.name for each in TapCommercetools.stream_types if types_for(each.name)]


@pytest.fixture
def shop() -> Iterator[Source]:
    with commercetools(rows={"customers": 130, "messages": 0}) as source:
        yield source


def marks(output: Output, stream: str = "customers") -> dict[str, dict[str, Any]]:
    return {r["id"]: r for r in output.records(stream) if MARK in r}


def delete(source: Source, count: int, stream: str = "customers") -> set[str]:
    gone = sorted(source.rows(stream))[:count]
    for row_id in gone:
        source.stand_in.delete(stream, row_id)
    return set(gone)


def left(*outputs: Output) -> set[str]:
    """Ids that a target holds without a mark."""
    held: dict[str, bool] = {}
    for output in outputs:
        held |= {r["id"]: MARK not in r for r in output.records("customers")}
    return {row_id for row_id, there in held.items() if there}


def test_every_stream_with_messages_about_deletes_is_marked() -> None:
    assert len(MARKED) == 20
    assert {name for name, each in RESOURCES.items() if each.deleted} <= set(MARKED)
    with commercetools(small=False, size=0.2) as source:
        first = source.run(*MARKED, **ON)
        assert first.code == 0
        gone = {name: min(source.rows(name)) for name in MARKED if RESOURCES[name].deleted}
        for name, row_id in gone.items():
            source.stand_in.delete(name, row_id)
        output = source.run(*MARKED, state=first.state, **ON)
        assert output.code == 0, output.log[-800:]
        for name, row_id in gone.items():
            assert marks(output, name).keys() == {row_id}, name
            (record,) = marks(output, name).values()
            assert record == {
                "id": row_id,
                "lastModifiedAt": record[MARK],
                MARK: record[MARK],
            }
            schema = output.of_type("SCHEMA", name)[0]["schema"]["properties"]
            assert schema[MARK] == {"type": ["string", "null"], "format": "date-time"}


def test_nothing_of_it_without_the_setting(shop: Source) -> None:
    first = shop.run("customers")
    delete(shop, 3)
    output = shop.run("customers", state=first.state)
    assert marks(output) == {}
    assert MARK not in output.of_type("SCHEMA")[0]["schema"]["properties"]
    assert "deletions_read_to" not in output.state["bookmarks"]["customers"]
    assert shop.asked("/messages") == []


def test_streams_that_no_message_speaks_of_stay_as_they_are() -> None:
    with commercetools(size=0.1) as source:
        output = source.run("carts", "categories", **ON)
        assert output.code == 0
        assert source.asked("/messages") == []
        for message in output.of_type("SCHEMA"):
            assert MARK not in message["schema"]["properties"]


def test_many_deletes_over_many_pages(shop: Source) -> None:
    first = shop.run("customers", **ON)
    gone = delete(shop, 115)
    next_second()
    output = shop.run("customers", state=first.state, page_size=7, **ON)
    assert marks(output).keys() == gone
    assert left(first, output) == shop.rows("customers").keys()
    asked = [q["where"][0] for q in shop.asked("/customers") if "id in" in q.get("where", [""])[0]]
    assert all(each.count('"') <= 2 * 101 for each in asked)


def test_ids_are_asked_for_in_batches(shop: Source) -> None:
    first = shop.run("customers", **ON)
    gone = delete(shop, 115)
    for row_id in sorted(gone)[::2]:
        shop.stand_in.put("customers", {"id": row_id})
    shop.forget_requests()
    output = shop.run("customers", state=first.state, page_size=500, **ON)
    assert marks(output).keys() == set(sorted(gone)[1::2])
    asked = [q["where"][0] for q in shop.asked("/customers") if "id in" in q.get("where", [""])[0]]
    assert [each.count('"') // 2 for each in asked] == [100, 15]


def test_pages_of_ids_that_are_too_big_shrink(shop: Source) -> None:
    first = shop.run("customers", **ON)
    gone = sorted(delete(shop, 20))
    for row_id in gone[:15]:
        shop.stand_in.put("customers", {"id": row_id})
    shop.stand_in.faults.add("/customers.*id in", "query_timed_out_above", times=-1, n=5)
    output = shop.run("customers", state=first.state, **ON)
    assert output.code == 0
    assert marks(output).keys() == set(gone[15:])


def test_a_record_that_exists_again_is_not_marked(shop: Source) -> None:
    first = shop.run("customers", **ON)
    (back, gone) = sorted(delete(shop, 2))
    shop.stand_in.put("customers", {"id": back})
    output = shop.run("customers", state=first.state, **ON)
    assert marks(output).keys() == {gone}
    assert back in left(first, output)


def test_what_is_deleted_while_the_first_scan_reads_is_marked(shop: Source) -> None:
    victims = sorted(shop.rows("customers"))
    hooks = [
        Hook(number + 2, "customers", "delete", {"id": victims[place]}, match="/customers")
        for number, place in enumerate((0, 60, 129))
    ]
    shop.stand_in.hooks.extend(hooks)
    output = shop.run("customers", concurrency=1, **ON)
    assert output.code == 0
    assert victims[0] in marks(output)
    assert left(output) == shop.rows("customers").keys()


def test_the_first_sync_marks_nothing_older(shop: Source) -> None:
    delete(shop, 5)
    for row_id, record in shop.records("messages").items():
        shop.stand_in.put("messages", {**record, "id": row_id}, at="2026-01-01T00:00:00.000Z")
    output = shop.run("customers", **ON)
    assert marks(output) == {}
    assert len(output.ids("customers")) == 125


def test_what_is_deleted_between_two_parts_of_the_first_scan_is_marked(shop: Source) -> None:
    shop.fail_after(4, "/customers")
    broken = shop.run("customers", concurrency=1, **ON)
    assert broken.code == 1
    assert marks(broken) == {}
    shop.heal()
    gone = delete(shop, 4)
    next_second()
    rest = shop.run("customers", state=broken.state, lookback_seconds=0, **ON)
    assert rest.code == 0
    assert marks(rest).keys() == gone
    assert left(broken, rest) == shop.rows("customers").keys()


def test_where_reading_begins(shop: Source) -> None:
    def since(state: dict[str, Any]) -> str:
        shop.forget_requests()
        assert shop.run("customers", state=state, **ON).code == 0
        return str(shop.asked("/messages")[0]["where"][0].split("createdAt >= ")[1])

    shop.stand_in.put("project", {"key": "demo"})  # nothing about messages, so no gap is seen
    state = bookmarked("customers", "2026-11-01T00:00:00.000Z")
    assert since(state) == '"2026-10-31T23:58:00.000Z"'
    state["bookmarks"]["customers"]["deletions_read_to"] = "2026-11-02T01:00:00+01:00"
    assert since(state) == '"2026-11-01T23:58:00.000Z"'


def test_the_position_is_that_of_the_run_and_only_moves_on(shop: Source) -> None:
    began = timestamps.earlier(timestamps.now(), 2)
    first = shop.run("customers", **ON)
    entry = first.state["bookmarks"]["customers"]
    assert began <= entry["deletions_read_to"] <= timestamps.now()
    assert entry["replication_key_value"] == max(shop.rows("customers").values())
    first.state["bookmarks"]["customers"]["deletions_read_to"] = "2999-01-01T00:00:00.000Z"
    later = shop.run("customers", state=first.state, **ON)
    read_to = later.state["bookmarks"]["customers"]["deletions_read_to"]
    soon = timestamps.earlier(timestamps.now(), -1)  # a clock may be set back a little meanwhile
    assert entry["deletions_from"] <= read_to <= soon, "no later than today"
    without = shop.run("customers", state=later.state)
    assert without.state["bookmarks"]["customers"]["deletions_read_to"] == read_to


def test_a_message_that_becomes_visible_late_marks_its_record(shop: Source) -> None:
    """Later than the lookback, on a source where nothing else was deleted."""
    first = shop.run("customers", **ON)
    next_second()
    quiet = shop.run("customers", state=first.state, **ON)
    gone = min(shop.rows("customers"))
    shop.stand_in.collections["customers"].delete(gone)
    late = timestamps.earlier(first.state["bookmarks"]["customers"]["deletions_from"], -1)
    message = {"type": "CustomerDeleted", "resource": {"typeId": "customer", "id": gone}}
    shop.stand_in.put("messages", message, at=late)
    next_second()
    output = shop.run("customers", state=quiet.state, lookback_seconds=0, **ON)
    assert marks(output).keys() == {gone}


@pytest.mark.parametrize("value", ["yesterday", 5, ""])
def test_a_position_that_is_no_moment_is_refused(shop: Source, value: Any) -> None:
    state = bookmarked("customers", LONG_AGO)
    state["bookmarks"]["customers"]["deletions_read_to"] = value
    output = shop.run("customers", state=state, **ON)
    assert output.code == 1
    assert "deletions_read_to is no ISO 8601 timestamp" in output.log


def test_a_run_that_fails_at_the_messages_marks_the_next_time(shop: Source) -> None:
    first = shop.run("customers", **ON)
    gone = delete(shop, 45)
    next_second()
    shop.fail_after(1, "/messages")
    broken = shop.run("customers", state=first.state, **ON)
    assert broken.code == 1
    entry = broken.state["bookmarks"]["customers"]
    assert entry["deletions_read_to"] == first.state["bookmarks"]["customers"]["deletions_read_to"]
    shop.heal()
    rest = shop.run("customers", state=broken.state, **ON)
    assert rest.code == 0
    assert marks(rest).keys() == gone


def test_without_the_scope_the_stream_fails_and_names_it() -> None:
    client = Client("demo-client", "demo-secret", ("view_customers", "view_zones"))
    with commercetools(size=0.1, clients=[client]) as source:
        output = source.run("customers", "zones", **ON)
        assert output.code == 1
        assert "stream not read: customers: /demo/messages answered 403" in output.log
        assert "view_messages for emit_tombstones" in output.log
        assert output.bookmark("customers") is None
        assert output.bookmark("zones")
        assert not scan_of(output.state, "customers")
        source.stand_in.touch("customers", min(source.rows("customers")))
        again = source.run("customers", state=output.state)
        assert source.held("customers", again) == source.rows("customers")
        skipped = source.run("customers", "zones", skip_forbidden_streams=True, **ON)
        assert skipped.code == 0
        assert skipped.bookmark("customers") is None


def test_unpublished_projections_are_gone_from_their_stream() -> None:
    with commercetools(small=False, size=0.1) as source:
        first = source.run("product_projections", **ON)
        row_id = min(first.ids("product_projections"))
        source.stand_in.put("product_projections", {"id": row_id, "published": False}, merge=True)
        resource = {"typeId": "product", "id": row_id}
        source.stand_in.put("messages", {"type": "ProductUnpublished", "resource": resource})
        output = source.run("product_projections", state=first.state, **ON)
        assert marks(output, "product_projections").keys() == {row_id}


def test_a_message_about_another_type_of_resource_marks_nothing(shop: Source) -> None:
    first = shop.run("customers", **ON)
    resource = {"typeId": "order", "id": min(shop.rows("customers"))[:-1] + "f"}
    shop.stand_in.put("messages", {"type": "CustomerDeleted", "resource": resource})
    assert marks(shop.run("customers", state=first.state, **ON)) == {}


def test_a_server_that_does_not_sort_is_noticed(shop: Source) -> None:
    first = shop.run("customers", **ON)
    delete(shop, 60)
    shop.stand_in.faults.add("/messages", "ignore_sort", times=-1)
    output = shop.run("customers", state=first.state, **ON)
    assert output.code == 1
    assert "did not sort as asked" in output.log


def test_a_collection_that_turns_in_circles_is_noticed(shop: Source) -> None:
    first = shop.run("customers", **ON)
    delete(shop, 3)

    def forget(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(k, v) for k, v in pairs if not v.startswith("id in")]

    shop.rewrite("/customers", forget)
    output = shop.run("customers", state=first.state, **ON)
    assert output.code == 1
    assert "the same page twice" in output.log or "did not sort as asked" in output.log


def test_messages_that_are_off_are_a_warning_and_gone_are_an_error_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with commercetools(size=0.1, messages=False) as source:
        source.run("customers", "orders", **ON)
        (line,) = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
        assert "messages are switched off" in line
        source.stand_in.put("project", {"key": "demo", "messages": {"enabled": True}})
        caplog.clear()
        gap = source.run("customers", state=bookmarked("customers", LONG_AGO), **ON)
        assert gap.code == 1
        assert set(gap.ids("customers")) == set(source.rows("customers"))
        (line,) = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
        assert line.startswith(f"stream incomplete: customers: read up to {LONG_AGO}")
        assert source.run("customers", state=gap.state, **ON).code == 0


def test_a_full_table_tells_deletes_by_its_version(shop: Source) -> None:
    catalog = shop.catalog("customers", method="FULL_TABLE")
    output = shop.run("customers", catalog=catalog, **ON)
    assert output.of_type("ACTIVATE_VERSION")
    assert shop.asked("/messages") == []
