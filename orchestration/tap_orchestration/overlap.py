"""Keeps two runs out of one slot of a tenant, should the queue not do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from tap_orchestration import partitions
from tap_orchestration.errors import OrchestrationError

if TYPE_CHECKING:
    from tap_orchestration.tenants import Tenants

IN_PROGRESS = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def refuse(context: dg.AssetExecutionContext, tenants: Tenants) -> None:
    """Refuse to run beside another run of the same slot that started earlier.

    With dagster.yaml of this project the queue does not let it come to that. Without it, two
    loaders would write the same rows, and more would be asked of the API than its budget.

    Raises:
        OrchestrationError: There is such a run.
    """
    tags = partitions.tags(tenants, context.partition_key)
    context.instance.add_run_tags(context.run.run_id, tags)  # those that our coordinator has given
    slot = {partitions.SLOT_TAG: tags[partitions.SLOT_TAG]}
    filters = dg.RunsFilter(statuses=IN_PROGRESS, tags=slot)
    started = {
        record.dagster_run.run_id: (record.start_time, record.storage_id)
        for record in context.instance.get_run_records(filters)
        if record.start_time is not None
    }
    mine = started.pop(context.run.run_id, None)
    earlier = [run for run, at in started.items() if mine is None or at < mine]
    if earlier:
        msg = (
            f"run {earlier[0]} of the same tenant is still in progress; wait for it, or terminate"
            " it in Dagster if it is not running any more"
        )
        raise OrchestrationError(msg)
