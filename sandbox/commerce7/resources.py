"""The lists of the Commerce7 stand-in: one declaration each."""

from __future__ import annotations

from sandbox.commerce7 import records
from sandbox.commerce7.resource import (
    COMPARES,
    MEMBERS,
    RANGES,
    TAG,
    UPDATED_AT,
    Filter,
    Resource,
    dates,
    texts,
)
from sandbox.custom_fields import META_DATA

# `objectType` of a record by the object type in a path.
OBJECT_TYPES = {
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

RESOURCES = (
    # Cursor endpoints.
    Resource(
        "customers",
        "Customer",
        rows=240,
        cursor=True,
        filters=(
            Filter("lifetimeValue", "orderInformation.lifetimeValue", "number", COMPARES),
            Filter("orderCount", "orderInformation.orderCount", "number", COMPARES),
            *dates("createdAt"),
            TAG,
        ),
        updated_at_seen=True,
        values={
            "honorific": ("Mr", "Ms", "Dr", None),
            "countryCode": ("US", "CA"),
            "emailMarketingStatus": ("Subscribed", "Unsubscribed", None),
        },
        finish=records.customer,
    ),
    Resource("customer_addresses", "Customer Address", rows=300, cursor=True),
    Resource(
        "orders",
        "Order",
        rows=320,
        cursor=True,
        filters=(
            *texts("id", "customerId", "posProfileId", "allocationId", "queryId", "channel"),
            *texts("fulfillmentStatus", "complianceStatus", "orderDeliveryMethod"),
            *dates("orderPaidDate", "orderFulfilledDate", "orderSubmittedDate", operators=RANGES),
            Filter("orderTagId", "orderTags.id"),
            TAG,
            UPDATED_AT,
        ),
        values={
            "channel": ("Inbound", "Web", "POS", "Club", "Marketplace"),
            "purchaseType": ("Regular", "Regular", "Regular", "Exchange", "Corporate Order"),
            "paymentStatus": ("Paid", "Authorized", "Paid", "Cancelled"),
            "complianceStatus": ("Compliant", "Not Checked", "No Compliance Required"),
            "fulfillmentStatus": ("Fulfilled", "Not Fulfilled", "Partially Fulfilled"),
            "shippingStatus": ("Not Tracked", "Pending", "In Transit", "Delivered"),
            "orderDeliveryMethod": ("Pickup", "Carry Out", "Ship"),
            "taxSaleType": ("Offsite", "Onsite"),
        },
        finish=records.order,
    ),
    Resource(
        "carts",
        "Cart",
        rows=120,
        cursor=True,
        values={
            "channel": ("Inbound", "Web", "POS"),
            "orderDeliveryMethod": ("Pickup", "Carry Out", "Ship"),
        },
    ),
    Resource(
        "products",
        "Product",
        rows=110,
        cursor=True,
        filters=(
            *texts("webStatus", "adminStatus"),
            Filter("collectionId", "collections.id"),
            UPDATED_AT,
        ),
        values={
            "type": ("Wine", "General Merchandise", "Bundle", "Event Ticket"),
            "webStatus": ("Available", "Not Available", "Retired"),
            "adminStatus": ("Available", "Not Available"),
        },
        finish=records.product,
    ),
    Resource(
        "club_memberships",
        "Club Membership",
        rows=130,
        cursor=True,
        filters=(
            *texts("clubId", "customerId"),
            *dates("signupDate", operators=("gte", "btw")),
        ),
        updated_at_seen=True,
        values={
            "status": ("Active", "Cancelled", "On Hold", "Active", "Planning"),
            "orderDeliveryMethod": ("Pickup", "Ship"),
        },
        finish=records.membership,
    ),
    Resource(
        "reservations",
        "Reservation",
        rows=130,
        cursor=True,
        filters=(
            *texts("customerId", "status", "paymentStatus", "channel"),
            *texts("reservationTypeId", operators=MEMBERS),
            *dates("createdAt"),
            *dates("reservationDate", operators=RANGES),
            TAG,
            UPDATED_AT,
        ),
        values={
            "channel": ("Web", "Inbound"),
            "status": ("Reserved", "Paid", "Checked In", "Closed Out", "Cancelled", "No Show"),
            "paymentStatus": ("Paid", "Declined", "Pending"),
        },
    ),
    Resource(
        "notes",
        "Note",
        rows=120,
        cursor=True,
        filters=texts("customerId", "orderId"),
        finish=records.note,
    ),
    Resource("trash", rows=3, cursor=True, verified=False, dated=False, finish=records.trash),
    # Page endpoints.
    Resource("clubs", "Club"),
    Resource(
        "collections",
        "Collection",
        rows=12,
        filters=texts("webStatus", "type"),
        values={"type": ("Manual", "Dynamic"), "webStatus": ("Available", "Not Available")},
    ),
    Resource("coupons", "Coupon", rows=9),
    Resource("promotions", "Promotion", rows=8),
    Resource(
        "gift_cards",
        "Gift Card",
        rows=60,
        scales=True,
        values={"status": ("Active", "Cancelled"), "type": ("Virtual", "Physical")},
    ),
    Resource("departments", "Department", rows=6),
    Resource("vendors", "Vendor"),
    Resource(
        "inventories",
        "Inventory",
        rows=220,
        scales=True,
        dated=False,
        values={"inventoryPolicy": ("Dont Sell", "Sell")},
        finish=records.inventory,
    ),
    Resource("inventory_locations", rows=4),
    Resource(
        "reservation_types",
        "Reservation",
        rows=6,
        filters=(*texts("status"), *texts("id", operators=MEMBERS)),
    ),
    Resource("shippings", "Shipping", rows=4),
    Resource("taxes", rows=51),
    Resource("wine_varietals", rows=80),
    Resource("wine_appellations", rows=1235),
    Resource("web_hooks", "WebHook", rows=4),
    Resource(
        "web_hook_logs",
        "WebHook",
        rows=60,
        scales=True,
        filters=(
            *texts("object", "action", "isSuccess"),
            *dates("updatedAt", operators=("gt", "gte", "lt", "lte", "btw")),
        ),
        values={
            "object": ("Order", "Customer", "Product"),
            "action": ("Create", "Update", "Bulk Update"),
        },
    ),
    Resource(
        "club_packages",
        "Club Package",
        rows=8,
        filters=texts("clubId"),
        values={"status": ("Draft", "Active")},
    ),
    Resource("settings", "Setting", rows=1, dated=False, finish=records.setting),
    Resource(
        "loyalty_transactions",
        rows=90,
        scales=True,
        filters=texts("customerId"),
        values={"transactionType": ("Manual", "Order")},
    ),
    Resource("loyalty_tiers", rows=3, values={"qualificationType": ("Lifetime Value", "Club")}),
    # One list for each object type.
    Resource(
        "tags",
        "Tag",
        path="/tag/{}",
        filters=texts("type"),
        partitions=("customer", "club-membership", "order", "reservation"),
        values={"type": ("Manual", "Dynamic")},
    ),
    Resource(
        "meta_data_configs",
        "MetaData Config",
        rows=len(META_DATA),
        path="/meta-data-config/{}",
        partitions=tuple(OBJECT_TYPES),
        values={
            "code": tuple(code for code, _, _ in META_DATA),
            "dataType": tuple(data_type for _, data_type, _ in META_DATA),
        },
    ),
    # One list for each parent record.
    Resource(
        "customer_credit_cards",
        "Customer Credit Card",
        rows=160,
        scales=True,
        path="/customer/{}/credit-card",
        parent="customers",
        parent_field="customerId",
    ),
    Resource(
        "club_shipments",
        "Club Membership",
        rows=150,
        scales=True,
        dated=False,
        path="/club-membership/{}/shipment",
        key="shipments",
        parent="club_memberships",
        parent_field="clubMembershipId",
        finish=records.shipment,
    ),
    Resource(
        "addresses_of_customer",
        "Customer Address",
        path="/customer/{}/address",
        key="customerAddresses",
        parent="customers",
        parent_field="customerId",
        collection="customer_addresses",
    ),
    Resource("app_syncs", rows=0, path="/app-syncs/{}", parent_field="objectId"),
    # Lists that nobody has shown to exist.
    Resource("pos_profiles", "POS Profile", rows=3, verified=False),
    Resource("promotion_sets", "Promotion Set", rows=3, verified=False),
    Resource("inventory_transactions", "Inventory", rows=20, verified=False),
    Resource("gift_card_transactions", "Gift Card", rows=10, verified=False),
)

# Lists that have a collection of their own.
COLLECTIONS = {resource.name: resource for resource in RESOURCES if not resource.collection}
