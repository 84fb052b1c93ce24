"""Products of commercetools whose price is easy to get wrong.

`CATALOGUE` says what each variant costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.pipelines.marts.hard_commercetools import AT, REDUCED, money, precise

if TYPE_CHECKING:
    from tests.pipelines.marts.hard_commercetools import Record

PRODUCT = "bb000000-0000-4000-a000-0000000000{:02d}"
TYPE = "ab000000-0000-4000-a000-000000000001"
PRODUCT_TYPES: list[Record] = [
    {
        "id": TYPE,
        "version": 1,
        "name": "Wine",
        "description": "",
        "attributes": [],
        "createdAt": AT.format(1),
        "lastModifiedAt": AT.format(1),
    }
]


def price(value: Record, **more: Any) -> Record:
    """Return a price of a variant."""
    return {"id": f"pr-{value['centAmount']}-{len(more)}", "value": value, **more}


def variant(number: int, sku: str, *prices: Record) -> Record:
    """Return a variant."""
    return {"id": number, "sku": sku, "prices": [*prices], "attributes": [], "images": []}


def product(number: int, master: Record | None, *others: Record, **more: Any) -> Record:
    """Return a product; what is staged differs from what is current, and does not count."""
    current: Record = {
        "name": {"de-DE": f"Wein {number}", "en": f"Wine {number}"},
        "slug": {"en": f"wine-{number}"},
        "categories": [],
        "variants": [*others],
    }
    if master:
        current["masterVariant"] = master
    staged = {**current, "name": {"en": "A draft"}, "variants": []}
    published = more.pop("published", True)
    data = {"current": current, "staged": staged, "published": published, "hasStagedChanges": True}
    return {
        "id": PRODUCT.format(number),
        "version": 1,
        "productType": {"typeId": "product-type", "id": TYPE},
        "masterData": data,
        "createdAt": AT.format(1),
        "lastModifiedAt": AT.format(2),
        **more,
    }


CHANNEL = {"typeId": "channel", "id": "c4000000-0000-4000-a000-000000000001"}
GROUP = {"typeId": "customer-group", "id": "c5000000-0000-4000-a000-000000000001"}
POLICY = {"typeId": "recurrence-policy", "id": "c6000000-0000-4000-a000-000000000001"}
CONDITIONS: list[Record] = [
    {"country": "DE"},
    {"customerGroup": GROUP},
    {"channel": CHANNEL},
    {"recurrencePolicy": POLICY},
    {"validFrom": AT.format(1)},
    {"validUntil": AT.format(1)},
]
PRODUCTS: list[Record] = [
    product(  # several prices, of which one has no conditions; several variants
        1,
        variant(
            1,
            "CAT-1",
            *(price(money(900), **condition) for condition in CONDITIONS),
            price(money(1000)),
            price(money(1)),
        ),
        variant(2, "CAT-2", price(money(500), channel=CHANNEL)),
        variant(3, "CAT-3", {**price(money(1000)), "discounted": REDUCED["discounted"]}),
    ),
    product(2, variant(1, "CAT-4"), published=False),
    product(3, variant(1, "CAT-5", price(money(9999))), priceMode="Standalone"),
    product(4, None),  # its variants are records of their own
    product(5, variant(1, "CAT-7", price(precise(12345, 6, 1, "GBP")), price(money(100, "USD")))),
]


def standalone(number: int, sku: str, value: Record, **more: Any) -> Record:
    """Return a standalone price."""
    return {
        "id": f"5a000000-0000-4000-a000-0000000000{number:02d}",
        "version": 1,
        "sku": sku,
        "value": value,
        "active": True,
        "createdAt": AT.format(1),
        "lastModifiedAt": AT.format(1),
        **more,
    }


STANDALONE_PRICES = [
    standalone(0, "CAT-9", money(900)),
    standalone(1, "CAT-5", money(1500), active=False),
    *(standalone(n, "CAT-5", money(1700), **more) for n, more in enumerate(CONDITIONS, 2)),
    standalone(10, "CAT-5", money(1600)),
    standalone(11, "CAT-6", money(700, "USD")),
    standalone(12, "CAT-6", money(650)),
    standalone(13, "CAT-6", money(660)),
    standalone(14, "CAT-8", money(800)),
]


def own_variant(number: int, product: int, place: int | None, sku: str) -> Record:
    """Return a variant that is a record of its own."""
    return {
        "id": f"5b000000-0000-4000-a000-0000000000{number:02d}",
        "version": 1,
        "variantId": place,
        "product": {"typeId": "product", "id": PRODUCT.format(product)},
        "published": True,
        "current": {"sku": sku, "attributes": [], "images": [], "assets": []},
        "createdAt": AT.format(1),
        "lastModifiedAt": AT.format(1),
    }


VARIANTS: list[Record] = [
    own_variant(0, 5, 2, "deleted by the tests"),
    own_variant(5, 5, 3, "CAT-9"),
    own_variant(1, 4, 1, "CAT-6"),
    own_variant(2, 4, None, "CAT-8"),
    own_variant(3, 1, 2, "the product holds it as well"),
    own_variant(4, 99, 1, "its product is gone"),
]

CATALOGUE: dict[str, tuple[str | None, str | None, bool]] = {
    "CAT-1": ("10.00", "EUR", True),
    "CAT-2": (None, None, True),
    "CAT-3": ("10.00", "EUR", True),
    "CAT-4": (None, None, False),
    "CAT-5": ("16.00", "EUR", True),
    "CAT-6": ("6.50", "EUR", True),
    "CAT-8": ("8.00", "EUR", True),
    "CAT-9": ("9.00", "EUR", True),
    "CAT-7": ("0.012345", "GBP", True),
}
"""Price, its currency and availability by SKU; written down by hand."""
