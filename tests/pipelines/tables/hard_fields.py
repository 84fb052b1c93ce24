"""Definitions of custom fields, attributes and metadata that are easy to get wrong, and values.

`ORDER_COLUMNS`, `VARIANT_COLUMNS` and `META_COLUMNS` say what the columns of the first record of
each hold; written down by hand.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.custom_fields import FIELDS, META_DATA
from tests.pipelines.marts.hard_commercetools import AT
from tests.pipelines.marts.hard_products import PRODUCT, product

Record = dict[str, Any]

LONG = "a name that is longer than a column may be called: "
TYPE = "7e000000-0000-4000-a000-00000000000{}"
ORDER = "7d000000-0000-4000-a000-00000000000{}"
PRODUCT_TYPE = "7c000000-0000-4000-a000-00000000000{}"


def definitions(**kinds: str) -> list[Record]:
    """Return definitions of fields or attributes by name."""
    return [{"name": name, "type": {"name": kind}} for name, kind in kinds.items()]


def field_type(number: int, resource: str, fields: list[Record]) -> Record:
    """Return a type."""
    return {
        "id": TYPE.format(number),
        "version": 1,
        "key": f"hard-{number}",
        "resourceTypeIds": [resource],
        "fieldDefinitions": fields,
        "createdAt": AT.format(1),
        "lastModifiedAt": AT.format(1),
    }


TYPES = [
    field_type(
        1,
        "order",
        [
            *({"name": name, "type": field.type} for name, field in FIELDS.items()),
            *definitions(orderId="String", **{"2nd": "String", "it's": "String"}),
            *definitions(**{f"{LONG}a": "String", f"{LONG}b": "String"}),
            {"type": {"name": "String"}},
        ],
    ),
    field_type(2, "order", definitions(size="Number")),
    field_type(3, "category", definitions(note="Number", elsewhere="String")),
    {**field_type(4, "order", definitions(note="Number", ghost="String")), "key": "gone"},
]
"""The second contradicts the first; the fourth is deleted by the tests."""


def order(number: int, fields: Record | None) -> Record:
    """Return an order with custom fields."""
    custom = {"type": {"typeId": "type", "id": TYPE.format(1)}, "fields": fields}
    return {
        "id": ORDER.format(number),
        "version": 1,
        "createdAt": AT.format(1),
        "lastModifiedAt": AT.format(1),
        "custom": None if fields is None else custom,
    }


ORDERS = [
    order(
        1,
        {name: field.values[0] for name, field in FIELDS.items()}
        | {"orderId": "4711", "2nd": "second", "it's": "hers", f"{LONG}a": "A", f"{LONG}b": "B"},
    ),
    order(
        2,
        {
            "loyalty-level": "3 of 4",
            "on": "perhaps",
            "motto": "Oak",
            "budget": "much",
            "birthday": "1981-02-29",
            "visited": "2024-02-29T25:00:00Z",
            "shop": "the one in Berlin",
        },
    ),
    order(3, dict.fromkeys(FIELDS)),
    order(4, {}),
    order(5, None),
    order(6, {"motto": {"fr": "Chêne", "de-DE": "Eiche", "en": None}, "loyalty-level": -1.5e3}),
    order(
        7,
        {
            "motto": {"fr": "Chêne", "en-GB": "Oak tree", "en-US": "Oak"},
            "visited": "2024-02-30T12:00:00Z",
        },
    ),
    order(8, {"motto": {}, "birthday": "99-01-02", "visited": "2024-02-29T23:00:00+02:00"}),
]

ORDER_COLUMNS: Record = {
    "order_id": ORDER.format(1),
    "custom_type_id": TYPE.format(1),
    "loyalty_level": 0,
    "note": "Élan",
    "on": True,
    "motto": "Oak",
    "motto_localized": {"en": "Oak", "de-DE": "Eiche"},
    "size": "small",
    "fit": "loose",
    "budget_minor": 1999,
    "budget": Decimal("19.99"),
    "budget_currency": "EUR",
    "birthday": date(1980, 2, 29),
    "opens": "09:30:00.000",
    "visited": datetime(2024, 2, 29, 23, 59, 59, 999000),  # noqa: DTZ001 (columns have no zone)
    "shop_id": "0c8f4c1e-5a51-4d9b-a0e5-0b8d5a4c2f11",
    "hobbies": ["wine", "chess"],
    "prices": list(FIELDS["prices"].values[0]),
    "order_id_2": "4711",
    "field_2nd": "second",
    "it_s": "hers",
    "a_name_that_is_longer_than_a_column_may_be_calle": "A",
    "a_name_that_is_longer_than_a_column_may_be_calle_2": "B",
}

PRODUCT_TYPES = [
    {
        "id": PRODUCT_TYPE.format(number),
        "version": 1,
        "key": "gone" if number == 3 else f"hard-{number}",
        "name": f"Type {number}",
        "attributes": attributes,
        "createdAt": AT.format(1),
        "lastModifiedAt": AT.format(1),
    }
    for number, attributes in enumerate(
        (
            [
                *definitions(
                    taste="ltext",
                    year="number",
                    colour="lenum",
                    body="enum",
                    cork="boolean",
                    nose="text",
                )
            ],
            definitions(body="text", length="number"),
            definitions(taste="text", ghost="text"),
        ),
        1,
    )
]
"""The second contradicts the first; the third is deleted by the tests."""


def of_type(number: int, place: int, *attributes: tuple[str | None, Any]) -> Record:
    """Return a product of a type, whose only variant has attributes."""
    values = [{"name": name, "value": value} for name, value in attributes]
    variant = {"id": 1, "sku": f"HARD-{place}", "prices": [], "attributes": values, "images": []}
    kind = {"typeId": "product-type", "id": PRODUCT_TYPE.format(number)}
    return product(place, variant, productType=kind)


COLOUR = {"key": "red", "label": {"en": "Red"}}
PRODUCTS = [
    of_type(
        1,
        41,
        ("taste", {"en": "Oak"}),
        ("year", 1998),
        ("colour", COLOUR),
        ("body", {"key": "full", "label": "Full"}),
        ("cork", False),
        ("nose", "Cherry"),
        (None, "no name"),
    ),
    of_type(2, 42, ("body", "a text"), ("length", 2.5)),
]

VARIANT_COLUMNS: Record = {
    "product_id": PRODUCT.format(41),
    "variant_id": "1",
    "product_type_id": PRODUCT_TYPE.format(1),
    "body": {"key": "full", "label": "Full"},
    "colour": "red",
    "cork": False,
    "length": None,
    "nose": "Cherry",
    "taste": "Oak",
    "taste_localized": {"en": "Oak"},
    "year": 1998,
}

META_ORDERS: list[Record] = [
    {"id": ORDER.format(number), "metaData": fields, "createdAt": AT.format(1)}
    | {"updatedAt": AT.format(1), "orderNumber": number, "items": []}
    for number, fields in enumerate(
        (
            {code: values[0] for code, _, values in META_DATA},
            {"loyalty-level": "1.5e1", "on": "No", "vip": "YES", "seats": "two"},
            None,
        ),
        1,
    )
]

META_COLUMNS: Record = {
    "order_id": ORDER.format(1),
    "boxes": True,
    "loyalty_level": 0,
    "mood": "fine",
    "note": "Élan",
    "on": True,
    "picked": "red",
    "remarks": "two\nlines",
    "seats": 2,
    "story": "<p>Oak</p>",
    "visited": "2024-02-29",
    "vip": True,
}

AS_JSON = {
    "body",
    "boxes",
    "hobbies",
    "motto_localized",
    "picked",
    "prices",
    "size",
    "taste_localized",
}
"""Columns whose type is JSON."""
