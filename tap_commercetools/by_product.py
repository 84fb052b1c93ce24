"""Variant projections: an id is unique only inside its product, and sorting by both may fail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tap_commercetools import query
from tap_commercetools.keyset import Keyset
from tap_commercetools.lookup import IDS_AT_ONCE
from tap_commercetools.page_size import PageSize
from tap_commercetools.paging import ById
from tap_engine import ids, timestamps
from tap_engine.ids import UUID
from tap_engine.reading.pager import Page, rest, split_at
from tap_engine.records.rows import RowReader

if TYPE_CHECKING:
    from tap_commercetools.collection import Collection
    from tap_engine.state.scan import Context, Position, Range, Scan

PRODUCT: Final = "product.id"


class ByProduct(ById):
    """Reads the products by id, and the variants of as many at once as fit into one page.

    A page that is not full holds all variants of its products, in whatever order; those of one
    product come in the order of their ids, which are unique there. A position is the last product,
    and with it the last variant while that product is being read.
    """

    name = "product"
    fallback = None

    def __init__(self, scan: Scan, source: Collection) -> None:
        super().__init__(scan, source)
        self._variants = Keyset(source, ("id",), source.rows, by_time=False)
        # Its size is the number of products at once: halved where their variants fill a page.
        most = min(IDS_AT_ONCE, source.connection.page_size)
        products = replace(
            source,
            rows=RowReader(source.stream, ("id",), None),
            page_size=PageSize(most),
            user_filter=None,
            shard=None,
        )
        self._at_once = products.page_size
        self._products = Keyset(products, ("id",), products.rows, by_time=False)

    def ask(self, part: Range) -> Page:
        """Read the variants of the next products, or the rest of one product's."""
        if part.after is not None and len(part.after) > 1:
            product, variant = part.after
            return self._of_one(part.list, product, variant)
        source = self.source
        products = self._products_url(part.list)
        listed = self._products.page(
            products, self.bounds(part), part.after, upto=part.upto, look_twice=True
        )
        found = [row.key[0] for row in listed.rows]
        wanted = found
        while wanted:
            where = [query.one_of(PRODUCT, wanted), *source.own_predicates]
            raws, full = source.ask_rows(source.url(part.list), where, (), look_twice=True)
            if not full:
                end = None if wanted == found and listed.next is None else [wanted[-1]]
                return Page(source.rows.rows(raws), end, timestamps.now())
            if len(wanted) == 1:
                return self._of_one(part.list, wanted[0])
            self._at_once.shrink(len(wanted))
            wanted = wanted[: len(wanted) // 2]
        return Page([], None, timestamps.now())

    def _of_one(self, context: Context, product: str, variant: str | None = None) -> Page:
        """Read the variants of one product behind one of them."""
        where = [query.compare(PRODUCT, "=", product), *self.source.own_predicates]
        after = None if variant is None else [variant]
        behind = [] if after is None else [query.after(["id"], after)]
        page = self._variants.page(
            self.source.url(context), [*behind, *where], after, look_twice=True
        )
        page.next = [product] if page.next is None else [product, page.next[0]]
        return page

    def _products_url(self, context: Context) -> str:
        """Return the URL of a list of at least the products whose variants are listed.

        Who may only see published ones finds those in the list of projections.
        """
        source = self.source
        if not source.connection.lacks_scope(("view_products",)):
            return f"{source.connection.project_url}/products"
        store_or_project = source.url(context).removesuffix("variant-projections")
        return f"{store_or_project}product-projections"

    def split(self, part: Range, page: Page) -> tuple[Range, ...]:
        """Divide the products behind the first page, if their ids are spread as UUIDs are."""
        if page.next is None or not UUID.fullmatch(page.next[0]):
            return (rest(part, page),)
        return split_at(part, page, ids.boundaries(self.width, page.next[0]))

    def accepts(self, position: Position) -> bool:
        """Return whether a position names a product, or a product and a variant."""
        return len(position) in {1, 2}


class ByVariant(ById):
    """Reads variants in the order of their ids and those of their products.

    Whether the API sorts by a member of a reference is not documented.
    """

    fallback = ByProduct
    instead = "reading the variants product after product"
