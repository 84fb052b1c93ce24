"""What shows at the source that a record is gone, as far as the vendors document it."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, ...]] = {
    "associate_roles": ("AssociateRoleDeleted",),
    "business_units": ("BusinessUnitDeleted",),
    "cart_discounts": ("CartDiscountDeleted",),
    "customers": ("CustomerDeleted",),
    "discount_codes": ("DiscountCodeDeleted",),
    "discount_groups": ("DiscountGroupDeleted",),
    "inventory_entries": ("InventoryEntryDeleted",),
    "orders": ("OrderDeleted",),
    "payment_methods": ("PaymentMethodDeleted",),
    "product_projections": (
        "ProductDeleted",
        "ProductUnpublished",
    ),
    "product_selection_products": (
        "ProductSelectionProductRemoved",
        "ProductSelectionDeleted",
    ),
    "product_selections": ("ProductSelectionDeleted",),
    "product_tailoring": ("ProductTailoringDeleted",),
    "products": ("ProductDeleted",),
    "quote_requests": ("QuoteRequestDeleted",),
    "quotes": ("QuoteDeleted",),
    "recurring_orders": ("RecurringOrderDeleted",),
    "staged_quotes": ("StagedQuoteDeleted",),
    "standalone_prices": ("StandalonePriceDeleted",),
    "stores": ("StoreDeleted",),
    "variants": ("VariantDeleted",),
}
"""commercetools: types of the messages that tell of a delete (API specification)."""

CHANGE_HISTORY = frozenset(
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
        "product_product_selections",
        "product_selection_products",
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
"""commercetools: streams whose deletes the Change History covers (API specification)."""

REMARKS: dict[str, dict[str, str]] = {
    "tap-commerce7": {
        "club_memberships": "a cancelled one stays, with `cancelDate`",
        "coupons": "an ended one stays, with its `status`",
        "gift_cards": "a cancelled one stays, with its `status`",
        "orders": "a cancelled one stays, with its `paymentStatus`",
        "products": "a retired one stays, with its `webStatus`",
        "promotions": "an ended one stays, with its `status`",
        "reservations": "a cancelled one stays, with its `status`",
    },
    "tap-commercetools": {
        "carts": "the platform deletes them some time after their last change (90 days by default)",
        "messages": "the platform deletes them after 1 to 90 days (15 by default); copies stay",
        "product_projections": "an unpublished product leaves the list as well",
        "shopping_lists": (
            "the platform deletes them some time after their last change (360 days by default)"
        ),
    },
}
"""What else to know; members in backquotes exist in the stream's schema."""
