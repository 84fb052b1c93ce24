"""The recipe in docs/filters.md: all data of one person comes out, and nobody else's with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.reading.tools import Source, commerce7, commercetools

if TYPE_CHECKING:
    from tests.support import Output

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "filters.md"
PERSON, OTHER = "0d6c3f0e-11aa-4c5e-9a31-5d3f8d0a6b11", "7f1c3f0e-22bb-4c5e-8a31-5d3f8d0a6b22"
EMAILS = {PERSON: "ada@person.example", OTHER: "bob@other.example"}
ORDERS = {
    PERSON: "3a6c3f0e-33cc-4c5e-9a31-5d3f8d0a6b33",
    OTHER: "4b6c3f0e-44dd-4c5e-9a31-5d3f8d0a6b44",
}


def recipes() -> list[dict[str, Any]]:
    """Take the settings out of the document: commercetools in two steps, Commerce7."""
    _, chapter = DOCUMENT.read_text(encoding="utf-8").split("## All data of one person")
    blocks = re.findall(r"```yaml\n(.*?)```", chapter, re.DOTALL)
    return [yaml.safe_load(block) for block in blocks]


def filled(recipe: dict[str, Any], **values: str) -> tuple[dict[str, Any], list[str]]:
    """Put values in the place of the names in capitals; give settings and streams."""
    text = json.dumps(recipe)
    for name, value in values.items():
        text = text.replace(name, value)
    block = json.loads(text)
    return block["config"], [pattern.removesuffix(".*") for pattern in block["select"]]


def shop_records(person: str) -> dict[str, list[dict[str, Any]]]:
    """All that a shop may know of somebody, also as a guest, without ids of the records."""
    customer = {"customer": {"typeId": "customer", "id": person}}
    known, guest = {"customerId": person}, {"customerEmail": EMAILS[person]}
    associates = [{"customer": customer["customer"]}]
    return {
        "business_units": [{"contactEmail": EMAILS[person]}, {"associates": associates}],
        "carts": [known, guest],
        "customers": [{"id": person, "email": EMAILS[person]}],
        "messages": [
            {"type": "CustomerCreated", "resource": customer["customer"]},
            {"type": "OrderCreated", "resource": {"typeId": "order", "id": ORDERS[person]}},
        ],
        "order_edits": [{"resource": {"typeId": "order", "id": ORDERS[person]}}],
        "orders": [{"id": ORDERS[person], **known}, guest],
        "recurring_orders": [customer, guest],
        **{
            name: [customer]
            for name in (
                "payment_methods",
                "payments",
                "quote_requests",
                "quotes",
                "reviews",
                "shopping_lists",
                "staged_quotes",
            )
        },
    }


def winery_records(person: str) -> dict[str, list[dict[str, Any]]]:
    lists = (
        "carts",
        "club_memberships",
        "customer_addresses",
        "customer_credit_cards",
        "gift_cards",
        "loyalty_transactions",
        "notes",
        "orders",
        "reservations",
    )
    return {"customers": [{"id": person}], **{name: [{"customerId": person}] * 2 for name in lists}}


def about(source: Source, *words: str) -> dict[str, set[str]]:
    """Look through everything that a source holds for records with one of some words in them."""
    found = {}
    for stream, collection in source.stand_in.collections.items():
        if stream == "change_history":  # takes no filter, as the document says
            continue
        rows = collection.by_id.values()
        ids = {row.id for row in rows if any(word.encode() in row.body for word in words)}
        if ids:
            found[stream] = ids
    return found


def delivered(*outputs: Output) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for output in outputs:
        for message in output.of_type("RECORD"):
            found.setdefault(message["stream"], set()).add(message["record"]["id"])
    return found


def fill(source: Source, records: Any) -> None:
    for person in (PERSON, OTHER):
        for stream, some in records(person).items():
            for record in some:
                source.stand_in.put(stream, record)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_one_person_of_a_shop(concurrency: int) -> None:
    first, second, _ = recipes()
    with commercetools(size=0.3, small=False) as source:
        fill(source, shop_records)
        names = {"CUSTOMER_ID": PERSON, "EMAIL": EMAILS[PERSON]}
        config, streams = filled(first, **names)
        assert set(streams) == set(config["stream_filters"])
        one = source.run(*streams, **config, concurrency=concurrency)
        assert one.code == 0, one.log[-1500:]
        assert delivered(one) == about(source, PERSON, EMAILS[PERSON])
        (payment,) = one.ids("payments")
        config, streams = filled(second, ORDER_ID=ORDERS[PERSON], PAYMENT_ID=payment)
        two = source.run(*streams, **config, concurrency=concurrency)
        assert two.code == 0, two.log[-1500:]
        everything = about(source, PERSON, EMAILS[PERSON], ORDERS[PERSON])
        assert delivered(one, two) == everything
        assert "Bob".lower() not in (one.text + two.text).lower()
        assert OTHER not in one.text + two.text


def test_one_person_of_a_winery() -> None:
    *_, recipe = recipes()
    with commerce7(size=0.3, small=False) as source:
        fill(source, winery_records)
        config, streams = filled(recipe, CUSTOMER_ID=PERSON)
        assert set(streams) == {*config["stream_filters"], *config["stream_maps"]}
        output = source.run(*streams, **config)
        assert output.code == 0, output.log[-1500:]
        assert delivered(output) == about(source, PERSON)
        assert OTHER not in output.text
        asked = [request["path"] for request in source.stand_in.requests]
        assert [path for path in asked if "credit-card" in path] == [
            f"/v1/customer/{PERSON}/credit-card"
        ]
