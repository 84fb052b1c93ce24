"""What `dagster dev -m tap_orchestration.definitions` loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from tap_orchestration import assets, automation, tenants_file
from tap_orchestration.states import States

if TYPE_CHECKING:
    from tap_orchestration.tenants import Tenants


def build(tenants: Tenants) -> dg.Definitions:
    """Make the definitions for the tenants of a file.

    Raises:
        OrchestrationError: A schedule is no cron expression.
    """
    states = States(tenants.state, tenants.folder)
    return dg.Definitions(
        assets=[
            assets.first_sync(tenants, states),
            assets.merged_state(tenants, states),
            assets.incremental(tenants, states),
        ],
        jobs=[automation.FIRST_SYNC, automation.MERGING, automation.INCREMENTAL],
        sensors=[automation.merge_sensor(tenants, states)],
        schedules=automation.schedules(tenants, states),
        # A run is one step that waits for two processes: no more processes for that.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Read the tenants file and make its definitions."""
    return build(tenants_file.load(tenants_file.path()))
