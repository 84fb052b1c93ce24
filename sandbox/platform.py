"""The state of a stand-in, and all that tests do to it."""

from __future__ import annotations

import re
import threading
import uuid
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from sandbox.faults import Faults
from sandbox.store import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.store import Collection, Record

    OnChange = Callable[[str, Record | None, Record | None], None]

# Hooks count requests for data. When a client fetches a token is its own business.
DATA_REQUESTS = r"^(?!/oauth/)"


class Hook(msgspec.Struct, forbid_unknown_fields=True):
    """A change of the data right after the n-th request from now.

    Attributes:
        after_request: n; 1 is the next request.
        collection: The collection that changes.
        action: `upsert` (merge `record` into the stored record or insert it), `delete`, or `touch`
            (a new version without a visible change).
        record: The record, or the members of it that change; to delete, its identity is enough.
        match: Regular expression for `path?query` of the requests that count.
        seen: How many of them there have been.
    """

    after_request: int
    collection: str
    action: Literal["upsert", "delete", "touch"]
    record: dict[str, Any]
    match: str = DATA_REQUESTS
    seen: int = 0

    def due(self, target: str) -> bool:
        """Count an answered request and return whether it was the n-th."""
        if re.search(self.match, target):
            self.seen += 1
        return self.seen == self.after_request


class Platform:
    """The collections of a stand-in, which change as on the real platform.

    Args:
        collections: By stream name.
        on_change: Called with the name of a collection and a record before and after a change;
            None before an insert and after a delete.
        latency: Seconds added to each answer of the API.

    Attributes:
        faults: The fault rules in force.
        requests: Log of the requests to the API: method, path, query, status (0 if the answer was
            never completed), time (seconds since the epoch), seconds (how long it took), bytes (of
            the answer's body) and in_flight (concurrent requests, including this one).
        hooks: Changes that wait for their request.
    """

    def __init__(
        self, collections: dict[str, Collection], on_change: OnChange | None, latency: float
    ) -> None:
        self.collections = collections
        self.faults = Faults()
        self.requests: list[dict[str, Any]] = []
        self.hooks: list[Hook] = []
        self.latency = latency
        self._on_change = on_change
        self._write = threading.RLock()

    def put(
        self, name: str, record: Record, *, merge: bool = False, at: str | None = None
    ) -> Record:
        """Write a record and return it as stored.

        An update increases the version and sets the update time to now. A new record gets the
        members that the platform sets, unless they are given.

        Args:
            name: Stream name.
            record: The whole record or, with `merge`, the members that change.
            merge: Keep the other members of an existing record.
            at: Update time instead of now.
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
            KeyError: If there is no such record.
        """
        with self._write:
            record = self.collections[name].record(row_id)
            if record is None:
                raise KeyError(row_id)
            return self.put(name, record, merge=True)

    def delete(self, name: str, row_id: str) -> bool:
        """Delete a record for good, as both platforms do, and return whether it existed."""
        with self._write:
            record = self.collections[name].record(row_id)
            if record is None:
                return False
            self.collections[name].delete(row_id)
            if self._on_change:
                self._on_change(name, record, None)
            return True

    def run_hooks(self, target: str) -> None:
        """Make the changes that wait for the request which has just been answered."""
        for hook in [hook for hook in self.hooks if hook.due(target)]:
            self.hooks.remove(hook)
            if hook.action == "upsert":
                self.put(hook.collection, hook.record, merge=True)
                continue
            change = self.delete if hook.action == "delete" else self.touch
            change(hook.collection, self.collections[hook.collection].identify(hook.record))
