"""Lists below each object of a parent collection: one request per parent at least."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from tap_commercetools import query
from tap_commercetools.client import CommercetoolsStream
from tap_commercetools.collection import Parents
from tap_commercetools.keyset import Keyset
from tap_commercetools.paging import ById
from tap_engine import timestamps
from tap_engine.errors import NotFoundError, RefusedError, SourceError
from tap_engine.ids import UUID
from tap_engine.reading.pager import Page
from tap_engine.records import json_text
from tap_engine.records.rows import RowReader
from tap_engine.singer.stream import declared_streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_engine.records.rows import Row
    from tap_engine.state.scan import Context, Range


class _Customer(msgspec.Struct):
    id: str = ""


class _Associate(msgspec.Struct):
    customer: _Customer | None = None


class _Unit(msgspec.Struct):
    associates: list[_Associate] | None = None


_unit = msgspec.json.Decoder(_Unit)


class ChildPager(ById):
    """Reads the parents by key, and the list below each of them by id."""

    @property
    def parents(self) -> Parents:
        """Where the parents are."""
        parents = self.source.parents
        assert parents is not None  # noqa: S101 (streams of this pager declare them)
        return parents

    def lists(self, after: Context | None) -> Iterator[Context]:
        """Yield a list for each parent behind one."""
        parents = self.parents
        pages = self._keyset.pages(
            self._url,
            after=[after[parents.context_key]] if after else None,
            look_twice=True,  # without parents every row of the target would go
        )
        for page in pages:
            for row in page.rows:
                if context := parents.context_of(row.key[0], row.raw):
                    yield context

    def has_list(self, context: Context) -> bool:
        """Accept any parent: where one is gone, reading continues behind its place."""
        return self.parents.context_key in context

    def fetch(self, part: Range) -> Page:
        """Read a page; a parent that was deleted meanwhile has no rows.

        Raises:
            NotFoundError: The parent is there, and its list is not.
        """
        try:
            return super().fetch(part)
        except NotFoundError:
            if self.parent(part.list) is not None:
                raise
            return Page([], None, timestamps.now())

    def parent(self, context: Context) -> Row | None:
        """Ask for the parent of a list; None if there is no such parent any more."""
        same = query.compare(self.parents.key, "=", context[self.parents.context_key])
        rows = self._keyset.page(self._url, [same], None, look_twice=True).rows
        return rows[0] if rows else None

    @property
    def _url(self) -> str:
        return f"{self.source.connection.project_url}/{self.parents.path}"

    @property
    def _keyset(self) -> Keyset:
        sort = (self.parents.key,)
        rows = RowReader(self.source.stream, sort, None)
        return Keyset(self.source, sort, rows, by_time=False)


class UnsortedChildPager(ChildPager):
    """Reads lists with `where` but without `sort`: halved until a part fits into one page."""

    name = "half"

    def ask(self, part: Range) -> Page:
        """Read the largest part behind the position that fits into one page.

        A page that is not full holds everything that its filter lets through, in whatever order.

        Raises:
            SourceError: The rows of a single key fill a page, or come from outside the range.
        """
        source, path = self.source, self.source.key[0]
        low, high = part.after, part.upto
        while True:
            bounds = [query.compare(path, ">", low[0])] if low else []
            bounds += [query.compare(path, "<=", high)] if high else []
            # Below the end of the range there were rows just now.
            twice = high != part.upto or self.looks_twice(part)
            raws, full = source.ask_rows(source.url(part.list), bounds, (), look_twice=twice)
            rows = source.rows.rows(raws)
            self._check(rows, low[0] if low else "", high)
            if not full:
                # Up to the end of the range: complete.
                return Page(rows, None if high == part.upto else [str(high)], timestamps.now())
            ids = sorted({row.key[0] for row in rows})
            if len(ids) == 1:
                msg = f"{source.stream}: a full page of rows of one {path}; raise page_size"
                raise SourceError(msg)
            high = ids[len(ids) // 2 - 1]

    def _check(self, rows: Sequence[Row], low: str, high: str | None) -> None:
        """Check that the API filters: if it does not, halving a list comes to no end."""
        for row_id in (row.key[0] for row in rows):
            if UUID.fullmatch(row_id) and not (low < row_id and (not high or row_id <= high)):
                msg = f"{self.source.stream}: the API sent record {row_id} from outside the range"
                raise SourceError(msg)


class ReferencePager(ChildPager):
    """Reads lists that are sorted by a member of a reference, if the API takes that."""

    fallback = UnsortedChildPager
    instead = "reading the lists without it"


class AssociatePager(ChildPager):
    """Reads lists that only an associate of a business unit may ask for.

    Any associate with the permission sees all rows of the unit, so its associates are tried in
    turn.
    """

    def fetch(self, part: Range) -> Page:
        """Read a page as the first associate that may, of those that the unit has by now.

        Raises:
            RefusedError: None of the unit's associates may.
        """
        known = part.list["associates"].split()
        try:
            return self._fetch_as(known, part)
        except RefusedError:
            # The list may be from a scan that was interrupted long ago.
            unit = self.parent(part.list)
            context = unit and self.parents.context_of(unit.key[0], unit.raw)
            if not context:
                return Page([], None, timestamps.now())
            others = [each for each in context["associates"].split() if each not in known]
            if not others:
                raise
            return self._fetch_as(others, part)

    def _fetch_as(self, associates: Sequence[str], part: Range) -> Page:
        *others, last = associates
        for associate in others:
            with contextlib.suppress(RefusedError):
                return self._fetch_as_one(associate, part)
        return self._fetch_as_one(last, part)

    def _fetch_as_one(self, associate: str, part: Range) -> Page:
        context = {**part.list, "associates": associate}
        return super().fetch(msgspec.structs.replace(part, list=context))


class ChildStream(CommercetoolsStream):
    """Lists below each object of a parent collection."""

    replication_key: str | None = None
    full_pager = ChildPager
    change_pager = ChildPager
    reshapes = True
    can_prefetch = False
    shardable = False
    countable = False
    filterable = False
    parent: ClassVar[str]
    """Path of the parent collection."""
    parent_key: ClassVar[str] = "id"
    """Member of a parent that its path and the child's rows carry."""
    context_key: ClassVar[str]
    """Name of that member in the child's rows."""
    row_columns: ClassVar[dict[str, tuple[str, str]]] = {}
    """Key columns taken out of references: column -> (member, member inside)."""

    def collection_members(self) -> dict[str, Any]:
        """Say where the parents are."""
        parents = Parents(self.parent, self.parent_key, self.context_key, self.context_of)
        return {**super().collection_members(), "parents": parents}

    def context_of(self, key: str, raw: bytes) -> Context | None:
        """Return the list below one parent; None when it has none."""
        del raw
        return {self.context_key: key}

    def reshape(self, members: json_text.Members, context: Context) -> json_text.Members:
        """Add the key columns."""
        added = {self.context_key: json_text.literal(context[self.context_key])}
        for column, (member, inside) in self.row_columns.items():
            added[column] = json_text.inner(members, member, inside)
        return {**added, **members}


