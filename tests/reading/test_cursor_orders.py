"""Four requests in flight lose and break nothing that one would not, whatever a cursor means."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import JSONResponse

from sandbox.commerce7.errors import ApiError, invalid
from tap_commerce7.endpoint import ROWS_PER_PAGE
from tap_engine import ids
from tests.reading.test_mutation import hook
from tests.reading.tools import Source, commerce7

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from sandbox.commerce7.query import Query
    from sandbox.store import Collection, Row
    from tests.support import Output

    Answer = tuple[list[Row], str | None]
    Cursors = Callable[[Collection, Query], Answer]

ROWS = 600


def rows_of(table: Collection) -> list[Row]:
    """All rows, by id."""
    return [table.by_id[row_id] for row_id in sorted(table.by_id)]


def page_of(rows: list[Row], begin: int, limit: int) -> Answer:
    """Return a page with the id of the first row of the next one."""
    following = begin + limit
    return rows[begin:following], rows[following].id if following < len(rows) else None


def place(rows: list[Row], cursor: str | None) -> int:
    """Return where the row with an id stands; refuse others."""
    if cursor == "start":
        return 0
    for number, row in enumerate(rows):
        if row.id == cursor:
            return number
    field = "cursor"
    raise invalid(field, "unknown")


def by_date(table: Collection, query: Query) -> Answer:
    """Sort by date; the cursor is a row that exists."""
    rows = sorted(rows_of(table), key=lambda row: (row.at, row.id))
    return page_of(rows, place(rows, query.cursor), query.limit)


def by_date_from_any_id(table: Collection, query: Query) -> Answer:
    """Sort by date; from a cursor of our own making on, what comes first and is not below it."""
    rows = sorted(rows_of(table), key=lambda row: (row.at, row.id))
    cursor = query.cursor or ""
    if cursor != "start" and cursor not in table.by_id:
        return page_of([row for row in rows if row.id >= cursor], 0, query.limit)
    return page_of(rows, place(rows, query.cursor), query.limit)


def refusing(error: Callable[[], Answer]) -> Cursors:
    """Sort by id; answer in some way to a cursor that is not the id of a row."""

    def answer(table: Collection, query: Query) -> Answer:
        if query.cursor != "start" and query.cursor not in table.by_id:
            return error()
        rows = rows_of(table)
        return page_of(rows, place(rows, query.cursor), query.limit)

    return answer


def fail(status: int) -> Answer:
    raise ApiError(status, "serverError", "no such cursor", errors=[])


def first_page(table: Collection, query: Query) -> Answer:
    """Sort by id; take a cursor that is not the id of a row for none."""
    known = query.cursor in table.by_id
    rows = rows_of(table)
    return page_of(rows, place(rows, query.cursor) if known else 0, query.limit)


def offsets(table: Collection, query: Query) -> Answer:
    """Sort by id; the cursor is a number in disguise."""
    begin = 0 if query.cursor == "start" else int((query.cursor or "").removeprefix("page-"))
    rows, following = page_of(rows_of(table), begin, query.limit)
    return rows, None if following is None else f"page-{begin + query.limit}"


def disguised(table: Collection, query: Query) -> Answer:
    """Sort by id; the cursor looks like an id and is none."""
    rows = rows_of(table)
    names = {str(uuid.uuid5(uuid.NAMESPACE_OID, row.id)): row.id for row in rows}
    cursor = query.cursor if query.cursor == "start" else names.get(query.cursor or "")
    found, following = page_of(rows, place(rows, cursor), query.limit)
    return found, following and str(uuid.uuid5(uuid.NAMESPACE_OID, following))


def behind_the_last(table: Collection, query: Query) -> Answer:
    """Sort by id; the cursor is the last row of the page before."""
    after = "" if query.cursor == "start" else query.cursor or ""
    rows = [row for row in rows_of(table) if row.id > after]
    found = rows[: query.limit]
    return found, found[-1].id if len(rows) > query.limit else None


def in_two_parts(first_of: int, *, by_id: bool = False) -> Cursors:
    """Sort by id, but show some rows first: two lists, one behind the other.

    Args:
        first_of: How many rows come first, every other of those with the lowest ids.
        by_id: A cursor of our own making leads to the next id, wherever that row stands; otherwise
            to the first row that is not below it.
    """

    def answer(table: Collection, query: Query) -> Answer:
        everything = rows_of(table)
        rows = [*everything[::2][:first_of], *everything[1::2], *everything[::2][first_of:]]
        cursor = query.cursor or ""
        if cursor == "start" or cursor in table.by_id:
            return page_of(rows, place(rows, cursor), query.limit)
        following = [row for row in (everything if by_id else rows) if row.id >= cursor]
        return page_of(rows, place(rows, following[0].id), query.limit) if following else ([], None)

    return answer


class Turning:
    """Sorts by id for some pages, then the other way round."""

    def __init__(self, pages: int) -> None:
        self._left = pages

    def __call__(self, table: Collection, query: Query) -> Answer:
        self._left -= 1
        if self._left >= 0:
            return first_not_below(table, query)
        end = "~" if query.cursor == "start" else query.cursor or ""
        rows = [row for row in reversed(rows_of(table)) if row.id <= end]
        return page_of(rows, 0, query.limit)


def first_not_below(table: Collection, query: Query) -> Answer:
    """Sort by id, from any id on: what the API seems to do."""
    begin = "" if query.cursor == "start" else query.cursor or ""
    return page_of([row for row in rows_of(table) if row.id >= begin], 0, query.limit)


@contextlib.contextmanager
def serving(cursors: Callable[[], Cursors], rows: int = ROWS) -> Iterator[Source]:
    """Serve customers with other cursors, as new for each run."""
    with commerce7(rows={"customers": rows}) as source, pytest.MonkeyPatch.context() as patch:
        run = source.run

        def fresh(*arguments: Any, **options: Any) -> Output:
            patch.setattr("sandbox.commerce7.api.cursor_page", cursors())
            return run(*arguments, **options)

        patch.setattr(source, "run", fresh)
        yield source


def compared(source: Source) -> tuple[Output, Output]:
    """Run with one and with four requests in flight, and compare what comes of it."""
    one, four = (source.run("customers", concurrency=number) for number in (1, 4))
    assert four.code <= one.code, four.log[-2000:]
    read = source.held("customers", one).items()
    assert read <= source.held("customers", four).items()
    return one, four


@pytest.mark.parametrize(
    "cursors",
    [
        pytest.param(first_not_below, id="as the API"),
        pytest.param(by_date, id="sorted by date"),
        pytest.param(by_date_from_any_id, id="sorted by date, any id is a cursor"),
        pytest.param(refusing(lambda: fail(422)), id="made-up cursors: 422"),
        pytest.param(refusing(lambda: fail(404)), id="made-up cursors: 404"),
        pytest.param(refusing(lambda: fail(500)), id="made-up cursors: 500"),
        pytest.param(refusing(lambda: ([], None)), id="made-up cursors: no rows"),
        pytest.param(first_page, id="made-up cursors: first page"),
        pytest.param(offsets, id="offsets"),
        pytest.param(disguised, id="the cursor only looks like an id"),
        pytest.param(behind_the_last, id="the cursor is the last row"),
        pytest.param(in_two_parts(40), id="two parts"),
        pytest.param(in_two_parts(100), id="two parts, divided between two pages"),
        pytest.param(in_two_parts(200), id="two parts, the first is long"),
        pytest.param(in_two_parts(200, by_id=True), id="two parts, cursors by id"),
        pytest.param(in_two_parts(300, by_id=True), id="two parts of one length, cursors by id"),
    ],
)
def test_everything_is_read_whatever_a_cursor_means(cursors: Cursors) -> None:
    with serving(lambda: cursors) as source:
        for output in compared(source):
            assert output.code == 0
            assert source.held("customers", output) == source.rows("customers")


@pytest.mark.parametrize("turn", range(1, 20))
def test_an_order_that_changes_while_it_is_read(turn: int) -> None:
    with serving(lambda: Turning(turn)) as source:
        output = source.run("customers", concurrency=4)
        assert output.code == 0
        assert source.held("customers", output) == source.rows("customers")


def circling(table: Collection, query: Query) -> Answer:
    """Sort by id, and lead back from the third page on."""
    rows, following = first_not_below(table, query)
    row_ids = sorted(table.by_id)
    back = following is not None and following > row_ids[2 * ROWS_PER_PAGE + 20]
    return rows, row_ids[ROWS_PER_PAGE + 10] if back else following


@pytest.mark.parametrize("concurrency", [1, 4])
def test_cursors_that_lead_in_a_circle_end_the_stream(concurrency: int) -> None:
    with serving(lambda: circling) as source:
        output = source.run("customers", concurrency=concurrency)
        assert output.code == 1
        assert "the API returned the same cursor twice" in output.log


def starts(source: Source) -> list[str]:
    """Return the ids where the ranges of customers begin."""
    row_ids = sorted(source.rows("customers"))
    boundaries = ids.boundaries(4, row_ids[ROWS_PER_PAGE])
    return [next(row_id for row_id in row_ids if row_id >= each) for each in boundaries]


FIRST_PAGES = 9
"""Requests up to the first page of each range: the first of all, four single rows, four pages."""


@pytest.mark.parametrize("after", [FIRST_PAGES - 4, FIRST_PAGES])
def test_the_row_where_a_range_begins_is_deleted(after: int) -> None:
    with commerce7(rows={"customers": ROWS}) as source:
        hook(source, after, "delete", starts(source)[1])
        output = source.run("customers", concurrency=4)
        assert output.code == 0
        assert source.rows("customers").items() <= source.held("customers", output).items()


def test_a_page_at_the_end_of_a_range_may_end_where_the_next_range_went_on() -> None:
    with commerce7(rows={"customers": ROWS}) as source:
        second = starts(source)[0]
        row_ids = sorted(source.rows("customers"))
        first = row_ids[ROWS_PER_PAGE : row_ids.index(second)]
        for row_id in first[1 : 1 + (len(first) - 1) % ROWS_PER_PAGE]:
            source.stand_in.delete("customers", row_id)
        # Its last page now has one row of its own and 49 of the next range, soon one of them less.
        assert starts(source)[0] == second
        hook(source, FIRST_PAGES, "delete", row_ids[row_ids.index(second) + 7])
        output = source.run("customers", concurrency=4)
        assert output.code == 0, output.log[-2000:]
        assert source.rows("customers").items() <= source.held("customers", output).items()
        assert "beginning anew" not in output.log


class OneAtATime:
    """Refuses a request while another is being answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._busy = app, False
        self.refused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._busy:
            self.refused += 1
            await JSONResponse({"statusCode": 429, "type": "tooManyRequests"}, 429)(
                scope, receive, send
            )
            return
        self._busy = True
        try:
            await asyncio.sleep(0.01)
            await self._app(scope, receive, send)
        finally:
            self._busy = False


def test_a_server_that_takes_one_request_at_a_time() -> None:
    with commerce7(rows={"customers": ROWS}) as source:
        source.stand_in._api = alone = OneAtATime(source.stand_in._api)
        output = source.run("customers", concurrency=4, retry_max_seconds=60)
        assert output.code == 0
        assert alone.refused
        assert source.held("customers", output) == source.rows("customers")


def test_a_list_is_divided_where_there_is_a_page_for_each_range() -> None:
    for rows, divided in ((ROWS_PER_PAGE + 20, False), (ROWS, True)):
        with commerce7(rows={"customers": rows}) as source:
            source.run("customers", concurrency=4)
            single = [each for each in source.asked("/customer") if each["limit"] == ["1"]]
            assert any("cursor" in query for query in single) == divided
