"""After a complete scan the source's own count is compared with what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.standin import Hook
from tests.reading.tools import LOWEST_ID, Changed, Rewritten, Source, commerce7, commercetools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp


def miscounting(app: ASGIApp, total: int = 133) -> ASGIApp:
    """Claim three records more than there are, or more."""
    return Rewritten(app, rb'"total":130', b'"total":%d' % total)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_engine.reading.counts.PAUSE_SECONDS", 0.0)


@pytest.fixture(params=["tap-commercetools", "tap-commerce7", "tap-commerce7 without filter"])
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    """130 customers: of commercetools, of Commerce7 with and without a filter on time."""
    options = {"rows": {"customers": 130}, "gzip": False}
    if request.param == "tap-commercetools":
        with commercetools(**options) as source:
            yield source
    else:
        filters = "refused" if "without" in request.param else "accepted"
        with commerce7(**options, undocumented_filters=filters) as source:
            yield source


def test_both_numbers_are_logged(source: Source) -> None:
    output = source.run("customers")
    assert output.code == 0
    assert "customers: 130 records read, the API counts 130" in output.log


def test_nothing_is_asked_for_when_switched_off(source: Source) -> None:
    asked = {}
    for mode in ("off", "strict"):
        source.forget_requests()
        assert source.run("customers", verify_counts=mode).code == 0
        asked[mode] = len(source.stand_in.requests)
    assert asked["off"] == asked["strict"] - 1


def test_what_fits_into_one_page_is_only_counted_with_strict() -> None:
    with commercetools(rows={"customers": 13}) as source:
        source.run("customers", verify_counts="log")
        assert len(source.asked("/customers")) == 1
        source.forget_requests()
        assert "counts 13" in source.run("customers").log
        assert len(source.asked("/customers")) == 2


def test_missing_records_are_told_in_the_log(
    source: Source, request: pytest.FixtureRequest
) -> None:
    source.stand_in._api = miscounting(source.stand_in._api)
    output = source.run("customers", verify_counts="log")
    assert output.code == 0
    assert "130 records read, the API counts 133" in output.log
    assert output.bookmark("customers") is not None
    # Without a filter on time nobody can tell whether the three came while the list was read.
    unknown = "without" in request.node.name
    assert ("3 records are missing" in output.log) != unknown


def test_missing_records_fail_a_strict_run_and_the_next_one_begins_anew(source: Source) -> None:
    api = source.stand_in._api
    source.stand_in._api = miscounting(api)
    output = source.run("customers")
    assert output.code == 1
    assert "3 records are missing" in output.log
    assert output.state["bookmarks"] == {"customers": {"scan": ""}}
    source.stand_in._api = api
    later = source.run("customers", state=output.state)
    assert later.code == 0
    assert set(later.ids("customers")) == set(source.rows("customers"))


def test_a_strict_run_does_not_activate_a_version_when_records_are_missing() -> None:
    with commercetools(rows={"customers": 130}, gzip=False) as source:
        catalog = source.catalog("customers", method="FULL_TABLE")
        settings: dict[str, Any] = {"emit_activate_version_messages": True}
        assert source.run("customers", catalog=catalog, **settings).of_type("ACTIVATE_VERSION")
        source.stand_in._api = miscounting(source.stand_in._api)
        output = source.run("customers", catalog=catalog, **settings)
        assert output.code == 1
        assert not output.of_type("ACTIVATE_VERSION")


def test_records_that_come_while_the_list_is_read_are_not_missing(source: Source) -> None:
    for number in range(3):
        row_id = f"{LOWEST_ID[:-1]}{number}"
        source.stand_in.hooks.append(Hook(3, "customers", "upsert", {"id": row_id}))
    output = source.run("customers")
    assert output.code == 0, output.log
    assert "130 records read, the API counts 133" in output.log
    assert set(source.rows("customers")) - set(output.ids("customers")) <= {
        f"{LOWEST_ID[:-1]}{number}" for number in range(3)
    }


def test_records_that_go_while_the_list_is_read_are_not_missing(source: Source) -> None:
    for row_id in sorted(source.rows("customers"))[:3]:
        source.stand_in.hooks.append(Hook(3, "customers", "delete", {"id": row_id}))
    output = source.run("customers")
    assert output.code == 0, output.log
    assert "130 records read, the API counts 127" in output.log


def test_an_interrupted_scan_is_counted_as_a_whole(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_engine.reading.sync.STATE_RECORDS", 1)
    source.fail_after(2, source.pages("customers"))
    broken = source.run("customers")
    assert broken.code == 1
    source.heal()
    rest = source.run("customers", state=broken.state)
    assert rest.code == 0, rest.log
    assert "130 records read, the API counts 130" in rest.log


@pytest.mark.parametrize("status", [403, 500])
def test_a_count_that_cannot_be_had_is_no_shortage(status: int) -> None:
    with commercetools(rows={"customers": 130}) as source:
        source.stand_in.faults.add("withTotal=true", "status", status=status, times=-1)
        output = source.run("customers")
        assert output.code == 0
        assert output.bookmark("customers") is not None
        assert "the number of records could not be compared" in output.log


def test_more_changes_than_the_api_counts_leave_the_question_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tap_commercetools.collection.MOST_COUNTED", 0)
    with commercetools(rows={"customers": 130}, gzip=False) as source:
        source.stand_in._api = miscounting(source.stand_in._api)
        assert "are missing" not in source.run("customers", verify_counts="log").log
        strict = source.run("customers")
        assert "reading everything again to see what is missing" in strict.log
        assert strict.code == 1


def test_numbered_lists_that_hold_less_than_they_count_fail_a_strict_run() -> None:
    with commerce7(rows={"taxes": 130}, gzip=False) as source:
        assert "taxes: 130 records read, the API counts 130" in source.run("taxes").log
        source.stand_in._api = miscounting(source.stand_in._api)
        assert source.run("taxes", verify_counts="log").code == 0
        output = source.run("taxes")
        assert output.code == 1
        assert "the API counts 133 records and lists 130" in output.log


def lagging(answers: int) -> Callable[[str, Any], Any]:
    """Claim three records more than there are in the first totals."""
    left = [answers]

    def change(target: str, body: Any) -> Any:
        if body.get("total") != 130 or "updatedAt" in target or "lastModifiedAt" in target:
            return body
        left[0] -= 1
        return {**body, "total": 133} if left[0] >= 0 else body

    return change


@pytest.mark.parametrize("answers", [1, 2, 3])
def test_a_count_that_lags_behind_is_no_shortage(source: Source, answers: int) -> None:
    source.stand_in._api = Changed(source.stand_in._api, lagging(answers))
    output = source.run("customers")
    assert output.code == 0, output.log[-1500:]
    assert "130 records read, the API counts 130" in output.log


def test_a_numbered_list_waits_for_a_count_that_lags_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("tap_engine.http.session.Http.sleep", lambda _, s: waits.append(s))
    monkeypatch.setattr("tap_engine.reading.counts.PAUSE_SECONDS", 3.0)
    with commerce7(rows={"taxes": 130}, gzip=False) as source:
        source.stand_in._api = Changed(source.stand_in._api, lagging(5))
        output = source.run("taxes")
        assert output.code == 0, output.log[-1500:]
        assert waits == [6.0]


START = "2015-01-01T00:00:00Z"


def test_lists_from_a_start_date_are_compared_from_there_on(source: Source) -> None:
    output = source.run("customers", start_date=START)
    assert output.code == 0
    assert "130 records read, the API counts 130" in output.log


def test_what_lies_before_the_start_date_is_not_missing(source: Source) -> None:
    start = sorted(source.rows("customers").values())[70]
    output = source.run("customers", start_date=start)
    assert output.code == 0
    filtered = not source.asked("/customer") or "60 records read" in output.log
    number = 60 if filtered else 130
    assert f"{number} records read, the API counts {number}" in output.log


def test_it_is_said_when_a_count_is_not_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_commercetools.collection.MOST_COUNTED", 100)
    with commercetools(rows={"customers": 130}) as source:
        output = source.run("customers", start_date=START)
        assert output.code == 0
        assert "130 records read, not compared: the API gives no exact count" in output.log


def churn(source: Source, request_number: int, number: int) -> None:
    """Delete a record that is not yet read, and create one where reading has passed."""
    gone = sorted(source.rows("customers"))[-1 - number]
    new = f"{LOWEST_ID[:-1]}{number}"
    source.stand_in.hooks += [
        Hook(request_number, "customers", "delete", {"id": gone}),
        Hook(request_number, "customers", "upsert", {"id": new}),
    ]


def test_records_that_come_and_go_are_not_missing() -> None:
    """Without a filter on time a record that was created looks like one that was left out."""
    with commerce7(rows={"customers": 130}) as source:
        # Pages are requests 1 to 3; the count, the refused count by time, and both again; pages.
        churn(source, 1, 0)
        churn(source, 8, 1)
        output = source.run("customers")
        assert output.code == 0, output.log[-2500:]
        assert "too much comes and goes to tell why" in output.log


def test_a_shortage_is_an_error_however_much_comes_and_goes() -> None:
    with commerce7(rows={"customers": 130}, gzip=False) as source:
        churn(source, 1, 0)
        churn(source, 8, 1)
        source.stand_in._api = miscounting(source.stand_in._api, 150)
        output = source.run("customers")
        assert output.code == 1
        assert "records are missing" in output.log


@pytest.mark.usefixtures("state_per_page")
def test_a_shortage_of_a_scan_that_another_run_began(source: Source) -> None:
    source.fail_after(2, source.pages("customers"))
    broken = source.run("customers")
    assert broken.code == 1
    source.heal()
    source.stand_in._api = miscounting(source.stand_in._api)
    output = source.run("customers", state=broken.state)
    assert output.code == 1
    assert "3 records are missing" in output.log


def test_a_count_is_not_asked_for_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("tap_engine.http.session.Http.sleep", lambda _, s: waits.append(s))
    monkeypatch.setattr("tap_commercetools.collection.PATIENCE_SECONDS", 0.0)
    with commercetools(rows={"customers": 130}) as source:
        source.stand_in.faults.add("withTotal=true", "status", status=503, times=20)
        output = source.run("customers", retry_max_seconds=600)
        assert output.code == 0
        assert len([each for each in source.asked("/customers") if each["limit"] == ["0"]]) == 1
