"""What the marts must hold of Commerce7."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tests.pipelines.marts.values import ZERO, moment, total

if TYPE_CHECKING:
    from datetime import datetime

    from tests.pipelines.marts.values import Record, Records, Row


def cents(units: float | Decimal | None) -> Decimal | None:
    """Return an amount in major units."""
    return None if units is None else Decimal(units) / 100


def line_rows(order: Record, currency: str) -> list[Row]:
    """Return the rows of an order's lines."""
    included = [each.get("isIncludedInPrice") for each in order.get("taxes") or []]
    rows = []
    for number, item in enumerate(order.get("items") or [], 1):
        price, quantity = cents(item.get("price")), item.get("quantity")
        listed_price = cents(item.get("originalPrice"))
        listed_price = price if listed_price is None else listed_price
        priced = None if price is None or quantity is None else price * quantity
        listed = None if listed_price is None or quantity is None else listed_price * quantity
        off = ZERO if listed is None or priced is None else listed - priced
        tax = cents(item.get("tax"))
        inside = all(flag is True for flag in included) if included else None
        whole = None if priced is None else priced + (ZERO if inside else tax or ZERO)
        rows.append(
            {
                "platform": "commerce7",
                "order_id": order["id"],
                "line_number": number,
                "line_id": str(item.get("id", number - 1)),
                "line_type": "gift_card" if item.get("type") == "Gift Card" else "product",
                "order_type": order_type(order),
                "ordered_at": ordered_at(order),
                "sales_channel": order.get("channel"),
                "sku": item.get("sku"),
                "product_id": item.get("productId"),
                "variant_id": item.get("productVariantId"),
                "name": item.get("productTitle"),
                "quantity": quantity,
                "quantity_returned": None,
                "currency": currency,
                "unit_price": listed_price,
                "list_total": listed,
                "discount": off,
                "price_total": priced,
                "tax": tax,
                "tax_included": inside,
                "total": whole,
                "total_excluding_tax": None if whole is None else whole - (tax or ZERO),
                "customer_id": order.get("customerId"),
                "is_cancelled": order.get("paymentStatus") == "Cancelled",
            }
        )
    return rows


def order_type(order: Record) -> str:
    """Return whether an order sells, exchanges or gives back."""
    types = {"Refund": "refund", "Exchange": "exchange"}
    return types.get(order.get("purchaseType") or "", "sale")


def ordered_at(order: Record) -> datetime | None:
    """Return when an order was made."""
    return moment(order.get("orderSubmittedDate") or order.get("createdAt"))


def order_row(order: Record, currency: str) -> Row:
    """Return the row of an order."""
    lines = line_rows(order, currency)
    off = [line["discount"] for line in lines]
    for way in order.get("shipping") or []:
        price, listed = cents(way.get("price")), cents(way.get("originalPrice"))
        if price is not None and listed is not None:
            off.append(listed - price)
    done = [each for each in order.get("tenders") or [] if each.get("chargeStatus") == "Success"]
    charges = [each for each in done if each.get("chargeType") in {"Sale", "Capture"}]
    refunds = [each for each in done if each.get("chargeType") == "Refund"]
    by_card = [each for each in charges if each.get("tenderType") == "Gift Card"]
    whole, tax = cents(order.get("total")), cents(order.get("taxTotal"))
    is_cancelled = order.get("paymentStatus") == "Cancelled"
    is_done = order.get("fulfillmentStatus") in {"Fulfilled", "No Fulfillment Required"}
    return {
        "platform": "commerce7",
        "order_id": order["id"],
        "order_number": str(order["orderNumber"]) if order.get("orderNumber") is not None else None,
        "order_type": order_type(order),
        "original_order_id": order.get("previousOrderId"),
        "order_state": "cancelled" if is_cancelled else "complete" if is_done else "open",
        "payment_state": order.get("paymentStatus"),
        "shipment_state": order.get("fulfillmentStatus"),
        "is_cancelled": is_cancelled,
        "sales_channel": order.get("channel"),
        "customer_id": order.get("customerId"),
        "ordered_at": ordered_at(order),
        "paid_at": moment(order.get("orderPaidDate")),
        "fulfilled_at": moment(order.get("orderFulfilledDate")),
        "updated_at": moment(order.get("updatedAt")),
        "currency": currency,
        "line_count": len(lines),
        "quantity": sum(line["quantity"] or 0 for line in lines),
        "subtotal": cents(order.get("subTotal")),
        "discount": total(off),
        "shipping": cents(order.get("shipTotal")),
        "fees": total([cents(order.get("dutyTotal")), cents(order.get("bottleDepositTotal"))]),
        "tax": tax,
        "total": whole,
        "total_excluding_tax": None if whole is None else whole - (tax or ZERO),
        "tip": cents(order.get("tipTotal")) or ZERO,
        "paid": total(cents(each.get("amountTendered")) for each in charges),
        "paid_by_gift_card": total(cents(each.get("amountTendered")) for each in by_card),
        "refunded": total(abs(cents(each.get("amountTendered")) or ZERO) for each in refunds),
        "total_after_refunds": whole,
    }


def catalogue_rows(records: Records, currency: str) -> list[Row]:
    """Return the rows of the mart `product_catalogue`."""
    rows = []
    for product in records.get("products", ()):
        for variant in product.get("variants") or []:
            price = cents(variant.get("price"))
            rows.append(
                {
                    "platform": "commerce7",
                    "product_id": product["id"],
                    "variant_id": variant.get("id"),
                    "product_type": product.get("type"),
                    "sku": variant.get("sku"),
                    "is_available": product.get("webStatus") == "Available",
                    "price": price,
                    "currency": currency,
                    "discounted_price": None,
                    "price_count": 0 if price is None else 1,
                    "cost": cents(variant.get("costOfGood")),
                    "product_name": product.get("title"),
                    "variant_name": variant.get("title"),
                    "slug": product.get("slug"),
                    "compare_price": cents(variant.get("comparePrice")),
                    "created_at": moment(product.get("createdAt")),
                    "updated_at": moment(product.get("updatedAt")),
                }
            )
    return rows
