"""Long lists of Commerce7 without a documented cursor: one is asked for, and followed if it works.

The stand-in lets such cursors work, ignores them or refuses them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.reading.tools import LONG_AGO, Changed, Source, bookmarked, commerce7, scan_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support import Output

LONG = {"taxes": 460, "web_hook_logs": 460}
PAGES = 10
"""Pages of a list of 460 rows."""


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_engine.reading.counts.PAUSE_SECONDS", 0.0)


def starts(source: Source, path: str = "/tax") -> int:
    """Return how often the list was asked for the first page of a cursor."""
    return sum(query.get("cursor") == ["start"] for query in source.asked(path))


def numbered(source: Source, path: str = "/tax") -> int:
    """Return how many numbered pages were asked for, apart from counts."""
    return sum("page" in query and query["limit"] == ["50"] for query in source.asked(path))


def assert_all_there(source: Source, *outputs: Output, stream: str = "taxes") -> None:
    assert outputs[-1].code == 0, outputs[-1].log[-2000:]
    rows = [row_id for output in outputs for row_id in output.ids(stream)]
    assert set(rows) == set(source.rows(stream))


def assert_activated(*outputs: Output) -> None:
    (activated,) = outputs[-1].of_type("ACTIVATE_VERSION")
    records = [record for output in outputs for record in output.of_type("RECORD")]
    assert {record["version"] for record in records} == {activated["version"]}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_cursor_that_works_is_followed(concurrency: int) -> None:
    with commerce7(rows=LONG, cursor_elsewhere="works") as source:
        output = source.run("taxes", concurrency=concurrency)
        assert_all_there(source, output)
        assert len(output.ids("taxes")) == len(set(output.ids("taxes")))
        assert_activated(output)
        assert "takes a cursor; reading it by cursor" in output.log
        assert "460 records read, the API counts 460" in output.log
        # The page that says how long the list is, and no second reading.
        assert numbered(source) == 1
        assert starts(source) == 2
        ranges = {query["cursor"][0][0] for query in source.asked("/tax") if "cursor" in query}
        assert len(ranges) > 4 * (concurrency > 1)


@pytest.mark.parametrize("elsewhere", ["ignored", "refused"])
def test_without_a_cursor_pages_are_read_by_number(elsewhere: str) -> None:
    with commerce7(rows=LONG, cursor_elsewhere=elsewhere) as source:
        output = source.run("taxes")
        assert_all_there(source, output)
        assert_activated(output)
        assert "there is no cursor to follow" in output.log
        assert starts(source) == 1
        assert numbered(source) == 2 * PAGES


@pytest.mark.parametrize("elsewhere", ["works", "ignored", "refused"])
def test_short_lists_are_not_asked_for_a_cursor(elsewhere: str) -> None:
    with commerce7(rows={"taxes": 200}, cursor_elsewhere=elsewhere) as source:
        assert_all_there(source, source.run("taxes"))
        assert starts(source) == 0


def test_what_a_cursor_makes_of_a_filter_is_not_tried() -> None:
    with commerce7(rows={"clubs": 460}, cursor_elsewhere="works") as source:
        output = source.run("clubs", stream_filters={"clubs": {"q": "a"}})
        assert output.code == 0
        assert starts(source, "/club") == 0


def test_lists_by_object_type_have_no_cursor() -> None:
    with commerce7(rows={"tags": 230}, cursor_elsewhere="works", small=False) as source:
        output = source.run("tags")
        assert output.code == 0
        assert len({(each["objectType"], each["id"]) for each in output.records("tags")}) == 920
        assert sum("cursor=" in each["query"] for each in source.stand_in.requests) == 0


def test_a_cursor_is_not_trusted_without_a_count() -> None:
    def changed(target: str, body: Any) -> Any:
        if "limit=1" in target.split("&"):
            body.pop("total", None)
        return body

    with commerce7(rows=LONG, cursor_elsewhere="works", gzip=False) as source:
        source.stand_in._api = Changed(source.stand_in._api, changed)
        output = source.run("taxes", verify_counts="off")
        assert_all_there(source, output)
        assert "states no number of records" in output.log
        assert numbered(source) > PAGES


@pytest.mark.usefixtures("state_per_page")
@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("count", [3, 6, 9])
def test_an_interrupted_reading_goes_on_at_its_cursors(count: int, concurrency: int) -> None:
    with commerce7(rows=LONG, cursor_elsewhere="works") as source:
        source.fail_after(count, r"/tax\?.*limit=50")
        broken = source.run("taxes", concurrency=concurrency)
        assert broken.code == 1
        assert broken.of_type("ACTIVATE_VERSION") == []
        assert scan_of(broken.state, "taxes")["pager"] == "cursor"
        source.heal()
        source.forget_requests()
        rest = source.run("taxes", state=broken.state, concurrency=concurrency)
        assert_all_there(source, broken, rest)
        assert_activated(broken, rest)
        assert "resuming an interrupted scan" in rest.log
        assert numbered(source) == starts(source) == 0


@pytest.mark.usefixtures("state_per_page")
def test_numbered_pages_that_were_interrupted_go_on_by_a_cursor_that_works_now() -> None:
    with commerce7(rows=LONG, cursor_elsewhere="works") as source:
        source.stand_in.faults.add("cursor=start", "status", status=422)
        source.fail_after(5, r"/tax\?.*page=")
        broken = source.run("taxes")
        assert broken.code == 1
        source.heal()
        rest = source.run("taxes", state=broken.state)
        assert_all_there(source, rest)
        assert "reading it by cursor" in rest.log


@pytest.mark.usefixtures("state_per_page")
def test_a_cursor_that_is_refused_later_is_asked_for_again() -> None:
    with commerce7(rows=LONG, cursor_elsewhere="works") as source:
        source.fail_after(4, r"/tax\?.*limit=50")
        broken = source.run("taxes", concurrency=1)
        source.heal()
        cursor = scan_of(broken.state, "taxes")["ranges"][0]["after"][0]
        source.stand_in.faults.add(f"cursor={cursor}", "status", status=422, times=2)
        rest = source.run("taxes", state=broken.state, concurrency=1)
        assert_all_there(source, rest)
        assert_activated(rest)


def test_cursors_that_are_refused_in_the_middle_lead_back_to_numbers() -> None:
    with commerce7(rows=LONG, cursor_elsewhere="works") as source:
        source.stand_in.faults.add("/tax.*cursor=[0-9a-f]", "status", status=422, times=-1)
        output = source.run("taxes")
        assert_all_there(source, output)
        assert_activated(output)
        assert numbered(source) == 1 + 2 * PAGES


def test_cursors_that_lead_in_a_circle_lead_back_to_numbers() -> None:
    with commerce7(rows=LONG, cursor_elsewhere="works") as source:
        source.stand_in.faults.add("/tax.*cursor=[0-9a-f]", "repeat_cursor", times=-1)
        output = source.run("taxes", concurrency=1)
        assert_all_there(source, output)
        assert_activated(output)
        assert numbered(source) == 1 + 2 * PAGES


@pytest.mark.parametrize("concurrency", [1, 4])
def test_rows_that_are_out_of_order_lead_back_to_numbers(concurrency: int) -> None:
    with commerce7(rows=LONG, cursor_elsewhere="works") as source:
        source.stand_in.faults.add("/tax.*cursor=[0-9a-f]", "ignore_sort", times=-1)
        output = source.run("taxes", concurrency=concurrency)
        assert_all_there(source, output)
        assert_activated(output)
        assert numbered(source) == 1 + 2 * PAGES


def change(source: Source, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Change the answers to cursors."""

    def changed(target: str, answer: Any) -> Any:
        return edit(answer) if "cursor=" in target else answer

    source.stand_in._api = Changed(source.stand_in._api, changed)


