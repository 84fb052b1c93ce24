"""Orders and customers of commercetools whose sums are easy to get wrong.

The amounts are those of a calculator, and `TOTALS` says what each order comes to.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Record = dict[str, Any]

ADA, BEN, IDLE = (f"c0000000-0000-4000-a000-00000000000{n}" for n in range(1, 4))
ORDER = "0d000000-0000-4000-a000-0000000000{:02d}"
GONE = ORDER.format(14)  # a customer who has the id of an order, which is not deleted
PAYMENT = "fa000000-0000-4000-a000-0000000000{:02d}"
AT = "2025-03-0{}T10:20:30.456Z"


def money(cents: int, currency: str = "EUR", digits: int = 2) -> Record:
    """Return an amount in the smallest unit of a currency."""
    return {
        "type": "centPrecision",
        "centAmount": cents,
        "currencyCode": currency,
        "fractionDigits": digits,
    }


def precise(amount: int, digits: int, cents: int, currency: str) -> Record:
    """Return an amount with more digits than its currency has."""
    return {
        "type": "highPrecision",
        "centAmount": cents,
        "preciseAmount": amount,
        "currencyCode": currency,
        "fractionDigits": digits,
    }


def taxed(net: int, gross: int, currency: str = "EUR", digits: int = 2) -> Record:
    """Return net and gross; older orders have no `totalTax`."""
    return {
        "totalNet": money(net, currency, digits),
        "totalGross": money(gross, currency, digits),
        "taxPortions": [],
    }


def rate(amount: float, *, included: bool) -> Record:
    """Return a tax rate."""
    return {"name": "VAT", "amount": amount, "includedInPrice": included, "country": "DE"}


def line(number: int, unit: Record, quantity: int, total: Record, **more: Any) -> Record:
    """Return a line item; its id only is unique within its order."""
    return {
        "id": f"11000000-0000-4000-a000-{number:012d}",
        "productId": f"b0000000-0000-4000-a000-{number:012d}",
        "name": {"en": f"Wine {number}", "de-DE": f"Wein {number}"},
        "productType": {"typeId": "product-type", "id": "a0000000-0000-4000-a000-000000000001"},
        "variant": {"id": 1, "sku": f"WINE-{number}"},
        "price": {"id": "p", "value": unit},
        "quantity": quantity,
        "totalPrice": total,
        "discountedPricePerQuantity": [],
        "taxedPricePortions": [],
        "perMethodTaxRate": [],
        "state": [],
        "priceMode": "Platform",
        "lineItemMode": "Standard",
        **more,
    }


def custom(number: int, price: Record, quantity: int, total: Record, **more: Any) -> Record:
    """Return a custom line item."""
    return {
        "id": f"22000000-0000-4000-a000-{number:012d}",
        "name": {"en": f"Extra {number}"},
        "slug": f"extra-{number}",
        "money": price,
        "quantity": quantity,
        "totalPrice": total,
        "discountedPricePerQuantity": [],
        "taxedPricePortions": [],
        "perMethodTaxRate": [],
        "state": [],
        "priceMode": "Standard",
        **more,
    }


def order(number: int, total: Record, **more: Any) -> Record:
    """Return an order, without what is not given."""
    return {
        "id": ORDER.format(number),
        "version": 1,
        "orderNumber": f"HARD-{number}",
        "createdAt": AT.format(1 + number % 9),
        "lastModifiedAt": AT.format(1 + number % 9),
        "customerId": ADA,
        "lineItems": [],
        "customLineItems": [],
        "totalPrice": total,
        "shippingMode": "Single",
        "shipping": [],
        "refusedGifts": [],
        "orderState": "Open",
        "origin": "Customer",
        "syncInfo": [],
        "returnInfo": [],
        **more,
    }


def shipping(price: Record, **more: Any) -> Record:
    """Return information on shipping."""
    return {
        "shippingMethodName": "Ground",
        "price": price,
        "shippingRate": {"price": price, "tiers": []},
        "shippingMethodState": "MatchesCart",
        **more,
    }


def payment(number: int, *transactions: tuple[str, str, Record]) -> Record:
    """Return a payment; its transactions are given as type, state and amount."""
    return {
        "id": PAYMENT.format(number),
        "version": 1,
        "createdAt": AT.format(5),
        "lastModifiedAt": AT.format(5),
        "amountPlanned": transactions[0][2],
        "paymentMethodInfo": {"method": "CREDIT_CARD"},
        "paymentStatus": {},
        "transactions": [
            {"id": f"t{place}", "type": kind, "state": state, "amount": amount}
            for place, (kind, state, amount) in enumerate(transactions)
        ],
        "interfaceInteractions": [],
    }


def paid_by(*numbers: int) -> Record:
    """Return a reference to payments."""
    return {"payments": [{"typeId": "payment", "id": PAYMENT.format(n)} for n in numbers]}


def returned(item: str, quantity: int, state: str, *, of_custom: bool = False) -> Record:
    """Return an item of a return."""
    member = "customLineItemId" if of_custom else "lineItemId"
    return {
        "id": f"r-{item}-{quantity}",
        "type": "CustomLineItemReturnItem" if of_custom else "LineItemReturnItem",
        member: item,
        "quantity": quantity,
        "shipmentState": "Returned",
        "paymentState": state,
        "createdAt": AT.format(8),
        "lastModifiedAt": AT.format(8),
    }


DISCOUNT = {"typeId": "cart-discount", "id": "d0000000-0000-4000-a000-000000000001"}


def per_quantity(quantity: int, value: Record, off: Record) -> Record:
    """Return the discounted price of some of a line's pieces."""
    portion = {"discount": DISCOUNT, "discountedAmount": off}
    discounted = {"value": value, "includedDiscounts": [portion]}
    return {"quantity": quantity, "discountedPrice": discounted}


