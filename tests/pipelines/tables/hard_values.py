"""Orders whose JSON is hard to read: spellings of numbers and times, nulls, what is no array."""

from __future__ import annotations

from typing import Any

from tests.pipelines.marts.hard_commerce7 import item, tax, tender
from tests.pipelines.marts.hard_commerce7 import order as commerce7_order
from tests.pipelines.marts.hard_commercetools import line, money, order, precise, rate, shipping

Record = dict[str, Any]


def bare(cents: int, currency: str) -> Record:
    """Return an amount as older records have it, without digits."""
    return {"currencyCode": currency, "centAmount": cents}


LINES: list[Any] = [
    None,
    "no object",
    line(
        1,
        bare(1234, "JPY"),
        2,
        bare(1234, "KWD"),
        id=None,
        name={"fr": "Chêne", "de-DE": "Eiche", "en": None},
        variant={"id": 2.0, "sku": "", "attributes": None},
        price={
            "value": bare(1234, "JPY"),
            "discounted": {"value": precise(12345, 4, 123, "EUR")},
            "validFrom": "2024-06-01T02:00:00+02:00",
            "validUntil": "",
        },
        taxRate={"includedInPrice": "", "amount": ""},
        taxedPrice={
            "totalNet": bare(-1234, "EUR"),
            "totalGross": money(0, "CLF", 4),
            "taxPortions": [{"rate": 1e-2, "amount": money(5)}, None],
        },
    ),
    line(2, money(1), 10, money(10), id=2, name={}, taxRate=rate(0.19, included=False)),
    line(3, money(1), 1, money(1), name={"fr": "a", "en-GB": "b", "en-US": "c"}, taxedPrice=None),
    line(4, money(1), 1, money(1), name={"de-DE": None, "fr": "d"}),
    line(5, money(1), 1, money(1), name=None, taxRate=None, price=None, variant=None),
]

ORDERS: list[Record] = [
    order(
        91,
        precise(1_500_001, 8, 2, "USD"),
        lineItems=LINES,
        customLineItems=None,
        shipping="none",
        taxedPrice=None,
        paymentInfo={"payments": "none"},
        shippingInfo=shipping(money(500), deliveries=[{"id": "d1", "items": [], "parcels": None}]),
    ),
    order(
        92,
        money(100),
        shipping=[
            {"shippingKey": "a", "shippingInfo": shipping(money(1), deliveries=[{"id": "d2"}])},
            None,
            {"shippingKey": "b", "shippingInfo": None},
            {"shippingKey": "c", "shippingInfo": shipping(money(2), deliveries=[{}, {"id": "d3"}])},
        ],
        shippingInfo=shipping(money(500), deliveries=[{"id": "d1"}]),
    ),
]

COMMERCE7_ORDERS: list[Record] = [
    commerce7_order(
        27,
        -1050,
        items=[None, item(1, 1666.67, -3, tax=-0.5), {**item(2, 1, 1), "id": None, "price": ""}],
        tenders="none",
        taxes=[tax(5, included=True), {**tax(6), "isIncludedInPrice": ""}],
    ),
    commerce7_order(28, 0, items=None, tenders=[tender(-5, "Refund")], taxes=None),
]