HIDDEN = "3"


def without_some(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out the rows whose ids begin with 3, of which every page of numbers has some."""
    return {**answer, "taxes": [row for row in answer["taxes"] if row["id"][0] != HIDDEN]}


@pytest.mark.parametrize("mode", ["strict", "log", "off"])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_cursor_that_leaves_records_out_is_not_believed(concurrency: int, mode: str) -> None:
    with commerce7(rows=LONG, cursor_elsewhere="works", gzip=False) as source:
        change(source, without_some)
        output = source.run("taxes", concurrency=concurrency, verify_counts=mode)
        assert_all_there(source, output)
        assert_activated(output)
        assert "records are missing" in output.log
        assert numbered(source) == 1 + 2 * PAGES


def test_a_cursor_that_cannot_be_compared_activates_nothing() -> None:
    with commerce7(rows=LONG, cursor_elsewhere="works") as source:
        source.stand_in.faults.add(r"/tax\?.*limit=1$", "status", status=404, times=-1)
        output = source.run("taxes", verify_counts="log")
        assert output.code == 1
        assert output.of_type("ACTIVATE_VERSION") == []


def slim(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "taxes": [{"id": row["id"]} for row in answer["taxes"]]}


def backwards(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "taxes": answer["taxes"][::-1]}


def with_total(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "total": 460}


def of_others(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "taxes": [row for row in answer["taxes"] if row["id"][0] != "0"]}


def with_numbers(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "taxes": [{**row, "id": f"{n:05}"} for n, row in enumerate(answer["taxes"])]}


@pytest.mark.parametrize("edit", [slim, backwards, with_total, of_others, with_numbers])
def test_what_does_not_look_like_the_list_by_cursor_is_not_followed(
    edit: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    with commerce7(rows=LONG, cursor_elsewhere="works", gzip=False) as source:
        change(source, edit)
        output = source.run("taxes")
        assert_all_there(source, output)
        assert_activated(output)
        assert "there is no cursor to follow" in output.log
        assert starts(source) == 1
        assert output.latest("taxes") == source.records("taxes")


def test_a_server_that_breaks_at_a_cursor_is_read_by_number() -> None:
    with commerce7(rows=LONG, cursor_elsewhere="works") as source:
        source.stand_in.faults.add("/tax.*cursor", "status", status=500, times=-1)
        output = source.run("taxes")
        assert_all_there(source, output)
        assert_activated(output)


def test_changes_are_read_by_cursor_and_compared_as_well() -> None:
    with commerce7(rows=LONG, cursor_elsewhere="works", gzip=False) as source:
        state = bookmarked("web_hook_logs", LONG_AGO, "updatedAt")
        output = source.run("web_hook_logs", state=state)
        assert_all_there(source, output, stream="web_hook_logs")
        assert numbered(source, "/web-hook-log") == 1
        assert "460 records read, the API counts 460" in output.log
        assert all(
            query["updatedAt"][0] < "gte:2011"
            for query in source.asked("/web-hook-log")
            if "cursor" in query
        )


def test_a_list_that_takes_more_than_ten_minutes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_commerce7.paging.UNBRAKED_PAGES", 2)
    monkeypatch.setattr("tap_commerce7.tap.SECONDS_PER_BRAKED_PAGE", 0.001)
    with commerce7(rows={"taxes": 360, "vendors": 340}) as source:
        output = source.run("taxes", "vendors")
        assert output.code == 0
        # Eight pages and seven; two readings; the first two pages come at once.
        assert "taxes: 360 records in numbered pages take at least 0.2 hours" in output.log
        assert "vendors: 340 records in numbered pages" not in output.log
