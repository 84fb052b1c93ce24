"""Proves 13 and 16 where an API does not take a filter, a sort or a cursor (design section 3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reading.tools import (
    LONG_AGO,
    Changed,
    Pairs,
    Source,
    bookmarked,
    commerce7,
    commercetools,
    scan_of,
    where,
)

MIDDLE = "2022-03-01T00:00:00.000Z"


def newer(source: Source, stream: str = "customers") -> dict[str, str]:
    return {key: at for key, at in source.rows(stream).items() if at >= MIDDLE}


@pytest.mark.parametrize("filters", ["refused", "seen", "accepted"])
@pytest.mark.parametrize("stream", ["customers", "carts", "orders"])
def test_the_filter_of_commerce7(filters: str, stream: str) -> None:
    with commerce7(rows={stream: 130}, undocumented_filters=filters) as source:
        taken = stream == "orders" or filters == "accepted"
        taken |= filters == "seen" and stream == "customers"
        state = bookmarked(stream, MIDDLE, "updatedAt")
        output = source.run(stream, state=state, lookback_seconds=0)
        assert output.code == 0
        assert source.held(stream, output) == newer(source, stream)
        assert output.bookmark(stream) == max(source.rows(stream).values())
        statuses = [request["status"] for request in source.stand_in.requests]
        assert statuses.count(422) == (0 if taken else 1)
        asked = [query for query in source.asked(source.path(stream)) if "updatedAt" in query]
        assert {query["updatedAt"][0] for query in asked} == {f"gte:{MIDDLE}"}
        assert len(asked) == (len(source.stand_in.requests) if taken else 1)


def ignore_cursor(pairs: Pairs) -> Pairs:
    return [pair for pair in pairs if pair[0] != "cursor"]


@pytest.mark.parametrize("count", [30, 50, 51, 130])
@pytest.mark.parametrize("bookmark", [None, MIDDLE])
def test_a_server_that_ignores_the_cursor(count: int, bookmark: str | None) -> None:
    with commerce7(rows={"customers": count}) as source:
        source.rewrite("/customer", ignore_cursor)
        state = bookmarked("customers", bookmark, "updatedAt") if bookmark else None
        output = source.run("customers", state=state, lookback_seconds=0)
        assert output.code == 0
        wanted = newer(source) if bookmark else source.rows("customers")
        assert source.held("customers", output) == wanted
        assert len(output.ids("customers")) == len(wanted)
        assert output.bookmark("customers") == max(source.rows("customers").values())


def test_pages_full_of_old_rows_do_not_end_a_numbered_list() -> None:
    with commerce7(rows={"customers": 390}) as source:
        source.rewrite("/customer", ignore_cursor)
        newest = sorted(source.rows("customers").values())[-2]
        state = bookmarked("customers", newest, "updatedAt")
        output = source.run("customers", state=state, lookback_seconds=0)
        assert output.code == 0
        assert len(output.ids("customers")) == 2


def test_a_cursor_that_is_ignored_in_the_middle() -> None:
    asked = []

    def forget_the_third(pairs: Pairs) -> Pairs:
        asked.append(pairs)
        return ignore_cursor(pairs) if len(asked) >= 3 else pairs

    with commerce7(rows={"customers": 390}) as source:
        source.rewrite("/customer", forget_the_third)
        output = source.run("customers")
        assert output.code == 0
        assert source.held("customers", output) == source.rows("customers")


def refuse(source: Source, match: str, path: str = "/customers") -> None:
    """Let commercetools refuse requests whose query matches."""
    body = {
        "statusCode": 400,
        "message": "Malformed parameter: where",
        "errors": [{"code": "InvalidInput", "message": "Malformed parameter: where"}],
    }
    source.stand_in.faults.add(f"{path}.*{match}", "status", status=400, body=body, times=-1)


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("match", ["sort=lastModifiedAt", "where=.*lastModifiedAt"])
def test_commercetools_without_time_goes_by_id(match: str, concurrency: int) -> None:
    with commercetools(rows={"customers": 130}) as source:
        refuse(source, match)
        output = source.run(
            "customers",
            state=bookmarked("customers", MIDDLE),
            lookback_seconds=0,
            concurrency=concurrency,
        )
        assert output.code == 0, output.log[-1500:]
        assert source.held("customers", output) == newer(source)
        assert output.bookmark("customers") == max(source.rows("customers").values())
        assert any(where(query).startswith("id > ") for query in source.asked("/customers"))


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_start_date_that_cannot_be_filtered_on(concurrency: int) -> None:
    with commercetools(rows={"customers": 130}) as source:
        refuse(source, "where=.*lastModifiedAt")
        output = source.run("customers", start_date=MIDDLE, concurrency=concurrency)
        assert output.code == 0, output.log[-1500:]
        assert source.held("customers", output) == newer(source)


@pytest.mark.parametrize("count", [2, 4, 6])
def test_a_fallback_that_is_interrupted(count: int) -> None:
    with commercetools(rows={"customers": 130}) as source:
        refuse(source, "where=.*lastModifiedAt")
        source.fail_after(count, "/customers")
        state = bookmarked("customers", LONG_AGO)
        broken = source.run("customers", state=state)
        assert broken.code == 1
        source.heal()
        refuse(source, "where=.*lastModifiedAt")
        rest = source.run("customers", state=broken.state)
        assert rest.code == 0, rest.log[-1500:]
        assert source.held("customers", broken, rest) == source.rows("customers")


def test_a_position_that_the_api_no_longer_takes_begins_the_scan_anew() -> None:
    with commerce7(rows={"customers": 190}) as source:
        source.fail_after(2, "/customer")
        broken = source.run("customers")
        source.heal()
        cursor = scan_of(broken.state, "customers")["ranges"][0]["after"][0]
        source.stand_in.faults.add(f"cursor={cursor}", "status", status=422)
        rest = source.run("customers", state=broken.state)
        assert rest.code == 0
        assert source.held("customers", rest) == source.rows("customers")


def test_an_answer_that_comes_after_beginning_anew_is_forgotten() -> None:
    """Its cursor, among those that were followed, would look like a circle."""
    with commerce7(rows={"customers": 400}, latency=0.06) as source:
        # On the first page of the second range: reading begins anew with one cursor.
        source.stand_in.put("customers", {"id": "98"})
        # The second page of the first range comes a little later than that.
        source.stand_in.faults.add(r"/customer\?.*cursor=[34].*limit=50", "slow", seconds=0.06)
        output = source.run("customers", concurrency=2)
        assert output.code == 0
        assert set(output.ids("customers")) == set(source.rows("customers"))


def with_total(source: Source) -> None:
    """Let answers to a cursor carry a total as well."""
    total = len(source.rows("customers"))
    source.stand_in._api = Changed(
        source.stand_in._api,
        lambda _target, body: {**body, "total": total} if "customers" in body else body,
    )


@pytest.mark.parametrize("count", [30, 50, 51, 100, 130, 390])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_cursor_answers_that_carry_a_total(count: int, concurrency: int) -> None:
    with commerce7(rows={"customers": count}, gzip=False) as source:
        with_total(source)
        output = source.run("customers", concurrency=concurrency)
        assert output.code == 0
        assert sorted(output.ids("customers")) == sorted(source.rows("customers"))


def test_a_total_in_the_last_cursor_answer_alone() -> None:
    with commerce7(rows={"customers": 130}, gzip=False) as source:
        source.stand_in._api = Changed(
            source.stand_in._api,
            lambda _target, body: body if body.get("cursor") else {**body, "total": 130},
        )
        output = source.run("customers")
        assert output.code == 0
        assert sorted(output.ids("customers")) == sorted(source.rows("customers"))


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("bookmark", [None, LONG_AGO])
@pytest.mark.parametrize("filters", ["refused", "accepted"])
def test_one_refusal_of_a_later_page_decides_nothing(
    status: int, bookmark: str | None, filters: str
) -> None:
    with commerce7(rows={"customers": 230}, undocumented_filters=filters) as source:
        pages = r"/customer\?.*cursor=(?!start)"
        source.stand_in.faults.add(pages, "status", status=status, after=1)
        state = bookmarked("customers", bookmark, "updatedAt") if bookmark else None
        output = source.run("customers", state=state)
        assert output.code == 0
        assert sorted(output.ids("customers")) == sorted(source.rows("customers"))
        assert all(
            query["limit"] == ["1"] for query in source.asked("/customer") if "page" in query
        )
        dropped = [query for query in source.asked("/customer") if "updatedAt" not in query]
        assert bool(dropped) == (bookmark is None or filters == "refused")


def test_pages_that_are_always_refused_are_asked_for_by_number() -> None:
    with commerce7(rows={"customers": 230}) as source:
        source.stand_in.faults.add("cursor=(?!start)", "status", status=422, after=1, times=-1)
        output = source.run("customers")
        assert output.code == 0
        assert set(output.ids("customers")) == set(source.rows("customers"))
        asked = [query for query in source.asked("/customer") if "cursor" in query]
        assert [query["cursor"] for query in asked].count(["start"]) == 2


@pytest.mark.parametrize("stream", ["customers", "carts"])
def test_a_filter_that_is_refused_with_400(stream: str) -> None:
    with commerce7(rows={stream: 130}) as source:
        source.stand_in.faults.add("updatedAt=", "status", status=400, times=-1)
        state = bookmarked(stream, MIDDLE, "updatedAt")
        output = source.run(stream, state=state, lookback_seconds=0)
        assert output.code == 0, output.log[-1000:]
        assert source.held(stream, output) == newer(source, stream)


@pytest.mark.parametrize("bookmark", [None, LONG_AGO])
@pytest.mark.parametrize("count", [30, 50, 51, 100, 120])
def test_a_server_that_ignores_the_cursor_and_tells_no_total(
    count: int, bookmark: str | None
) -> None:
    with commerce7(rows={"customers": count}, gzip=False) as source:
        source.rewrite("/customer", ignore_cursor)
        source.stand_in._api = Changed(
            source.stand_in._api,
            lambda _target, body: {name: body[name] for name in body if name != "total"},
        )
        state = bookmarked("customers", bookmark, "updatedAt") if bookmark else None
        output = source.run("customers", state=state)
        assert output.code == 0
        assert sorted(output.ids("customers")) == sorted(source.rows("customers"))


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("bookmark", [None, LONG_AGO])
def test_a_full_page_that_lacks_its_cursor_in_passing(after: int, bookmark: str | None) -> None:
    seen = []

    def without_cursor(target: str, body: Any) -> Any:
        seen.extend(["x"] if "cursor=" in target and "limit=50" in target else [])
        return {n: body[n] for n in body if n != "cursor"} if len(seen) == after + 1 else body

    with commerce7(rows={"customers": 230}, gzip=False, undocumented_filters="seen") as source:
        source.stand_in._api = Changed(source.stand_in._api, without_cursor)
        state = bookmarked("customers", bookmark, "updatedAt") if bookmark else None
        output = source.run("customers", state=state)
        assert output.code == 0
        assert sorted(output.ids("customers")) == sorted(source.rows("customers"))
