"""Ids without records: GraphQL lists `id` and a timestamp alone, REST only whole records."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from tap_commercetools import query
from tap_commercetools.collection import Collection
from tap_commercetools.envelope import read_page
from tap_commercetools.error_table import GRAPHQL_RULES
from tap_commercetools.page_size import PageSize
from tap_commercetools.paging import ById, KeysetPager
from tap_engine import ids
from tap_engine.errors import (
    BadBodyError,
    ErrorInBodyError,
    QueryRefusedError,
    RefusedError,
    RequestError,
    StreamError,
)
from tap_engine.http.call import PageTooBigError
from tap_engine.ids import UUID
from tap_engine.state.scan import Range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_engine.http.call import Call
    from tap_engine.reading.pager import Page
    from tap_engine.state.scan import Context, Scan

FIELDS = {
    "api_clients": "apiClients",
    "associate_roles": "associateRoles",
    "attribute_groups": "attributeGroups",
    "business_units": "businessUnits",
    "cart_discounts": "cartDiscounts",
    "carts": "carts",
    "categories": "categories",
    "channels": "channels",
    "customer_groups": "customerGroups",
    "customers": "customers",
    "discount_codes": "discountCodes",
    "discount_groups": "discountGroups",
    "extensions": "extensions",
    "inventory_entries": "inventoryEntries",
    "messages": "messages",
    "order_edits": "orderEdits",
    "orders": "orders",
    "payment_methods": "paymentMethods",
    "payments": "payments",
    "product_discounts": "productDiscounts",
    "product_selections": "productSelections",
    "product_tailoring": "productTailoringList",
    "product_types": "productTypes",
    "products": "products",
    "quote_requests": "quoteRequests",
    "quotes": "quotes",
    "recurrence_policies": "recurrencePolicies",
    "recurring_orders": "recurringOrders",
    "reviews": "reviews",
    "shipping_methods": "shippingMethods",
    "shopping_lists": "shoppingLists",
    "staged_quotes": "stagedQuotes",
    "standalone_prices": "standalonePrices",
    "states": "states",
    "stores": "stores",
    "subscriptions": "subscriptions",
    "tax_categories": "taxCategories",
    "types": "typeDefinitions",
    "variants": "variants",
    "zones": "zones",
}
"""Root fields by stream; source: the vendor's GraphQL schema.

