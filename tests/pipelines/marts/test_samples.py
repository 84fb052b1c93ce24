"""The vendors' own samples go through taps, loader and marts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.pipelines.marts import expected
from tests.pipelines.marts.conftest import served
from tests.pipelines.marts.test_marts import KEYS
from tests.pipelines.marts.world import STREAMS, World, differences
from tests.pipelines.samples import MARKS, stand_ins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.demo.postgres import Postgres

pytestmark = MARKS


@pytest.fixture(scope="module")
def samples(
    installed: None,  # noqa: ARG001 (needed, not used)
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """Both platforms with nothing but the samples."""
    made = World(postgres, tmp_path_factory.mktemp("samples"), "samples")
    used = {
        f"{tap.name.replace('-', '_')}.{name}" for tap, names in STREAMS.items() for name in names
    }
    with served(made, *stand_ins(used)):
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