GIFT = {"lineItemMode": "GiftLineItem"}
EXTERNAL = {"priceMode": "ExternalTotal"}
ON_TOP, INCLUDED = rate(0.19, included=False), rate(0.19, included=True)
REDUCED = {
    "id": "p",
    "value": money(1000),
    "discounted": {
        "value": money(800),
        "discount": {"typeId": "product-discount", "id": "d0000000-0000-4000-a000-000000000002"},
    },
}

ORDERS: list[Record] = [
    order(  # tax on top of lines and shipping
        1,
        money(3040),
        taxedPrice=taxed(3040, 3618),
        shippingInfo=shipping(money(490), taxedPrice=taxed(490, 583), taxRate=ON_TOP),
        lineItems=[
            line(1, money(1000), 2, money(2000), taxedPrice=taxed(2000, 2380), taxRate=ON_TOP),
            line(2, money(550), 1, money(550), taxedPrice=taxed(550, 655), taxRate=ON_TOP),
        ],
        store={"typeId": "store", "key": "berlin"},
        paymentState="Paid",
        shipmentState="Shipped",
        paymentInfo=paid_by(1, 1),
    ),
    order(  # tax included in prices; says the tax as well
        2,
        money(2380),
        taxedPrice={**taxed(2000, 2380), "totalTax": money(380)},
        lineItems=[
            line(1, money(1190), 2, money(2380), taxedPrice=taxed(2000, 2380), taxRate=INCLUDED)
        ],
    ),
    order(  # no tax yet, another currency, the same customer
        3,
        money(5000, "USD"),
        lineItems=[line(1, money(2500, "USD"), 2, money(5000, "USD"))],
        store={"typeId": "store", "key": "napa"},
    ),
    order(  # product, cart, total and shipping discounts, and a gift
        4,
        money(5425),
        taxedPrice=taxed(5425, 5425),
        discountOnTotalPrice={"discountedAmount": money(500), "includedDiscounts": []},
        shippingInfo=shipping(
            money(500), discountedPrice={"value": money(125), "includedDiscounts": []}
        ),
        lineItems=[
            line(
                1,
                money(1000),
                3,
                money(2300),
                price=REDUCED,
                discountedPricePerQuantity=[per_quantity(1, money(700), money(100))],
                taxedPrice=taxed(2300, 2300),
            ),
            line(2, money(1000), 1, money(800), price=REDUCED, taxedPrice=taxed(800, 800)),
            line(3, money(999), 1, money(0), taxedPrice=taxed(0, 0), **GIFT),
            line(
                4,
                money(1500),
                2,
                money(2700),
                discountedPricePerQuantity=[per_quantity(2, money(1350), money(150))],
                taxedPrice=taxed(2700, 2700),
            ),
        ],
        customerId=BEN,
    ),
    order(  # more digits than the currency has
        5,
        money(1235, "GBP"),
        lineItems=[line(1, precise(12345, 6, 1, "GBP"), 1000, money(1235, "GBP"))],
        customerId=BEN,
    ),
    order(  # currencies without and with three digits
        6,
        money(1500, "JPY", 0),
        lineItems=[line(1, money(500, "JPY", 0), 3, money(1500, "JPY", 0))],
    ),
    order(
        7,
        money(1250, "KWD", 3),
        lineItems=[line(1, money(1250, "KWD", 3), 1, money(1250, "KWD", 3))],
    ),
    order(  # custom lines only, one of them a voucher
        8,
        money(1000),
        customLineItems=[
            custom(1, money(750), 2, money(1500), taxedPrice=taxed(1261, 1500), taxRate=INCLUDED),
            custom(2, money(-500), 1, money(-500)),
        ],
        customerId=BEN,
    ),
    order(  # cancelled, and its money given back
        9,
        money(9900),
        orderState="Cancelled",
        lineItems=[line(1, money(9900), 1, money(9900))],
        paymentInfo=paid_by(2),
    ),
    order(  # returned in part; the amounts of refunds are in the payments
        10,
        money(6000),
        orderState="Complete",
        completedAt=AT.format(9),
        lineItems=[line(1, money(2000), 3, money(6000))],
        customLineItems=[
            custom(1, money(0), 1, money(0)),
            {**custom(2, money(0), 1, money(0)), "id": "11000000-0000-4000-a000-000000000001"},
        ],
        returnInfo=[
            {
                "items": [
                    returned("11000000-0000-4000-a000-000000000001", 1, "Refunded"),
                    returned("22000000-0000-4000-a000-000000000001", 1, "Initial", of_custom=True),
                ]
            },
            {"items": [returned("11000000-0000-4000-a000-000000000001", 1, "NonRefundable")]},
        ],
        paymentInfo=paid_by(3, 4),
    ),
    order(11, money(100), customerId=None, anonymousId="somebody", customLineItems=[]),
    order(  # a line of nothing
        12,
        money(700),
        lineItems=[line(1, money(1200), 0, money(0)), line(2, money(700), 1, money(700))],
    ),
    order(  # a total from outside: what the price would make does not count
        13,
        money(1800),
        lineItems=[line(1, money(1000), 2, money(1800), price=REDUCED, **EXTERNAL)],
    ),
    order(  # three shipments, of which two cost the same
        14,
        money(3000),
        shippingMode="Multiple",
        shipping=[
            {"shippingKey": "a", "shippingInfo": shipping(money(300))},
            {"shippingKey": "c", "shippingInfo": shipping(money(300))},
            {
                "shippingKey": "b",
                "shippingInfo": shipping(
                    money(600), discountedPrice={"value": money(400), "includedDiscounts": []}
                ),
            },
        ],
        lineItems=[line(1, money(1000), 2, money(2000))],
    ),
    order(  # imported: discounted lines that say nothing of modes
        16,
        money(800),
        orderState=None,
        lineItems=[
            line(1, money(1000), 1, money(800), price=REDUCED, priceMode=None, lineItemMode=None),
            line(2, money(100), 1, money(0), priceMode=None, lineItemMode=None),
        ],
        customerId=BEN,
    ),
    order(15, money(4200), lineItems=[line(1, money(4200), 1, money(4200))], customerId=GONE),
]
"""Order 15 and its customer are deleted by the tests."""

