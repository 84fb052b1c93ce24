"""Change History is read without gaps, whatever its bounds mean, and fails where it cannot be."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commercetools.auth import Client
from sandbox.commercetools.history import COVERED, HistoryRules
from tap_commercetools.change_history import RECORDED
from tap_commercetools.tap import TapCommercetools
from tap_engine import timestamps
from tests.reading.tools import Source, bookmarked, commercetools, next_second, scan_of

if TYPE_CHECKING:
    from tests.support import Output

STREAM = "change_history"
KEYS = ("resourceType", "resourceId", "version", "modifiedAt")
RULES = [HistoryRules(*each) for each in itertools.product((True, False), repeat=3)]
DAY = 86_400


def served(rows: int = 0, **options: Any) -> Any:
    return commercetools(small=False, size=0.05, rows={STREAM: rows}, **options)


def keys(*outputs: Output) -> list[str]:
    records = [record for output in outputs for record in output.records(STREAM)]
    return ["/".join(str(record[key]) for key in KEYS) for record in records]


def burst(source: Source, begin: datetime, count: int, step_ms: float) -> None:
    """Change something every few milliseconds."""
    for number in range(count):
        at = timestamps.render(begin + timedelta(milliseconds=number * step_ms))
        source.stand_in.put("categories", {"id": f"c{number}", "version": 1}, at=at)


@pytest.mark.parametrize("rules", RULES, ids=str)
@pytest.mark.parametrize("step_ms", [0.3, 1, 137, 900])
def test_complete_whatever_the_bounds_mean(rules: HistoryRules, step_ms: float) -> None:
    with served(history=rules) as source:
        burst(source, datetime(2026, 3, 1, 9, 59, 58, 700_000, tzinfo=UTC), 190, step_ms)
        output = source.run(STREAM, page_size=20)
        assert output.code == 0, output.log[-500:]
        found = keys(output)
        assert set(found) == source.rows(STREAM).keys()
        assert len(found) == len(set(found))


def test_changes_at_every_edge_of_a_window_are_there() -> None:
    # Without milliseconds and without its ends, a window that is not asked for wider is hollow.
    rules = HistoryRules(from_included=False, to_included=False, milliseconds=False)
    with served(rows=400, rows_per_timestamp=3, history=rules) as source:
        output = source.run(STREAM, page_size=20)
        assert sorted(keys(output)) == sorted(source.rows(STREAM))


def test_the_first_sync_finds_its_windows_with_few_requests() -> None:
    with served(rows=2_000) as source:
        output = source.run(STREAM, page_size=500)
        assert sorted(keys(output)) == sorted(source.rows(STREAM))
        assert len(source.asked("/history/demo")) < 25
    with served(rows=0) as source:
        burst(source, datetime(2026, 3, 1, tzinfo=UTC), 300, 5)
        output = source.run(STREAM, page_size=100)
        assert len(keys(output)) == 300
        assert len(source.asked("/history/demo")) < 150


def test_the_first_sync_begins_three_years_ago_or_at_start_date() -> None:
    with served(rows=30) as source:
        source.run(STREAM)
        (first, *_) = source.asked("/history/demo")
        begin = datetime.fromisoformat(first["date.from"][0])
        assert timedelta(days=1097) < datetime.now(UTC) - begin < timedelta(days=1100)
        source.forget_requests()
        output = source.run(STREAM, start_date="2025-06-01")
        (first, *_) = source.asked("/history/demo")
        assert first["date.from"] == ["2025-05-31T23:59:59.000Z"]
        assert output.records(STREAM)
        assert min(r["modifiedAt"] for r in output.records(STREAM)) >= "2025-06-01"


def test_the_streams_it_knows_are_those_of_the_stand_in() -> None:
    assert RECORDED == COVERED
    assert {each.name for each in TapCommercetools.stream_types} >= RECORDED


def test_a_later_run_reads_what_happened_since_in_one_request() -> None:
    with served(rows=50) as source:
        first = source.run(STREAM)
        source.stand_in.put("orders", {"id": min(source.rows("orders"))}, merge=True)
        source.stand_in.delete("customers", min(source.rows("customers")))
        next_second()
        source.forget_requests()
        second = source.run(STREAM, state=first.state)
        assert len(source.asked("/history/demo")) == 1
        recent = [r for r in second.records(STREAM) if r["resourceType"] != "category"]
        assert {(r["resourceType"], r["type"]) for r in recent} == {
            ("order", "ResourceUpdated"),
            ("customer", "ResourceDeleted"),
        }
        assert set(keys(first, second)) == source.rows(STREAM).keys()
        assert second.bookmark(STREAM) == max(r["modifiedAt"] for r in recent)
        assert second.state["bookmarks"][STREAM]["replication_key"] == "modifiedAt"


@pytest.mark.usefixtures("state_per_page")
def test_an_interrupted_scan_goes_on_at_its_moment() -> None:
    with served(rows=300) as source:
        source.fail_after(12, "/history/demo")
        broken = source.run(STREAM)
        assert broken.code == 1
        (part,) = scan_of(broken.state, STREAM)["ranges"]
        assert len(part["after"]) == 1
        source.heal()
        rest = source.run(STREAM, state=broken.state)
        assert rest.code == 0
        found = keys(broken, rest)
        assert sorted(found) == sorted(source.rows(STREAM))


def test_records_carry_their_key_and_what_the_api_sent() -> None:
    with served(rows=5) as source:
        source.stand_in.put(STREAM, record(resource={"typeId": "state", "key": "only-a-key"}))
        sent = source.records(STREAM)
        output = source.run(STREAM)
        for name, row in zip(keys(output), output.records(STREAM), strict=True):
            given = sent.get(name) or sent["state/only-a-key/3/2026-01-31T22:45:00.123Z"]
            assert row["resourceType"] == given["resource"]["typeId"]
            rest = {k: v for k, v in row.items() if k not in {"resourceType", "resourceId"}}
            assert rest == {**given, "modifiedAt": row["modifiedAt"]}
        assert "state/only-a-key/3/2026-01-31T22:45:00.123Z" in keys(output)


def test_changes_that_nobody_knows_pass_through() -> None:
    new = {"type": "FrobnicatedChange", "change": "frobnicate", "nextValue": {"a": [1, {"b": 2}]}}
    with served(rows=0) as source:
        sent = record(type="ResourceFrobnicated", changes=[new], resource={"typeId": "frob"})
        source.stand_in.put(STREAM, sent)
        output = source.run(STREAM)
    (row,) = output.records(STREAM)
    assert (row["type"], row["changes"]) == ("ResourceFrobnicated", [new])
    assert row["resourceType"] == "frob"
    drift = [line for line in output.log.splitlines() if line.startswith("DRIFT: ")]
    assert not any("changes" in line or "Frobnicated" in line for line in drift)


def record(**members: Any) -> dict[str, Any]:
    # The identity in the stand-in needs an id; the API does not promise one.
    given = {"type": "ResourceUpdated", "version": 3, "modifiedAt": "2026-01-31T22:45:00.123Z"}
    resource = {"id": "only-a-key", **members.pop("resource", {"typeId": "state"})}
    return {**given, **members, "resource": resource}


def test_other_spellings_of_the_moment_become_utc() -> None:
    with served() as source:
        source.stand_in.put(STREAM, record(modifiedAt="2026-02-01T04:15:00.123456+05:30"))
        output = source.run(STREAM)
        (found,) = output.records(STREAM)
        assert found["modifiedAt"] == output.bookmark(STREAM) == "2026-01-31T22:45:00.123Z"


def test_a_record_without_key_is_an_error() -> None:
    with served(rows=3) as source:
        source.stand_in.collections[STREAM].by_id.peekitem(0)[1].body = b'{"version": 1}'
        output = source.run(STREAM)
        assert output.code == 1
        assert "without a usable key" in output.log


def test_more_changes_than_the_api_lists_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_commercetools.change_history.DEEPEST_OFFSET", 100)
    monkeypatch.setattr("sandbox.commercetools.history.MAX_OFFSET", 100)
    with served() as source:
        burst(source, datetime(2026, 3, 1, tzinfo=UTC), 130, 0)
        output = source.run(STREAM, page_size=20)
        assert output.code == 1
        assert "more than 100 changes around" in output.log
        assert source.asked("/history/demo")[-1]["offset"] == ["100"]
        burst_of_less = source.run(STREAM, page_size=50)
        assert len(keys(burst_of_less)) == 130


@pytest.mark.parametrize("settles", [True, False])
def test_a_list_that_moves_while_it_is_paged_is_read_again(settles: bool) -> None:
    with served() as source:
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        burst(source, moment, 90, 0)
        seen = set()

        def skip(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
            """Let rows slip to the page before, as when others are gone."""
            offset = int(dict(pairs).get("offset", 0))
            again = str(pairs) in seen
            seen.add(str(pairs))
            slip = 5 if offset == 20 and not (settles and again) else 0
            return [(k, str(offset + slip) if k == "offset" else v) for k, v in pairs]

        source.rewrite("/history/demo", skip)
        output = source.run(STREAM, page_size=20)
        if settles:
            assert output.code == 0
            assert sorted(keys(output)) == sorted(source.rows(STREAM))
        else:
            assert output.code == 1
            assert "kept moving" in output.log


def test_pages_that_are_too_big_shrink() -> None:
    with served(rows=60) as source:
        source.stand_in.faults.add(
            "/history/demo.*limit=20&", "status", status=400, times=-1, **TIMED_OUT
        )
        output = source.run(STREAM)
        assert output.code == 0, output.log[-500:]
        assert sorted(keys(output)) == sorted(source.rows(STREAM))


TIMED_OUT = {
    "body": '{"statusCode":400,"message":"x","errors":[{"code":"QueryTimedOut","message":"x"}]}'
}


def test_the_token_bucket_is_waited_for() -> None:
    rules = HistoryRules(capacity=7, refill=6)
    with served(rows=120, history=rules) as source:
        output = source.run(STREAM, page_size=100, retry_max_seconds=30)
        assert output.code == 0
        assert sorted(keys(output)) == sorted(source.rows(STREAM))
        statuses = [each["status"] for each in source.stand_in.requests]
        assert 429 in statuses
        assert "answered 429 TooManyRequests" in output.log
        assert "trying again in 1.0 s" in output.log


def test_without_the_scope_the_stream_is_refused() -> None:
    client = Client("demo-client", "demo-secret", ("view_zones",))
    with served(rows=5, clients=[client]) as source:
        output = source.run(STREAM)
        assert output.code == 1
        assert "it takes scope view_audit_log" in output.log


@pytest.mark.parametrize("at", ["yesterday", "", 5])
def test_a_position_that_is_no_moment_is_refused(at: Any) -> None:
    scan = {"pager": "window", "full": True, "last_list": {}, "ranges": [{"after": [at]}]}
    with served(rows=5) as source:
        output = source.run(STREAM, state={"bookmarks": {STREAM: {"scan": json.dumps(scan)}}})
        assert output.code == 1
        assert f"state of stream '{STREAM}' cannot be used" in output.log
        assert source.asked("/history/demo") == []


def test_a_bookmark_of_the_future_is_one_of_now() -> None:
    state = bookmarked(STREAM, "2999-01-01T00:00:00.000Z", key="modifiedAt")
    with served(rows=5) as source:
        output = source.run(STREAM, state=state)
        assert output.code == 0
        assert output.records(STREAM) == []
        assert "the bookmark 2999-01-01T00:00:00.000Z is in the future" in output.log
        assert "2020" < str(output.bookmark(STREAM)) <= timestamps.now()


def test_a_clock_that_is_behind_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(rows=12) as source:
        late = timestamps.earlier(timestamps.now(), 500 * DAY)
        monkeypatch.setattr("tap_commercetools.change_history.timestamps.now", lambda: late)
        output = source.run(STREAM)
        monkeypatch.undo()
        assert max(source.rows(STREAM).values()) > late
        missing = set(source.rows(STREAM)) - set(keys(output))
        assert missing == set()
