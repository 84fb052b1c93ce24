"""The vendors' own samples go through taps, loader and marts.

They are not part of the repository: see tests/test_reference.py.
"""

from __future__ import annotations

import os
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tests.pipelines.marts import expected
from tests.pipelines.marts.conftest import served
from tests.pipelines.marts.test_marts import KEYS
from tests.pipelines.marts.world import STREAMS, World, differences
from tests.test_reference import rows, sample_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.standin import StandIn
    from scripts.demo.postgres import Postgres

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        "TAP_REFERENCE" not in os.environ, reason="TAP_REFERENCE names no reference directory"
    ),
]


@pytest.fixture(scope="module")
def samples(
    installed: None,  # noqa: ARG001 (needed, not used)
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """Both platforms with nothing but the samples."""
    made = World(postgres, tmp_path_factory.mktemp("samples"), "samples")
    stand_ins: dict[str, StandIn] = {
        "tap_commercetools": build_commercetools(size=0),
        "tap_commerce7": build_commerce7(size=0, rate_limit=None),
    }
    for collection in stand_ins["tap_commerce7"].collections.values():
        for name in list(collection.by_id):
            collection.delete(name)
    used = {
        f"{tap.name.replace('-', '_')}.{name}" for tap, names in STREAMS.items() for name in names
    }
    for name, path in [each.values for each in sample_files() if each.values[0] in used]:
        package, stream = str(name).split(".")
        for record in rows(path):
            stand_ins[package].collections[stream].upsert(record)
    with served(made, *stand_ins.values()):
        made.load()
        made.build()
        yield made


@pytest.mark.parametrize("mart", KEYS)
def test_marts_hold_what_the_samples_say(samples: World, mart: str) -> None:
    there = samples.records("commercetools"), samples.records("commerce7")
    wanted = getattr(expected, mart)(*there)
    assert {row["platform"] for row in wanted} == {"commercetools", "commerce7"}
    assert differences(samples.rows(mart), wanted, *KEYS[mart]) == []


def test_amounts_of_the_samples(samples: World) -> None:
    orders = {row["order_number"]: row for row in samples.rows("orders")}
    full = orders["1004"]
    amounts = [full[name] for name in ("subtotal", "shipping", "tax", "total", "paid")]
    assert amounts == [Decimal(text) for text in ("49.00", "10.00", "9.95", "68.95", "68.95")]
    (other,) = [row for row in orders.values() if row["platform"] == "commercetools"]
    assert (other["total"], other["currency"], other["order_state"]) == (10, "EUR", "open")
    lines = [row for row in samples.rows("order_lines") if row["order_id"] == other["order_id"]]
    assert [(row["total"], row["total_excluding_tax"], row["tax"]) for row in lines] == [
        (11, 10, 1)
    ]
    promoted = [row for row in samples.rows("orders") if row["discount"]]
    assert [row["discount"] for row in promoted] == [Decimal("16.50")]
