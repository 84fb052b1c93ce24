"""Turns a made-up record into one that fits the others: references, statuses, refunds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.commerce7.resources import OBJECT_TYPES
from sandbox.commerce7.values import CHOICES, FAKE_CREDENTIALS, LINKS
from sandbox.fake import fake_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.store import Record

# Of every ten orders the last one is the refund of the one before.
REFUND_EVERY = 10
AMOUNTS = ("subTotal", "shipTotal", "taxTotal", "total", "totalAfterTip")
FIRST_ORDER_NUMBER = 1000
VARIANTS_PER_PRODUCT = 4


class Linker:
    """Knows how many rows every collection has, so that any record can refer to any other.

    Args:
        rows: Row counts by collection; partitioned ones by `collection.partition`.
        seed: Of the data set.
    """

    def __init__(self, rows: Mapping[str, int], seed: int) -> None:
        self._rows = rows
        self._seed = seed

    def id_of(self, target: str, number: int) -> str:
        """Give the id of a record that exists; numbers beyond the last row begin again.

        `variants` gives the first variant of the product with that number.
        """
        if target == "variants":
            return self.variant_id(number % max(1, self._rows["products"]), 0)
        number %= max(1, self._rows[target])
        if target == "tags.order" and number == 0:
            # One tag id exists under two object types.
            target = "tags.customer"
        return fake_id(target, number, self._seed)

    def variant_id(self, product: int, position: int) -> str:
        """Give the id of a variant by the number of its product and its place there."""
        return fake_id("variants", product * VARIANTS_PER_PRODUCT + position, self._seed)

    def deleted_id(self, target: str, number: int) -> str:
        """Give an id that a record had which is gone."""
        return fake_id(target, self._rows[target] + number, self._seed)

    def inventory_place(self, number: int) -> tuple[int, int]:
        """Give the numbers of product and location of a stock row: each pair occurs once."""
        return divmod(number, max(1, self._rows["inventory_locations"]))

    def finish(self, name: str, number: int, record: Record) -> Record:
        """Change a record in place and give it back.

        Args:
            name: Collection, with the partition where there is one: `tags.order`.
            number: Position of the record in its collection, from 0.
            record: A record of the right shape with random content.
        """
        stream, _, partition = name.partition(".")
        for member, values in CHOICES.get(stream, {}).items():
            record[member] = values[number % len(values)]
        for path, target in LINKS.get(stream, {}).items():
            self._link(record, path, target, number)
        if stream in SPECIAL:
            SPECIAL[stream](self, number, record)
        if partition:
            record["id"] = self.id_of(name, number)
            record["objectType"] = OBJECT_TYPES[partition]
        return record

    def _link(self, holder: Any, path: str, target: str, number: int) -> None:
        """Write the id at a path; holders that are absent or null on the way stay so."""
        if isinstance(holder, list):
            for offset, item in enumerate(holder):
                self._link(item, path, target, number + offset)
        elif isinstance(holder, dict):
            member, _, rest = path.partition(".")
            if rest:
                self._link(holder.get(member), rest, target, number)
            else:
                holder[member] = self.id_of(target, number)


def _customer(_links: Linker, number: int, record: Record) -> None:
    if number % 13 == 0 and record.get("tags"):
        record["tags"].append(record["tags"][0])


def _order(links: Linker, number: int, record: Record) -> None:
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


def _product(links: Linker, number: int, record: Record) -> None:
    variants = record.get("variants") or [{"title": "750ml", "sku": f"SKU-{number}"}]
    record["variants"] = variants[:VARIANTS_PER_PRODUCT]
    for position, variant in enumerate(record["variants"]):
        variant["id"] = links.variant_id(number, position)


def _inventory(links: Linker, number: int, record: Record) -> None:
    product, location = links.inventory_place(number)
    record["productId"] = links.id_of("products", product)
    record["productVariantId"] = links.id_of("variants", product)
    record["inventoryLocationId"] = links.id_of("inventory_locations", location)
    # The API sends booleans in some answers and 0 or 1 in others.
    record["hasInventory"] = (True, 1, False, 0)[number % 4]


def _membership(_links: Linker, _number: int, record: Record) -> None:
    cancelled = record["status"] == "Cancelled"
    record["signupDate"] = record["createdAt"]
    record["cancelDate"] = record["updatedAt"] if cancelled else None


def _note(_links: Linker, number: int, record: Record) -> None:
    record["type"] = ("Customer", "Order")[number % 2]
    if record["type"] == "Customer":
        record["orderId"] = None


def _settings(_links: Linker, _number: int, record: Record) -> None:
    record.update(FAKE_CREDENTIALS)


def _trash(links: Linker, number: int, record: Record) -> None:
    record["objectType"] = "Order"
    record["objectId"] = links.deleted_id("orders", number)


SPECIAL: dict[str, Callable[[Linker, int, Record], None]] = {
    "customers": _customer,
    "orders": _order,
    "products": _product,
    "inventories": _inventory,
    "club_memberships": _membership,
    "notes": _note,
    "settings": _settings,
    "trash": _trash,
}
