"""Two runs never share a slot, even where the queue of dagster.yaml is not in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from tap_orchestration.partitions import SLOT_TAG
from tests.world import failure, tenant

if TYPE_CHECKING:
    from tests.world import World


@dg.job(name="other")
def other() -> None:
    """Stand for the job of a run on another worker."""


def begin(world: World, slot: str) -> str:
    """Put a run of a slot in progress and return its id."""
    run = world.instance.create_run_for_job(other, tags={SLOT_TAG: slot})
    world.instance.report_dagster_event(
        dg.DagsterEvent("PIPELINE_START", job_name="other"), run_id=run.run_id
    )
    return run.run_id


def test_an_incremental_run_beside_another_of_its_tenant_is_refused(world: World) -> None:
    world.tenants(tenant())
    world.first_sync()
    run = begin(world, "winery/1")
    message = failure(world.materialize("incremental", "winery"))
    assert message.startswith(f"run {run} of the same tenant is still in progress")
    assert world.state("incremental.json") is None
    found = world.instance.get_run_by_id(run)
    assert found
    world.instance.report_run_canceled(found)
    assert world.materialize("incremental", "winery").success


def test_other_slots_and_tenants_do_not_matter(world: World) -> None:
    world.tenants(tenant(shards=2))
    begin(world, "winery/1")
    begin(world, "cellar/2")
    assert world.materialize("first_sync", "winery|2/2").success
    assert "still in progress" in failure(world.materialize("first_sync", "winery|1/2"))
