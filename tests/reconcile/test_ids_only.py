"""Ids and timestamps of commercetools come through GraphQL, or as whole records where it fails."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import JSONResponse

from sandbox.commercetools.auth import Client
from tap_commercetools.graphql import FIELDS
from tap_engine.http import retry
from tests.reading.tools import commercetools
from tests.reconcile.tools import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tests.reading.tools import Source

COUNT = 1300
GRAPHQL = "/demo/graphql"


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.002)
    monkeypatch.setattr(retry, "LONGEST_WAIT", 0.02)


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was logged."""
    caplog.set_level(logging.INFO)
    return lambda: [record.getMessage() for record in caplog.records]


class Listening:
    """Keeps what is sent to GraphQL."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.bodies: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        heard = bytearray()

        async def listen() -> Message:
            message = await receive()
            heard.extend(message.get("body", b""))
            return message

        await self._app(scope, listen, send)
        if scope["path"] == GRAPHQL:
            self.bodies.append(json.loads(heard))


class Limited:
    """Refuses queries with more than some pages, as too complex."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most
        self.refused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != GRAPHQL:
            await self._app(scope, receive, send)
            return
        heard = await receive()
        if heard["body"].count(b"results") > self._most:
            self.refused += 1
            body = graphql_error("QueryComplexityLimitExceeded")
            await JSONResponse(body, 400)(scope, receive, send)
            return

        async def again() -> Message:
            return heard

        await self._app(scope, again, send)


def keyed(source: Source, stream: str = "customers") -> dict[tuple[str, ...], str]:
    return {(name,): at for name, at in source.rows(stream).items()}


def requests(source: Source) -> list[tuple[str, str]]:
    """Method and path of all requests but those for tokens and counts."""
    return [
        (each["method"], each["path"])
        for each in source.stand_in.requests
        if "oauth" not in each["path"] and "withTotal=true" not in each["query"]
    ]


def graphql_error(code: str, data: Any = None) -> dict[str, Any]:
    return {"data": data, "errors": [{"message": "It failed.", "extensions": {"code": code}}]}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_all_ids_in_pages_of_500(concurrency: int) -> None:
    with commercetools(rows={"customers": COUNT}) as source:
        source.stand_in._api = listening = Listening(source.stand_in._api)
        with read(source, "customers", concurrency=concurrency, page_size=20) as rows:
            assert dict(rows) == keyed(source)
            assert len(rows) == COUNT
    assert set(requests(source)) == {("POST", GRAPHQL)}
    assert len(listening.bodies) == (2 if concurrency == 1 else 5)
    for body in listening.bodies:
        assert body["variables"]["limit"] == 500
        assert body["variables"]["sort"] == ["id asc"]
        assert "total" not in body["query"]
        assert "offset" not in body["query"]
        assert body["query"].count("page") <= 8
    assert "where0" not in listening.bodies[0]["variables"]


def test_the_same_as_whole_records_for_every_stream() -> None:
    with commercetools(size=0.3, small=False) as source:
        for stream in FIELDS:
            source.forget_requests()
            with read(source, stream) as ids:
                assert set(requests(source)) == {("POST", GRAPHQL)}, stream
            source.forget_requests()
            with read(source, stream, use_graphql=False) as whole:
                assert ("POST", GRAPHQL) not in requests(source)
            assert sorted(ids) == sorted(whole)
            assert ids


def test_a_stream_that_is_a_part_of_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FIELDS, "deletions", "messages")
    with commercetools(size=0.3, small=False) as source:
        for customer in list(source.rows("customers"))[:3]:
            source.stand_in.delete("customers", customer)
        with read(source, "deletions", use_graphql=False) as whole:
            source.forget_requests()
        with read(source, "deletions") as ids:
            assert set(requests(source)) == {("POST", GRAPHQL)}
        assert 3 <= len(whole) < len(source.rows("messages"))
        assert sorted(ids) == sorted(whole)


