"""What makes the made-up records of Commerce7 fit each other: references, statuses, refunds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.fake import fake_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.fake import Schema
    from sandbox.store import Record

# Every tenth order is the refund of the one before it.
REFUND_EVERY = 10
AMOUNTS = ("subTotal", "shipTotal", "taxTotal", "total", "totalAfterTip")
FIRST_ORDER_NUMBER = 1000
VARIANTS_PER_PRODUCT = 4

# Dotted paths, in the schema of any list, that hold the id of a record of a collection. `tags` are
# those of the object type that the record has.
REFERENCES = {
    "billToCustomerAddressId": "customer_addresses",
    "bundleItems.productVariantId": "variants",
    "cartId": "carts",
    "club.clubId": "clubs",
    "club.clubPackageId": "club_packages",
    "club.id": "clubs",
    "clubId": "clubs",
    "clubMembershipId": "club_memberships",
    "clubPackageId": "club_packages",
    "clubs.clubId": "clubs",
    "collections.id": "collections",
    "customer.id": "customers",
    "customerCreditCardId": "customer_credit_cards",
    "customerId": "customers",
    "department.id": "departments",
    "departmentId": "departments",
    "giftCardId": "gift_cards",
    "inventoryLocationId": "inventory_locations",
    "items.bundleItems.productId": "products",
    "items.bundleItems.productVariantId": "variants",
    "items.productId": "products",
    "items.productVariantId": "variants",
    "options.productVariantId": "variants",
    "orderId": "orders",
    "orderInformation.lastOrderId": "orders",
    "orderTags.id": "tags.order",
    "posProfile.id": "pos_profiles",
    "posProfileId": "pos_profiles",
    "productVariantId": "variants",
    "reservationType.id": "reservation_types",
    "reservationTypeId": "reservation_types",
    "shipToCustomerAddressId": "customer_addresses",
    "tags.id": "tags",
    "variants.inventory.productVariantId": "variants",
    "vendor.id": "vendors",
    "vendorId": "vendors",
}

# The settings also hold credentials of other integrations. These are made up: a test that finds one
# of them in the output of a reader has found a leak.
FAKE_CREDENTIALS: Record = {
    "avalaraLicenseKey": "fake-credential-avalara-5b1d",
    "quickbooksRefreshToken": "fake-credential-quickbooks-77aa",
    "shipCompliantPassword": "fake-credential-shipcompliant-90fe",
    "integrations": [
        {"vendor": "Mailer", "config": {"apiKey": "fake-credential-mailer-1c2d"}},
        {"vendor": "Gateway", "config": {"privateKey": "fake-credential-gateway-3e4f"}},
    ],
}


class Linker:
    """The ids of all records, so that any record can refer to any other.

    Args:
        rows: Row counts by collection, or by `collection.partition`.
        seed: Of the data set.
    """

    def __init__(self, rows: Mapping[str, int], seed: int) -> None:
        self.rows = rows
        self.seed = seed

    def id_of(self, target: str, number: int) -> str:
        """Return the id of an existing record; numbers beyond the last row start over.

        `variants` are the first variants of the products with that number.
        """
        if target == "variants":
            return self.variant_id(number % max(1, self.rows["products"]), 0)
        number %= max(1, self.rows[target])
        if target == "tags.order" and number == 0:
            # One tag id exists under two object types.
            target = "tags.customer"
        return fake_id(target, number, self.seed)

    def variant_id(self, product: int, position: int) -> str:
        """Return the id of a variant, given the number of its product and its place there."""
        return fake_id("variants", product * VARIANTS_PER_PRODUCT + position, self.seed)

    def link(self, holder: Any, path: str, target: str, number: int) -> None:
        """Write the id of a record to a path; what is missing or null on the way stays so."""
        if isinstance(holder, list):
            for offset, item in enumerate(holder):
                self.link(item, path, target, number + offset)
        elif isinstance(holder, dict):
            member, _, rest = path.partition(".")
            if rest:
                self.link(holder.get(member), rest, target, number)
            else:
                holder[member] = self.id_of(target, number)


def references(schema: Schema, object_type: str) -> dict[str, str]:
    """Return the references in the schema of an object type: collections by path."""
    found = {path: target for path, target in REFERENCES.items() if _declares(schema, path)}
    return {path: f"tags.{object_type}" if to == "tags" else to for path, to in found.items()}


def _declares(schema: Schema | None, path: str) -> bool:
    for member in path.split("."):
        if schema is not None:
            schema = schema.get("items", schema).get("properties", {}).get(member)
    return schema is not None


def customer(_links: Linker, number: int, record: Record) -> None:
    """Give some customers a tag twice."""
    if number % 13 == 0 and record.get("tags"):
        record["tags"].append(record["tags"][0])


def order(links: Linker, number: int, record: Record) -> None:
    """Number orders, and make refunds of some."""
    record["orderNumber"] = FIRST_ORDER_NUMBER + number
    record["linkedOrders"] = []
    record["previousOrderId"] = record["previousOrderNumber"] = None
    place = number % REFUND_EVERY
    if place == REFUND_EVERY - 1:
        _refund(links, number, record)
    elif place == REFUND_EVERY - 2:
        record["purchaseType"] = "Regular"
        refund = {
            "orderId": links.id_of("orders", number + 1),
            "orderNumber": FIRST_ORDER_NUMBER + number + 1,
            "purchaseType": "Refund",
        }
        record["linkedOrders"] = [refund]
    if number % 17 == 16:
        # Imported orders may have no customer.
        record["customerId"] = record["customer"] = None


def _refund(links: Linker, number: int, record: Record) -> None:
    record["purchaseType"] = "Refund"
    record["previousOrderId"] = links.id_of("orders", number - 1)
    record["previousOrderNumber"] = FIRST_ORDER_NUMBER + number - 1
    for member in AMOUNTS:
        record[member] = -abs(record.get(member) or 100)
    for item in record.get("items") or []:
        item["quantity"] = -abs(item.get("quantity") or 1)
    for tender in record.get("tenders") or []:
        tender["chargeType"] = "Refund"
        tender["amountTendered"] = record["total"]


def product(links: Linker, number: int, record: Record) -> None:
    """Give the variants of a product ids that orders and stock refer to."""
    variants = record.get("variants") or [{"title": "750ml", "sku": f"SKU-{number}"}]
    record["variants"] = variants[:VARIANTS_PER_PRODUCT]
    for position, variant in enumerate(record["variants"]):
        variant["id"] = links.variant_id(number, position)


def inventory(links: Linker, number: int, record: Record) -> None:
    """Stock a variant at a location; each pair occurs once."""
    product, location = divmod(number, max(1, links.rows["inventory_locations"]))
    record["productId"] = links.id_of("products", product)
    record["productVariantId"] = links.id_of("variants", product)
    record["inventoryLocationId"] = links.id_of("inventory_locations", location)
    # The API sends booleans in some answers and 0 or 1 in others.
    record["hasInventory"] = (True, 1, False, 0)[number % 4]


def membership(_links: Linker, _number: int, record: Record) -> None:
    """Make the dates of a membership agree with its status."""
    cancelled = record["status"] == "Cancelled"
    record["signupDate"] = record["createdAt"]
    record["cancelDate"] = record["updatedAt"] if cancelled else None


def shipment(_links: Linker, _number: int, record: Record) -> None:
    """Leave out what only the membership says."""
    record.pop("clubMembershipUpdatedAt", None)


def note(_links: Linker, number: int, record: Record) -> None:
    """Make every second note one about an order."""
    record["type"] = ("Customer", "Order")[number % 2]
    if record["type"] == "Customer":
        record["orderId"] = None


def setting(_links: Linker, _number: int, record: Record) -> None:
    """Add credentials."""
    record.update(FAKE_CREDENTIALS)


def trash(links: Linker, number: int, record: Record) -> None:
    """Name an order that no longer exists."""
    record["objectType"] = "Order"
    record["objectId"] = fake_id("orders", links.rows["orders"] + number, links.seed)