Left out are streams whose rows are not identified by `id` alone, or which REST lists otherwise.
"""

PAGES_AT_ONCE = 8
"""So many pages are asked for in one request: a page of ids is small, the way is long."""

FILLED = 0.85
"""How full such pages are to be; one that turns out to be full makes those behind it useless."""


class NoGraphqlError(QueryRefusedError):
    """The project has no GraphQL, it is not open to these credentials, or it keeps failing."""


class _Answer(msgspec.Struct):
    data: dict[str, msgspec.Raw] | None = None
    errors: Any = None


_answer = msgspec.json.Decoder(_Answer)


def read_ids(body: bytes, limit: int, pages: int) -> tuple[list[msgspec.Raw], bool]:
    """Join the pages of an answer; return their rows, and whether more may follow.

    Pages behind one that is full are left out: what is between them is not known.

    Args:
        body: The answer.
        limit: Most rows of a page.
        pages: Number of pages that were asked for.

    Raises:
        ErrorInBodyError: It reports an error, even if there are rows as well.
        BadBodyError: The body is not a complete answer.
    """
    try:
        answer = _answer.decode(body)
    except (ValueError, RecursionError) as error:
        msg = f"the body is not an answer of GraphQL ({type(error).__name__})"
        raise BadBodyError(msg) from None
    if answer.errors:
        raise ErrorInBodyError
    data = answer.data or {}
    rows: list[msgspec.Raw] = []
    full = False
    for number in range(pages):
        raws, full = read_page(bytes(data.get(f"page{number}", b"")), limit)
        rows += raws
        if full:
            break
    return rows, full


@dataclass(frozen=True)
class IdsOnly(Collection):
    """A collection that is asked for ids and replication timestamps alone.

    Attributes:
        root: Its root field.
        whole: The same collection with whole records.
    """

    root: str = field(kw_only=True)
    whole: Collection = field(kw_only=True)

    def call(
        self, url: str, params: Sequence[tuple[str, str]], *, smallest_page: bool = True
    ) -> Call:
        """Build a request out of the parameters that REST would take."""
        del url
        wheres = [value for name, value in params if name == "where"]
        variables = {f"where{number}": value for number, value in enumerate(wheres)}
        declared = "".join(f", ${name}: String" for name in variables)
        members = " ".join([*self.key, *([self.time] if self.time else ())])
        pages = " ".join(
            f"page{number}: {self.root}({f'where: $where{number}, ' if wheres else ''}"
            f"sort: $sort, limit: $limit) {{ count results {{ {members} }} }}"
            for number in range(max(1, len(wheres)))
        )
        call = self.connection.call(
            self.stream,
            f"{self.connection.project_url}/graphql",
            rules=GRAPHQL_RULES,
            smallest_page=smallest_page,
        )
        sort = [value for name, value in params if name == "sort"]
        given = {"sort": sort, "limit": int(dict(params)["limit"]), **variables}
        query = f"query ($sort: [String!], $limit: Int{declared}) {{ {pages} }}"
        return replace(call, json={"query": query, "variables": given})

    def _ask_rows_once(
        self, url: str, predicates: Sequence[str], sort: Sequence[str]
    ) -> tuple[list[msgspec.Raw], bool]:
        """Ask for a page for each predicate, all at once; they follow each other.

        Raises:
            PageTooBigError: Several pages are too much.
        """
        before = [*(("where", predicate) for predicate in predicates), *query.sort(sort)]
        read = partial(read_ids, pages=max(1, len(predicates)))
        if len(predicates) <= 1:
            return self.ask(url, before, [], read)
        size = self.page_size.current
        call = self.call(url, [*before, ("limit", str(size))], smallest_page=False)
        return self.connection.http.send(call, partial(read, limit=size))

    def count(self, since: str | None) -> int | None:
        """Return the total of the collection."""
        return self.whole.count(since)

    def try_list(self, context: Context) -> None:
        """Ask for an empty page of the collection."""
        self.whole.try_list(context)


class IdsById(ById):
    """Reads ids and replication timestamps by id; whole records where GraphQL is refused."""

    instead = "reading whole records instead of ids"
    source: IdsOnly

    def __init__(self, scan: Scan, source: IdsOnly) -> None:
        super().__init__(scan, source)
        self._step = 0.0
        """Share of all ids among which a row is to be expected."""
        self._pages = PageSize(PAGES_AT_ONCE)

    def fetch(self, part: Range) -> Page:
        """Read a page.

        Raises:
            QueryRefusedError: It cannot be read, for whatever reason: REST has the last word.
        """
        try:
            return KeysetPager.fetch(self, part)
        except (RefusedError, RequestError) as error:
            raise NoGraphqlError(str(error)) from None
        except StreamError as error:
            raise QueryRefusedError(str(error)) from None

    def ask(self, part: Range) -> Page:
        """Ask for several pages of a range at once, where its ids are spread as UUIDs are."""
        while True:
            pieces = self._pieces(part)
            try:
                page = self._ask_once(part, pieces)
                break
            except PageTooBigError:
                self._pages.shrink(len(pieces))
                self.source.logger.info(
                    "%s: %d pages at once are too many", self.source.stream, len(pieces)
                )
        self._pages.succeeded()
        if part.after is None and page.next and UUID.fullmatch(page.next[0]):
            self._step = ids.share_below(page.next[0]) / len(page.rows)
        return page

    def _ask_once(self, part: Range, pieces: Sequence[Range]) -> Page:
        wheres = [" and ".join(each) for piece in pieces if (each := self.predicates(piece))]
        return self.keyset.page(
            "", wheres, part.after, upto=part.upto, look_twice=self.looks_twice(part)
        )

    def _pieces(self, part: Range) -> list[Range]:
        """Divide a range into parts of which each but the last should fit into one page."""
        if part.after is None or not self._step or not UUID.fullmatch(part.after[0]):
            return [part]
        step = self._step * FILLED * self.source.page_size.current
        between = ids.steps(part.after[0], step, self._pages.current - 1, part.upto)
        starts = [part.after, *([boundary] for boundary in between)]
        return [
            Range(after=start, upto=end)
            for start, end in zip(starts, [*between, part.upto], strict=True)
        ]

    def restart(self, error: QueryRefusedError, *, resumed: bool) -> ById:
        """Begin anew with whole records, and where there is no GraphQL do not try it again."""
        del resumed
        if isinstance(error, NoGraphqlError):
            self.source.connection.graphql = False
        return ById(self.scan.restarted(ById.name), self.source.whole)