def test_no_more_than_a_start_date_and_a_filter_let_through() -> None:
    with commercetools(rows={"customers": COUNT}) as source:
        times = sorted(source.rows("customers").values())
        settings = {
            "start_date": times[600],
            "stream_filters": {"customers": 'id > "80000000-0000-4000-8000-000000000000"'},
        }
        with read(source, "customers", **settings) as rows:
            assert dict(rows) == {
                key: at for key, at in keyed(source).items() if key[0] > "8" and at >= times[600]
            }
        assert set(requests(source)) == {("POST", GRAPHQL)}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_smaller_pages_where_a_query_is_too_complex(concurrency: int) -> None:
    with commercetools(rows={"customers": COUNT}) as source:
        source.stand_in.faults.add(
            GRAPHQL,
            "query_timed_out_above",
            times=-1,
            n=200,
            code="QueryComplexityLimitExceeded",
        )
        with read(source, "customers", concurrency=concurrency) as rows:
            assert dict(rows) == keyed(source)
        assert set(requests(source)) == {("POST", GRAPHQL)}


@pytest.mark.parametrize("most", [1, 3])
def test_fewer_pages_at_once_where_a_query_is_too_complex(
    most: int, said: Callable[[], list[str]]
) -> None:
    with commercetools(rows={"customers": 3000}) as source:
        source.stand_in._api = limited = Limited(source.stand_in._api, most)
        with read(source, "customers", concurrency=1) as rows:
            assert dict(rows) == keyed(source)
        assert set(requests(source)) == {("POST", GRAPHQL)}
    assert limited.refused > 0
    assert any("pages at once are too many" in line for line in said())
    assert not any("reading whole records" in line for line in said())


def test_too_complex_with_an_error_status() -> None:
    with commercetools(rows={"customers": COUNT}) as source:
        body = graphql_error("QueryComplexityLimitExceeded")
        source.stand_in.faults.add(GRAPHQL, "status", status=400, body=body)
        with read(source, "customers") as rows:
            assert dict(rows) == keyed(source)
        assert set(requests(source)) == {("POST", GRAPHQL)}


@pytest.mark.parametrize("code", ["General", "OverCapacity"])
def test_an_error_beside_rows_is_no_answer(code: str) -> None:
    with commercetools(rows={"customers": COUNT}) as source:
        partial = {"page0": {"count": 1, "results": [{"id": "x", "lastModifiedAt": "y"}]}}
        source.stand_in.faults.add(
            GRAPHQL, "status", status=200, body=graphql_error(code, partial), after=1
        )
        with read(source, "customers") as rows:
            assert dict(rows) == keyed(source)
        assert set(requests(source)) == {("POST", GRAPHQL)}


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"page0": None},
        {"page1": {"count": 0, "results": []}},
        {"page0": {"count": 2, "results": []}},
    ],
)
def test_what_is_no_answer_is_asked_for_again(data: Any) -> None:
    with commercetools(rows={"customers": 30}) as source:
        source.stand_in.faults.add(GRAPHQL, "status", status=200, body={"data": data})
        with read(source, "customers") as rows:
            assert dict(rows) == keyed(source)
        assert requests(source) == [("POST", GRAPHQL)] * 2


def test_an_answer_that_lacks_a_page_is_no_answer() -> None:
    with commercetools(rows={"customers": COUNT}) as source:
        some = sorted(source.rows("customers").items())[500:600]
        rows = [{"id": row_id, "lastModifiedAt": at} for row_id, at in some]
        body = {"data": {"page0": {"count": 100, "results": rows}}}
        source.stand_in.faults.add(GRAPHQL, "status", status=200, body=body, after=1)
        with read(source, "customers", concurrency=1) as found:
            assert dict(found) == keyed(source)
        assert requests(source) == [("POST", GRAPHQL)] * 3


