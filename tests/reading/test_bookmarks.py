"""Proves 12 and 13 (bookmarks), lookback, and UTC `Z` timestamps of 24."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox.store import timestamp
from tests.reading.tools import LONG_AGO, Source, bookmarked, next_second

CANONICAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def before(value: str, seconds: float) -> str:
    moment = datetime.fromisoformat(value) - timedelta(seconds=seconds)
    return timestamp(moment.timestamp())


def mark(source: Source, value: str) -> dict[str, Any]:
    return bookmarked("customers", value, source.stamp)


def test_the_bookmark_is_the_highest_timestamp_seen(customers: Source) -> None:
    output = customers.run("customers")
    assert output.bookmark("customers") == max(customers.rows("customers").values())
    assert output.state["bookmarks"]["customers"]["replication_key"] == customers.stamp


def test_the_bookmark_does_not_pass_the_start_of_the_run(customers: Source) -> None:
    began = timestamp(time.time() - 1)
    future = timestamp(time.time() + 3600)
    customers.stand_in.put("customers", {"id": "f" * 8}, at=future)
    first = customers.run("customers")
    assert "f" * 8 in first.ids("customers")
    assert began <= str(first.bookmark("customers")) <= timestamp()
    later = customers.run("customers", state=mark(customers, LONG_AGO))
    assert later.code == 0
    assert LONG_AGO < str(later.bookmark("customers")) <= timestamp()


def test_an_idle_run_changes_nothing_and_asks_once(customers: Source) -> None:
    first = customers.run("customers", lookback_seconds=0)
    customers.forget_requests()
    second = customers.run("customers", state=first.state, lookback_seconds=0)
    assert second.code == 0
    assert second.state == first.state
    bookmark = str(first.bookmark("customers"))
    assert set(customers.held("customers", second).values()) == {bookmark}
    if customers.stamp == "lastModifiedAt":  # Commerce7 has to read everything: no filter
        assert len(customers.asked("/customers")) == 1


def test_an_empty_window_keeps_the_bookmark(customers: Source) -> None:
    state = mark(customers, "2026-01-01T00:00:00.000Z")
    output = customers.run("customers", state=state)
    assert output.code == 0
    assert output.ids("customers") == []
    assert output.bookmark("customers") == "2026-01-01T00:00:00.000Z"


def test_rows_inside_the_lookback_do_not_set_the_bookmark_back(customers: Source) -> None:
    ahead = before(max(customers.rows("customers").values()), -60)
    output = customers.run("customers", state=mark(customers, ahead))
    assert output.ids("customers")
    assert output.bookmark("customers") == ahead


def test_a_bookmark_of_the_future_is_one_of_now_and_said(customers: Source) -> None:
    changed = min(customers.rows("customers"))
    customers.stand_in.touch("customers", changed)
    output = customers.run("customers", state=mark(customers, "2999-01-01T00:00:00.000Z"))
    assert output.code == 0
    assert output.ids("customers") == [changed]
    assert output.log.count("the bookmark 2999-01-01T00:00:00.000Z is in the future") == 1
    assert LONG_AGO < str(output.bookmark("customers")) <= timestamp()
    later = max(customers.rows("customers"))
    customers.stand_in.touch("customers", later)
    again = customers.run("customers", state=output.state)
    assert later in again.ids("customers")
    assert "in the future" not in again.log


def test_a_scan_that_began_in_the_future_is_resumed(customers: Source) -> None:
    state = mark(customers, "2999-01-01T00:00:00.000Z")
    for row_id in customers.rows("customers"):
        customers.stand_in.touch("customers", row_id)
    next_second()
    customers.fail_after(2, customers.pages("customers"))
    broken = customers.run("customers", state=state, concurrency=1)
    assert broken.code == 1
    assert broken.records("customers")
    customers.heal()
    rest = customers.run("customers", state=broken.state)
    assert rest.code == 0
    assert customers.held("customers", broken, rest) == customers.rows("customers")
    assert str(rest.bookmark("customers")) <= timestamp()


@pytest.mark.parametrize(
    "spelling",
    [
        "2022-03-01T00:00:00Z",
        "2022-03-01T00:00:00",
        "2022-03-01T05:30:00+05:30",
        "2022-03-01",
    ],
)
def test_other_spellings_in_state_are_honoured(customers: Source, spelling: str) -> None:
    output = customers.run("customers", state=mark(customers, spelling), lookback_seconds=0)
    assert output.code == 0
    wanted = {
        key: at
        for key, at in customers.rows("customers").items()
        if at >= "2022-03-01T00:00:00.000Z"
    }
    assert customers.held("customers", output) == wanted
    assert CANONICAL.fullmatch(str(output.bookmark("customers")))


def test_a_bookmark_set_back_by_hand_reads_again_from_there(customers: Source) -> None:
    state = customers.run("customers").state
    middle = sorted(customers.rows("customers").values())[70]
    state["bookmarks"]["customers"]["replication_key_value"] = middle
    output = customers.run("customers", state=state, lookback_seconds=0)
    assert (
        sorted(customers.held("customers", output).values())
        == sorted(customers.rows("customers").values())[70:]
    )


def test_a_write_that_becomes_visible_late_is_read_within_the_lookback(customers: Source) -> None:
    first = customers.run("customers")
    bookmark = str(first.bookmark("customers"))
    customers.stand_in.put("customers", {"id": "0" * 8}, at=before(bookmark, 60))
    without = customers.run("customers", state=first.state, lookback_seconds=0)
    assert "0" * 8 not in without.ids("customers")
    output = customers.run("customers", state=first.state)
    assert "0" * 8 in output.ids("customers")
    assert output.bookmark("customers") == bookmark


def test_only_the_lookback_is_read_again(customers: Source) -> None:
    first = customers.run("customers")
    bookmark = str(first.bookmark("customers"))
    for lookback in (0, 500, 86_400 * 100):
        output = customers.run("customers", state=first.state, lookback_seconds=lookback)
        assert customers.held("customers", output) == {
            key: at
            for key, at in customers.rows("customers").items()
            if at >= before(bookmark, lookback)
        }


def test_other_timestamps_of_the_source_become_utc(customers: Source) -> None:
    edge = min(customers.rows("customers"))
    customers.stand_in.put(
        "customers", {"id": edge}, merge=True, at="2026-02-01T04:15:00.123456+05:30"
    )
    output = customers.run("customers")
    assert output.code == 0
    assert output.latest("customers")[edge][customers.stamp] == "2026-01-31T22:45:00.123Z"
    assert output.bookmark("customers") == "2026-01-31T22:45:00.123Z"


def test_every_timestamp_of_the_tap_is_utc_with_milliseconds(customers: Source) -> None:
    customers.fail_after(2, customers.path("customers"))
    broken = customers.run("customers", start_date="2019-01-01T00:00:00+09:00")
    customers.heal()
    done = customers.run("customers", start_date="2019-01-01T00:00:00+09:00", state=broken.state)
    for output in (broken, done):
        for message in output.of_type("RECORD"):
            assert CANONICAL.fullmatch(message["time_extracted"])
            assert CANONICAL.fullmatch(message["record"][customers.stamp])
        dates = re.findall(r'"(\d{4}-\d\d[^"]*)"', str(output.states).replace("'", '"'))
        assert dates
        assert all(CANONICAL.fullmatch(date) for date in dates)