DELETED_ORDER = ORDERS[-1]["id"]

PAYMENTS = [
    payment(1, ("Charge", "Success", money(3618))),
    payment(2, ("Charge", "Success", money(9900)), ("Refund", "Success", money(9900))),
    payment(
        3,
        ("Authorization", "Success", money(6000)),
        ("Charge", "Success", money(4000)),
        ("Charge", "Failure", money(2000)),
        ("Refund", "Success", money(1500)),
        ("Refund", "Pending", money(500)),
    ),
    payment(
        4,
        ("Charge", "Success", money(2000)),
        ("Chargeback", "Success", money(500)),
        ("Refund", "Success", money(1000, "USD")),
    ),
]

CUSTOMERS: list[Record] = [
    {
        "id": name,
        "version": 1,
        "email": f"customer{place}@example.com",
        "customerNumber": f"C-{place}",
        "createdAt": AT.format(1),
        "lastModifiedAt": AT.format(1),
        "addresses": [],
        "isEmailVerified": True,
        "stores": [],
    }
    for place, name in enumerate((ADA, BEN, IDLE, GONE))
]

TOTALS: dict[int, dict[str, str | None]] = {
    1: {
        "currency": "EUR",
        "subtotal": "25.50",
        "shipping": "4.90",
        "discount": "0",
        "total": "36.18",
        "tax": "5.78",
        "total_excluding_tax": "30.40",
        "paid": "36.18",
    },
    2: {"subtotal": "23.80", "tax": "3.80", "total": "23.80", "total_excluding_tax": "20.00"},
    3: {"currency": "USD", "total": "50.00", "tax": None, "total_excluding_tax": "50.00"},
    4: {"subtotal": "58.00", "shipping": "1.25", "discount": "30.74", "total": "54.25"},
    5: {"currency": "GBP", "subtotal": "12.35", "discount": "0", "total": "12.35"},
    6: {"currency": "JPY", "total": "1500"},
    7: {"currency": "KWD", "total": "1.250"},
    8: {"subtotal": "10.00", "total": "10.00"},
    9: {"total": "99.00", "paid": "99.00", "refunded": "99.00", "total_after_refunds": "0"},
    10: {"total": "60.00", "paid": "60.00", "refunded": "20.00", "total_after_refunds": "40.00"},
    11: {"total": "1.00", "subtotal": "0", "customer_id": None},
    12: {"subtotal": "7.00", "discount": "0", "total": "7.00"},
    13: {"subtotal": "18.00", "discount": "0", "total": "18.00"},
    14: {"shipping": "10.00", "discount": "2.00", "subtotal": "20.00", "total": "30.00"},
    16: {"subtotal": "8.00", "discount": "2.00", "total": "8.00"},
}
"""What the orders come to, by number of the order; written down by hand."""

LIFETIME = {
    ADA: {"EUR": Decimal("36.18") + Decimal("23.80") + 40 + 7 + 18 + 30}
    | {"USD": Decimal(50), "JPY": Decimal(1500), "KWD": Decimal("1.25")},
    BEN: {"EUR": Decimal("54.25") + 10 + 8, "GBP": Decimal("12.35")},
    IDLE: {},
}
"""Lifetime value of customers by currency; the cancelled order does not count."""
