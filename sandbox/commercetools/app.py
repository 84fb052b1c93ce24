"""The API of commercetools over HTTP: tokens, project, collections and Change History."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.commercetools import graphql
from sandbox.commercetools.auth import DEMO_CLIENT, Authority, Client
from sandbox.commercetools.data import Project
from sandbox.commercetools.errors import ApiError, AuthError, invalid_input, not_found
from sandbox.commercetools.history import History, HistoryRules
from sandbox.commercetools.messages import deleted_message
from sandbox.commercetools.paging import Pager, envelope
from sandbox.commercetools.query import parse_query
from sandbox.commercetools.records import ProjectPlan
from sandbox.commercetools.resources import HISTORY, PROJECT, RESOURCES
from sandbox.commercetools.routes import Target, of_view, published, resolve
from sandbox.http import WithHeader
from sandbox.standin import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.types import Scope

    from sandbox.commercetools.auth import Token
    from sandbox.commercetools.query import Query
    from sandbox.commercetools.resource import Resource
    from sandbox.store import Record, Row

# Older documentation: URLs with headers of more than about 15 KB are refused.
MAX_URL = 15_000
JSON = "application/json; charset=utf-8"
STANDALONE = {"variants", "variant_projections"}


class CommercetoolsStandIn(StandIn):
    """The stand-in of one project.

    Attributes:
        authority: Clients and tokens.
    """

    authority: Authority


def build(
    *,
    clients: Iterable[Client] = (DEMO_CLIENT,),
    gzip: bool = True,
    latency: float = 0,
    history: HistoryRules = HistoryRules(),  # noqa: B008 (frozen)
    **plan: Any,
) -> CommercetoolsStandIn:
    """Build a stand-in.

    Args:
        clients: API clients; by default `demo-client` with `demo-secret`, which may read all.
        gzip: Whether to compress answers for clients that accept it.
        latency: Seconds added to each answer of the API.
        history: How the Change History host behaves.
        plan: Fields of `sandbox.commercetools.records.ProjectPlan`.
    """
    api = _Api(ProjectPlan(**plan), clients, history)
    middleware = [Middleware(GZipMiddleware, minimum_size=1000, compresslevel=1)] if gzip else []
    stand_in = CommercetoolsStandIn(
        Starlette(
            routes=[
                Route("/oauth/token", api.token, methods=["POST"]),
                Route("/oauth/introspect", api.introspect, methods=["POST"]),
                Route("/history/{project}", api.history, methods=["GET"]),
                Route("/{project}", api.project, methods=["GET"]),
                Route("/{project}/graphql", api.graphql, methods=["POST"]),
                Route("/{project}/{path:path}", api.collection, methods=["GET", "HEAD"]),
            ],
            middleware=middleware,
            exception_handlers={ApiError: _api_error, HTTPException: _http_error},
        ),
        api.collections,
        on_change=api.note_change,
        outer=lambda app: WithHeader(app, "x-correlation-id", _correlation_id),
        latency=latency,
    )
    stand_in.authority = api.authority
    return stand_in


class _Api:
    def __init__(self, plan: ProjectPlan, clients: Iterable[Client], rules: HistoryRules) -> None:
        self._plan = plan
        self._key = plan.project
        self._project = Project(plan)
        self.collections = self._project.collections
        self.authority = Authority(clients, plan.project)
        self._changes = History(self.collections["change_history"], rules)

    async def token(self, request: Request) -> Response:
        """Answer `POST /oauth/token`."""
        form = await _form(request)
        return _json(self.authority.issue(request.headers.get("authorization", ""), form))

    async def introspect(self, request: Request) -> Response:
        """Answer `POST /oauth/introspect`."""
        form = await _form(request)
        return _json(self.authority.introspect(request.headers.get("authorization", ""), form))

    async def project(self, request: Request) -> Response:
        """Answer `GET /{projectKey}`."""
        self._require(self._token(request), PROJECT.scopes)
        row = self.collections["project"].get(self._key)
        if row is None:
            raise not_found(request.url.path)
        return Response(row.body, media_type=JSON)

    async def history(self, request: Request) -> Response:
        """Answer `GET /{projectKey}` of the Change History host."""
        self._require(self._token(request), HISTORY.scopes)
        return self._changes.answer(request.scope["query_string"].decode("latin-1"))

    async def collection(self, request: Request) -> Response:
        """Answer `GET` and `HEAD` of all collections."""
        token = self._token(request)
        path = request.path_params["path"].rstrip("/")
        target = resolve(path, self.collections, shared=self._plan.shared_in_store)
        resource = target.resource
        self._require(token, resource.scopes, target.store)
        if target.missing:
            raise not_found(target.missing)
        classic = resource.name in STANDALONE and self._plan.catalog_model in {None, "Classic"}
        if classic and self._plan.classic_status == 404:
            raise not_found(request.url.path)
        if classic and self._plan.classic_status == 400:
            raise ApiError(400, "InvalidOperation", "The project's catalog model is Classic.")
        if len(request.url.query) > MAX_URL:
            return HTMLResponse("<html>413 Request Entity Too Large</html>", 413)
        query_string = request.scope["query_string"].decode("latin-1")
        query = parse_query(query_string, resource, self._project.known[resource.name])
        if not self._plan.nested_sort and any("." in path for path, _ in query.sort):
            raise invalid_input(parameter="sort", why="members of references cannot be sorted by.")
        if query.staged and "view_published_products" in resource.scopes:
            self._require(token, ("view_products",), target.store)
        return self._answer(request, target, query)

    async def graphql(self, request: Request) -> Response:
        """Answer `POST /{projectKey}/graphql`."""
        token = self._token(request)

        def read(resource: Resource, query_string: str) -> tuple[list[Row], int | None]:
            self._require(token, resource.scopes)
            query = parse_query(query_string, resource, self._project.known[resource.name])
            return self._rows(request, Target(resource), query)

        return graphql.answer(await request.body(), read)

    def note_change(self, name: str, old: Record | None, new: Record | None) -> None:
        """Record a change, and write the message about a deletion if there is one."""
        self._changes.note(name, old, new)
        message = deleted_message(RESOURCES[name], old) if old and new is None else None
        if message and self._messages_enabled:
            self.collections["messages"].upsert(message)

    @property
    def _messages_enabled(self) -> bool:
        project = self.collections["project"].record(self._key) or {}
        return bool(project.get("messages", {}).get("enabled"))

    def _answer(self, request: Request, target: Target, query: Query) -> Response:
        rows, total = self._rows(request, target, query)
        if request.method == "HEAD":
            return Response(status_code=200 if rows else 404, media_type=JSON)
        return Response(
            envelope(query.limit, query.offset, [row.body for row in rows], total), media_type=JSON
        )

    def _rows(self, request: Request, target: Target, query: Query) -> tuple[list[Row], int | None]:
        """Return the rows of a page, and the total if the query asks for it."""
        fault = getattr(request.state, "fault", None)
        kind = fault.kind if fault else ""
        if fault and kind == "query_timed_out_above" and query.limit > int(fault.options["n"]):
            code = str(fault.options.get("code", "QueryTimedOut"))
            raise ApiError(400, code, "The query timed out.")
        if fault and kind == "ignore_sort":
            back = [(path, not down) for path, down in query.sort]
            query = replace(query, sort=tuple(back) if fault.options.get("backwards") else ())
        hidden = target.resource.name == "messages" and not self._messages_enabled
        rows: list[Row] = []
        total: int | None = 0 if query.total else None
        if not hidden and kind != "empty_page":
            rows, total = self._pager(target, query).rows(query)
        return rows, total

    def _pager(self, target: Target, query: Query) -> Pager:
        keep = target.keep
        if target.resource.name == "product_projections":
            keep = published(staged=query.staged)
        elif target.resource.name == "variant_projections":
            keep = of_view(staged=query.staged)
        return Pager(self.collections[target.resource.name], keep)

    def _token(self, request: Request) -> Token:
        authorization = request.headers.get("authorization", "")
        token = self.authority.token(authorization)
        fault = getattr(request.state, "fault", None)
        if fault and fault.kind == "revoke_token":
            token.revoked = True
        if fault and fault.kind == "expire_token":
            token.ends = 0
        self.authority.token(authorization)
        if request.path_params["project"] != self._key:
            raise not_found(request.path_params["project"])
        return token

    def _require(self, token: Token, scopes: tuple[str, ...], store: str = "") -> None:
        if not token.allows(scopes, self._key, store):
            needed = ", ".join(f"{scope}:{self._key}" for scope in scopes)
            message = f"Insufficient scope. One of the following scopes is missing: {needed}."
            raise AuthError(403, "insufficient_scope", message)


def _correlation_id(scope: Scope) -> str:
    return Headers(scope=scope).get("x-correlation-id") or f"projects-{uuid.uuid4()}"


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("latin-1")))


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type=JSON)


async def _api_error(_request: Request, error: Exception) -> Response:
    return error.response() if isinstance(error, ApiError) else Response(status_code=500)


async def _http_error(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 405:
        message = f"{request.method} is not supported here."
        return ApiError(405, "MethodNotAllowed", message).response()
    return not_found(request.url.path).response()
