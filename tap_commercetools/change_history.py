"""Change History: who changed what, including deletes of most types. It has a host of its own.

Facts from the vendor's Change History API specification: `date.from` and `date.to` always come
together, `limit` ends at 500 and `offset` at 10,000, and there is neither a sort nor a way to go on
behind a record. So time is divided into windows that fit into one page.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import msgspec

from tap_commercetools.client import CommercetoolsStream
from tap_commercetools.envelope import read_counted_page, read_page
from tap_commercetools.paging import DEEPEST_OFFSET, CollectionPager
from tap_engine import timestamps
from tap_engine.errors import SourceError
from tap_engine.reading.pager import Page
from tap_engine.records import json_text
from tap_engine.records.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_commercetools.collection import Collection
    from tap_engine.state.scan import Context, Position, Range, Scan

PASSES = 3
KEPT_SECONDS = 3 * 366 * 86_400
"""The longest that the platform keeps records is three years."""

OVERLAP_SECONDS = 1.0
"""Whether the bounds of a window are part of it, and count milliseconds, is not documented.

Asked for with a second more on either side, a window is complete in any case.
"""

SMALLEST_SECONDS = 1.0
"""Below the overlap a smaller window would ask for nothing less."""

MOST_GROWTH = 16.0
FILLING = 0.7
"""The next window is made to fill so much of a page if changes go on at the same rate."""


RECORDED = frozenset(
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
"""Streams whose records the history knows, deletes included; for the documentation.

Not `payment_methods`: one list of the specification has them, another does not.
"""


class _Resource(msgspec.Struct, rename="camel"):
    type_id: str
    id: str | None = None
    key: str | None = None


class _Head(msgspec.Struct, rename="camel"):
    """What identifies a record: it has no id."""

    version: int
    modified_at: str
    resource: _Resource


_head = msgspec.json.Decoder(_Head)


class ByWindow(CollectionPager):
    """Reads all records of the history, window by window.

    A position is a moment: everything before it has been read.
    """

    name = "window"

    def __init__(self, scan: Scan, source: Collection) -> None:
        super().__init__(scan, source)
        self._seconds: float | None = None

    def accepts(self, position: Position) -> bool:
        """Return whether a position is a single moment."""
        return len(position) == 1 and timestamps.is_instant(position[0])

    def fetch(self, part: Range) -> Page:
        """Read the largest window behind the position that fits into one page.

        Raises:
            SourceError: More changes than the API lists fall into the smallest window.
        """
        end = self._end()
        low = self._low(part, end)
        if low >= end:
            return Page([], None, timestamps.now())
        seconds = self._seconds or _distance(low, end)
        while True:
            seconds = max(seconds, SMALLEST_SECONDS)
            high = min(_later(low, seconds), end)
            raws, full, _ = self._ask_window(low, high)
            if not full:
                rows = self._rows(raws)
                break
            seconds = min(seconds, _distance(low, end)) / 2
            if seconds < SMALLEST_SECONDS:
                rows = self._deep(low, high)
                break
        growth = FILLING * self.source.page_size.current / max(len(rows), 1)
        self._seconds = seconds * min(growth, MOST_GROWTH)
        # The first answer of a run tells when it started, which may be later than this clock says.
        # The answer covers the overlap as well: a few milliseconds need no request of their own.
        last = _later(high, OVERLAP_SECONDS) >= self._end()
        kept = [row for row in rows if row.at and low <= row.at and (last or row.at < high)]
        return Page(kept, None if last else [high], timestamps.now())

    def try_list(self, context: Context) -> None:
        """Ask for one record of the last 24 hours, which is what the API takes by default."""
        source = self.source
        call = source.call(source.url(context), [("limit", "1")])
        source.connection.http.send(call, functools.partial(read_page, limit=1))

    def _end(self) -> str:
        return self.source.connection.http.read_until or timestamps.now()

    def _low(self, part: Range, end: str) -> str:
        if part.after is not None:
            return timestamps.canonical(part.after[0])
        return self.scan.since or timestamps.earlier(end, KEPT_SECONDS)

    def _ask_window(
        self, low: str, high: str, offset: int = 0, *, total: bool = False
    ) -> tuple[list[msgspec.Raw], bool, int | None]:
        """Ask for a page of a window: its records, whether there may be more, and the total."""
        before = [
            ("date.from", timestamps.earlier(low, OVERLAP_SECONDS)),
            ("date.to", _later(high, OVERLAP_SECONDS)),
        ]
        after = [("offset", str(offset))] if offset else []
        after += [("withTotal", "true" if total else "false")]
        return self.source.ask(self.source.url({}), before, after, read_counted_page)

    def _deep(self, low: str, high: str) -> list[Row]:
        """Read the smallest window page by page, again if it moved meanwhile.

        Raises:
            SourceError: It is longer than the API lists, or keeps moving.
        """
        found: dict[tuple[str, ...], Row] = {}
        for _ in range(PASSES):
            keys: list[tuple[str, ...]] = []
            total: int | None = None
            full = True
            while full:
                if len(keys) > DEEPEST_OFFSET:
                    msg = (
                        f"{self.source.stream}: more than {DEEPEST_OFFSET} changes around {low},"
                        " and the API lists no more; stopped, because records would be skipped"
                    )
                    raise SourceError(msg)
                raws, full, total = self._ask_window(low, high, len(keys), total=True)
                rows = self._rows(raws)
                keys += [row.key for row in rows]
                found.update((row.key, row) for row in rows)
            if len(set(keys)) == len(keys) >= (total or 0):
                return list(found.values())
        msg = (
            f"{self.source.stream}: the changes around {low} kept moving while they were read; run"
            " again"
        )
        raise SourceError(msg)

    def _rows(self, raws: Iterable[msgspec.Raw]) -> list[Row]:
        """Add the key columns and bring the timestamps into the one form.

        Raises:
            SourceError: A record does not say what was changed when.
        """
        rows = []
        for raw in raws:
            try:
                head = _head.decode(raw)
                at = timestamps.canonical(head.modified_at)
            except (msgspec.DecodeError, ValueError) as error:
                msg = f"{self.source.stream}: the API sent a record without a usable key ({error})"
                raise SourceError(msg) from None
            resource = head.resource
            key = (resource.type_id, resource.id or resource.key or "", str(head.version), at)
            members: dict[str, Any] = {
                "resourceType": json_text.literal(key[0]),
                "resourceId": json_text.literal(key[1]),
                **json_text.members(raw),
                "modifiedAt": json_text.literal(at),
            }
            rows.append(Row(json_text.join(members), key, at))
        return rows


class ChangeHistoryStream(CommercetoolsStream):
    """The records of the Change History of a project."""

    replication_key = "modifiedAt"
    full_pager = ByWindow
    change_pager = ByWindow
    source_expires = True
    keys = ("resourceType", "resourceId", "version", "modifiedAt")
    shardable = False
    filterable = False

    def url(self, context: Context) -> str:
        """Return the URL of the project's history."""
        del context
        return self.connection.history_url


def _later(moment: str, seconds: float) -> str:
    return timestamps.earlier(moment, -seconds)


def _distance(low: str, high: str) -> float:
    return (timestamps.parse(high) - timestamps.parse(low)).total_seconds()
