"""A database with the tables of one platform, and later without some of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import sql

from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.pipelines.marts.conftest import commerce7, commercetools
from tests.pipelines.marts.test_builds import FEW, assert_right
from tests.pipelines.marts.world import World

if TYPE_CHECKING:
    from scripts.demo.postgres import Postgres

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(600),
]


@pytest.mark.parametrize("platform", ["commercetools", "commerce7"])
def test_one_platform_is_enough(
    installed: None,  # noqa: ARG001 (needed, not used)
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
    platform: str,
) -> None:
    world = World(postgres, tmp_path_factory.mktemp(platform), f"only_{platform}")
    if platform == "commercetools":
        made: Any = commercetools(size=0.05, rows=FEW)
    else:
        made = commerce7(size=0.05)
    with made.serve() as server:
        tap = TapCommercetools if platform == "commercetools" else TapCommerce7
        shop = world.add(tap, made, server.url)
        world.load()
        world.build()
        assert_right(world)
        # As if a member and a stream were not selected, and a loader without its own columns.
        for missing in ("custom", "metaData", "_sdc_deleted_at"):
            drop = sql.SQL("alter table {} drop column if exists {}")
            orders = sql.Identifier(shop.schema, "orders")
            postgres.execute(drop.format(orders, sql.Identifier(missing)))
        deletions = sql.Identifier(shop.schema, "deletions")
        postgres.execute(sql.SQL("drop table if exists {} cascade").format(deletions))
        world.build()
        assert_right(world)
    assert {row["platform"] for row in world.rows("orders")} == {platform}
    assert sum((row["total"] or Decimal(0)) for row in world.rows("orders")) != 0
