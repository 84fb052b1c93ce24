"""Faults on demand: what goes wrong between a client and a real API, provoked by rules.

Most kinds are done here, around the API. The kinds in `API_KINDS` need to know the API: their rule
is handed on in `request.state.fault` and the stand-in acts on it.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import msgspec

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
    }
)

# Close with a reset instead of an orderly end of stream.
LINGER_ZERO = struct.pack("ii", 1, 0)

_STATUSES = frozenset(HTTPStatus)

HTML_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"


@dataclass
class FaultRule:
    """When to do what.

    Attributes:
        match: Regular expression, searched in the decoded `path?query` of a request.
        kind: A key of `KINDS` or a member of `API_KINDS`.
        times: How often; -1 is for ever.
        after: How many matching requests to let through first.
        options: Depends on the kind, see the functions below.
    """

    match: str
    kind: str
    times: int = 1
    after: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    seen: int = field(default=0, init=False)
    fired: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS and self.kind not in API_KINDS:
            msg = f"unknown kind of fault: {self.kind}"
            raise ValueError(msg)
        self._pattern = re.compile(self.match)

    def due(self, target: str) -> bool:
        """Count a request and say whether this rule wants it."""
        if not self._pattern.search(target):
            return False
        self.seen += 1
        return self.seen > self.after and (self.times < 0 or self.fired < self.times)


class Faults:
    """The rules in force. The first one that is due gets the request."""

    def __init__(self) -> None:
        self.rules: list[FaultRule] = []
        self._lock = threading.Lock()

    def add(self, match: str, kind: str, *, times: int = 1, after: int = 0, **options: Any) -> None:
        """Add one rule; `options` as described at the kinds."""
        self.extend([FaultRule(match, kind, times=times, after=after, options=options)])

    def extend(self, rules: Iterable[FaultRule]) -> None:
        """Add rules behind those that exist."""
        with self._lock:
            self.rules.extend(rules)

    def clear(self) -> None:
        """Go back to a healthy API."""
        with self._lock:
            self.rules.clear()

    def pick(self, target: str) -> FaultRule | None:
        """Count a request at every rule it matches and give the first one that is due."""
        with self._lock:
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
    """Give `path?query` of a request, decoded."""
    query = unquote_plus(scope["query_string"].decode("latin-1"))
    return f"{scope['path']}?{query}" if query else str(scope["path"])


class _Exchange:
    """One request on its way through the fault layer."""

    def __init__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        self.app = app
        self.scope = scope
        self.receive = receive
        self.send = send

    async def answer(self) -> tuple[Message, bytes]:
        """Let the API answer, uncompressed, and keep the answer back.

        Returns:
            The start message and the whole body.
        """
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

    async def respond(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Answer in the place of the API."""
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        pairs.append((b"content-length", str(len(body)).encode()))
        await self.send({"type": "http.response.start", "status": status, "headers": pairs})
        await self.send({"type": "http.response.body", "body": body})

    async def hang_up(self, *, reset: bool) -> None:
        """Close the connection: with a TCP reset, or orderly after what was written."""
        transport = self.scope["extensions"]["sandbox.transport"]
        if reset:
            linger = (socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
            transport.get_extra_info("socket").setsockopt(*linger)
            transport.abort()
        else:
            transport.close()
        # The server complains about an unanswered request unless it has seen the connection go.
        while (await self.receive())["type"] != "http.disconnect":
            pass


async def _status(exchange: _Exchange, options: dict[str, Any]) -> None:
    """Answer with `status` (503) and `body`: JSON unless it is a string, which is sent as HTML.

    `headers` are added; `retry_after_date` is a number of seconds that is sent as an HTTP date.
    """
    status = int(options.get("status", 503))
    # Gateways invent statuses, such as 520.
    phrase = HTTPStatus(status).phrase if status in _STATUSES else "Unknown"
    body = options.get("body", {"statusCode": status, "message": phrase, "errors": []})
    kind = "text/html" if isinstance(body, str) else "application/json"
    headers = {"Content-Type": kind, **options.get("headers", {})}
    if "retry_after_date" in options:
        moment = time.time() + float(options["retry_after_date"])
        headers["Retry-After"] = formatdate(moment, usegmt=True)
    data = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    await exchange.respond(status, headers, data)


async def _reset(exchange: _Exchange, _options: dict[str, Any]) -> None:
    """Reset the connection before any byte of an answer."""
    await exchange.hang_up(reset=True)


async def _reset_in_body(exchange: _Exchange, _options: dict[str, Any]) -> None:
    """Announce the whole body and close the connection after half of it."""
    start, body = await exchange.answer()
    await exchange.send(start)
    half = {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
    await exchange.send(half)
    await exchange.hang_up(reset=False)


async def _truncate(exchange: _Exchange, _options: dict[str, Any]) -> None:
    """Answer in valid HTTP with the first half of the JSON."""
    start, body = await exchange.answer()
    half = body[: len(body) // 2]
    headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
    headers.append((b"content-length", str(len(half)).encode()))
    await exchange.send({**start, "headers": headers})
    await exchange.send({"type": "http.response.body", "body": half})


async def _html(exchange: _Exchange, options: dict[str, Any]) -> None:
    """Answer 200 with an HTML page, as gateways do; `title` is its title."""
    page = HTML_PAGE.format(title=options.get("title", "Just a moment"))
    await exchange.respond(200, {"Content-Type": "text/html; charset=utf-8"}, page.encode())


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
        piece = body[begin : begin + size]
        await exchange.send({"type": "http.response.body", "body": piece, "more_body": True})
    await exchange.send({"type": "http.response.body", "body": b""})


KINDS: dict[str, Callable[[_Exchange, dict[str, Any]], Awaitable[None]]] = {
    "status": _status,
    "reset": _reset,
    "reset_in_body": _reset_in_body,
    "truncate": _truncate,
    "html": _html,
    "slow": _slow,
    "drip": _drip,
}
