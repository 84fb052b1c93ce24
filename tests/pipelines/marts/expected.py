"""What the marts must hold, worked out from the records of the source.

Nothing here looks at SQL or at tables: the rules are those of docs/tables.md, written once more.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.pipelines.marts import expected_commerce7, expected_commercetools
from tests.pipelines.marts.values import ZERO, at, localized, moment

if TYPE_CHECKING:
    from tests.pipelines.marts.values import Records, Row


def orders(commercetools: Records, commerce7: Records, currency: str = "USD") -> list[Row]:
    """Return the rows of the mart `orders`."""
    payments = {each["id"]: each for each in commercetools.get("payments", ())}
    first = [
        expected_commercetools.order_row(each, payments) for each in commercetools.get("orders", ())
    ]
    return first + [
        expected_commerce7.order_row(each, currency) for each in commerce7.get("orders", ())
    ]


def order_lines(commercetools: Records, commerce7: Records, currency: str = "USD") -> list[Row]:
    """Return the rows of the mart `order_lines`."""
    rows = [
        row
        for each in commercetools.get("orders", ())
        for row in expected_commercetools.line_rows(each)
    ]
    for each in commerce7.get("orders", ()):
        rows += expected_commerce7.line_rows(each, currency)
    return rows


def customers(commercetools: Records, commerce7: Records, currency: str = "USD") -> list[Row]:
    """Return the rows of the mart `customers`."""
    bought: dict[tuple[str, str | None], list[Row]] = defaultdict(list)
    for order in orders(commercetools, commerce7, currency):
        bought[order["platform"], order["customer_id"]].append(order)
    rows = []
    for platform, records in (("commercetools", commercetools), ("commerce7", commerce7)):
        for customer in records.get("customers", ()):
            own = bought[platform, customer["id"]]
            counted = [order for order in own if not order["is_cancelled"]]
            sales = [order for order in counted if order["order_type"] != "refund"]
            times = [order["ordered_at"] for order in sales if order["ordered_at"]]
            value: dict[str, Decimal] = defaultdict(Decimal)
            for order in counted:
                if order["currency"] is not None:
                    value[order["currency"]] += order["total_after_refunds"] or ZERO
            single = next(iter(value.items())) if len(value) == 1 else (None, None)
            rows.append(
                {
                    "platform": platform,
                    "customer_id": customer["id"],
                    "created_at": moment(customer.get("createdAt")),
                    "order_count": len(sales),
                    "refund_count": len(counted) - len(sales),
                    "cancelled_order_count": len(own) - len(counted),
                    "first_ordered_at": min(times, default=None),
                    "last_ordered_at": max(times, default=None),
                    "currency": single[0],
                    "lifetime_value": single[1],
                    "lifetime_value_by_currency": dict(value) or None,
                    "platform_order_count": at(customer, "orderInformation", "orderCount"),
                    "platform_lifetime_value": expected_commerce7.cents(
                        at(customer, "orderInformation", "lifetimeValue")
                    ),
                }
            )
    return rows


def club_members(commerce7: Records) -> list[Row]:
    """Return the rows of the mart `club_members`."""
    titles = {club["id"]: club.get("title") for club in commerce7.get("clubs", ())}
    return [
        {
            "club_membership_id": each["id"],
            "customer_id": each.get("customerId"),
            "club_id": each.get("clubId"),
            "club_name": titles.get(each.get("clubId")),
            "status": each.get("status"),
            "is_active": each.get("status") == "Active",
            "signed_up_at": moment(each.get("signupDate")),
            "cancelled_at": moment(each.get("cancelDate")),
            "delivery_method": each.get("orderDeliveryMethod"),
            "shipment_count": each.get("currentNumberOfShipments"),
            "last_processed_at": moment(each.get("lastProcessedDate")),
            "next_process_at": moment(at(each, "subscription", "nextProcessDate")),
            "acquisition_channel": each.get("acquisitionChannel"),
            "updated_at": moment(each.get("updatedAt")),
        }
        for each in commerce7.get("club_memberships", ())
    ]


def inventory(commercetools: Records, commerce7: Records) -> list[Row]:
    """Return the rows of the mart `inventory`."""
    rows = []
    channels = {each["id"]: each for each in commercetools.get("channels", ())}
    titles = {each["id"]: each.get("title") for each in commerce7.get("inventory_locations", ())}
    for entry in commercetools.get("inventory_entries", ()):
        channel = channels.get(at(entry, "supplyChannel", "id"))
        stock, available = entry.get("quantityOnStock"), entry.get("availableQuantity")
        rows.append(
            {
                "platform": "commercetools",
                "inventory_id": entry["id"],
                "sku": entry.get("sku"),
                "location_id": at(entry, "supplyChannel", "id"),
                "quantity_available": available,
                "quantity_reserved": None
                if stock is None or available is None
                else stock - available,
                "product_id": None,
                "variant_id": None,
                "location_name": localized(at(channel, "name")) or at(channel, "key"),
                "quantity_allocated": None,
                "expected_at": moment(entry.get("expectedDelivery")),
                "updated_at": moment(entry.get("lastModifiedAt")),
            }
        )
    rows += [
        {
            "platform": "commerce7",
            "inventory_id": entry["id"],
            "sku": entry.get("sku"),
            "location_id": entry.get("inventoryLocationId"),
            "quantity_available": entry.get("availableForSaleCount"),
            "quantity_reserved": entry.get("reserveCount"),
            "product_id": entry.get("productId"),
            "variant_id": entry.get("productVariantId"),
            "location_name": titles.get(entry.get("inventoryLocationId"))
            or entry.get("inventoryLocationTitle"),
            "quantity_allocated": entry.get("allocatedCount"),
            "expected_at": None,
            "updated_at": None,
        }
        for entry in commerce7.get("inventories", ())
    ]
    return rows


def product_catalogue(
    commercetools: Records, commerce7: Records, currency: str = "USD"
) -> list[Row]:
    """Return the rows of the mart `product_catalogue`."""
    return [
        *expected_commercetools.catalogue_rows(commercetools),
        *expected_commerce7.catalogue_rows(commerce7, currency),
    ]
