"""Custom fields that the users of the stand-ins have defined: one of every kind, with values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import random

FIELDS_PER_RECORD = 4


class Field(NamedTuple):
    """A custom field of commercetools.

    Attributes:
        type: FieldType of its definition.
        values: Values that records have, as the API sends them.
    """

    type: dict[str, Any]
    values: tuple[Any, ...]


_PRICE = {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 1999, "fractionDigits": 2}
_TINY_PRICE = {
    "type": "highPrecision",
    "currencyCode": "USD",
    "centAmount": 2,
    "preciseAmount": 1_500_001,
    "fractionDigits": 8,
}
_CHANNEL = {"typeId": "channel", "id": "0c8f4c1e-5a51-4d9b-a0e5-0b8d5a4c2f11"}
_SMALL = {"key": "small", "label": "Small"}
_LOOSE = {"key": "loose", "label": {"en": "Loose"}}
_STRINGS = {"name": "Set", "elementType": {"name": "String"}}

FIELDS: dict[str, Field] = {
    "loyalty-level": Field({"name": "Number"}, (0, 3, 4.5)),
    "note": Field({"name": "String"}, ("Élan", "Harbor", "")),
    "on": Field({"name": "Boolean"}, (True, False)),
    "motto": Field({"name": "LocalizedString"}, ({"en": "Oak", "de-DE": "Eiche"}, {})),
    "size": Field({"name": "Enum", "values": [_SMALL]}, ("small",)),
    "fit": Field({"name": "LocalizedEnum", "values": [_LOOSE]}, ("loose",)),
    "budget": Field({"name": "Money"}, (_PRICE, _TINY_PRICE)),
    "birthday": Field({"name": "Date"}, ("1980-02-29",)),
    "opens": Field({"name": "Time"}, ("09:30:00.000",)),
    "visited": Field({"name": "DateTime"}, ("2024-02-29T23:59:59.999Z",)),
    "shop": Field({"name": "Reference", "referenceTypeId": "channel"}, (_CHANNEL,)),
    "hobbies": Field(_STRINGS, (["wine", "chess"], ["wine"])),
    "prices": Field({"name": "Set", "elementType": {"name": "Money"}}, ([_PRICE, _TINY_PRICE],)),
}

RESOURCE_TYPE_IDS = (
    *("address", "asset", "approval-flow", "approval-rule", "associate-role", "business-unit"),
    *("cart-discount", "category", "channel", "customer", "customer-group", "custom-line-item"),
    *("discount-code", "inventory-entry", "line-item", "order", "order-edit", "order-delivery"),
    *("order-parcel", "order-return-item", "payment", "payment-interface-interaction"),
    *("payment-method", "payment-method-info", "product-price", "product-selection"),
    *("product-tailoring", "quote", "reservation", "review", "recurring-order", "shipping"),
    *("shipping-method", "shopping-list", "shopping-list-text-line-item", "standalone-price"),
    *("store", "transaction"),
)

# Code, data type and values of each metadata configuration of Commerce7.
META_DATA: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
    ("loyalty-level", "Number", (0, 3, 4.5)),
    ("note", "String", ("Élan", "Harbor")),
    ("on", "Yes / No", (True, False)),
    ("picked", "Select", ("red", "white")),
    ("visited", "Date Picker", ("2024-02-29",)),
    ("seats", "Integer", (2, 12)),
    ("vip", "True / False", (True, False)),
    ("mood", "Radio", ("fine",)),
    ("boxes", "Checkbox", (True, ["a", "b"])),
    ("story", "HTML", ("<p>Oak</p>",)),
    ("remarks", "TextArea", ("two\nlines",)),
)


def type_record(number: int) -> dict[str, Any]:
    """Return members of the n-th type; the first has all fields and applies to all resources."""
    names = list(FIELDS) if number == 0 else list(FIELDS)[number % 5 :: 5]
    single = RESOURCE_TYPE_IDS[number % len(RESOURCE_TYPE_IDS)]
    return {
        "resourceTypeIds": [single] if number else list(RESOURCE_TYPE_IDS),
        "fieldDefinitions": [
            {
                "name": name,
                "type": FIELDS[name].type,
                "label": {"en": name},
                "required": False,
                "inputHint": "SingleLine",
            }
            for name in names
        ],
    }


def field_values(rng: random.Random) -> dict[str, Any]:
    """Return `custom.fields`: some of the fields."""
    names = rng.sample(list(FIELDS), FIELDS_PER_RECORD)
    return {name: rng.choice(FIELDS[name].values) for name in names}


def meta_data_values(rng: random.Random) -> dict[str, Any]:
    """Return `metaData`: some of what is configured."""
    chosen = rng.sample(META_DATA, FIELDS_PER_RECORD)
    return {code: rng.choice(values) for code, _, values in chosen}
