"""Ids without records: GraphQL lists `id` and a timestamp alone, REST only whole records."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from tap_commercetools.collection import Collection
from tap_commercetools.envelope import read_page
from tap_commercetools.error_table import GRAPHQL_RULES
from tap_commercetools.paging import ById, KeysetPager
from tap_engine.errors import (
    BadBodyError,
    ErrorInBodyError,
    QueryRefusedError,
    RefusedError,
    RequestError,
    StreamError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_engine.http.call import Call
    from tap_engine.reading.pager import Page
    from tap_engine.state.scan import Context, Range

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

QUERY = """
query ($where: String, $sort: [String!], $limit: Int) {
  page: %s(where: $where, sort: $sort, limit: $limit) { count results { %s } }
}
"""


class NoGraphqlError(QueryRefusedError):
    """The project has no GraphQL, it is not open to these credentials, or it keeps failing."""


class _Data(msgspec.Struct):
    page: msgspec.Raw


class _Answer(msgspec.Struct):
    data: _Data | None = None
    errors: Any = None


_answer = msgspec.json.Decoder(_Answer)


def read_ids(body: bytes, limit: int) -> tuple[list[msgspec.Raw], bool]:
    """Split an answer into its rows; return them, and whether more may follow.

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
    if answer.data is None:
        msg = "the answer holds neither data nor errors"
        raise BadBodyError(msg)
    return read_page(bytes(answer.data.page), limit)


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
        given = dict(params)
        variables = {
            "where": given.get("where"),
            "sort": [value for name, value in params if name == "sort"],
            "limit": int(given["limit"]),
        }
        members = " ".join([*self.key, *([self.time] if self.time else ())])
        call = self.connection.call(
            self.stream,
            f"{self.connection.project_url}/graphql",
            rules=GRAPHQL_RULES,
            smallest_page=smallest_page,
        )
        query = QUERY % (self.root, members)
        return replace(call, json={"query": query.strip(), "variables": variables})

    def read_rows(self, body: bytes, limit: int) -> tuple[list[msgspec.Raw], bool]:
        """Split an answer into its rows."""
        return read_ids(body, limit)

    def count(self, since: str | None) -> int | None:
        """Return the total of the collection."""
        return self.whole.count(since)

    def probe(self, context: Context) -> None:
        """Ask for an empty page of the collection."""
        self.whole.probe(context)


class IdsById(ById):
    """Reads ids and replication timestamps by id; whole records where GraphQL is refused."""

    instead = "reading whole records instead of ids"
    source: IdsOnly

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

    def restart(self, error: QueryRefusedError, *, resumed: bool) -> ById:
        """Begin anew with whole records, and where there is no GraphQL do not try it again."""
        del resumed
        if isinstance(error, NoGraphqlError):
            self.source.connection.graphql = False
        return ById(self.scan.restarted(ById.name), self.source.whole)
