"""Streams of Commerce7 that are not plain lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tap_commerce7.client import START, Commerce7Stream, CursorStream
from tap_engine import rawjson, timestamps
from tap_engine.errors import NotFoundError
from tap_engine.records import RowReader
from tap_engine.selection import allow_list
from tap_engine.walk import Page, Range, Walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_commerce7.tap import TapCommerce7
    from tap_engine.walk import Context


class SettingsStream(Commerce7Stream):
    """The tenant's settings, cut down to what the schema lists.

    The raw row also carries keys of other integrations, so nothing undeclared may pass.
    """

    reshapes = True

    def __init__(self, tap: TapCommerce7) -> None:
        super().__init__(tap)
        self._allowed = allow_list(self.schema).settle()

    def reshape(self, members: rawjson.Members, piece: Range) -> rawjson.Members:
        """Let only declared members through."""
        del piece
        return self._allowed.apply_to_members(members)


class TrashStream(CursorStream):
    """Deleted objects: neither the row's shape nor a timestamp is known."""

    cursor_field: ClassVar[str | None] = None


class CustomerChildStream(Commerce7Stream):
    """A list below each customer: one request a customer at least."""

    filter_parameters = ("customerId",)
    reshapes = True
    reads_ahead = False

    @property
    def own_parameters(self) -> list[tuple[str, str]]:
        """Nothing: the filter of this stream stands in the path."""
        return []

    def lists_after(self, opened: Context | None) -> Iterator[Context]:
        """Walk through the customers by cursor, which is not rate-limited, unless one is named."""
        if self.stream_filter is not None:
            only = {"customerId": str(self.stream_filter["customerId"])}
            yield from [only] if opened is None else []
            return
        reader = RowReader(self.name, ("id",), None)
        customers = self.tap.streams["customers"]
        if not isinstance(customers, CursorStream):
            return
        following: str | None = START
        followed: set[str] = set()
        before = ""
        while following is not None:
            raws, following = customers.read_cursor_page(
                Range(), following, [], followed, whole=True
            )
            for row in reader.rows(raws):
                (customer,) = row.key
                # Ids come in ascending order; where they do not, reading one twice does no harm.
                passed = opened is not None and before <= customer <= opened["customerId"]
                before = customer
                if not passed:
                    yield {"customerId": customer}

    def has_list(self, context: Context) -> bool:
        """Say yes: where a parent is gone, reading goes on behind its place."""
        return "customerId" in context

    def fetch(self, walk: Walk, piece: Range) -> Page:
        """Read a page; a customer that was deleted meanwhile has no rows."""
        try:
            return super().fetch(walk, piece)
        except NotFoundError:
            return Page([], None, timestamps.now())

    def reshape(self, members: rawjson.Members, piece: Range) -> rawjson.Members:
        """Add the customer where the row does not name it."""
        return {"customerId": rawjson.literal(piece.of["customerId"]), **members}

    def check(self) -> str:
        """Try the first customer's list."""
        context = next(self.lists_after(None), None)
        if context is not None:
            self.probe(Walk(order=self.full_order), Range(of=context))
        return "readable"