class AssociateStream(ChildStream):
    """Lists of a business unit, asked for as one of its associates."""

    full_pager = AssociatePager
    change_pager = AssociatePager
    keys = ("businessUnitKey", "id")
    parent = "business-units"
    parent_key = "key"
    context_key = "businessUnitKey"

    def context_of(self, key: str, raw: bytes) -> Context | None:
        """Return the unit and its associates; without any, nobody can ask."""
        try:
            unit = _unit.decode(raw)
        except msgspec.DecodeError as error:
            msg = f"business unit {key}: its associates have another form than is known ({error})"
            raise SourceError(msg) from None
        associates = [
            each.customer.id for each in unit.associates or () if each.customer and each.customer.id
        ]
        return {self.context_key: key, "associates": " ".join(associates)} if associates else None

    def url(self, context: Context) -> str:
        """Return the URL, as asked by the first associate of the context."""
        first = context.get("associates", "").partition(" ")[0]
        return super().url({**context, "associateId": first})


class ProductSelectionProducts(ChildStream):
    """The products of each product selection."""

    full_pager = ReferencePager
    change_pager = ReferencePager
    name = "product_selection_products"
    path = "product-selections/{productSelectionId}/products"
    parent = "product-selections"
    context_key = "productSelectionId"
    keys = ("productSelectionId", "productId")
    row_key = ("product.id",)
    row_columns: ClassVar = {"productId": ("product", "id")}
    scopes = ("view_product_selections",)


class ProductProductSelections(ChildStream):
    """The product selections of each product."""

    full_pager = ReferencePager
    change_pager = ReferencePager
    name = "product_product_selections"
    path = "products/{productId}/product-selections"
    parent = "products"
    context_key = "productId"
    keys = ("productId", "productSelectionId")
    row_key = ("productSelection.id",)
    row_columns: ClassVar = {"productSelectionId": ("productSelection", "id")}
    scopes = ("view_product_selections",)
    off_because = "one request per product; repeats product_selection_products"


class StoreProductSelectionAssignments(ChildStream):
    """The products that the product selections of each store make available."""

    full_pager = UnsortedChildPager
    change_pager = UnsortedChildPager
    name = "store_product_selection_assignments"
    path = "in-store/key={storeKey}/product-selection-assignments"
    parent = "stores"
    parent_key = "key"
    context_key = "storeKey"
    keys = ("storeKey", "productId", "productSelectionId")
    row_key = ("product.id", "productSelection.id")
    row_columns: ClassVar = {
        "productId": ("product", "id"),
        "productSelectionId": ("productSelection", "id"),
    }
    scopes = ("view_product_selections",)
    off_because = "one request per store"


class ApprovalFlows(AssociateStream):
    """The approval flows of each business unit."""

    name = "approval_flows"
    path = "as-associate/{associateId}/in-business-unit/key={businessUnitKey}/approval-flows"
    scopes = ("view_approval_flows",)
    off_because = "one request per business unit"


class ApprovalRules(AssociateStream):
    """The approval rules of each business unit."""

    name = "approval_rules"
    path = "as-associate/{associateId}/in-business-unit/key={businessUnitKey}/approval-rules"
    scopes = ("view_approval_rules",)
    off_because = "one request per business unit"


CHILD_STREAMS = declared_streams(globals())
