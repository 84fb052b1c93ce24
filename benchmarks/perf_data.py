"""Records of the measurements: as large as real ones, and cheap to keep by the million.

Products have 18 kB, customers 0.8 kB, in the shape that the platforms send: nested, compact,
members in their usual order but for the first. That one stands nowhere else at the beginning of an
object, so that `benchmarks.bare` can tell rows apart without parsing.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.fake import fake_id, fake_time
from sandbox.store import Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.standin import StandIn

VARIANTS = 16
PRODUCT_BYTES = 18_000
CUSTOMER_BYTES = 800
WORDS = (
    *("amber", "barrel", "cellar", "dry", "estate", "fruity", "grand"),
    *("harbour", "ivory", "late", "mild", "noble", "oak", "ripe"),
)
MASKED = '"password":"****k3E=",'
"""What commercetools shows of a customer's password; the tap leaves it out."""

Record = dict[str, Any]


class SharedRow(Row):
    """A row whose body is put together when it is asked for.

    Only the head of a record is its own; the rest is shared by every sixteenth record, so that
    two million of them fit into memory.
    """

    __slots__ = ("_head", "_tail")

    def __init__(self, row_id: str, at: str, head: bytes, tail: bytes) -> None:  # no super: no body
        self.id = row_id
        self.at = at
        self._head = head
        self._tail = tail

    @property
    def body(self) -> bytes:  # type: ignore[override]
        """The record as JSON."""
        return self._head + self._tail


def fill(stand_in: StandIn, platform: str, counts: dict[str, int], seed: int = 7) -> None:
    """Put records into `customers` and `products` of a stand-in.

    Args:
        stand_in: Where; rows it has already stay.
        platform: "commercetools" or "commerce7".
        counts: Number of records by stream.
        seed: Of the data.
    """
    for stream, count in counts.items():
        make, head = MAKERS[platform, stream], HEADS[platform]
        tails = [_tail(make(random.Random(f"{seed}/{number}"))) for number in range(VARIANTS)]
        rows: dict[str, Row] = {}
        for number in range(count):
            row_id, at = fake_id(stream, number, seed), fake_time(stream, number, seed)
            start = head.format(id=row_id, at=at).encode()
            rows[row_id] = SharedRow(row_id, at, b"{" + start, tails[number % VARIANTS])
        stand_in.collections[stream].by_id.update(rows)


def _tail(record: Record) -> bytes:
    return b"," + msgspec.json.encode(record)[1:]


def _text(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words))


def _reference(rng: random.Random, type_id: str) -> Record:
    return {"typeId": type_id, "id": fake_id(type_id, rng.randrange(100), 0)}


def _price(rng: random.Random, currency: str) -> Record:
    cents = rng.randrange(500, 50_000)
    value = {"type": "centPrecision", "currencyCode": currency, "centAmount": cents}
    return {
        "id": fake_id("price", rng.randrange(10**9), 0),
        "value": {**value, "fractionDigits": 2},
        "country": "DE" if currency == "EUR" else "US",
        "channel": _reference(rng, "channel"),
    }


def _variant(rng: random.Random, number: int) -> Record:
    attributes: list[Record] = [
        {"name": "colour", "value": {"key": rng.choice(WORDS), "label": {"en": _text(rng, 2)}}},
        {"name": "vintage", "value": rng.randrange(1990, 2026)},
        {"name": "alcohol", "value": round(rng.uniform(8, 15), 1)},
        {"name": "organic", "value": rng.random() < 0.5},
        {"name": "grapes", "value": rng.sample(WORDS, 3)},
        {"name": "notes", "value": {"en": _text(rng, 12), "de-DE": _text(rng, 12)}},
    ]
    image = {"url": f"https://images.example.com/{rng.randrange(10**9)}.jpg"}
    return {
        "id": number,
        "sku": f"SKU-{rng.randrange(10**6):06d}",
        "key": f"variant-{rng.randrange(10**6):06d}",
        "prices": [_price(rng, currency) for currency in ("EUR", "USD")],
        "images": [{**image, "dimensions": {"w": 1200, "h": 800}}],
        "attributes": attributes,
        "assets": [],
    }


