"""Streams of commercetools that are not plain collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from tap_commercetools import query
from tap_commercetools.client import CommercetoolsStream
from tap_commercetools.in_store import InStoreStream
from tap_commercetools.message_keeping import LOST_MESSAGES
from tap_commercetools.pages import json_members, read_page, read_total
from tap_engine import rawjson, timestamps
from tap_engine.errors import NotFoundError, RefusedError, SourceError
from tap_engine.records import RowReader
from tap_engine.walk import PAGE_NUMBERS, Page, Range, Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_engine.http import Call
    from tap_engine.partial import Partial
    from tap_engine.walk import Context

DEEPEST_OFFSET = 10_000


class UnfilteredStream(CommercetoolsStream):
    """A stream that neither `stream_filters` nor `shard` applies to."""

    splits = False

    @classmethod
    def wrong_filter(cls, value: object) -> str:
        """Refuse any filter."""
        return super(CommercetoolsStream, cls).wrong_filter(value)


class SingleObjectStream(UnfilteredStream):
    """One object instead of a collection."""

    cursor_field: ClassVar[str | None] = None
    full_order = PAGE_NUMBERS

    def fetch(self, walk: Walk, piece: Range) -> Page:
        """Read the object."""
        del walk
        members = self.tap.http.send(self.call(self.url(piece), []), json_members)
        rows = self.rows.rows([msgspec.Raw(rawjson.join(members))])
        return Page(rows, None, timestamps.now(), total=1)

    def probe(self, walk: Walk, piece: Range) -> None:
        """Read the object."""
        self.fetch(walk, piece)


class OffsetStream(UnfilteredStream):
    """A collection without `where`: there is nothing but offsets, up to 10,000."""

    cursor_field: ClassVar[str | None] = None
    full_order = PAGE_NUMBERS

    def fetch(self, walk: Walk, piece: Range) -> Page:
        """Read a page by number.

        Raises:
            SourceError: The list is longer than the API lets anybody read.
        """
        del walk
        limit = self.tap.page_size
        offset = (int((piece.at or ["1"])[0]) - 1) * limit
        if offset > DEEPEST_OFFSET:
            msg = f"{self.name}: the API lists no more than {DEEPEST_OFFSET} records of this stream"
            raise SourceError(msg)
        params = [
            *query.sort(["id"]),
            ("limit", str(limit)),
            ("offset", str(offset)),
            ("withTotal", "true"),
        ]
        raws, total = self.tap.http.send(self.call(self.url(piece), params), _counted_page)
        return Page(self.rows.rows(raws), None, timestamps.now(), total=total)


class MessagesStream(CommercetoolsStream):
    """Messages: the members that all types share as columns, the others in one `payload`.

    The 340 message types would otherwise make thousands of columns.
    """

    bookmark_at_cut = True
    source_forgets = True
    reshapes = True
    columns: ClassVar[frozenset[str]] = frozenset(
        {
            "id",
            "version",
            "versionModifiedAt",
            "createdAt",
            "createdBy",
            "lastModifiedAt",
            "lastModifiedBy",
            "sequenceNumber",
            "resource",
            "resourceVersion",
            "resourceUserProvidedIdentifiers",
            "type",
        }
    )

    def complete(self, walk: Walk) -> Iterable[Partial]:
        """Say when the project does not keep messages, or not long enough."""
        self.tap.message_keeping.check(self, LOST_MESSAGES)
        return super().complete(walk)

    def reshape(self, members: rawjson.Members, piece: Range) -> rawjson.Members:
        """Move type-specific members into `payload`."""
        del piece
        payload = {name: raw for name, raw in members.items() if name not in self.columns}
        common = {name: raw for name, raw in members.items() if name in self.columns}
        return {**common, "payload": msgspec.Raw(rawjson.join(payload))}


class VariantProjectionsStream(InStoreStream):
    """Variant projections: an id is unique only inside its product."""

    cursor_field: ClassVar[str | None] = None
    keys = ("productId", "id", "staged")
    row_key = ("id", "product.id")
    reshapes = True

    def reshape(self, members: rawjson.Members, piece: Range) -> rawjson.Members:
        """Add the product's id, which is part of the key."""
        members = super().reshape(members, piece)
        return {"productId": inner(members, "product", "id"), **members}


