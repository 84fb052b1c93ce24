"""Proves 6 and issue 3's mutation for lists that have nothing but numbered pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commerce7.paging import by_chance
from sandbox.standin import Hook
from tests.reading.tools import HIGHEST_ID, Changed, Pairs, Source, commerce7, commercetools

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tests.support import Output


def assert_all_there(source: Source, output: Output) -> None:
    assert output.code == 0, output.log[-2000:]
    ids = output.ids("taxes")
    assert set(source.rows("taxes")) <= set(ids)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_list_that_shrinks_between_pages_is_read_again(after: int) -> None:
    with commerce7(rows={"taxes": 190}) as source:
        source.stand_in.faults.add("/tax", "shrink_list", after=after, rows=3)
        assert_all_there(source, source.run("taxes"))
        assert len(source.rows("taxes")) == 187


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_list_that_grows_between_pages_is_read_again(after: int) -> None:
    with commerce7(rows={"taxes": 190}) as source:
        for number in range(30):
            row_id = f"{number:08x}-0000-4000-a000-000000000000"
            source.stand_in.hooks.append(Hook(after, "taxes", "upsert", {"id": row_id}))
        assert_all_there(source, source.run("taxes"))
        assert len(source.rows("taxes")) == 220


def test_an_order_that_differs_from_page_to_page_is_an_error() -> None:
    with commerce7(rows={"taxes": 490}, unstable_pages=True) as source:
        output = source.run("taxes")
        assert (output.code == 1) == (set(output.ids("taxes")) != set(source.rows("taxes")))
        assert output.code == 1
        assert "keeps moving" in output.log
        assert output.of_type("ACTIVATE_VERSION") == []


@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_empty_page_in_passing(after: int) -> None:
    with commerce7(rows={"taxes": 190}) as source:
        source.stand_in.faults.add("/tax", "empty_page", after=after)
        assert_all_there(source, source.run("taxes"))


def test_an_empty_list_in_passing_does_not_empty_the_table() -> None:
    with commerce7(rows={"taxes": 190}) as source:
        nothing: dict[str, Any] = {"taxes": [], "total": 0}
        source.stand_in.faults.add("/tax", "status", status=200, body=nothing)
        assert_all_there(source, source.run("taxes"))


@pytest.mark.parametrize("pages", ["2", "1", "[23]"])
def test_pages_that_stay_empty_are_an_error(pages: str) -> None:
    with commerce7(rows={"taxes": 190}) as source:
        source.stand_in.faults.add(f"/tax.*page={pages}\\b", "empty_page", times=-1)
        output = source.run("taxes")
        assert output.code == 1
        assert output.of_type("ACTIVATE_VERSION") == []


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_engine.reading.counts.PAUSE_SECONDS", 0.0)


class Miscounting:
    """Lets a list claim ten rows more than it has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            body = message.get("body", b"").replace(b'"total":120', b'"total":130')
            await send({**message, "body": body} if body else message)

        await self._app(scope, receive, changed)


def test_a_count_that_is_too_high_in_two_readings_is_reported() -> None:
    with commerce7(rows={"taxes": 120}, gzip=False) as source:
        source.stand_in._api = Miscounting(source.stand_in._api)
        output = source.run("taxes", verify_counts="log")
        assert_all_there(source, output)
        assert "counts 130 records and lists 120" in output.log
        assert len(source.asked("/tax")) == 10


def test_lists_by_object_type_are_told_apart() -> None:
    with commerce7(rows={"tags": 60}, small=False) as source:
        output = source.run("tags")
        assert output.code == 0
        found = [(record["objectType"], record["id"]) for record in output.records("tags")]
        assert len(found) == len(set(found)) == 240
        # As the records spell it, not as the paths do.
        own = {"Customer", "ClubMembership", "Order", "Reservation"}
        assert {object_type for object_type, _ in found} == own


@pytest.mark.usefixtures("state_per_page")
def test_lists_that_were_complete_are_not_read_again() -> None:
    with commerce7(rows={"tags": 60}, small=False) as source:
        source.fail_after(9, "/tag/")
        broken = source.run("tags")
        assert broken.code == 1
        source.heal()
        source.forget_requests()
        rest = source.run("tags", state=broken.state)
        assert rest.code == 0
        assert len(source.stand_in.requests) == 8
        found = {
            (record["objectType"], record["id"])
            for record in (*broken.records("tags"), *rest.records("tags"))
        }
        assert len(found) == 240


