"""The Change History host: who changed what, newest first, a window of time at a time."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.responses import Response

from sandbox.commercetools.errors import ApiError, invalid_input
from sandbox.commercetools.resources import RESOURCES
from sandbox.fake import fake_id
from sandbox.store import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.store import Collection, Record

DEFAULT_LIMIT = 20
MAX_LIMIT = 500
MAX_OFFSET = 10_000
DEFAULT_HOURS = 24
LAST = "\U0010ffff"

COVERED = frozenset(
    {
        "associate_roles",
        "business_units",
        "cart_discounts",
        "categories",
        "channels",
        "custom_objects",
        "customer_groups",
        "customers",
        "discount_codes",
        "inventory_entries",
        "orders",
        "payment_methods",
        "payments",
        "product_discounts",
        "product_selections",
        "product_types",
        "products",
        "quote_requests",
        "quotes",
        "reviews",
        "shipping_methods",
        "shopping_lists",
        "staged_quotes",
        "standalone_prices",
        "states",
        "stores",
        "tax_categories",
        "types",
        "zones",
    }
)
"""Collections whose changes are recorded."""

CLIENT = {"isPlatformClient": False, "type": "external-user", "clientId": "P0aR_k3x-Sandbox"}


@dataclass(frozen=True)
class HistoryRules:
    """What the documentation leaves open about the host, and how strict it is.

    Attributes:
        from_included: A record of the very moment `date.from` is in the window.
        to_included: The same of `date.to`.
        milliseconds: Bounds count milliseconds; otherwise they are cut to whole seconds.
        capacity: Of the token bucket; a request costs one token and one more per 100 rows asked.
        refill: Tokens that come back per second.
    """

    from_included: bool = True
    to_included: bool = False
    milliseconds: bool = True
    capacity: float = 10_000
    refill: float = 1_000


def fake_change(number: int, seed: int, rows_per_timestamp: int) -> Record:
    """Make the n-th record of the initial history, in the two years before this one."""
    slot = number // rows_per_timestamp * 7919 % 17_000  # hours, scattered
    begin = datetime(datetime.now(UTC).year - 2, 1, 1, tzinfo=UTC).timestamp()
    resource = {"typeId": "category", "id": fake_id("categories", number % 40, seed)}
    return _record(resource, timestamp(begin + slot * 3600 + 0.25), version=number + 2)


class History:
    """Records changes and answers for them.

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
        self._records.upsert(_record(resource, at, version, kind))

    def answer(self, query_string: str) -> Response:
        """Answer `GET /{projectKey}`.

        Raises:
            ApiError: 400 for a parameter that makes no sense, 429 for an empty bucket.
        """
        values = dict(parse_qsl(query_string, keep_blank_values=True))
        limit = _number(values, "limit", DEFAULT_LIMIT, MAX_LIMIT)
        offset = _number(values, "offset", 0, MAX_OFFSET)
        window = self._window(values)
        headers = self._bucket.take(1 + limit / 100)
        if headers.get("Retry-After"):
            message = "You have made too many requests. Please try again later."
            response = ApiError(429, "TooManyRequests", message).response()
            response.headers.update(headers)
            return response
        with self._records.lock:
            rows = [self._records.by_id[row_id].body for row_id in self._between(*window)]
        page = rows[offset : offset + limit]
        total = f'"total":{len(rows)},' if values.get("withTotal") == "true" else ""
        head = f'{{"limit":{limit},"offset":{offset},"count":{len(page)},{total}'
        body = b'%b"results":[%b]}' % (head.encode(), b",".join(page))
        return Response(body, media_type="application/json; charset=utf-8", headers=headers)

    def _window(self, values: dict[str, str]) -> tuple[str, str]:
        given = [name for name in ("date.from", "date.to") if name in values]
        if len(given) == 1:
            raise invalid_input(given[0], "date.from and date.to go together.")
        first, last = values.get("date.from", str(DEFAULT_HOURS)), values.get("date.to", "now")
        return self._moment("date.from", first), self._moment("date.to", last)

    def _moment(self, name: str, text: str) -> str:
        """Read a date-time, a number of hours ago, or `now`."""
        if text == "now" or re.fullmatch(r"\d{1,6}", text):
            return timestamp(time.time() - (0 if text == "now" else int(text) * 3600))
        try:
            moment = datetime.fromisoformat(text).timestamp()
        except ValueError:
            raise invalid_input(name, f"'{text}' is no date-time.") from None
        return timestamp(moment if self._rules.milliseconds else moment // 1)

    def _between(self, first: str, last: str) -> Iterator[str]:
        """Give the identities of a window, newest first; ties in no particular order."""
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
        """Take tokens; there is a `Retry-After` among the headers when there are too few."""
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


def _record(
    resource: dict[str, Any], at: str, version: int, kind: str = "ResourceUpdated"
) -> Record:
    label = {"type": "StringLabel", "value": resource.get("key", "")}
    changes = []
    if kind == "ResourceUpdated":
        changes = [
            {
                "type": "SetKeyChange",
                "change": "setKey",
                "previousValue": f"key-{version - 1}",
                "nextValue": {"en": f"key-{version}"} if version % 2 else f"key-{version}",
            }
        ]
    return {
        "version": version,
        "previousVersion": version - 1,
        "type": kind,
        "modifiedBy": CLIENT,
        "modifiedAt": at,
        "label": label,
        "previousLabel": label,
        "changes": changes,
        "resource": resource,
        "stores": [],
        "withoutChanges": False,
    }


def _number(values: dict[str, str], name: str, default: int, most: int) -> int:
    text = values.get(name, str(default))
    if not re.fullmatch(r"-?\d{1,9}", text) or not 0 <= int(text) <= most:
        raise invalid_input(name, f"'{text}' is not a number between 0 and {most}.")
    return int(text)
