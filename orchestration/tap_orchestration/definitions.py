"""What `dagster dev -m tap_orchestration.definitions` loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from tap_orchestration import assets, automation, tenants_file

if TYPE_CHECKING:
    from tap_orchestration.tenants import Tenants


def build(tenants: Tenants) -> dg.Definitions:
    """Return the definitions for the tenants of a file.

    Raises:
        OrchestrationError: A schedule is no cron expression.
    """
    return dg.Definitions(
        assets=assets.build(tenants),
        jobs=[
            automation.FIRST_SYNC,
            automation.MERGING,
            automation.INCREMENTAL,
            automation.DELETES,
        ],
        sensors=[automation.merge_sensor(tenants)],
        schedules=[
            *(automation.schedule(name, tenants) for name in tenants.schedules),
            automation.deletes_schedule(tenants),
        ],
        # A run is one step that waits for two processes: no more processes for that.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Read the tenants file and return its definitions."""
    return build(tenants_file.load(tenants_file.path()))