def in_page_order(source: Source, stream: str) -> list[str]:
    """Ids in the order of numbered pages."""
    return [row_id for _, row_id in source.stand_in.collections[stream].index(by_chance)]


def first_on_the_page(source: Source, stream: str) -> str:
    """The row that comes first in the order of numbered pages."""
    return in_page_order(source, stream)[0]


def swap(source: Source, stream: str, new: str, page: int = 1) -> None:
    """Delete a row of the first page, and create another: the total stays the same."""
    gone, match = first_on_the_page(source, stream), rf"\?.*\bpage={page}\b"
    source.stand_in.hooks += [
        Hook(1, stream, "delete", {"id": gone}, match=match),
        Hook(1, stream, "upsert", {"id": new}, match=match),
    ]


@pytest.mark.parametrize("page", [1, 2])
def test_a_row_that_went_while_another_came(page: int) -> None:
    with commerce7(rows={"taxes": 120}) as source:
        swap(source, "taxes", HIGHEST_ID, page)
        output = source.run("taxes")
        assert output.code == 0, output.log[-1500:]
        assert output.of_type("ACTIVATE_VERSION")
        assert set(source.rows("taxes")) <= set(output.ids("taxes"))


def test_a_list_that_never_stands_still_is_not_activated() -> None:
    with commerce7(rows={"taxes": 120}) as source:
        ids = in_page_order(source, "taxes")
        for number in range(12):
            new = f"{number:08x}-0000-4000-a000-000000000000"
            source.stand_in.hooks += [
                Hook(3 * number + 1, "taxes", "delete", {"id": ids[number]}),
                Hook(3 * number + 1, "taxes", "upsert", {"id": new}),
            ]
        output = source.run("taxes")
        assert output.code == 1
        assert "the list keeps moving" in output.log
        assert output.of_type("ACTIVATE_VERSION") == []


def test_a_row_that_went_while_another_came_in_a_list_that_is_bookmarked() -> None:
    with commerce7(rows={"customers": 120}) as source:
        source.rewrite("/customer", lambda pairs: [pair for pair in pairs if pair[0] != "cursor"])
        swap(source, "customers", HIGHEST_ID)
        output = source.run("customers")
        assert output.code == 0, output.log[-1500:]
        assert output.bookmark("customers")
        assert set(source.rows("customers")) <= set(output.ids("customers"))


def test_a_row_that_went_while_another_came_in_a_list_by_offset() -> None:
    with commercetools(rows={"mcp_servers": 60}, small=False) as source:
        gone = min(source.rows("mcp_servers"))
        source.stand_in.hooks += [
            Hook(1, "mcp_servers", "delete", {"id": gone}),
            Hook(1, "mcp_servers", "upsert", {"id": HIGHEST_ID}),
        ]
        output = source.run("mcp_servers", emit_activate_version_messages=True)
        assert output.code == 0, output.log[-1500:]
        assert output.of_type("ACTIVATE_VERSION")
        assert set(source.rows("mcp_servers")) <= set(output.ids("mcp_servers"))


def test_a_single_page_is_read_once() -> None:
    with commerce7(rows={"taxes": 49}) as source:
        assert_all_there(source, source.run("taxes"))
        assert len(source.asked("/tax")) == 1


def counting(total: int) -> Callable[[str, Any], Any]:
    """Claim some total in all answers that have one."""
    return lambda _target, body: {**body, "total": total} if "total" in body else body


@pytest.mark.parametrize("total", [0, 7, 50, 119])
@pytest.mark.parametrize("count", [30, 50, 100, 120])
def test_a_total_below_the_rows_does_not_end_the_list(count: int, total: int) -> None:
    with commerce7(rows={"taxes": count}, gzip=False) as source:
        source.stand_in._api = Changed(source.stand_in._api, counting(total))
        output = source.run("taxes")
        if total <= count:
            assert_all_there(source, output)
            assert f"{count} records read, the API counts {total}" in output.log
        else:
            assert output.code == 1


