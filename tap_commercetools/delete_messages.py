"""Messages that tell of deletes.

Every delete is a hard delete, and 20 types of resource leave a message behind (commercetools API
specification, types `*DeletedMessage`).
"""

from __future__ import annotations

from typing import NamedTuple


class Deleted(NamedTuple):
    """What a message about a delete is about.

    Attributes:
        stream: Stream that held the record, None where no stream has it as a record.
        type_id: `typeId` of the reference to it.
        inside: Member of the message that holds the last state of the record, if one does.
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
    # A variant inside a product: the message names the product, which is still there.
    "ProductVariantDeleted": Deleted(None, "product"),
    "QuoteDeleted": Deleted("quotes", "quote"),
    "QuoteRequestDeleted": Deleted("quote_requests", "quote-request"),
    "RecurringOrderDeleted": Deleted("recurring_orders", "recurring-order", "recurringOrder"),
    "StagedQuoteDeleted": Deleted("staged_quotes", "staged-quote"),
    "StandalonePriceDeleted": Deleted("standalone_prices", "standalone-price"),
    "StoreDeleted": Deleted("stores", "store"),
    "VariantDeleted": Deleted("variants", "variant"),
}
"""Type of message -> what it is about."""

UNPUBLISHED = {"product_projections": ("ProductDeleted", "ProductUnpublished")}
"""A projection has the id of its product, and is gone as well when that is not public any more."""


def types_for(stream: str) -> tuple[str, ...]:
    """Name the types of messages that tell that a record of a stream is gone."""
    own = tuple(kind for kind, about in DELETED.items() if about.stream == stream)
    return UNPUBLISHED.get(stream, own)
