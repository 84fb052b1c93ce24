"""What the marts must hold of commercetools."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.pipelines.marts.values import ZERO, at, localized, moment, text, total

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.pipelines.marts.values import Record, Records, Row


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


def line_row(order: Record, item: Record, name: str, returns: list[Record]) -> Row:
    """Return the row of a line item or a custom line item; `name` is its id."""
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
    back = [each.get("quantity") or 0 for each in returns if each.get(member) == name]
    currency = at(item, "totalPrice", "currencyCode") or at(order, "totalPrice", "currencyCode")
    return {
        "platform": "commercetools",
        "order_id": order["id"],
        "line_id": name,
        "line_type": "custom" if is_custom else "gift" if is_gift else "product",
        "order_type": "sale",
        "ordered_at": moment(order.get("createdAt")),
        "sales_channel": at(order, "store", "key"),
        "sku": at(item, "variant", "sku"),
        "product_id": item.get("productId"),
        "variant_id": text(at(item, "variant", "id")),
        "name": localized(item.get("name")),
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


def line_rows(order: Record) -> list[Row]:
    """Return the rows of an order's lines."""
    returns = [item for each in order.get("returnInfo") or [] for item in each.get("items") or []]
    items = [
        (str(item.get("id", place)), item)
        for array in ("lineItems", "customLineItems")
        for place, item in enumerate(order.get(array) or [])
    ]
    return [
        {"line_number": number, **line_row(order, item, name, returns)}
        for number, (name, item) in enumerate(items, 1)
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


def order_row(order: Record, payments: Mapping[str, Record]) -> Row:
    """Return the row of an order."""
    lines = line_rows(order)
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
        "original_order_id": None,
        "order_state": state.lower() if state else None,
        "payment_state": order.get("paymentState"),
        "shipment_state": order.get("shipmentState"),
        "is_cancelled": state == "Cancelled",
        "sales_channel": at(order, "store", "key"),
        "customer_id": order.get("customerId"),
        "ordered_at": moment(order.get("createdAt")),
        "paid_at": None,
        "fulfilled_at": moment(order.get("completedAt")),
        "updated_at": moment(order.get("lastModifiedAt")),
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


def catalogue_rows(records: Records) -> list[Row]:
    """Return the rows of the mart `product_catalogue`."""
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
        number = variant.get("variantId")
        key = at(variant, "product", "id"), str(variant["id"] if number is None else number)
        if key[0] not in products:
            continue
        sku = at(variant, "current", "sku")
        mine = {"sku": sku, "is_available": bool(variant.get("published"))}
        rows.setdefault(key, {**mine, **priced(by_sku.get(sku, []))})
    return [
        {
            "platform": "commercetools",
            "product_id": product,
            "variant_id": variant,
            **product_row(products[product]),
            "product_type": types.get(at(products[product], "productType", "id")),
            "variant_name": None,
            "compare_price": None,
            "cost": None,
            **row,
        }
        for (product, variant), row in rows.items()
    ]


def product_row(product: Record) -> Row:
    """Return what the rows of all variants of a product say."""
    current = at(product, "masterData", "current")
    return {
        "product_name": localized(at(current, "name")),
        "slug": localized(at(current, "slug")),
        "created_at": moment(product.get("createdAt")),
        "updated_at": moment(product.get("lastModifiedAt")),
    }
