"""Declaration table of the Commerce7 stand-in: which list lives where, what it filters on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["date", "number", "text"]
Operator = Literal["", "gt", "gte", "lt", "lte", "btw", "in"]

# `objectType` of a record by the object type in a path.
OBJECT_TYPES: dict[str, str] = {
    "allocation": "Allocation",
    "club-membership": "ClubMembership",
    "collection": "Collection",
    "customer": "Customer",
    "customer-address": "CustomerAddress",
    "experience": "Experience",
    "order": "Order",
    "product": "Product",
    "reservation": "Reservation",
}

EQUALS: tuple[Operator, ...] = ("",)
COMPARES: tuple[Operator, ...] = ("", "gt", "gte", "lt", "lte")
RANGES: tuple[Operator, ...] = (*COMPARES, "btw")
MEMBERS: tuple[Operator, ...] = ("", "in")


@dataclass(frozen=True, slots=True)
class Filter:
    """One query parameter that narrows a list.

    Attributes:
        name: The query parameter.
        path: Members of the record to compare, dotted; lists on the way are entered.
        kind: How values compare.
        operators: What may stand before the colon; the empty string is plain equality.
    """

    name: str
    path: str
    kind: Kind = "text"
    operators: tuple[Operator, ...] = EQUALS


def _text(name: str, path: str = "", operators: tuple[Operator, ...] = EQUALS) -> Filter:
    return Filter(name, path or name, "text", operators)


def _date(name: str, operators: tuple[Operator, ...] = COMPARES) -> Filter:
    return Filter(name, name, "date", operators)


def _number(name: str, path: str) -> Filter:
    return Filter(name, path, "number", COMPARES)


UPDATED_AT = _date("updatedAt")
_TAG = _text("tagId", "tags.id")


@dataclass(frozen=True, slots=True)
class Resource:
    """One list endpoint and the single read below it.

    Attributes:
        name: Name of the list, and of the collection it serves unless `collection` is set.
        path: Path below `/v1`; `{}` stands for an object type or for the id of a parent.
        key: Member of the envelope that holds the rows.
        permission: What an app needs to read it, None where no permission is known.
        cursor: Whether the documentation lists it as a cursor endpoint.
        filters: What it takes besides the parameters every list takes.
        partitions: Allowed values of `{}` where that is an object type.
        parent: Collection whose id `{}` has to be; empty for no check.
        parent_field: Member of the records that holds the parent's id.
        collection: Collection that is served when it is another list's.
        verified: Whether the list is known to exist at all.
        dated: Whether the records carry createdAt and updatedAt.
        updated_at_seen: Whether a client relies on the undocumented `updatedAt` filter.
    """

    name: str
    path: str
    key: str
    permission: str | None = None
    cursor: bool = False
    filters: tuple[Filter, ...] = ()
    partitions: tuple[str, ...] = ()
    parent: str = ""
    parent_field: str = ""
    collection: str = ""
    verified: bool = True
    dated: bool = True
    updated_at_seen: bool = False


RESOURCES: tuple[Resource, ...] = (
    # Cursor endpoints.
    Resource(
        "customers",
        "/customer",
        "customers",
        "Customer",
        cursor=True,
        filters=(
            _number("lifetimeValue", "orderInformation.lifetimeValue"),
            _number("orderCount", "orderInformation.orderCount"),
            _date("createdAt"),
            _TAG,
        ),
        updated_at_seen=True,
    ),
    Resource(
        "customer_addresses",
        "/customer-address",
        "customerAddresses",
        "Customer Address",
        cursor=True,
    ),
    Resource(
        "orders",
        "/order",
        "orders",
        "Order",
        cursor=True,
        filters=(
            _text("id"),
            _text("customerId"),
            _text("orderTagId", "orderTags.id"),
            _TAG,
            _text("posProfileId"),
            _text("allocationId"),
            _text("queryId"),
            UPDATED_AT,
            _date("orderPaidDate", RANGES),
            _date("orderFulfilledDate", RANGES),
            _date("orderSubmittedDate", RANGES),
            _text("fulfillmentStatus"),
            _text("complianceStatus"),
            _text("channel"),
            _text("orderDeliveryMethod"),
        ),
    ),
    Resource("carts", "/cart", "carts", "Cart", cursor=True),
    Resource(
        "products",
        "/product",
        "products",
        "Product",
        cursor=True,
        filters=(
            UPDATED_AT,
            _text("webStatus"),
            _text("adminStatus"),
            _text("collectionId", "collections.id"),
        ),
    ),
    Resource(
        "club_memberships",
        "/club-membership",
        "clubMemberships",
        "Club Membership",
        cursor=True,
        filters=(_text("clubId"), _text("customerId"), _date("signupDate", ("gte", "btw"))),
        updated_at_seen=True,
    ),
    Resource(
        "reservations",
        "/reservation",
        "reservations",
        "Reservation",
        cursor=True,
        filters=(
            _text("customerId"),
            _text("reservationTypeId", operators=MEMBERS),
            _TAG,
            _date("createdAt"),
            UPDATED_AT,
            _date("reservationDate", RANGES),
            _text("status"),
            _text("paymentStatus"),
            _text("channel"),
        ),
    ),
    Resource(
        "notes",
        "/note",
        "notes",
        "Note",
        cursor=True,
        filters=(_text("customerId"), _text("orderId")),
    ),
    Resource("trash", "/trash", "trash", cursor=True, verified=False, dated=False),
    # Page endpoints.
    Resource("clubs", "/club", "clubs", "Club"),
    Resource(
        "collections",
        "/collection",
        "collections",
        "Collection",
        filters=(_text("webStatus"), _text("type")),
    ),
    Resource("coupons", "/coupon", "coupons", "Coupon"),
    Resource("promotions", "/promotion", "promotions", "Promotion"),
    Resource("gift_cards", "/gift-card", "giftCards", "Gift Card"),
    Resource("departments", "/department", "departments", "Department"),
    Resource("vendors", "/vendor", "vendors", "Vendor"),
    Resource("inventories", "/inventory", "inventories", "Inventory", dated=False),
    Resource("inventory_locations", "/inventory-location", "inventoryLocations"),
    Resource(
        "reservation_types",
        "/reservation-type",
        "reservationTypes",
        "Reservation",
        filters=(_text("status"), _text("id", operators=MEMBERS)),
    ),
    Resource("shippings", "/shipping", "shippings", "Shipping"),
    Resource("taxes", "/tax", "taxes"),
    Resource("wine_varietals", "/wine-varietal", "wineVarietals"),
    Resource("wine_appellations", "/wine-appellation", "wineAppellations"),
    Resource("web_hooks", "/web-hook", "webHooks", "WebHook"),
    Resource(
        "web_hook_logs",
        "/web-hook-log",
        "webHookLogs",
        "WebHook",
        filters=(
            _text("object"),
            _text("action"),
            _text("isSuccess"),
            _date("updatedAt", ("gt", "gte", "lt", "lte", "btw")),
        ),
    ),
    Resource(
        "club_packages",
        "/club-package",
        "clubPackages",
        "Club Package",
        filters=(_text("clubId"),),
    ),
    Resource("settings", "/setting", "settings", "Setting", dated=False),
    Resource(
        "loyalty_transactions",
        "/loyalty-transaction",
        "loyaltyTransactions",
        filters=(_text("customerId"),),
    ),
    Resource("loyalty_tiers", "/loyalty-tier", "loyaltyTiers"),
    # One list per object type.
    Resource(
        "tags",
        "/tag/{}",
        "tags",
        "Tag",
        filters=(_text("type"),),
        partitions=("customer", "club-membership", "order", "reservation"),
    ),
    Resource(
        "meta_data_configs",
        "/meta-data-config/{}",
        "metaDataConfigs",
        "MetaData Config",
        partitions=(
            "allocation",
            "club-membership",
            "collection",
            "customer",
            "customer-address",
            "order",
            "product",
            "reservation",
            "experience",
        ),
    ),
    # One list per parent record.
    Resource(
        "customer_credit_cards",
        "/customer/{}/credit-card",
        "customerCreditCards",
        "Customer Credit Card",
        parent="customers",
        parent_field="customerId",
    ),
    Resource(
        "addresses_of_customer",
        "/customer/{}/address",
        "customerAddresses",
        "Customer Address",
        parent="customers",
        parent_field="customerId",
        collection="customer_addresses",
    ),
    Resource("app_syncs", "/app-syncs/{}", "appSyncs", parent_field="objectId"),
    # Lists nobody has shown to exist.
    Resource("pos_profiles", "/pos-profile", "posProfiles", "POS Profile", verified=False),
    Resource("promotion_sets", "/promotion-set", "promotionSets", "Promotion Set", verified=False),
    Resource(
        "inventory_transactions",
        "/inventory-transaction",
        "inventoryTransactions",
        "Inventory",
        verified=False,
    ),
    Resource(
        "gift_card_transactions",
        "/gift-card-transaction",
        "giftCardTransactions",
        "Gift Card",
        verified=False,
    ),
)
