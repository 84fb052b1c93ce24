"""The HTTP side of the Commerce7 stand-in: from a request to a page of rows.

It acts on these faults of `sandbox.faults`:

* `repeat_cursor`: the answer names the cursor of the request as the next one.
* `shrink_list`: the first `rows` (1) rows in the order of page mode are deleted before the answer.
* `swap_rows`: the first row in that order is deleted and another one created before the answer.
* `ignore_sort`: the rows of the page are in reverse order.
* `empty_page`: the page has no rows; `cursor` or `total` are as they would have been.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sandbox.commerce7 import routes
from sandbox.commerce7.errors import (
    ApiError,
    forbidden,
    invalid,
    not_found,
    unauthenticated,
)
from sandbox.commerce7.limits import Allowance
from sandbox.commerce7.paging import (
    START,
    by_chance,
    cursor_page,
    cursor_page_by_time,
    numbered_page,
)
from sandbox.commerce7.query import is_cursor_list, parse
from sandbox.http import basic_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from sandbox.commerce7.options import Options
    from sandbox.commerce7.query import Query
    from sandbox.commerce7.resource import Resource
    from sandbox.faults import FaultRule
    from sandbox.store import Collection

JSON_TYPE = "application/json; charset=utf-8"


class Api:
    """ASGI application that serves collections the way the API does.

    Args:
        tables: The collections by name.
        options: Credentials, limits and answers to open questions.
        delete: Deletes a record for good, for the fault `shrink_list`.
    """

    def __init__(
        self,
        tables: dict[str, Collection],
        options: Options,
        delete: Callable[[str, str], object],
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
            if self._options.status_code_text:
                error.body["statusCode"] = str(error.status)
            body = msgspec.json.encode(error.body)
            response = Response(body, error.status, error.headers, media_type=JSON_TYPE)
        await response(scope, receive, send)

    def _answer(self, request: Request) -> bytes:
        self._authenticate(request)
        resource, argument, record_id = routes.find(
            request.scope["path"], unverified=self._options.unverified
        )
        if request.method != "GET":
            raise not_found()
        self._authorize(resource)
        given = dict(request.query_params)
        if record_id or not is_cursor_list(resource, given, self._options):
            page = given.get("page", "")
            self._allowance.spend(int(page) if page.isdecimal() else 1)
        table = self._tables[resource.collection or resource.name]
        if record_id:
            row = table.get(routes.identity(resource, argument, record_id))
            if row is None:
                raise not_found()
            return row.body
        if resource.parent and self._tables[resource.parent].get(argument) is None:
            raise not_found()
        query = parse(resource, argument, request.query_params.multi_items(), self._options)
        fault: FaultRule | None = getattr(request.state, "fault", None)
        if fault and fault.kind == "shrink_list":
            self._shrink(table, int(fault.options.get("rows", 1)))
        if fault and fault.kind == "swap_rows":
            self._swap(table)
        with table.lock:
            return self._list(resource, table, query, fault.kind if fault else "")

    def _authenticate(self, request: Request) -> None:
        options = self._options
        known = ((options.app_id, options.app_key), (options.user, options.user_key))
        if basic_credentials(request.headers.get("authorization", "")) not in known:
            raise unauthenticated()
        if request.headers.get("tenant") != options.tenant:
            raise unauthenticated(options.unknown_tenant_status)

    def _authorize(self, resource: Resource) -> None:
        granted = self._options.permissions
        if granted is not None and resource.permission not in {None, *granted}:
            raise forbidden(self._options.forbidden_status)

    def _list(self, resource: Resource, table: Collection, query: Query, kind: str) -> bytes:
        end: dict[str, Any]
        if query.cursor is None:
            rows, total = numbered_page(table, query, unstable=self._options.unstable_pages)
            end = {"total": total}
        else:
            known = replace(query, cursor=self._row_of(query.cursor, table))
            page = cursor_page_by_time if self._options.cursor_order == "time" else cursor_page
            rows, cursor = page(table, known)
            end = self._cursor_end(known.cursor if kind == "repeat_cursor" else cursor)
        if kind == "ignore_sort":
            rows = rows[::-1]
        elif kind == "empty_page":
            rows = []
        key = self._options.trash_key if resource.name == "trash" else resource.key
        return msgspec.json.encode({key: [msgspec.Raw(row.body) for row in rows], **end})

    def _cursor_end(self, cursor: str | None) -> dict[str, Any]:
        if cursor is None and self._options.end_cursor == "absent":
            return {}
        if cursor is None:
            return {"cursor": {"null": None, "empty": ""}[self._options.end_cursor]}
        return {"cursor": cursor[::-1] if self._options.opaque_cursors else cursor}

    def _row_of(self, cursor: str, table: Collection) -> str:
        """Return the id that a cursor stands for, or what begins the list."""
        if cursor == START:
            return cursor
        row_id = cursor[::-1] if self._options.opaque_cursors else cursor
        made_up = row_id not in table.by_id
        if made_up and self._options.made_up_cursors == "refused":
            raise invalid(field="cursor", message="unknown cursor")
        return START if made_up and self._options.made_up_cursors == "ignored" else row_id

    def _shrink(self, table: Collection, count: int) -> None:
        """Delete the first rows in page order: later ones move up, across page edges too."""
        for _, row_id in list(table.index(by_chance).islice(0, count)):
            self._delete(table.name, row_id)

    def _swap(self, table: Collection) -> None:
        """Delete the first row in page order and create one anywhere: the total stays the same."""
        _, row_id = next(iter(table.index(by_chance)))
        record = table.record(row_id)
        self._delete(table.name, row_id)
        table.upsert({**(record or {}), "id": str(uuid.uuid4())})
