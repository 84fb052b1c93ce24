"""What both stand-ins are around their API: data that can be changed, faults, a log of requests."""

from __future__ import annotations

import asyncio
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.control import control_routes
from sandbox.faults import FaultLayer, Faults, target_of
from sandbox.serve import Running
from sandbox.store import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.store import Collection, Record

# Hooks count requests for data; when a client fetches its token is its own business.
DATA_REQUESTS = r"^(?!/oauth/)"


@dataclass
class Hook:
    """A change of the data right after the n-th request from now.

    Attributes:
        after_request: n; 1 is the next request.
        collection: Whose record changes.
        action: `upsert` (merge `record` into the stored one or insert it), `delete` or `touch`
            (a new version without a visible change).
        record: The record or the part of it that changes; the identity is enough to delete.
        match: Only requests whose `path?query` match this regular expression are counted.
    """

    after_request: int
    collection: str
    action: str
    record: dict[str, Any]
    match: str = DATA_REQUESTS
    seen: int = field(default=0, init=False)

    def due(self, target: str) -> bool:
        """Count an answered request and say whether it was the awaited one."""
        if re.search(self.match, target):
            self.seen += 1
        return self.seen == self.after_request


class StandIn:
    """A stand-in: an API over collections, and what tests do to it.

    Args:
        api: The API itself.
        collections: By stream name.
        on_change: Called with the name of a collection and the states of a record before and
            after a change; None where there is no such state.
        outer: Wraps the API and its faults, for what is on every answer, faults included.

    Attributes:
        app: The ASGI application: the API plus `/_control`.
        faults: Rules in force.
        requests: Log of API requests: method, path, query, status (0 = no answer was finished),
            time (seconds since the epoch), seconds (taken), in_flight (with this one).
        hooks: Changes waiting for their request.
        latency: Seconds added to each API answer.
    """

    def __init__(
        self,
        api: ASGIApp,
        collections: dict[str, Collection],
        *,
        on_change: Callable[[str, Record | None, Record | None], None] | None = None,
        outer: Callable[[ASGIApp], ASGIApp] | None = None,
        latency: float = 0.0,
    ) -> None:
        self.collections = collections
        self.faults = Faults()
        self.requests: list[dict[str, Any]] = []
        self.hooks: list[Hook] = []
        self.latency = latency
        faulty = FaultLayer(api, self.faults)
        self._api: ASGIApp = outer(faulty) if outer else faulty
        self._control = control_routes(self)
        self._on_change = on_change
        self._in_flight = 0
        self._write = threading.RLock()

    @property
    def app(self) -> ASGIApp:
        """The ASGI application."""
        return self._dispatch

    def serve(self, port: int = 0) -> Running:
        """Serve on the loopback interface; port 0 takes a free one."""
        return Running(self.app, port)

    def put(
        self, name: str, record: Record, *, merge: bool = False, at: str | None = None
    ) -> Record:
        """Write a record as the platform would.

        An update raises the version and sets the update time to now. A new record gets the members
        the platform sets unless they are given.

        Args:
            name: Stream name.
            record: The whole record or, with `merge`, the members that change.
            merge: Keep the other members of a record that exists.
            at: Update time instead of now.

        Returns:
            The record as stored.
        """
        collection = self.collections[name]
        with self._write, collection.lock:
            if collection.identity == ("id",):
                record = {"id": str(uuid.uuid4()), **record}
            old = collection.record(collection.identify(record))
            new = {**old, **record} if merge and old else dict(record)
            now = at or timestamp()
            if collection.versioned:
                new["version"] = old.get("version", 0) + 1 if old else record.get("version", 1)
            if old and "createdAt" in old:
                new.setdefault("createdAt", old["createdAt"])
            for member in collection.time_fields:
                new[member] = at or (now if old else record.get(member, now))
            if collection.time_fields:
                new.setdefault("createdAt", new[collection.time_fields[0]])
            collection.upsert(new)
            if self._on_change:
                self._on_change(name, old, new)
        return new

    def touch(self, name: str, row_id: str) -> Record:
        """Give a record a new version without a visible change.

        Raises:
            KeyError: When there is no such record.
        """
        with self._write:
            record = self.collections[name].record(row_id)
            if record is None:
                raise KeyError(row_id)
            return self.put(name, record, merge=True)

    def delete(self, name: str, row_id: str) -> bool:
        """Delete a record for good, as both platforms do.

        Returns:
            Whether it was there.
        """
        with self._write:
            record = self.collections[name].record(row_id)
            if record is None:
                return False
            self.collections[name].delete(row_id)
            if self._on_change:
                self._on_change(name, record, None)
            return True

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"].startswith("/_control"):
            await self._control(scope, receive, send)
        else:
            await self._observe(scope, receive, send)

    async def _observe(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._in_flight += 1
        entry = {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "status": 0,
            "time": time.time(),
            "seconds": 0.0,
            "in_flight": self._in_flight,
        }
        self.requests.append(entry)
        started = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # The page is made: what changes now is after this answer and before the next.
                self._run_hooks(target_of(scope))
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

    def _run_hooks(self, target: str) -> None:
        for hook in [hook for hook in self.hooks if hook.due(target)]:
            self.hooks.remove(hook)
            if hook.action == "upsert":
                self.put(hook.collection, hook.record, merge=True)
                continue
            row_id = self.collections[hook.collection].identify(hook.record)
            if hook.action == "delete":
                self.delete(hook.collection, row_id)
            else:
                self.touch(hook.collection, row_id)
