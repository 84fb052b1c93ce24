"""Which arrays become tables of their own, and which members are left out of the tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Array:
    """An array whose elements become rows.

    Attributes:
        name: What its model is called, behind the name of the stream's.
        paths: Where the elements are, one after the other, from the record or, inside another
            array, from its elements. `[]` stands behind an array on the way; a path that ends with
            an object has one element.
        inside: Name of the array around it.
        by_place: Whether the ids are those of other records, which may come twice.
    """

    name: str
    paths: tuple[str, ...]
    inside: str = ""
    by_place: bool = False


def _line_items(*more: Array) -> tuple[Array, ...]:
    """Return what is in all kinds of carts of commercetools."""
    return (
        Array("line_items", ("lineItems",)),
        Array(
            "line_item_discounts",
            ("discountedPricePerQuantity[].discountedPrice.includedDiscounts",),
            inside="line_items",
        ),
        Array("line_item_taxes", ("taxedPrice.taxPortions",), inside="line_items"),
        Array("custom_line_items", ("customLineItems",)),
        Array("taxes", ("taxedPrice.taxPortions",)),
        Array("item_shipping_addresses", ("itemShippingAddresses",)),
        Array("direct_discounts", ("directDiscounts",)),
        Array("payments", ("paymentInfo.payments",)),
        *more,
    )


_CART = _line_items(
    Array("discount_codes", ("discountCodes",)),
    Array("total_discounts", ("discountOnTotalPrice.includedDiscounts",)),
    Array("shippings", ("shipping",)),
)

_VARIANT_IN_PRODUCT = ("masterData.current.masterVariant", "masterData.current.variants")

ARRAYS: dict[str, dict[str, tuple[Array, ...]]] = {
    "commercetools": {
        "attribute_groups": (Array("attributes", ("attributes",)),),
        "business_units": (
            Array("addresses", ("addresses",)),
            Array("associates", ("associates",)),
            Array("roles", ("associateRoleAssignments",), inside="associates"),
            Array("stores", ("stores",)),
        ),
        "carts": _CART,
        "categories": (Array("ancestors", ("ancestors",)),),
        "customers": (
            Array("addresses", ("addresses",)),
            Array("group_assignments", ("customerGroupAssignments",)),
            Array("stores", ("stores",)),
        ),
        "discount_codes": (Array("cart_discounts", ("cartDiscounts",)),),
        "orders": (
            *_CART,
            Array(
                "deliveries",
                ("shippingInfo.deliveries", "shipping[].shippingInfo.deliveries"),
            ),
            Array("delivery_items", ("items",), inside="deliveries"),
            Array("parcels", ("parcels",), inside="deliveries"),
            Array("returns", ("returnInfo",)),
            Array("return_items", ("items",), inside="returns"),
            Array("sync_info", ("syncInfo",)),
        ),
        "payments": (Array("transactions", ("transactions",)),),
        "product_types": (Array("attributes", ("attributes",)),),
        "products": (
            Array("categories", ("masterData.current.categories",)),
            Array("variants", _VARIANT_IN_PRODUCT),
            Array("prices", ("prices",), inside="variants"),
            Array("variant_attributes", ("attributes",), inside="variants"),
            Array("attributes", ("masterData.current.attributes",)),
        ),
        "quote_requests": _line_items(),
        "quotes": _line_items(),
        "shipping_methods": (
            Array("zone_rates", ("zoneRates",)),
            Array("shipping_rates", ("shippingRates",), inside="zone_rates"),
        ),
        "shopping_lists": (
            Array("line_items", ("lineItems",)),
            Array("text_line_items", ("textLineItems",)),
        ),
        "standalone_prices": (Array("tiers", ("tiers",)),),
        "states": (Array("transitions", ("transitions",)),),
        "stores": (
            Array("distribution_channels", ("distributionChannels",)),
            Array("supply_channels", ("supplyChannels",)),
            Array("product_selections", ("productSelections",)),
        ),
        "tax_categories": (Array("rates", ("rates",)),),
        "types": (Array("field_definitions", ("fieldDefinitions",)),),
        "variants": (Array("attributes", ("current.attributes",)),),
        "zones": (Array("locations", ("locations",)),),
    },
    "commerce7": {
        "carts": (
            Array("items", ("items",)),
            Array("promotions", ("promotions",)),
            Array("taxes", ("taxes",)),
        ),
        "club_memberships": (Array("tags", ("tags",), by_place=True),),
        "club_packages": (Array("items", ("items",)),),
        "customers": (
            Array("clubs", ("clubs",)),
            Array("emails", ("emails",)),
            Array("groups", ("groups",), by_place=True),
            Array("phones", ("phones",)),
            Array("tags", ("tags",), by_place=True),
        ),
        "orders": (
            Array("items", ("items",)),
            Array("bundle_items", ("bundleItems",), inside="items"),
            Array("coupons", ("coupons",)),
            Array("fulfillments", ("fulfillments",)),
            Array("fulfillment_items", ("items",), inside="fulfillments"),
            Array("linked_orders", ("linkedOrders",)),
            Array("promotions", ("promotions",)),
            Array("shipments", ("shipping",)),
            Array("tags", ("tags",), by_place=True),
            Array("taxes", ("taxes",)),
            Array("tenders", ("tenders",)),
        ),
        "products": (
            Array("bundle_items", ("bundleItems",)),
            Array("collections", ("collections",), by_place=True),
            Array("images", ("images",)),
            Array("variants", ("variants",)),
            Array("variant_inventory", ("inventory",), inside="variants"),
        ),
        "reservation_types": (
            Array("options", ("options",)),
            Array("time_slots", ("timeSlots",)),
        ),
        "reservations": (Array("guests", ("secondaryCustomers",)),),
        "shippings": (
            Array("regions", ("regions",)),
            Array("services", ("services",)),
            Array("service_rates", ("rates",), inside="services"),
        ),
    },
}
"""By platform and stream."""

INCREMENTAL = {
    "commercetools": {"carts", "customers", "messages", "orders", "payments", "products"},
    "commerce7": {"carts", "club_memberships", "customers", "orders", "products"},
}
"""Streams that grow without end: their tables are updated rather than built, others are views."""

LEFT_OUT = {
    "commercetools": (
        "*.masterData.staged",
        "*.masterData.current.masterVariant",
        "*.masterData.current.variants",
        "variants.staged",
        "product_tailoring.staged",
        "*.lineItems[].variant.*",
        "order_edits.result.*",
        "*.price.custom",
        "products.*.price",
        "*.scopedPrice",
        "*.scopedPriceDiscounted",
        "*.shippingInfo.deliveries",
    ),
    "commerce7": (
        "*.customer",
        "*.posProfile",
        "*.reservationType",
        "*.reservationTypeOption",
        "*.table",
        "*.inventoryLocation",
        "*.customerCreditCard",
        "orders.reservation",
        "reservations.carts",
        "club_memberships.club",
        "products.images[].formats",
        "orders.orderTags",
    ),
}
"""Copies of other records, drafts, and what is too large, as patterns of stream and path."""

KEPT = {
    "commercetools": (
        "*.lineItems[].variant.id",
        "*.lineItems[].variant.sku",
        "*.lineItems[].variant.key",
        "*.lineItems[].variant.attributes",
        "order_edits.result.type",
    ),
    "commerce7": (),
}
"""Exceptions from it."""

AS_JSON = {
    "commercetools": (
        "*.createdBy",
        "*.lastModifiedBy",
        "*.shippingRate",
        "project.searchIndexing",
        "product_types.attributes[].type",
        "types.fieldDefinitions[].type",
        "*.availability",
        "*.target",
    ),
    "commerce7": ("products.images[].original",),
}
"""Objects that stay JSON."""

INSIDE = {
    "productVariantId": ("product_variants", "variant_id"),
    "reservationTypeOptionId": None,
    "shippingServiceId": None,
}
"""Tables and keys for members of Commerce7 that refer to something inside a record.

