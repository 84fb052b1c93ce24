"""Which runs are in progress, so that no two are in one slot of a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from tap_orchestration import partitions
from tap_orchestration.errors import OrchestrationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_orchestration.tenants import Tenants

STATUSES = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def earlier(context: dg.AssetExecutionContext, tags: Mapping[str, str]) -> list[str]:
    """Return the ids of other runs with these tags that started before this one.

    Of several that start at the same moment all but one see another.
    """
    started = {
        record.dagster_run.run_id: (record.start_time, record.storage_id)
        for record in context.instance.get_run_records(dg.RunsFilter(statuses=STATUSES, tags=tags))
        if record.start_time is not None
    }
    mine = started.pop(context.run.run_id, None)
    return [run for run, at in started.items() if mine is None or at < mine]


def refuse_overlap(context: dg.AssetExecutionContext, tenants: Tenants) -> None:
    """Refuse to run beside another run of the same slot that started earlier.

    With dagster.yaml of this project the queue does not let it come to that. Without it, two
    loaders would write the same rows, and more would be asked of the API than its budget.

    Raises:
        OrchestrationError: There is such a run.
    """
    tags = partitions.tags(tenants, context.partition_key)
    context.instance.add_run_tags(context.run.run_id, tags)  # those that our coordinator gives
    slot = {partitions.SLOT_TAG: tags[partitions.SLOT_TAG]}
    if found := earlier(context, slot):
        msg = (
            f"run {found[0]} of the same tenant is still in progress; wait for it, or terminate"
            " it in Dagster if it is not running any more"
        )
        raise OrchestrationError(msg)
