"""What the marts must hold, worked out from the records of the source.

Nothing here looks at SQL or at tables: the rules are those of docs/tables.md, written once more.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Record = dict[str, Any]
Records = dict[str, list[Record]]
Row = dict[str, Any]

ZERO = Decimal(0)


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    """Return the sum of the amounts that are known."""
    return sum((amount for amount in amounts if amount is not None), ZERO)


def moment(text: str | None) -> datetime | None:
    """Return a time in UTC, without a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=None) if text else None


def at(value: Any, *names: str) -> Any:
    """Return what is at the end of a path, and None where the path ends before."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


# commercetools


def amount(money: Any) -> Decimal | None:
    """Return an amount in major units."""
    units = at(money, "preciseAmount")
    if units is None:
        units = at(money, "centAmount")
    if units is None:
        return None
    digits = at(money, "fractionDigits")
    if digits is None:
        digits = {"JPY": 0, "KWD": 3}.get(at(money, "currencyCode"), 2)
    return Decimal(units).scaleb(-int(digits))


def taxes(taxed: Any, price: Decimal | None) -> tuple[Decimal | None, ...]:
    """Return total with tax, tax, and total without, of a price and its `taxedPrice`."""
    gross, net = amount(at(taxed, "totalGross")), amount(at(taxed, "totalNet"))
    tax = amount(at(taxed, "totalTax"))
    if tax is None and gross is not None and net is not None:
        tax = gross - net
    whole = price if gross is None else gross
    if net is None and whole is not None:
        net = whole - (tax or ZERO)
    return whole, tax, net


def line_of_commercetools(order: Record, item: Record, returns: list[Record]) -> Row:
    """Return the row of a line item or a custom line item."""
    is_custom = item in (order.get("customLineItems") or [])
    unit = amount(item.get("money") if is_custom else at(item, "price", "value"))
    quantity = item.get("quantity")
    priced = amount(item.get("totalPrice"))
    listed = None if unit is None or quantity is None else unit * quantity
    is_gift = item.get("lineItemMode") == "GiftLineItem"
    less = amount(at(item, "price", "discounted", "value"))
    is_reduced = item.get("discountedPricePerQuantity") or less is not None
    discount = ZERO
    outside = item.get("priceMode") == "ExternalTotal"
    if (is_gift or is_reduced) and not outside and listed is not None and priced is not None:
        discount = listed - priced
    whole, tax, net = taxes(item.get("taxedPrice"), priced)
    member = "customLineItemId" if is_custom else "lineItemId"
    name = item.get("id", "-")
    back = [each.get("quantity") or 0 for each in returns if each.get(member) == name]
    currency = at(item, "totalPrice", "currencyCode") or at(order, "totalPrice", "currencyCode")
    return {
        "platform": "commercetools",
        "order_id": order["id"],
        "line_type": "custom" if is_custom else "gift" if is_gift else "product",
        "sku": at(item, "variant", "sku"),
        "product_id": item.get("productId"),
        "quantity": quantity,
        "quantity_returned": sum(back),
        "currency": currency,
        "unit_price": unit,
        "list_total": listed,
        "discount": discount,
        "price_total": priced,
        "tax": tax,
        "tax_included": at(item, "taxRate", "includedInPrice"),
        "total": whole,
        "total_excluding_tax": net,
        "customer_id": order.get("customerId"),
        "is_cancelled": order.get("orderState") == "Cancelled",
    }


def lines_of_commercetools(order: Record) -> list[Row]:
    """Return the rows of an order's lines."""
    returns = [item for each in order.get("returnInfo") or [] for item in each.get("items") or []]
    items = [*(order.get("lineItems") or []), *(order.get("customLineItems") or [])]
    return [
        {"line_number": number, **line_of_commercetools(order, item, returns)}
        for number, item in enumerate(items, 1)
    ]


def shipments(order: Record) -> list[tuple[Decimal | None, Decimal | None]]:
    """Return price and reduced price of each shipping method of an order."""
    infos = [
        order.get("shippingInfo"),
        *(at(s, "shippingInfo") for s in order.get("shipping") or []),
    ]
    return [
        (amount(at(info, "price")), amount(at(info, "discountedPrice", "value"))) for info in infos
    ]


def order_of_commercetools(order: Record, payments: Mapping[str, Record]) -> Row:
    """Return the row of an order."""
    lines = lines_of_commercetools(order)
    shipping = shipments(order)
    currency = at(order, "totalPrice", "currencyCode")
    off = [*(line["discount"] for line in lines)]
    off.append(amount(at(order, "discountOnTotalPrice", "discountedAmount")))
    off += [price - less for price, less in shipping if price is not None and less is not None]
    whole, tax, net = taxes(order.get("taxedPrice"), amount(order.get("totalPrice")))
    names = {each.get("id") for each in at(order, "paymentInfo", "payments") or []}
    transactions = [
        each
        for name in names & {*payments}
        for each in payments[name].get("transactions") or []
        if each.get("state") == "Success" and at(each, "amount", "currencyCode") == currency
    ]
    paid = total(amount(each["amount"]) for each in transactions if each.get("type") == "Charge")
    refunded = total(
        amount(each["amount"])
        for each in transactions
        if each.get("type") in {"Refund", "Chargeback"}
    )
    state = order.get("orderState")
    return {
        "platform": "commercetools",
        "order_id": order["id"],
        "order_number": order.get("orderNumber"),
        "order_type": "sale",
        "order_state": state.lower() if state else None,
        "is_cancelled": state == "Cancelled",
        "sales_channel": at(order, "store", "key"),
        "customer_id": order.get("customerId"),
        "ordered_at": moment(order.get("createdAt")),
        "currency": currency,
        "line_count": len(lines),
        "quantity": sum(line["quantity"] or 0 for line in lines),
        "subtotal": total(line["price_total"] for line in lines),
        "discount": total(off),
        "shipping": total(price if less is None else less for price, less in shipping),
        "fees": ZERO,
        "tax": tax,
        "total": whole,
        "total_excluding_tax": net,
        "tip": ZERO,
        "paid": paid,
        "paid_by_gift_card": None,
        "refunded": refunded,
        "total_after_refunds": None if whole is None else whole - refunded,
    }