None where nobody has shown that they always do.
"""

PREFIXES = {
    "products": ("masterData.current.", "masterData."),
    "variants": ("current.",),
    "product_tailoring": ("current.",),
}
"""Beginnings of paths that the names of columns leave out, by stream."""

RENAMED = {
    "deletions.deletedAt": "resource_deleted_at",
    "variants.variantId": "variant_number",
}
"""Columns that would have the name of another one, by stream and path."""

LOCALIZED = {
    "description",
    "inputTip",
    "label",
    "localizedDescription",
    "localizedName",
    "metaDescription",
    "metaKeywords",
    "metaTitle",
    "name",
    "productSlug",
    "slug",
}
"""Members of commercetools that are texts by language, where they are open objects."""

CENTS = {
    "amountTendered",
    "bottleDeposit",
    "bottleDepositTotal",
    "comparePrice",
    "costOfGood",
    "currentBalance",
    "discountTotal",
    "dutyTotal",
    "grossProfit",
    "initialAmount",
    "lifetimeValue",
    "lifetimeValueSeedAmount",
    "lifetimeValueToQualify",
    "minimumCartAmount",
    "originalPrice",
    "price",
    "productValue",
    "shippingValue",
    "shipTotal",
    "subTotal",
    "tax",
    "taxTotal",
    "tip",
    "tipTotal",
    "total",
    "totalAfterTip",
    "totalValue",
}
"""Numbers of Commerce7 that are amounts in cents; the vendor says so in its documentation."""

NOT_CENTS = ("shippings.services[].rates[].price",)
"""Nobody knows their unit."""
