"""Whether rows come sorted, where nobody says how the API sorts text."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from tap_commercetools.collation import TextOrder, is_plain

IDS = [
    *(f"item-{number}" for number in (1, 2, 9, 10, 11, 100)),
    *("Zebra", "apple", "Apple-pie", "éclair", "eclair2", "_x", "a b", "a-b", "ab", "B2", "b10"),
    *("1e", "Ü", "u", "ß", "ss1", "~end", "9"),
]

ORDERS = {
    "binary": lambda text: text,
    "bytes": lambda text: text.encode(),
    "lower case": lambda text: (text.lower(), text),
    "upper case": lambda text: (text.upper(), text),
}


def in_order(ids: list[str]) -> bool:
    order = TextOrder()
    return all(order.follows(before, here) for before, here in pairwise(ids))


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("seed", range(5))
def test_every_usual_order_is_one(name: str, seed: int) -> None:
    ids = random.Random(seed).sample(IDS, len(IDS))
    assert in_order(sorted(ids, key=ORDERS[name]))


def test_orders_of_locales() -> None:
    # As PostgreSQL with ICU, glibc, and MongoDB with numericOrdering sort.
    assert in_order(["_x", "1e", "9", "a b", "a-b", "ab", "apple", "Apple-pie", "B2", "Ü", "Zebra"])
    assert in_order(["1e", "9", "a b", "ab", "a-b", "apple", "Apple-pie", "Zebra"])
    assert in_order(["item-1", "item-2", "Item-9", "item-10", "item-100"])


@pytest.mark.parametrize("seed", range(20))
def test_no_order_is_noticed(seed: int) -> None:
    ids = random.Random(seed).sample([f"id{number:04d}" for number in range(1000)], 30)
    assert not in_order(ids)


def test_all_pairs_count_not_each_by_itself() -> None:
    assert in_order(["Zebra", "apple"])
    assert in_order(["apple", "Zebra"])
    assert not in_order(["a1", "Z1", "a0"])


def test_uuids_have_one_order() -> None:
    assert is_plain(["0123-ab", "f"])
    assert not is_plain(["0123-ab", "G"])
    assert not is_plain(["É"])
    low, high = "1a2b3c4d-0000-4000-a000-000000000001", "1a2b3c4d-0000-4000-a000-000000000002"
    assert in_order([low, high])
    assert not in_order([high, low])
