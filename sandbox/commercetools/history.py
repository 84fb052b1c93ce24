"""The Change History host: who changed what, newest first, within a window of time."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.responses import Response

from sandbox.commercetools.errors import ApiError, invalid_input
from sandbox.commercetools.paging import envelope
from sandbox.commercetools.query import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, number
from sandbox.commercetools.records import change
from sandbox.commercetools.resources import RESOURCES
from sandbox.commercetools.span import LAST
from sandbox.store import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.store import Collection, Record

DEFAULT_HOURS = "24"

COVERED = frozenset(name for name, resource in RESOURCES.items() if resource.history)
"""Collections whose changes are recorded."""


@dataclass(frozen=True)
class HistoryRules:
    """What the documentation leaves open about the host, and how strict it is.

    Attributes:
        from_included: Whether a record of the exact time `date.from` is in the window.
        to_included: Whether a record of the exact time `date.to` is.
        milliseconds: Whether bounds count milliseconds; otherwise they are cut to whole seconds.
        capacity: Of the token bucket. A request costs one token, and one more per 100 rows.
        refill: Tokens that come back per second.
    """

    from_included: bool = True
    to_included: bool = False
    milliseconds: bool = True
    capacity: float = 10_000
    refill: float = 1_000


class History:
    """Records changes and answers requests for them.

    Args:
        records: The collection of records.
        rules: How the host behaves.
    """

    def __init__(self, records: Collection, rules: HistoryRules) -> None:
        self._records = records
        self._rules = rules
        self._bucket = _Bucket(rules.capacity, rules.refill)

    def note(self, name: str, old: Record | None, new: Record | None) -> None:
        """Record a change of a collection; without `new` the record was deleted."""
        last = new or old
        if name not in COVERED or last is None:
            return
        resource = {"typeId": RESOURCES[name].type_id, "id": last["id"]}
        if "key" in last:
            resource["key"] = last["key"]
        at = str(new.get("lastModifiedAt")) if new else timestamp()
        version = last.get("version", 1) + (0 if new else 1)
        kind = "ResourceUpdated" if old and new else "ResourceCreated" if new else "ResourceDeleted"
        self._records.upsert(change(resource, at, version, kind))

    def answer(self, query_string: str) -> Response:
        """Answer `GET /{projectKey}`, or refuse invalid parameters."""
        values = parse_qs(query_string, keep_blank_values=True)
        limit = number(values, "limit", DEFAULT_LIMIT, MAX_LIMIT)
        offset = number(values, "offset", 0, MAX_OFFSET)
        window = self._window({name: given[-1] for name, given in values.items()})
        headers = self._bucket.take(1 + limit / 100)
        if headers.get("Retry-After"):
            message = "You have made too many requests. Please try again later."
            response = ApiError(429, "TooManyRequests", message).response()
            response.headers.update(headers)
            return response
        with self._records.lock:
            rows = [self._records.by_id[row_id].body for row_id in self._between(*window)]
        total = len(rows) if values.get("withTotal", [""])[-1] == "true" else None
        body = envelope(limit, offset, rows[offset : offset + limit], total)
        return Response(body, media_type="application/json; charset=utf-8", headers=headers)

    def _window(self, values: dict[str, str]) -> tuple[str, str]:
        given = [name for name in ("date.from", "date.to") if name in values]
        if len(given) == 1:
            raise invalid_input(given[0], "date.from and date.to go together.")
        first, last = values.get("date.from", DEFAULT_HOURS), values.get("date.to", "now")
        return self._moment("date.from", first), self._moment("date.to", last)

    def _moment(self, name: str, text: str) -> str:
        """Parse a date-time, a number of hours ago, or `now`."""
        if text == "now" or re.fullmatch(r"\d{1,6}", text):
            return timestamp(time.time() - (0 if text == "now" else int(text) * 3600))
        try:
            moment = datetime.fromisoformat(text).timestamp()
        except ValueError:
            raise invalid_input(name, f"'{text}' is no date-time.") from None
        return timestamp(moment if self._rules.milliseconds else moment // 1)

    def _between(self, first: str, last: str) -> Iterator[str]:
        """Yield the identities in a window, newest first; ties are in no particular order."""
        rules = self._rules
        low = (first,) if rules.from_included else (first, LAST)
        high = (last, LAST) if rules.to_included else (last,)
        if low < high:
            for _, row_id in self._records.by_time.irange(low, high, reverse=True):
                yield row_id


class _Bucket:
    """Tokens that requests use up and time brings back."""

    def __init__(self, capacity: float, refill: float) -> None:
        self._capacity = self._left = capacity
        self._refill = refill
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def take(self, cost: float) -> dict[str, str]:
        """Take tokens and return headers, among them `Retry-After` if there are too few."""
        with self._lock:
            now = time.monotonic()
            self._left = min(self._capacity, self._left + (now - self._at) * self._refill)
            self._at = now
            enough = self._left >= cost
            if enough:
                self._left -= cost
            headers = {
                "X-RateLimit-Limit": f"{self._capacity:.0f}",
                "X-RateLimit-Remaining": f"{self._left:.0f}",
                "X-RateLimit-Request-Cost": f"{cost:.0f}",
            }
            if not enough:
                missing = min(cost, self._capacity) - self._left
                headers["Retry-After"] = str(max(1, round(missing / self._refill)))
            return headers
