"""Orders, customers and memberships of Commerce7 whose sums are easy to get wrong.

The amounts are those of a calculator, and `TOTALS` says what each order comes to.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.pipelines.marts import hard_commercetools

Record = dict[str, Any]

EVE, FAY, IDLE, GONE = (f"e0000000-0000-4000-a000-00000000000{n}" for n in range(1, 5))
CLUB = "cb000000-0000-4000-a000-000000000001"
ORDER = "0e000000-0000-4000-a000-0000000000{:02d}"
AT = "2025-04-{:02d}T23:20:30.456Z"


def item(number: int, price: float, quantity: int, **more: Any) -> Record:
    """Return a line of an order."""
    return {
        "id": f"17000000-0000-4000-a000-{number:012d}",
        "purchaseType": "Regular",
        "productTitle": f"Wine {number}",
        "productVariantTitle": "750ml",
        "type": "Wine",
        "productId": f"b7000000-0000-4000-a000-{number:012d}",
        "productVariantId": f"b8000000-0000-4000-a000-{number:012d}",
        "sku": f"C7-{number}",
        "price": price,
        "originalPrice": price,
        "bottleDeposit": 0,
        "quantity": quantity,
        "tax": 0,
        "bundleItems": None,
        **more,
    }


def tender(amount: int, charge: str = "Sale", status: str = "Success", **more: Any) -> Record:
    """Return a tender."""
    return {
        "id": f"7e000000-0000-4000-a000-{abs(amount):012d}",
        "tenderType": "Credit Card",
        "chargeType": charge,
        "chargeStatus": status,
        "amountTendered": amount,
        "tip": 0,
        **more,
    }


def tax(price: int, *, included: bool = False) -> Record:
    """Return a tax of an order."""
    return {"id": f"7a-{price}-{included}", "price": price, "isIncludedInPrice": included}


def order(number: int, total: int, **more: Any) -> Record:
    """Return an order; what is not given is null or zero, as the API sends it."""
    return {
        "id": ORDER.format(number),
        "orderNumber": 900_000 + number,
        "orderSubmittedDate": AT.format(number),
        "orderPaidDate": AT.format(number),
        "orderFulfilledDate": None,
        "createdAt": AT.format(1),
        "updatedAt": AT.format(28),
        "purchaseType": "Regular",
        "previousOrderId": None,
        "linkedOrders": [],
        "paymentStatus": "Paid",
        "fulfillmentStatus": "Not Fulfilled",
        "channel": "Web",
        "customerId": EVE,
        "customer": None,
        "club": None,
        "subTotal": total,
        "shipTotal": 0,
        "taxTotal": 0,
        "dutyTotal": 0,
        "bottleDepositTotal": 0,
        "tipTotal": 0,
        "total": total,
        "totalAfterTip": total,
        "shipping": [],
        "coupons": [],
        "promotions": [],
        "tenders": [tender(total)],
        "taxes": [],
        "items": [],
        "tags": [],
        **more,
    }


def applied(value: int, shipping: int = 0) -> Record:
    """Return a coupon or promotion that an order uses."""
    total = value + shipping
    amounts = {"productValue": value, "shippingValue": shipping, "totalValue": total}
    return {"id": f"ap-{total}", "title": "off", "inUse": True, **amounts}


PARTS = [
    {"id": "part-1", "productId": "x", "sku": "C7-61", "quantity": 2, "price": 1666.67},
    {"id": "part-2", "productId": "y", "sku": "C7-62", "quantity": 1, "price": 1666.66},
]

ORDERS: list[Record] = [
    order(  # tax on top, of lines and of shipping
        1,
        6895,
        subTotal=4900,
        shipTotal=1000,
        taxTotal=995,
        shipping=[{"id": "s", "price": 1000, "originalPrice": 1000, "tax": 500}],
        items=[item(1, 2450, 2, tax=495)],
        taxes=[tax(500), tax(495)],
        fulfillmentStatus="Fulfilled",
        orderFulfilledDate=AT.format(9),
    ),
    order(  # tax included in prices
        2,
        2380,
        taxTotal=380,
        items=[item(1, 1190, 2, tax=380)],
        taxes=[tax(380, included=True)],
    ),
    order(  # the refund of one of the two bottles of order 1
        3,
        -2698,
        subTotal=-2450,
        taxTotal=-248,
        purchaseType="Refund",
        previousOrderId=ORDER.format(1),
        items=[item(1, 2450, -1, tax=-248)],
        taxes=[tax(-248)],
        tenders=[tender(-2698, "Refund", tenderType="Gift Card")],
    ),
    order(  # a promotion, a coupon of 15 % (1500), cheaper shipping, a price changed by hand
        4,
        18250,
        subTotal=17850,
        shipTotal=400,
        shipping=[{"id": "s", "price": 400, "originalPrice": 1000, "tax": 0}],
        items=[
            item(1, 4675, 2, originalPrice=5500),
            item(2, 8500, 1, originalPrice=10000),
            item(3, 0, 1, originalPrice=700, isPriceOverride=True),
        ],
        promotions=[applied(1650)],
        coupons=[applied(1500, 600)],
        customerId=FAY,
    ),
    order(  # sells a gift card, and is paid with one in part
        5,
        12000,
        items=[item(1, 2000, 1), item(2, 10000, 1, type="Gift Card")],
        tenders=[
            tender(1500, tenderType="Gift Card"),
            tender(500, "Capture", tenderType="Gift Card"),
            tender(10000),
        ],
        channel="POS",
        customerId=FAY,
    ),
    order(  # a bundle: its parts have prices of their own, which are in its price
        6,
        10000,
        items=[item(6, 5000, 2, type="Bundle", bundleItems=PARTS)],
        customerId=FAY,
    ),
    order(  # cancelled before it was paid
        7,
        5000,
        paymentStatus="Cancelled",
        orderPaidDate=None,
        items=[item(1, 5000, 1)],
        tenders=[tender(5000, "PreAuth"), tender(5000, "Cancel")],
    ),
    order(  # a line of nothing, and one without a product
        8, 3300, items=[item(1, 9900, 0), item(2, 3300, 1, productId=None, originalPrice=None)]
    ),
    order(9, 1000, customerId=None, items=[item(1, 1000, 1)]),
    order(  # tip, duty and deposits
        10,
        2530,
        subTotal=2000,
        dutyTotal=500,
        bottleDepositTotal=30,
        tipTotal=400,
        totalAfterTip=2930,
        items=[item(1, 1000, 2, bottleDeposit=15)],
        tenders=[tender(2930, tip=400)],
        channel="POS",
    ),
    order(  # authorized first; a card that was declined
        11,
        7000,
        items=[item(1, 7000, 1)],
        tenders=[tender(7000, status="Failed"), tender(7000, "PreAuth"), tender(7000, "Capture")],
        club={"id": "shipment", "clubId": CLUB, "clubTitle": "Reds"},
        channel="Club",
        customerId=FAY,
    ),
    order(  # imported: no payment status, nothing to send, and a line that says nothing
        13,
        1500,
        paymentStatus=None,
        fulfillmentStatus="No Fulfillment Required",
        orderSubmittedDate=None,
        tenders=None,
        shipping=[{"id": "s", "price": 0, "originalPrice": None, "tax": 0}],
        items=[
            item(1, 1500, 1, tax=None),
            {**item(2, 0, 1), "price": None, "quantity": None, "tax": None},
        ],
        taxes=[tax(0, included=True)],
        customerId=FAY,
    ),
    order(  # has the id of an order of the other platform
        14, 200, id=hard_commercetools.ORDER.format(13), items=[item(1, 200, 1)], customerId=None
    ),
    order(12, 4200, items=[item(1, 4200, 1)], customerId=GONE),
]
"""Order 12 and its customer are deleted by the tests."""

DELETED_ORDER = ORDERS[-1]["id"]

CUSTOMERS: list[Record] = [
    {
        "id": name,
        "firstName": "First",
        "lastName": "Last",
        "createdAt": AT.format(1),
        "updatedAt": AT.format(2),
        "orderInformation": {"orderCount": place, "lifetimeValue": 100 * place},
        "emails": [],
        "phones": [],
        "tags": [],
        "groups": [],
        "clubs": [],
    }
    for place, name in enumerate((EVE, FAY, IDLE, GONE))
]

CLUBS: list[Record] = [
    {"id": CLUB, "title": "Reds", "createdAt": AT.format(1), "updatedAt": AT.format(1)}
]


def membership(number: int, customer: str, status: str, cancelled: str | None = None) -> Record:
    """Return a membership."""
    return {
        "id": f"ce000000-0000-4000-a000-{number:012d}",
        "status": status,
        "customerId": customer,
        "clubId": CLUB,
        "orderDeliveryMethod": "Ship",
        "signupDate": AT.format(number),
        "cancelDate": cancelled,
        "currentNumberOfShipments": number,
        "createdAt": AT.format(number),
        "updatedAt": AT.format(20),
        "customer": None,
        "club": {"id": CLUB, "title": "Reds"},
        "onHolds": [],
        "tags": [],
    }


MEMBERSHIPS = [
    membership(1, EVE, "Active"),
    membership(2, EVE, "Cancelled", AT.format(15)),
    membership(3, FAY, "On Hold"),
    membership(4, GONE, "Active"),
    {**membership(5, FAY, "Active"), "status": None, "clubId": "a club that is gone"},
]

TOTALS: dict[int, dict[str, str | None]] = {
    1: {
        "subtotal": "49.00",
        "shipping": "10.00",
        "tax": "9.95",
        "total": "68.95",
        "total_excluding_tax": "59.00",
        "paid": "68.95",
        "discount": "0",
    },
    2: {"subtotal": "23.80", "tax": "3.80", "total": "23.80", "total_excluding_tax": "20.00"},
    3: {
        "total": "-26.98",
        "tax": "-2.48",
        "paid": "0",
        "paid_by_gift_card": "0",
        "refunded": "26.98",
        "total_after_refunds": "-26.98",
    },
    4: {"subtotal": "178.50", "discount": "44.50", "shipping": "4.00", "total": "182.50"},
    5: {"total": "120.00", "paid": "120.00", "paid_by_gift_card": "20.00"},
    6: {"subtotal": "100.00", "total": "100.00"},
    7: {"total": "50.00", "paid": "0"},
    8: {"subtotal": "33.00", "discount": "0"},
    9: {"total": "10.00", "customer_id": None},
    10: {"subtotal": "20.00", "fees": "5.30", "tip": "4.00", "total": "25.30", "paid": "29.30"},
    11: {"total": "70.00", "paid": "70.00"},
    13: {"subtotal": "15.00", "total": "15.00", "paid": "0", "discount": "0"},
}
"""What the orders come to, by number of the order; written down by hand."""

LIFETIME = {
    EVE: {"USD": Decimal("68.95") + Decimal("23.80") - Decimal("26.98") + 33 + Decimal("25.30")},
    FAY: {"USD": Decimal("182.50") + 120 + 100 + 70 + 15},
    IDLE: {},
}
"""Lifetime value of customers by currency; the cancelled order does not count, the refund does."""

PRODUCTS: list[Record] = [
    {
        "id": "b9000000-0000-4000-a000-000000000001",
        "title": "Red",
        "type": "Wine",
        "slug": "red",
        "webStatus": "Available",
        "adminStatus": "Available",
        "createdAt": AT.format(1),
        "updatedAt": AT.format(2),
        "variants": [
            {"id": "ba-1", "title": "750ml", "sku": "RED-1", "price": 2450, "costOfGood": 900}
            | {"comparePrice": 2900, "sortOrder": 1, "inventory": None},
            {"id": "ba-2", "title": "1.5l", "sku": "RED-2", "price": 5000, "sortOrder": 2},
        ],
    },
    {
        "id": "b9000000-0000-4000-a000-000000000002",
        "title": "Old red",
        "type": "Wine",
        "webStatus": "Retired",
        "createdAt": AT.format(1),
        "updatedAt": AT.format(2),
        "variants": [{"id": "ba-3", "title": "750ml", "sku": "RED-3", "price": 100}],
    },
    {
        "id": "b9000000-0000-4000-a000-000000000003",
        "title": "New red",
        "webStatus": None,
        "createdAt": AT.format(1),
        "updatedAt": AT.format(2),
        "variants": [{"id": "ba-4", "title": "750ml", "sku": "RED-4", "price": None}],
    },
]

INVENTORIES: list[Record] = [
    {
        "id": "bc000000-0000-4000-a000-000000000001",
        "sku": "RED-1",
        "productId": "b9000000-0000-4000-a000-000000000001",
        "productVariantId": "ba-1",
        "inventoryLocationId": "a location that is gone",
        "inventoryLocationTitle": "Old cellar",
        "availableForSaleCount": 12,
        "reserveCount": 3,
        "allocatedCount": 1,
    }
]

COUPONS: list[Record] = [
    {
        "id": "c9000000-0000-4000-a000-000000000001",
        "code": "FIFTEEN",
        "title": "15 % off",
        "type": "Product",
        "discountType": "Percentage Off",
        "discount": 1500,
        "productDiscount": None,
        "appliesToObjectIds": "",
        "status": "Enabled",
        "createdAt": AT.format(1),
        "updatedAt": AT.format(1),
    }
]
"""Percentages of the newer kind of coupon are in hundredths of a percent."""

CATALOGUE: dict[str, tuple[str | None, str | None, bool]] = {
    "RED-1": ("24.50", "USD", True),
    "RED-2": ("50.00", "USD", True),
    "RED-3": ("1.00", "USD", False),
    "RED-4": (None, "USD", False),
}
"""Price, its currency and availability by SKU; written down by hand."""