class CustomObjectsStream(CommercetoolsStream):
    """Custom objects: those of all containers, or of the configured ones.

    The query over all containers is deprecated by the vendor; named containers use its successor.
    """

    def lists(self) -> Iterable[Context]:
        """Name the configured containers; one nameless list stands for all."""
        containers = self.tap.containers
        return [{"container": name} for name in containers] if containers else [{}]

    def url(self, piece: Range) -> str:
        """Build the URL of one container, or of all."""
        base = f"{self.tap.project_url}/custom-objects"
        return super().url(piece) if piece.of else base

    def read_with(self) -> dict[str, Any]:
        """Add the containers: a new one has to be read from its start."""
        containers = self.tap.containers
        return {**super().read_with(), **({"containers": containers} if containers else {})}

    def widened(self, before: dict[str, Any]) -> bool:
        """Tell whether containers were added since."""
        old, new = before.get("containers"), self.tap.containers
        added = old is not None and (new is None or not set(new) <= set(old))
        return added or super().widened(before)


class ChildStream(UnfilteredStream):
    """Lists below each object of a parent collection, one request a parent at least."""

    cursor_field: ClassVar[str | None] = None
    reshapes = True
    reads_ahead = False
    parent: ClassVar[str]
    """Path of the parent collection."""
    parent_key: ClassVar[str] = "id"
    """Member of a parent that its path and the child's rows carry."""
    context_key: ClassVar[str]
    """Name of that member in the child's rows."""
    row_columns: ClassVar[dict[str, tuple[str, str]]] = {}
    """Key columns taken out of references: column -> (member, member inside)."""

    def lists_after(self, opened: Context | None) -> Iterator[Context]:
        """Walk through the parents by their key."""
        reader = RowReader(self.name, (self.parent_key,), None)
        at = opened[self.context_key] if opened else None
        limit = self.tap.page_size
        while True:
            params = [
                *query.conjunction([query.compare(self.parent_key, ">", at)] if at else []),
                *query.sort([self.parent_key]),
                ("limit", str(limit)),
                ("withTotal", "false"),
            ]
            call = self.call(f"{self.tap.project_url}/{self.parent}", params)
            raws, full = self.tap.http.send(call, lambda body: read_page(body, limit))
            if not raws:  # without parents every row of the target would go: looked at twice
                raws, full = self.tap.http.send(call, lambda body: read_page(body, limit))
            rows = reader.rows(raws)
            for row, raw in zip(rows, raws, strict=True):
                if context := self.context_of(row.key[0], raw):
                    yield context
            if not full:
                return
            if rows[-1].key[0] == at:
                msg = f"{self.name}: the API sent the same page of {self.parent} again"
                raise SourceError(msg)
            at = rows[-1].key[0]

    def can_count(self, walk: Walk) -> bool:  # noqa: ARG002
        """Say no: no single list stands for the stream."""
        return False

    def context_of(self, key: str, raw: msgspec.Raw) -> Context | None:
        """Name the list below one parent, None when it has none."""
        del raw
        return {self.context_key: key}

    def has_list(self, context: Context) -> bool:
        """Say yes: where a parent is gone, reading goes on behind its place."""
        return self.context_key in context

    def fetch(self, walk: Walk, piece: Range) -> Page:
        """Read a page; a parent that was deleted meanwhile has no rows."""
        try:
            return super().fetch(walk, piece)
        except NotFoundError:
            return Page([], None, timestamps.now())

    def reshape(self, members: rawjson.Members, piece: Range) -> rawjson.Members:
        """Add the key columns."""
        added = {self.context_key: rawjson.literal(piece.of[self.context_key])}
        for column, (member, inside) in self.row_columns.items():
            added[column] = inner(members, member, inside)
        return {**added, **members}

    def check(self) -> str:
        """Try the first parent's list."""
        self.check_scopes()
        context = next(self.lists_after(None), None)
        if context is not None:
            self.probe(Walk(order=self.full_order), Range(of=context))
        return "readable"


