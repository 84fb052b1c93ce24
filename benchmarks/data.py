"""Records of the benchmarks: as large as real ones, and cheap to keep by the million.

Products have 18 kB, customers 0.8 kB, in the shape that the platforms send: nested, compact,
members in their usual order but for the first. That one stands nowhere else at the beginning of an
object, so that `benchmarks.bare` can tell rows apart without parsing.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from sandbox.fake import fake_id, fake_time
from sandbox.store import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.standin import StandIn

SEED = 7
VARIANTS = 16
WORDS = (
    *("amber", "barrel", "cellar", "dry", "estate", "fruity", "grand"),
    *("harbour", "ivory", "late", "mild", "noble", "oak", "ripe"),
)
MASKED = '"password":"****k3E=",'
"""What commercetools shows of a customer's password; the tap leaves it out."""

HEADS = {
    "commercetools": '{{"version":1,"id":"{id}","createdAt":"{at}","lastModifiedAt":"{at}",',
    "commerce7": '{{"createdAt":"{at}","id":"{id}","updatedAt":"{at}",',
}
FIRST_MEMBERS = {"commercetools": '"version":', "commerce7": '"createdAt":'}
"""How rows begin, and nothing inside them."""

RECORDS = {
    ("commercetools", "products"): """
        "key":"product-$number","productType":{"typeId":"product-type","id":"$id"},
        "masterData":{"current":$data,"staged":$data,"published":true,"hasStagedChanges":false},
        "taxCategory":{"typeId":"tax-category","id":"$id"},"priceMode":"Embedded",
        "lastMessageSequenceNumber":12}
    """,
    ("commercetools", "customers"): f"""
        "lastModifiedBy":{{"isPlatformClient":false,"user":{{"typeId":"user","id":"$id"}}}},
        "email":"$word.$number@example.com","firstName":"$word","lastName":"$word",{MASKED}
        "addresses":[{{"id":"a$number","firstName":"$word","lastName":"$word",
        "streetName":"$word Street","streetNumber":"12","postalCode":"$number","city":"$word",
        "country":"DE"}}],"shippingAddressIds":[],"billingAddressIds":[],"isEmailVerified":true,
        "customerGroup":{{"typeId":"customer-group","id":"$id"}},
        "custom":{{"type":{{"typeId":"type","id":"$id"}},"fields":{{"note":"$word2"}}}},
        "stores":[],"authenticationMode":"Password"}}
    """,
    ("commerce7", "customers"): """
        "avatar":null,"honorific":null,"firstName":"$word","lastName":"$word",
        "birthDate":"1980-05-05","city":"$word","stateCode":"CA","zipCode":"$number",
        "countryCode":"US","emailMarketingStatus":"Subscribed",
        "lastActivityDate":"2026-02-03T10:11:12.000Z","metaData":{"note":"$word3"},"flags":[],
        "emails":[{"id":"$id","email":"$word@e.com"}],
        "phones":[{"id":"$id","phone":"+17075550100"}],
        "orderInformation":{"lastOrderId":"$id","orderCount":12,"lifetimeValue":$number,
        "isActiveClubMember":false},"hasAccount":true,
        "loginActivity":{"lastLoginAt":"2026-02-03T10:11:12.000Z"}}
    """,
}
"""Records behind their heads. `$word3` stands for three words, `$variant7` for seven variants."""

PARTS = {
    "data": """
        {"name":{"en":"$word3","de-DE":"$word3"},"description":{"en":"$word40","de-DE":"$word40"},
        "categories":[$category3],"slug":{"en":"$word-$number"},"masterVariant":$variant,
        "variants":[$variant7],"searchKeywords":{}}
    """,
    "category": '{"typeId":"category","id":"$id"}',
    "variant": """
        {"id":1,"sku":"SKU-$number","key":"variant-$number","prices":[$price2],
        "images":[{"url":"https://images.example.com/$number.jpg","dimensions":{"w":1200,"h":800}}],
        "attributes":[{"name":"colour","value":{"key":"$word","label":{"en":"$word2"}}},
        {"name":"vintage","value":2017},{"name":"alcohol","value":12.5},
        {"name":"organic","value":true},{"name":"grapes","value":["$word","$word","$word"]},
        {"name":"notes","value":{"en":"$word12","de-DE":"$word12"}}],"assets":[]}
    """,
    "price": """
        {"id":"$id","value":{"type":"centPrecision","currencyCode":"EUR","centAmount":$number,
        "fractionDigits":2},"country":"DE","channel":{"typeId":"channel","id":"$id"}}
    """,
}


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


def rows(platform: str, stream: str, count: int) -> Iterator[Row]:
    """Make so many records of a stream."""
    chance = random.Random(SEED)
    record, head = RECORDS[platform, stream], HEADS[platform]
    tails = [_text(record, chance).encode() for _ in range(VARIANTS)]
    for number in range(count):
        row_id, at = fake_id(stream, number, SEED), fake_time(stream, number, SEED)
        start = head.format(id=row_id, at=at).encode()
        yield SharedRow(row_id, at, start, tails[number % VARIANTS])


def fill(stand_in: StandIn, platform: str, counts: Mapping[str, int]) -> None:
    """Put so many records into streams of a stand-in; rows it has already stay."""
    for stream, count in counts.items():
        made = {row.id: row for row in rows(platform, stream, count)}
        stand_in.collections[stream].by_id.update(made)


def _text(template: str, chance: random.Random) -> str:
    """Fill the holes of a template."""

    def fill_in(hole: re.Match[str]) -> str:
        times = int(hole["times"] or 1)
        match hole["name"]:
            case "id":
                return fake_id("", chance.randrange(10**6), SEED)
            case "number":
                return str(chance.randrange(10_000, 99_999))
            case "word":
                return " ".join(chance.choices(WORDS, k=times))
            case part:
                return ",".join(_text(PARTS[part], chance) for _ in range(times))

    compact = "".join(line.strip() for line in template.splitlines())
    return re.sub(r"\$(?P<name>[a-z]+)(?P<times>\d*)", fill_in, compact)
