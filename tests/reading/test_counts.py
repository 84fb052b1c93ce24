"""After a complete scan the source's own count is compared with what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.standin import Hook
from tests.reading.tools import LOWEST_ID, Rewritten, Source, commerce7, commercetools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp


def miscounting(app: ASGIApp) -> ASGIApp:
    """Claim three records more than there are."""
    return Rewritten(app, rb'"total":130', b'"total":133')


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
    for mode in ("off", "log"):
        source.forget_requests()
        assert source.run("customers", verify_counts=mode).code == 0
        asked[mode] = len(source.stand_in.requests)
    assert asked["off"] == asked["log"] - 1


def test_what_fits_into_one_page_is_only_counted_with_strict() -> None:
    with commercetools(rows={"customers": 13}) as source:
        source.run("customers")
        assert len(source.asked("/customers")) == 1
        source.forget_requests()
        assert "counts 13" in source.run("customers", verify_counts="strict").log
        assert len(source.asked("/customers")) == 2


def test_missing_records_are_told_in_the_log(
    source: Source, request: pytest.FixtureRequest
) -> None:
    source.stand_in._api = miscounting(source.stand_in._api)
    output = source.run("customers")
    assert output.code == 0
    assert "130 records read, the API counts 133" in output.log
    assert output.bookmark("customers") is not None
    # Without a filter on time nobody can tell whether the three came while the list was read.
    unknown = "without" in request.node.name
    assert ("3 records are missing" in output.log) != unknown


def test_missing_records_fail_a_strict_run_and_the_next_one_begins_anew(source: Source) -> None:
    api = source.stand_in._api
    source.stand_in._api = miscounting(api)
    output = source.run("customers", verify_counts="strict")
    assert output.code == 1
    assert "3 records are missing" in output.log
    assert output.state["bookmarks"] == {"customers": {"scan": ""}}
    source.stand_in._api = api
    later = source.run("customers", state=output.state, verify_counts="strict")
    assert later.code == 0
    assert set(later.ids("customers")) == set(source.rows("customers"))


def test_a_strict_run_does_not_activate_a_version_when_records_are_missing() -> None:
    with commercetools(rows={"customers": 130}, gzip=False) as source:
        catalog = source.catalog("customers", method="FULL_TABLE")
        settings: dict[str, Any] = {
            "verify_counts": "strict",
            "emit_activate_version_messages": True,
        }
        assert source.run("customers", catalog=catalog, **settings).of_type("ACTIVATE_VERSION")
        source.stand_in._api = miscounting(source.stand_in._api)
        output = source.run("customers", catalog=catalog, **settings)
        assert output.code == 1
        assert not output.of_type("ACTIVATE_VERSION")


def test_records_that_come_while_the_list_is_read_are_not_missing(source: Source) -> None:
    for number in range(3):
        row_id = f"{LOWEST_ID[:-1]}{number}"
        source.stand_in.hooks.append(Hook(3, "customers", "upsert", {"id": row_id}))
    output = source.run("customers", verify_counts="strict")
    assert output.code == 0, output.log
    assert "130 records read, the API counts 133" in output.log
    assert set(source.rows("customers")) - set(output.ids("customers")) <= {
        f"{LOWEST_ID[:-1]}{number}" for number in range(3)
    }


def test_records_that_go_while_the_list_is_read_are_not_missing(source: Source) -> None:
    for row_id in sorted(source.rows("customers"))[:3]:
        source.stand_in.hooks.append(Hook(3, "customers", "delete", {"id": row_id}))
    output = source.run("customers", verify_counts="strict")
    assert output.code == 0, output.log
    assert "130 records read, the API counts 127" in output.log


def test_an_interrupted_scan_is_counted_as_a_whole(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_engine.reading.sync.STATE_RECORDS", 1)
    source.fail_after(2, source.pages("customers"))
    broken = source.run("customers", verify_counts="strict")
    assert broken.code == 1
    source.heal()
    rest = source.run("customers", state=broken.state, verify_counts="strict")
    assert rest.code == 0, rest.log
    assert "130 records read, the API counts 130" in rest.log


def test_a_count_that_cannot_be_had_only_fails_a_strict_run() -> None:
    with commercetools(rows={"customers": 130}) as source:
        source.stand_in.faults.add("withTotal=true", "status", status=403, times=-1)
        assert source.run("customers").code == 0
        assert source.run("customers", verify_counts="strict").code == 1


def test_lists_from_a_start_date_are_not_counted() -> None:
    with commercetools(rows={"customers": 130}) as source:
        output = source.run("customers", start_date="2015-01-01T00:00:00Z", verify_counts="strict")
        assert output.code == 0
        assert "the API counts" not in output.log


def test_more_changes_than_the_api_counts_leave_the_question_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tap_commercetools.collection.MOST_COUNTED", 0)
    with commercetools(rows={"customers": 130}, gzip=False) as source:
        source.stand_in._api = miscounting(source.stand_in._api)
        assert "are missing" not in source.run("customers").log
        strict = source.run("customers", verify_counts="strict")
        assert "reading everything again to see what is missing" in strict.log
        assert strict.code == 1


def test_numbered_lists_that_hold_less_than_they_count_fail_a_strict_run() -> None:
    with commerce7(rows={"taxes": 130}, gzip=False) as source:
        assert "taxes: 130 records read, the API counts 130" in source.run("taxes").log
        source.stand_in._api = miscounting(source.stand_in._api)
        assert source.run("taxes").code == 0
        output = source.run("taxes", verify_counts="strict")
        assert output.code == 1
        assert "the API counts 133 records and lists 130" in output.log
