"""The HTTP side of the Commerce7 stand-in: from a request to a page of rendered rows.

Faults of `sandbox.faults` that are acted on here:

* `repeat_cursor`: the answer names the cursor it was asked with as the next one.
* `shrink_list`: the first `rows` (1) rows in the order of page mode are deleted before the answer.
* `ignore_sort`: the rows of the page come in reverse.
* `empty_page`: the page has no rows; `cursor` or `total` are as they would have been.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sandbox.commerce7 import access, routes
from sandbox.commerce7.errors import ApiError, not_found
from sandbox.commerce7.limits import Allowance
from sandbox.commerce7.paging import cursor_page, numbered_page
from sandbox.commerce7.query import is_cursor_list, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from sandbox.commerce7.options import Options
    from sandbox.commerce7.query import Query
    from sandbox.commerce7.resources import Resource
    from sandbox.commerce7.tables import Table
    from sandbox.faults import FaultRule
    from sandbox.store import Row

JSON_TYPE = "application/json; charset=utf-8"


class Api:
    """ASGI application that serves tables the way the API does.

    Args:
        tables: By collection name.
        options: Credentials, limits and answers to open questions.
        delete: Deletes a record for good, for the fault `shrink_list`.
    """

    def __init__(
        self, tables: dict[str, Table], options: Options, delete: Callable[[str, str], object]
    ) -> None:
        self._tables = tables
        self._options = options
        self._delete = delete
        self._allowance = Allowance(options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope)
        try:
            response = Response(self._answer(request), media_type=JSON_TYPE)
        except ApiError as error:
            body = error.body(status_text=self._options.status_code_text)
            response = Response(
                msgspec.json.encode(body), error.status, error.headers, media_type=JSON_TYPE
            )
        await response(scope, receive, send)

    def _answer(self, request: Request) -> bytes:
        options = self._options
        access.authenticate(request.headers, options)
        resource, argument, record_id = routes.find(
            request.scope["path"], unverified=options.unverified
        )
        if request.method != "GET":
            raise not_found()
        access.authorize(resource, options)
        given = dict(request.query_params)
        if record_id or not is_cursor_list(resource, given, options):
            page = given.get("page", "")
            self._allowance.spend(int(page) if page.isdecimal() else 1)
        table = self._tables[resource.collection or resource.name]
        if record_id:
            return _single(table, routes.identity(resource, argument, record_id))
        if resource.parent and self._tables[resource.parent].get(argument) is None:
            raise not_found()
        query = parse(resource, argument, request.query_params.multi_items(), options)
        fault: FaultRule | None = getattr(request.state, "fault", None)
        if fault and fault.kind == "shrink_list":
            self._shrink(table, int(fault.options.get("rows", 1)))
        with table.lock:
            return self._list(resource, table, query, fault.kind if fault else "")

    def _list(self, resource: Resource, table: Table, query: Query, kind: str) -> bytes:
        end: dict[str, Any]
        if query.cursor is None:
            rows, total = numbered_page(table, query, unstable=self._options.unstable_pages)
            end = {"total": total}
        else:
            rows, cursor = cursor_page(table, query)
            end = self._cursor_end(query.cursor if kind == "repeat_cursor" else cursor)
        if kind == "ignore_sort":
            rows = rows[::-1]
        elif kind == "empty_page":
            rows = []
        key = self._options.trash_key if resource.name == "trash" else resource.key
        return _envelope(key, rows, end)

    def _cursor_end(self, cursor: str | None) -> dict[str, Any]:
        if cursor is None and self._options.end_cursor == "absent":
            return {}
        return {"cursor": cursor or {"null": None, "empty": ""}[self._options.end_cursor]}

    def _shrink(self, table: Table, count: int) -> None:
        """Delete the first rows in page order: those behind move up, across page edges too."""
        for _, row_id in list(table.by_chance.islice(0, count)):
            self._delete(table.name, row_id)


def _single(table: Table, row_id: str) -> bytes:
    row = table.get(row_id)
    if row is None:
        raise not_found()
    return row.body


def _envelope(key: str, rows: list[Row], end: dict[str, Any]) -> bytes:
    members = msgspec.json.encode(end)[1:] if end else b"}"
    comma = b"," if end else b""
    joined = b",".join([row.body for row in rows])
    return b'{"%b":[%b]%b%b' % (key.encode(), joined, comma, members)
