"""Faults on demand: rules that make requests fail as they do between a client and a real API.

Most kinds work here, around the API. Those in `API_KINDS` depend on the API: it finds their rule in
`request.state.fault` and acts on it.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import time
from dataclasses import dataclass
from email.utils import formatdate
from http.client import responses
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

API_KINDS = frozenset(
    {
        "empty_page",
        "ignore_sort",
        "revoke_token",
        "expire_token",
        "query_timed_out_above",
        "repeat_cursor",
        "shrink_list",
        "swap_rows",
    }
)

# Closes with a reset instead of an orderly end of stream.
LINGER_ZERO = struct.pack("ii", 1, 0)

HTML_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"


class FaultRule(msgspec.Struct, forbid_unknown_fields=True):
    """Which requests fail, and how.

    Attributes:
        match: Regular expression, searched in the decoded `path?query` of a request.
        kind: A key of `KINDS` or a member of `API_KINDS`.
        times: How often; -1 means always.
        after: How many matching requests to let through first.
        options: See the function of the kind.
        seen: How many requests matched.
        fired: How many of them got the fault.
    """

    match: str
    kind: str
    times: int = 1
    after: int = 0
    options: dict[str, Any] = {}
    seen: int = 0
    fired: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS and self.kind not in API_KINDS:
            msg = f"unknown kind of fault: {self.kind}"
            raise ValueError(msg)

    def due(self, target: str) -> bool:
        """Count a request and return whether it is to fail."""
        if not re.search(self.match, target):
            return False
        self.seen += 1
        return self.seen > self.after and (self.times < 0 or self.fired < self.times)


class Faults:
    """The rules in force. The first one that is due applies."""

    def __init__(self) -> None:
        self.rules: list[FaultRule] = []

    def add(self, match: str, kind: str, *, times: int = 1, after: int = 0, **options: Any) -> None:
        """Add one rule; for `options` see the function of the kind."""
        self.extend([FaultRule(match, kind, times=times, after=after, options=options)])

    def extend(self, rules: Iterable[FaultRule]) -> None:
        """Add rules behind the existing ones."""
        self.rules.extend(rules)

    def clear(self) -> None:
        """Drop all rules."""
        self.rules.clear()

    def pick(self, target: str) -> FaultRule | None:
        """Count a request with every rule that it matches and return the first one that is due."""
        due = [rule for rule in self.rules if rule.due(target)]
        if not due:
            return None
        due[0].fired += 1
        return due[0]


class FaultLayer:
    """ASGI layer that applies the rules to the requests of `app`."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or do what its rule says."""
        rule = self._faults.pick(target_of(scope))
        if rule is None:
            await self._app(scope, receive, send)
        elif rule.kind in API_KINDS:
            scope.setdefault("state", {})["fault"] = rule
            await self._app(scope, receive, send)
        else:
            await KINDS[rule.kind](_Exchange(self._app, scope, receive, send), rule.options)


def target_of(scope: Scope) -> str:
    """Return the decoded `path?query` of a request."""
    query = unquote_plus(scope["query_string"].decode("latin-1"))
    return f"{scope['path']}?{query}" if query else str(scope["path"])


@dataclass
class _Exchange:
    """One request on its way through the fault layer."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send

    async def answer(self) -> tuple[Message, bytes]:
        """Return the API's answer, uncompressed: the start message and the whole body."""
        plain = [pair for pair in self.scope["headers"] if pair[0] != b"accept-encoding"]
        start: Message = {}
        body = bytearray()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self.app({**self.scope, "headers": plain}, self.receive, keep)
        return start, bytes(body)

    async def respond(self, response: Response) -> None:
        """Answer in place of the API."""
        await response(self.scope, self.receive, self.send)

    async def replace(self, start: Message, body: bytes) -> None:
        """Send the API's answer with another body."""
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        del headers["content-length"]
        await self.respond(Response(body, start["status"], headers))

    async def send_body(self, body: bytes, *, more: bool = False) -> None:
        """Send the body of an answer or a part of it."""
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def hang_up(self, *, reset: bool) -> None:
        """Close the connection: with a TCP reset, or in an orderly way after what was sent."""
        await hang_up(self.scope, self.receive, reset=reset)


