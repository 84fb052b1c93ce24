"""The stand-in of an API: data that tests can change, faults, and a log of requests."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from sandbox.control import control_app
from sandbox.faults import FaultLayer, target_of
from sandbox.platform import Hook, Platform
from sandbox.serve import Running

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.platform import OnChange
    from sandbox.store import Collection

__all__ = ["Hook", "StandIn"]


class StandIn(Platform):
    """A platform with its API and, under `/_control`, a way to change it over HTTP.

    Args:
        api: The API itself.
        collections: By stream name.
        on_change: See `Platform`.
        outer: Wraps the API and its faults, for what every answer has, faults included.
        latency: Seconds added to each answer of the API.
    """

    def __init__(
        self,
        api: ASGIApp,
        collections: dict[str, Collection],
        *,
        on_change: OnChange | None = None,
        outer: Callable[[ASGIApp], ASGIApp] | None = None,
        latency: float = 0.0,
    ) -> None:
        super().__init__(collections, on_change, latency)
        faulty = FaultLayer(api, self.faults)
        self._api: ASGIApp = outer(faulty) if outer else faulty
        self._control = control_app(self)
        self._in_flight = 0

    def serve(self, port: int = 0) -> Running:
        """Serve on the loopback interface; port 0 takes a free one."""
        return Running(self.app, port)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as an ASGI application."""
        if scope["path"].startswith("/_control"):
            await self._control(scope, receive, send)
        else:
            await self._observe(scope, receive, send)

    async def _observe(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._in_flight += 1
        entry: dict[str, Any] = {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "status": 0,
            "time": time.time(),
            "seconds": 0.0,
            "bytes": 0,
            "in_flight": self._in_flight,
        }
        self.requests.append(entry)
        started = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            entry["bytes"] += len(message.get("body", b""))
            if message["type"] == "http.response.start":
                status = message["status"]
                # The page is ready: a change now comes after this answer and before the next.
                self.run_hooks(target_of(scope))
            elif not message.get("more_body", False):
                entry["status"] = status
            await send(message)

        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            await self._api(scope, receive, watch)
        finally:
            self._in_flight -= 1
            entry["seconds"] = time.perf_counter() - started
