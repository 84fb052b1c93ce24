"""A database with the marts of both platforms, hard cases included."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.pipelines.marts import hard_commerce7, hard_commercetools, hard_products
from tests.pipelines.marts.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.standin import StandIn
    from scripts.demo.postgres import Postgres
    from tap_engine.singer.tap import EngineTap

HARD = {
    "commercetools": {
        "orders": hard_commercetools.ORDERS,
        "payments": hard_commercetools.PAYMENTS,
        "customers": hard_commercetools.CUSTOMERS,
        "products": hard_products.PRODUCTS,
        "product_types": hard_products.PRODUCT_TYPES,
        "standalone_prices": hard_products.STANDALONE_PRICES,
        "variants": hard_products.VARIANTS,
    },
    "commerce7": {
        "orders": hard_commerce7.ORDERS,
        "customers": hard_commerce7.CUSTOMERS,
        "clubs": hard_commerce7.CLUBS,
        "club_memberships": hard_commerce7.MEMBERSHIPS,
        "coupons": hard_commerce7.COUPONS,
        "inventories": hard_commerce7.INVENTORIES,
        "products": hard_commerce7.PRODUCTS,
    },
}


def commercetools(**plan: Any) -> StandIn:
    """Build a stand-in of commercetools with the hard cases."""
    made = build_commercetools(**plan)
    for stream, records in HARD["commercetools"].items():
        for record in records:
            made.collections[stream].upsert(record)
    return made


def commerce7(**plan: Any) -> StandIn:
    """Build a stand-in of Commerce7 with the hard cases."""
    made = build_commerce7(rate_limit=None, **plan)
    for stream, records in HARD["commerce7"].items():
        for record in records:
            made.collections[stream].upsert(record)
    return made


@contextlib.contextmanager
def served(world: World, *stand_ins: StandIn) -> Iterator[World]:
    """Serve stand-ins, and load them."""
    with contextlib.ExitStack() as stack:
        taps: tuple[type[EngineTap], ...] = (TapCommercetools, TapCommerce7)
        for made, tap in zip(stand_ins, taps, strict=True):
            world.add(tap, made, stack.enter_context(made.serve()).url)
        yield world


@pytest.fixture(scope="package")
def world(
    installed: None,  # noqa: ARG001 (needed, not used)
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """Both platforms, loaded and built once; tests of this package do not change it."""
    made = World(postgres, tmp_path_factory.mktemp("marts"), "marts")
    with served(made, commercetools(size=0.3), commerce7(size=0.3)):
        made.load()
        made.build()
        yield made
