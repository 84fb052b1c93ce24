"""Change History: who changed what, deletes of most types included. It has a host of its own.

Facts from the vendor's Change History API specification: `date.from` and `date.to` always come
together, `limit` ends at 500 and `offset` at 10,000, and there is neither a sort nor a way to go on
behind a record. So time is cut into windows that fit into one page.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import msgspec

from tap_commercetools.pages import read_page, read_total
from tap_commercetools.special import UnfilteredStream
from tap_engine import rawjson, timestamps
from tap_engine.errors import SourceError
from tap_engine.http import PageTooBigError
from tap_engine.records import Row
from tap_engine.walk import Page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_engine.walk import Position, Range, Walk

DEEPEST_OFFSET = 10_000
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
"""Streams whose records the history knows, deletes included; for the documentation."""


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


class ChangeHistoryStream(UnfilteredStream):
    """All records of the history, window by window.

    A position is a moment: everything before it has been read.
    """

    cursor_field = "modifiedAt"
    full_order = "modifiedAt"
    source_forgets = True
    keys = ("resourceType", "resourceId", "version", "modifiedAt")

    _seconds: float | None = None

    def url(self, piece: Range) -> str:
        """Build the URL of the project's history."""
        del piece
        return self.tap.history_url

    def begin_anew(self) -> None:
        """Forget how large the last window was."""
        self._seconds = None

    def fallback_order(self, order: str) -> None:
        """There is no other order."""

    def fits(self, walk: Walk, position: Position) -> bool:
        """Tell whether a position is a single value; the checkpoint has seen that it is a time."""
        del walk
        return len(position) == 1

    def can_count(self, walk: Walk) -> bool:  # noqa: ARG002
        """Say no: a total costs as much as the records."""
        return False

    def fetch(self, walk: Walk, piece: Range) -> Page:
        """Read the largest window behind the position that fits into one page.

        Raises:
            SourceError: More changes than the API lists fall into the smallest window.
        """
        end = self._end(walk)
        low = self._low(walk, piece, end)
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
        growth = FILLING * self.page_size.current / max(len(rows), 1)
        self._seconds = seconds * min(growth, MOST_GROWTH)
        # The first answer of a run tells the cut, which may lie behind what this clock says.
        last = high >= self._end(walk)
        kept = [row for row in rows if row.at and low <= row.at and (last or row.at < high)]
        return Page(kept, None if last else [high], timestamps.now())

    def probe(self, walk: Walk, piece: Range) -> None:
        """Ask for one record of the last 24 hours, which is what the API takes by default."""
        del walk
        self.tap.http.send(
            self.call(self.url(piece), [("limit", "1")]), functools.partial(read_page, limit=1)
        )

    def _end(self, walk: Walk) -> str:
        now = self.tap.http.cut or timestamps.now()
        return min(walk.cut or now, now)

    def _low(self, walk: Walk, piece: Range, end: str) -> str:
        if piece.at is not None:
            return timestamps.canonical(piece.at[0])
        return walk.since or timestamps.earlier(end, KEPT_SECONDS)

    def _ask_window(
        self, low: str, high: str, offset: int = 0, *, total: bool = False
    ) -> tuple[list[msgspec.Raw], bool, int | None]:
        """Ask for a page of a window: its records, whether there may be more, and the total."""
        while True:
            limit = self.page_size.current
            params = [
                ("date.from", timestamps.earlier(low, OVERLAP_SECONDS)),
                ("date.to", _later(high, OVERLAP_SECONDS)),
                ("limit", str(limit)),
                *([("offset", str(offset))] if offset else []),
                ("withTotal", "true" if total else "false"),
            ]
            call = self.call(self.tap.history_url, params, smallest_page=limit == 1)
            try:
                answer = self.tap.http.send(call, functools.partial(_read, limit=limit))
            except PageTooBigError:
                self.page_size.shrink(limit)
                self.logger.info("%s: pages of %d rows are too big", self.name, limit)
                continue
            self.page_size.succeeded()
            return answer

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
                        f"{self.name}: more than {DEEPEST_OFFSET} changes around {low}, and the API"
                        " lists no more; stopped, because records would be skipped"
                    )
                    raise SourceError(msg)
                raws, full, total = self._ask_window(low, high, len(keys), total=True)
                rows = self._rows(raws)
                keys += [row.key for row in rows]
                found.update((row.key, row) for row in rows)
            if len(set(keys)) == len(keys) >= (total or 0):
                return list(found.values())
        msg = f"{self.name}: the changes around {low} kept moving while they were read; run again"
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
                msg = f"{self.name}: the API sent a record without a usable key ({error})"
                raise SourceError(msg) from None
            resource = head.resource
            key = (resource.type_id, resource.id or resource.key or "", str(head.version), at)
            members: dict[str, Any] = {
                "resourceType": rawjson.literal(key[0]),
                "resourceId": rawjson.literal(key[1]),
                **rawjson.members(raw),
                "modifiedAt": rawjson.literal(at),
            }
            rows.append(Row(rawjson.join(members), key, at))
        return rows


def _read(body: bytes, limit: int) -> tuple[list[msgspec.Raw], bool, int | None]:
    raws, full = read_page(body, limit)
    return raws, full, read_total(body)


def _later(moment: str, seconds: float) -> str:
    return timestamps.earlier(moment, -seconds)


def _distance(low: str, high: str) -> float:
    return (timestamps.parse(high) - timestamps.parse(low)).total_seconds()