@pytest.mark.parametrize("total", [0, 20, 59])
def test_a_total_below_the_rows_does_not_end_a_list_by_offset(total: int) -> None:
    with commercetools(rows={"mcp_servers": 60}, small=False, gzip=False) as source:
        source.stand_in._api = Changed(source.stand_in._api, counting(total))
        output = source.run("mcp_servers")
        assert output.code == 0, output.log[-1500:]
        assert set(output.ids("mcp_servers")) == set(source.rows("mcp_servers"))


@pytest.mark.parametrize("total", [0, 50])
def test_a_total_below_the_rows_does_not_end_a_list_without_cursor(total: int) -> None:
    with commerce7(rows={"customers": 120}, gzip=False) as source:
        source.rewrite("/customer", lambda pairs: [pair for pair in pairs if pair[0] != "cursor"])
        source.stand_in._api = Changed(source.stand_in._api, counting(total))
        output = source.run("customers")
        assert output.code == 0, output.log[-1500:]
        assert set(output.ids("customers")) == set(source.rows("customers"))


# Lists by object type.

NOT_FOUND = {"statusCode": 404, "type": "notFound", "message": "Not found", "errors": []}
TYPED = {"tags": "/tag", "meta_data_configs": "/meta-data-config"}


def types_of(source: Source, stream: str) -> list[str]:
    (kind,) = (each for each in source.tap.stream_types if each.name == stream)
    return list(kind.object_types)  # type: ignore[attr-defined]


@pytest.mark.parametrize("stream", TYPED)
def test_a_type_that_the_api_lacks_is_an_empty_list(stream: str) -> None:
    with commerce7(rows={stream: 3}, small=False) as source:
        lacking = types_of(source, stream)[1]
        path = f"{TYPED[stream]}/{lacking}"
        source.stand_in.faults.add(path, "status", status=404, body=NOT_FOUND, times=-1)
        output = source.run(stream)
        assert output.code == 0, output.log[-1500:]
        assert output.of_type("ACTIVATE_VERSION")
        assert len(output.records(stream)) == 3 * (len(types_of(source, stream)) - 1)


@pytest.mark.usefixtures("state_per_page")
@pytest.mark.parametrize("stream", TYPED)
def test_an_api_that_lacks_all_types_lacks_the_endpoint(stream: str) -> None:
    with commerce7(rows={stream: 3}, small=False) as source:
        source.stand_in.faults.add(TYPED[stream], "status", status=404, body=NOT_FOUND, times=-1)
        output = source.run(stream)
        for _ in range(2):
            assert output.code == 1
            assert output.of_type("ACTIVATE_VERSION") == []
            output = source.run(stream, state=output.state)


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("stream", TYPED)
def test_a_type_that_somebody_else_refuses_is_an_error(stream: str, status: int) -> None:
    with commerce7(rows={stream: 3}, small=False) as source:
        lacking = types_of(source, stream)[1]
        path = f"{TYPED[stream]}/{lacking}"
        source.stand_in.faults.add(path, "status", status=status, body="<html></html>", times=-1)
        output = source.run(stream)
        assert output.code == 1
        assert output.of_type("ACTIVATE_VERSION") == []


@pytest.mark.parametrize("stated", [True, False], ids=["total", "no-total"])
@pytest.mark.parametrize("past_the_end", ["first", "last"])
@pytest.mark.parametrize("count", [30, 50, 100, 120])
def test_a_server_that_has_a_page_of_every_number(
    count: int, past_the_end: str, *, stated: bool
) -> None:
    """It knows no page numbers, or takes one that is too high for the last."""

    def known(pairs: Pairs) -> Pairs:
        last = 1 if past_the_end == "first" else -(-count // 50)
        return [(n, str(min(int(v), last)) if n == "page" else v) for n, v in pairs]

    def changed(target: str, body: Any) -> Any:
        if "/tax" in target and not stated:
            del body["total"]
        return body

    with commerce7(rows={"taxes": count}, gzip=False) as source:
        source.rewrite("/tax", known)
        source.stand_in._api = Changed(source.stand_in._api, changed)
        output = source.run("taxes")
        assert len(source.asked("/tax")) <= 20
        assert len(output.ids("taxes")) == len(set(output.ids("taxes")))
        if past_the_end == "last" and count > 50:
            complete = True
        else:  # there is only the first page; whether it is all shows its length or the total
            complete = count < 50 or (stated and count == 50)
        if complete:
            assert_all_there(source, output)
        else:
            assert output.code == 1
            assert output.of_type("ACTIVATE_VERSION") == []
