"""GraphQL, as far as it lists collections: `where`, `sort`, `limit`, `offset`, and a few members.

Written from the vendor's schema. What it leaves open: errors of a query as such are answered with
status 400, those of its execution with 200.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
from graphql import GraphQLError, build_schema, execute_sync, parse, validate
from starlette.responses import Response

from sandbox.commercetools.errors import ApiError, invalid_input
from sandbox.commercetools.resources import COLLECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import DocumentNode, GraphQLResolveInfo

    from sandbox.commercetools.resource import Resource
    from sandbox.store import Row

    Read = Callable[[Resource, str], tuple[list[Row], int | None]]
    """Reads a page of a collection, given the query string that REST would take."""

UNLISTED = {"custom_objects", "mcp_servers", "product_projections", "variant_projections"}
"""Collections that have no such field, or one with other arguments or members."""

OTHER_NAMES = {"product_tailoring": "productTailoringList", "types": "typeDefinitions"}

TYPES = """
scalar DateTime
scalar Long
type Record { id: String! version: Long! createdAt: DateTime! lastModifiedAt: DateTime! }
type Page { offset: Int! count: Int! total: Long! exists: Boolean! results: [Record!]! }
type ApiClient { id: String! createdAt: DateTime }
type ApiClients { offset: Int! count: Int! total: Long! exists: Boolean! results: [ApiClient!]! }
"""


class _Times(msgspec.Struct):
    version: int | None = None
    createdAt: str | None = None  # noqa: N815 - as the API spells it
    lastModifiedAt: str | None = None  # noqa: N815


_times = msgspec.json.Decoder(_Times)


class _Head:
    """The members of a row, which is only decoded for those that it does not know."""

    def __init__(self, row: Row, *, dated: bool) -> None:
        self.id = row.id
        self._row = row
        self._dated = dated

    @property
    def lastModifiedAt(self) -> str | None:  # noqa: N802
        return self._row.at if self._dated else self._body.lastModifiedAt

    @property
    def createdAt(self) -> str | None:  # noqa: N802
        return self._body.createdAt

    @property
    def version(self) -> int | None:
        return self._body.version

    @cached_property
    def _body(self) -> _Times:
        return _times.decode(self._row.body)


class _Request(msgspec.Struct):
    query: str
    variables: dict[str, Any] | None = None


_request = msgspec.json.Decoder(_Request)


def field_of(name: str) -> str:
    """Return the root field of a collection."""
    first, *others = name.split("_")
    return OTHER_NAMES.get(name) or first + "".join(map(str.capitalize, others))


FIELDS = {field_of(each.name): each for each in COLLECTIONS if each.name not in UNLISTED}


def answer(body: bytes, read: Read) -> Response:
    """Answer a request.

    Raises:
        ApiError: 400 if the body is not a request of GraphQL.
    """
    try:
        asked = _request.decode(body)
    except msgspec.MsgspecError as error:
        raise invalid_input(parameter="body", why=str(error)) from None
    document, problems = _parsed(asked.query)
    if problems:
        return _response({"errors": problems}, 400)
    result = execute_sync(SCHEMA, document, context_value=read, variable_values=asked.variables)
    errors = [error.formatted for error in result.errors or ()]
    return _response({"data": result.data, **({"errors": errors} if errors else {})}, 200)


@lru_cache
def _parsed(text: str) -> tuple[DocumentNode, list[Any]]:
    """Parse a query; the second member says what is wrong with it."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return parse("{ __typename }"), [_coded(error, "SyntaxError")]
    return document, [_coded(error, "InvalidField") for error in validate(SCHEMA, document)]


def _coded(error: GraphQLError, code: str) -> dict[str, Any]:
    return {**error.formatted, "extensions": {"code": code}}


def _response(value: object, status: int) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


class _Page:
    """One page; its total is counted when it is asked for."""

    def __init__(self, resource: Resource, read: Read, given: dict[str, Any]) -> None:
        self._resource = resource
        self._read = read
        self._given = {"limit": 20, "offset": 0, **given}
        rows, _ = self._rows(withTotal="false")
        dated = resource.time_fields[:1] == ("lastModifiedAt",)
        self.results = [_Head(row, dated=dated) for row in rows]
        self.offset = self._given["offset"]
        self.count = len(rows)
        self.exists = bool(rows)

    def total(self, _info: GraphQLResolveInfo[Any]) -> int | None:
        return self._rows(withTotal="true")[1]

    def _rows(self, **more: str) -> tuple[list[Row], int | None]:
        given = {name: value for name, value in self._given.items() if value is not None}
        try:
            return self._read(self._resource, urlencode({**given, **more}, doseq=True))
        except ApiError as error:
            (first, *_) = error.body["errors"]
            extensions = {name: value for name, value in first.items() if name != "message"}
            raise GraphQLError(first["message"], extensions=extensions) from error


def _resolve(_root: None, info: GraphQLResolveInfo[Any], **given: Any) -> _Page:
    return _Page(FIELDS[info.field_name], info.context, given)


def _schema() -> Any:
    arguments = "where: String, sort: [String!], limit: Int, offset: Int"
    pages = {name: "ApiClients" if name == "apiClients" else "Page" for name in FIELDS}
    roots = "\n".join(f"{name}({arguments}): {kind}!" for name, kind in pages.items())
    schema = build_schema(f"{TYPES}\ntype Query {{\n{roots}\n}}")
    if schema.query_type:
        for each in schema.query_type.fields.values():
            each.resolve = _resolve
    return schema


SCHEMA = _schema()