class UnsortedChildStream(ChildStream):
    """A list with `where` but without `sort`: halved until a piece fits into one page."""

    def fetch(self, walk: Walk, piece: Range) -> Page:
        """Read the largest piece behind the position that fits into one page.

        A page that is not full holds everything that its filter lets through, in whatever order.

        Raises:
            SourceError: The rows of a single key fill a page.
        """
        del walk
        path = self.row_key[0]
        limit = self.tap.page_size
        low, high = piece.at, piece.to
        while True:
            parts = [query.compare(path, ">", low[0])] if low else []
            parts += [query.compare(path, "<=", high)] if high else []
            params = [*query.conjunction(parts), ("limit", str(limit)), ("withTotal", "false")]
            raws, full = self._part(self.call(self.url(piece), params))
            rows = self.rows.rows(raws)
            if not full:
                # Up to the end of the range: complete.
                return Page(rows, None if high == piece.to else [str(high)], timestamps.now())
            ids = sorted({row.key[0] for row in rows})
            if len(ids) == 1:
                msg = f"{self.name}: more than {limit} rows of one {path}; raise page_size"
                raise SourceError(msg)
            high = ids[len(ids) // 2 - 1]

    def _part(self, call: Call) -> tuple[list[msgspec.Raw], bool]:
        """Ask for a part, twice when it looks empty; a parent that is gone has no rows."""

        def ask() -> tuple[list[msgspec.Raw], bool]:
            return self.tap.http.send(call, lambda body: read_page(body, self.tap.page_size))

        try:
            raws, full = ask()
            return (raws, full) if raws else ask()
        except NotFoundError:
            return [], False


class AssociateStream(ChildStream):
    """Lists that only an associate of a business unit may ask for.

    Any associate with the permission sees all rows of the unit, so its associates are tried in
    turn.
    """

    keys = ("businessUnitKey", "id")
    parent = "business-units"
    parent_key = "key"
    context_key = "businessUnitKey"

    def context_of(self, key: str, raw: msgspec.Raw) -> Context | None:
        """Name the unit and its associates; without any, nobody can ask."""
        unit = msgspec.json.decode(raw)
        customers = [each.get("customer") or {} for each in unit.get("associates") or []]
        associates = [customer["id"] for customer in customers if customer.get("id")]
        return {self.context_key: key, "associates": " ".join(associates)} if associates else None

    def url(self, piece: Range) -> str:
        """Build the URL, as asked by the first associate of the context."""
        first = piece.of.get("associates", "").partition(" ")[0]
        return super().url(Range(of={**piece.of, "associateId": first}))

    def fetch(self, walk: Walk, piece: Range) -> Page:
        """Read a page as the first associate that may.

        Raises:
            RefusedError: None of the unit's associates may.
        """
        associates = piece.of["associates"].split()
        for number in range(len(associates)):
            here = Range({**piece.of, "associates": " ".join(associates[number:])}, piece.at)
            try:
                return super().fetch(walk, here)
            except RefusedError:
                if number + 1 == len(associates):
                    raise
        return Page([], None, timestamps.now())


def inner(members: rawjson.Members, member: str, inside: str) -> msgspec.Raw:
    """Take one member out of a member that is an object."""
    return rawjson.members(members[member])[inside]


def _counted_page(body: bytes) -> tuple[list[msgspec.Raw], int | None]:
    raws, _ = read_page(body, 0)
    return raws, read_total(body)
