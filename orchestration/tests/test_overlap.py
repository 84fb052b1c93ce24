"""Two runs never share a slot, even where the queue of dagster.yaml is not in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_orchestration import assets
from tests.world import failure, tenant

if TYPE_CHECKING:
    from tests.world import World


def test_an_incremental_run_beside_another_of_its_tenant_is_refused(world: World) -> None:
    world.tenants(tenant())
    world.first_sync()
    run = world.begin(slot="winery/1")
    message = failure(world.materialize("incremental", "winery"))
    assert message.startswith(f"run {run.run_id} of the same tenant is still in progress")
    assert world.state("incremental.json") is None
    world.instance.report_run_canceled(run)
    assert world.materialize("incremental", "winery").success


def test_other_slots_and_tenants_do_not_matter(world: World) -> None:
    world.tenants(tenant(shards=2))
    world.begin(slot="winery/1")
    world.begin(slot="cellar/2")
    assert world.materialize("first_sync", "winery|2/2").success
    assert "still in progress" in failure(world.materialize("first_sync", "winery|1/2"))


@pytest.mark.parametrize("asset", ["first_sync", "merged_state", "incremental"])
def test_every_asset_keeps_off_a_tenant_that_is_being_loaded(world: World, asset: str) -> None:
    world.tenants(tenant())
    world.first_sync()
    every = {key.to_user_string() for each in assets.build(world.load()) for key in each.keys}
    assert every == {"first_sync", "merged_state", "incremental"}, (
        "a new one needs the lock as well"
    )
    world.begin(slot="winery/1")
    partition = "winery|1/1" if asset == "first_sync" else "winery"
    message = failure(world.materialize(asset, partition))
    assert "of the same tenant is still in progress" in message