@pytest.mark.parametrize("place", ["first", "last", "one", "middle"])
def test_ids_that_are_not_spread_evenly(place: str) -> None:
    """Where a page of several is full, what lies between it and the next is not skipped."""
    with commercetools(rows={"customers": COUNT}) as source:
        for number in range(2100):
            begin = {"first": 1, "last": 0xFFFFFF00, "one": 0x60000000, "middle": 0x5FFFFF00}[place]
            prefix = begin + (0 if place == "one" else number // 10)
            row_id = f"{prefix:08x}-0000-4000-8000-{number:012x}"
            source.stand_in.put("customers", {"id": row_id})
        for concurrency in (1, 3):
            with read(source, "customers", concurrency=concurrency) as rows:
                assert dict(rows) == keyed(source)
                assert len(rows) == COUNT + 2100


def test_an_empty_answer_is_looked_at_twice() -> None:
    with commercetools(rows={"customers": COUNT}) as source:
        source.stand_in.faults.add(GRAPHQL, "empty_page")
        source.stand_in.faults.add(GRAPHQL, "empty_page", after=3)
        with read(source, "customers", concurrency=1) as rows:
            assert dict(rows) == keyed(source)


def test_a_token_that_ends_is_replaced() -> None:
    with commercetools(rows={"customers": COUNT}) as source:
        source.stand_in.faults.add(GRAPHQL, "revoke_token", after=1)
        with read(source, "customers") as rows:
            assert dict(rows) == keyed(source)
        assert set(requests(source)) == {("POST", GRAPHQL)}


def test_rows_in_another_order_are_not_believed(said: Callable[[], list[str]]) -> None:
    with commercetools(rows={"customers": COUNT}) as source:
        source.stand_in.faults.add(GRAPHQL, "ignore_sort", times=-1)
        with read(source, "customers") as rows:
            assert dict(rows) == keyed(source)
        assert requests(source)[-1] == ("GET", "/demo/customers")
    assert any("did not sort as asked" in line for line in said())


@pytest.mark.parametrize(("status", "after"), [(403, 0), (404, 0), (404, 2), (405, 0), (500, 0)])
def test_whole_records_where_graphql_is_refused_which_is_said_once(
    status: int, after: int, said: Callable[[], list[str]]
) -> None:
    with commercetools(rows={"customers": COUNT, "reviews": 40}) as source:
        source.stand_in.faults.add(GRAPHQL, "status", status=status, times=-1, after=after)
        settings = {"page_size": 500, "retry_max_seconds": 0}
        with read(source, "customers", "reviews", **settings) as rows:
            assert dict(rows) == {**keyed(source), **keyed(source, "reviews")}
    told = [line for line in said() if "reading whole records" in line]
    assert len(told) == 1
    assert told[0].startswith(f"customers: {GRAPHQL} answered {status}")
    # In flight when the first was refused; the second stream does not try.
    tried = requests(source).count(("POST", GRAPHQL))
    assert tried == 1 if after == 0 else tried <= 6


def test_whole_records_of_the_one_stream_that_graphql_refuses(
    said: Callable[[], list[str]],
) -> None:
    narrow = Client("demo-client", "demo-secret", ("view_customers", "view_zones"))
    with commercetools(rows={"customers": 40, "zones": 30}, clients=[narrow]) as source:
        body = graphql_error("InvalidField")
        source.stand_in.faults.add(GRAPHQL, "status", status=400, body=body)
        with read(source, "customers", "zones") as rows:
            assert dict(rows) == {**keyed(source), **keyed(source, "zones")}
    paths = [path for _, path in requests(source)]
    assert paths.count(GRAPHQL) == 2
    assert "/demo/customers" in paths
    assert "/demo/zones" not in paths
    assert any("answered 400 InvalidField (It failed.)" in line for line in said())


def test_streams_that_graphql_does_not_list(said: Callable[[], list[str]]) -> None:
    with commercetools(size=0.3, small=False) as source:
        streams = ("custom_objects", "variant_projections", "product_selection_products")
        with read(source, *streams) as rows:
            assert rows
        assert {method for method, _ in requests(source)} == {"GET"}
    assert len([line for line in said() if "no list of its ids" in line]) == len(streams)


def test_the_lists_of_stores_are_read_through_rest() -> None:
    with commercetools(size=0.3, rows={"stores": 3}, small=False) as source:
        with read(source, "orders", store_keys=["store-0"]) as rows:
            assert {key[0] for key, _ in rows} == {"store-0"}
        assert {method for method, _ in requests(source)} == {"GET"}