async def hang_up(scope: Scope, receive: Receive, *, reset: bool = True) -> None:
    """Close the connection of a request: with a TCP reset, or in an orderly way."""
    transport = scope["extensions"]["sandbox.transport"]
    if reset:
        linger = (socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        transport.get_extra_info("socket").setsockopt(*linger)
        transport.abort()
    else:
        transport.close()
    # The server complains about an unanswered request unless it has seen the connection go.
    while (await receive())["type"] != "http.disconnect":
        pass


async def _status(exchange: _Exchange, options: dict[str, Any]) -> None:
    """Answer with `status` (503) and `body`: JSON, or HTML if it is a string.

    `headers` are added; `retry_after_date` is a number of seconds, sent as an HTTP date. `date` is
    how many seconds the header `Date` is ahead.
    """
    status = int(options.get("status", 503))
    # Gateways make up statuses, such as 520.
    message = responses.get(status, "Unknown")
    body = options.get("body", {"statusCode": status, "message": message, "errors": []})
    is_html = isinstance(body, str)
    headers = {"Content-Type": "text/html" if is_html else "application/json"}
    headers |= options.get("headers", {})
    for name, option in (("Retry-After", "retry_after_date"), ("Date", "date")):
        if option in options:
            headers[name] = _http_date(options[option])
    content = body.encode() if is_html else msgspec.json.encode(body)
    await exchange.respond(Response(content, status, headers))


def _http_date(ahead: float) -> str:
    return formatdate(time.time() + float(ahead), usegmt=True)


async def _reset(exchange: _Exchange, _options: dict[str, Any]) -> None:
    """Reset the connection before any byte of an answer."""
    await exchange.hang_up(reset=True)


async def _reset_in_body(exchange: _Exchange, _options: dict[str, Any]) -> None:
    """Announce the whole body and close the connection after half of it."""
    start, body = await exchange.answer()
    await exchange.send(start)
    await exchange.send_body(body[: len(body) // 2], more=True)
    await exchange.hang_up(reset=False)


async def _truncate(exchange: _Exchange, _options: dict[str, Any]) -> None:
    """Send the first half of the JSON as a complete answer."""
    start, body = await exchange.answer()
    await exchange.replace(start, body[: len(body) // 2])


async def _members(exchange: _Exchange, options: dict[str, Any]) -> None:
    """Answer with other or more `members` in the JSON object."""
    start, body = await exchange.answer()
    members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    await exchange.replace(start, msgspec.json.encode({**members, **options["members"]}))


async def _date(exchange: _Exchange, options: dict[str, Any]) -> None:
    """Answer with a header `Date` that is `seconds` ahead."""

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Date"] = _http_date(options["seconds"])
        await exchange.send(message)

    await exchange.app(exchange.scope, exchange.receive, send)


async def _headers(exchange: _Exchange, options: dict[str, Any]) -> None:
    """Answer with more `headers`."""

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(options["headers"])
        await exchange.send(message)

    await exchange.app(exchange.scope, exchange.receive, send)


async def _html(exchange: _Exchange, options: dict[str, Any]) -> None:
    """Answer 200 with an HTML page, as gateways do; `title` is its title."""
    page = HTML_PAGE.format(title=options.get("title", "Just a moment"))
    await exchange.respond(HTMLResponse(page))


async def _slow(exchange: _Exchange, options: dict[str, Any]) -> None:
    """Wait `seconds` (1), then answer."""
    await asyncio.sleep(float(options.get("seconds", 1)))
    await exchange.app(exchange.scope, exchange.receive, exchange.send)


async def _drip(exchange: _Exchange, options: dict[str, Any]) -> None:
    """Send the body in `pieces` (10) with a pause of `seconds` (0.05) before each."""
    start, body = await exchange.answer()
    size = max(1, -(-len(body) // int(options.get("pieces", 10))))
    await exchange.send(start)
    for begin in range(0, len(body), size):
        await asyncio.sleep(float(options.get("seconds", 0.05)))
        await exchange.send_body(body[begin : begin + size], more=True)
    await exchange.send_body(b"")


KINDS: dict[str, Callable[[_Exchange, dict[str, Any]], Awaitable[None]]] = {
    "status": _status,
    "reset": _reset,
    "reset_in_body": _reset_in_body,
    "truncate": _truncate,
    "members": _members,
    "date": _date,
    "headers": _headers,
    "html": _html,
    "slow": _slow,
    "drip": _drip,
}