# Commerce7


def cents(units: float | Decimal | None) -> Decimal | None:
    """Return an amount in major units."""
    return None if units is None else Decimal(units) / 100


def lines_of_commerce7(order: Record, currency: str) -> list[Row]:
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
                "line_type": "gift_card" if item.get("type") == "Gift Card" else "product",
                "sku": item.get("sku"),
                "product_id": item.get("productId"),
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


def order_of_commerce7(order: Record, currency: str) -> Row:
    """Return the row of an order."""
    lines = lines_of_commerce7(order, currency)
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
        "order_type": {"Refund": "refund", "Exchange": "exchange"}.get(
            order.get("purchaseType") or "", "sale"
        ),
        "order_state": "cancelled" if is_cancelled else "complete" if is_done else "open",
        "is_cancelled": is_cancelled,
        "sales_channel": order.get("channel"),
        "customer_id": order.get("customerId"),
        "ordered_at": moment(order.get("orderSubmittedDate") or order.get("createdAt")),
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


# Both


def orders(commercetools: Records, commerce7: Records, currency: str = "USD") -> list[Row]:
    """Return the rows of the mart `orders`."""
    payments = {each["id"]: each for each in commercetools.get("payments", ())}
    first = [order_of_commercetools(each, payments) for each in commercetools.get("orders", ())]
    return first + [order_of_commerce7(each, currency) for each in commerce7.get("orders", ())]


def order_lines(commercetools: Records, commerce7: Records, currency: str = "USD") -> list[Row]:
    """Return the rows of the mart `order_lines`."""
    rows = [row for each in commercetools.get("orders", ()) for row in lines_of_commercetools(each)]
    for each in commerce7.get("orders", ()):
        rows += lines_of_commerce7(each, currency)
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
                    "order_count": len(sales),
                    "refund_count": len(counted) - len(sales),
                    "cancelled_order_count": len(own) - len(counted),
                    "first_ordered_at": min(times, default=None),
                    "last_ordered_at": max(times, default=None),
                    "currency": single[0],
                    "lifetime_value": single[1],
                    "lifetime_value_by_currency": dict(value) or None,
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
        }
        for each in commerce7.get("club_memberships", ())
    ]


def inventory(commercetools: Records, commerce7: Records) -> list[Row]:
    """Return the rows of the mart `inventory`."""
    rows = []
    for entry in commercetools.get("inventory_entries", ()):
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
        }
        for entry in commerce7.get("inventories", ())
    ]
    return rows


def is_general(price: Record) -> bool:
    """Return whether a price holds for everybody, everywhere and at any time."""
    conditions = (
        "country",
        "customerGroup",
        "channel",
        "recurrencePolicy",
        "validFrom",
        "validUntil",
    )
    return all(price.get(name) is None for name in conditions)


def priced(prices: list[Record]) -> Row:
    """Return what a catalogue says of a variant with these prices."""
    general = [price for price in prices if is_general(price)]
    first = general[0] if general else {}
    return {
        "price": amount(first.get("value")),
        "currency": at(first, "value", "currencyCode"),
        "discounted_price": amount(at(first, "discounted", "value")),
        "price_count": len(prices),
    }


def catalogue_of_commercetools(records: Records) -> list[Row]:
    """Return the rows of commercetools in the mart `product_catalogue`."""
    by_sku: dict[str, list[Record]] = defaultdict(list)
    for price in records.get("standalone_prices", ()):
        if price.get("active") and price.get("sku") is not None:
            by_sku[price["sku"]].append(price)
    for prices in by_sku.values():
        prices.sort(key=lambda price: (at(price, "value", "currencyCode") or "~", price["id"]))
    types = {each["id"]: each.get("name") for each in records.get("product_types", ())}
    products = {each["id"]: each for each in records.get("products", ())}
    rows = {}
    for product in products.values():
        current = at(product, "masterData", "current")
        alone = product.get("priceMode") == "Standalone"
        master = at(current, "masterVariant")
        variants = [*([master] if master else []), *(at(current, "variants") or [])]
        for place, variant in enumerate(variants):
            sku = variant.get("sku")
            prices = by_sku.get(sku, []) if alone else variant.get("prices") or []
            rows[product["id"], str(variant.get("id", place))] = {
                "sku": sku,
                "is_available": bool(at(product, "masterData", "published")),
                **priced(prices),
            }
    for variant in records.get("variants", ()):
        key = at(variant, "product", "id"), str(variant.get("variantId"))
        sku = at(variant, "current", "sku")
        mine = {"sku": sku, "is_available": bool(variant.get("published"))}
        rows.setdefault(key, {**mine, **priced(by_sku.get(sku, []))})
    return [
        {
            "platform": "commercetools",
            "product_id": product,
            "variant_id": variant,
            "product_type": types.get(at(products.get(product), "productType", "id")),
            **row,
        }
        for (product, variant), row in rows.items()
    ]


def product_catalogue(
    commercetools: Records, commerce7: Records, currency: str = "USD"
) -> list[Row]:
    """Return the rows of the mart `product_catalogue`."""
    rows = catalogue_of_commercetools(commercetools)
    for product in commerce7.get("products", ()):
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
                }
            )
    return rows