def _product_data(rng: random.Random, variants: int) -> Record:
    name = _text(rng, 3)
    return {
        "name": {"en": name, "de-DE": _text(rng, 3)},
        "description": {"en": _text(rng, 40), "de-DE": _text(rng, 40)},
        "categories": [_reference(rng, "category") for _ in range(3)],
        "slug": {"en": name.replace(" ", "-")},
        "masterVariant": _variant(rng, 1),
        "variants": [_variant(rng, number) for number in range(2, variants + 2)],
        "searchKeywords": {},
    }


def product(rng: random.Random) -> Record:
    """Make a commercetools product without id, version and times."""
    record: Record = {
        "key": f"product-{rng.randrange(10**6)}",
        "productType": _reference(rng, "product-type"),
        "masterData": {},
        "taxCategory": _reference(rng, "tax-category"),
        "priceMode": "Embedded",
        "lastMessageSequenceNumber": 12,
    }
    variants = 0
    while len(msgspec.json.encode(record)) < PRODUCT_BYTES - 1000:
        variants += 1
        record["masterData"] = {
            "current": _product_data(rng, variants),
            "staged": _product_data(rng, variants),
            "published": True,
            "hasStagedChanges": False,
        }
    return record


def _address(rng: random.Random) -> Record:
    return {
        "id": f"{rng.randrange(16**8):08x}",
        "firstName": rng.choice(WORDS).title(),
        "lastName": rng.choice(WORDS).title(),
        "streetName": f"{_text(rng, 1).title()} Street",
        "streetNumber": str(rng.randrange(1, 200)),
        "postalCode": f"{rng.randrange(10_000, 99_999)}",
        "city": rng.choice(WORDS).title(),
        "country": "DE",
    }


def customer(rng: random.Random) -> Record:
    """Make a commercetools customer without id, version and times."""
    name = rng.choice(WORDS)
    return {
        "lastModifiedBy": {"isPlatformClient": False, "user": _reference(rng, "user")},
        "email": f"{name}.{rng.randrange(10**6)}@example.com",
        "firstName": name.title(),
        "lastName": rng.choice(WORDS).title(),
        "password": "****k3E=",
        "addresses": [_address(rng)],
        "shippingAddressIds": [],
        "billingAddressIds": [],
        "isEmailVerified": rng.random() < 0.5,
        "customerGroup": _reference(rng, "customer-group"),
        "custom": {"type": _reference(rng, "type"), "fields": {"note": _text(rng, 2)}},
        "stores": [],
        "authenticationMode": "Password",
    }


def commerce7_customer(rng: random.Random) -> Record:
    """Make a Commerce7 customer without id and times."""
    name = rng.choice(WORDS)
    return {
        "avatar": None,
        "honorific": None,
        "firstName": name.title(),
        "lastName": rng.choice(WORDS).title(),
        "birthDate": "1980-05-05",
        "city": rng.choice(WORDS).title(),
        "stateCode": "CA",
        "zipCode": f"{rng.randrange(10_000, 99_999)}",
        "countryCode": "US",
        "emailMarketingStatus": "Subscribed",
        "lastActivityDate": "2026-02-03T10:11:12.000Z",
        "metaData": {"note": _text(rng, 3)},
        "flags": [],
        "emails": [{"id": fake_id("email", rng.randrange(10**6), 0), "email": f"{name}@e.com"}],
        "phones": [{"id": fake_id("phone", rng.randrange(10**6), 0), "phone": "+17075550100"}],
        "orderInformation": {
            "lastOrderId": fake_id("order", rng.randrange(10**6), 0),
            "orderCount": rng.randrange(40),
            "lifetimeValue": rng.randrange(10**6),
            "isActiveClubMember": False,
        },
        "hasAccount": True,
        "loginActivity": {"lastLoginAt": "2026-02-03T10:11:12.000Z"},
    }


MAKERS: dict[tuple[str, str], Callable[[random.Random], Record]] = {
    ("commercetools", "products"): product,
    ("commercetools", "customers"): customer,
    ("commerce7", "customers"): commerce7_customer,
}
HEADS = {
    "commercetools": '"version":1,"id":"{id}","createdAt":"{at}","lastModifiedAt":"{at}"',
    "commerce7": '"createdAt":"{at}","id":"{id}","updatedAt":"{at}"',
}
FIRST_MEMBERS = {"commercetools": '"version":', "commerce7": '"createdAt":'}
"""How rows begin, and nothing inside them."""
