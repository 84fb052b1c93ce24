"""Messages about deletes.

All deletes are hard deletes; 20 resource types leave a message (`*DeletedMessage` in the
commercetools API specification).
"""

from __future__ import annotations

from typing import NamedTuple


class Deleted(NamedTuple):
    """The record that a message reports as deleted.

    Attributes:
        stream: Stream of the record; None if it is not a record of any stream.
        type_id: `typeId` of references to the record.
        inside: Member of the message with the last version of the record; empty if there is none.
    """

    stream: str | None
    type_id: str
    inside: str = ""


DELETED = {
    "AssociateRoleDeleted": Deleted("associate_roles", "associate-role"),
    "BusinessUnitDeleted": Deleted("business_units", "business-unit"),
    "CartDiscountDeleted": Deleted("cart_discounts", "cart-discount"),
    "CustomerDeleted": Deleted("customers", "customer"),
    "DiscountCodeDeleted": Deleted("discount_codes", "discount-code"),
    "DiscountGroupDeleted": Deleted("discount_groups", "discount-group"),
    "InventoryEntryDeleted": Deleted("inventory_entries", "inventory-entry"),
    "OrderDeleted": Deleted("orders", "order", inside="order"),
    "PaymentMethodDeleted": Deleted("payment_methods", "payment-method", inside="paymentMethod"),
    "ProductDeleted": Deleted("products", "product", inside="currentProjection"),
    "ProductSelectionDeleted": Deleted("product_selections", "product-selection"),
    "ProductTailoringDeleted": Deleted("product_tailoring", "product-tailoring"),
    # A variant inside a product: the message names the product, which still exists.
    "ProductVariantDeleted": Deleted(None, "product"),
    "QuoteDeleted": Deleted("quotes", "quote"),
    "QuoteRequestDeleted": Deleted("quote_requests", "quote-request"),
    "RecurringOrderDeleted": Deleted("recurring_orders", "recurring-order", "recurringOrder"),
    "StagedQuoteDeleted": Deleted("staged_quotes", "staged-quote"),
    "StandalonePriceDeleted": Deleted("standalone_prices", "standalone-price"),
    "StoreDeleted": Deleted("stores", "store"),
    "VariantDeleted": Deleted("variants", "variant"),
}
"""Deleted records by message type."""

SAME_IDS = {"product_projections": "products"}
"""Streams whose records have the ids of another's, and go with them."""


def types_for(stream: str) -> tuple[str, ...]:
    """Return the types of messages that report a record of a stream as gone."""
    about = SAME_IDS.get(stream, stream)
    return tuple(kind for kind, deleted in DELETED.items() if deleted.stream == about)
