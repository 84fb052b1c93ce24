"""Keeps two runs out of one slot of a tenant, should the queue not do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_orchestration import in_progress, partitions
from tap_orchestration.errors import OrchestrationError

if TYPE_CHECKING:
    import dagster as dg

    from tap_orchestration.tenants import Tenants


def refuse(context: dg.AssetExecutionContext, tenants: Tenants) -> None:
    """Refuse to run beside another run of the same slot that started earlier.

    With dagster.yaml of this project the queue does not let it come to that. Without it, two
    loaders would write the same rows, and more would be asked of the API than its budget.

    Raises:
        OrchestrationError: There is such a run.
    """
    tags = partitions.tags(tenants, context.partition_key)
    context.instance.add_run_tags(context.run.run_id, tags)  # those that our coordinator gives
    slot = {partitions.SLOT_TAG: tags[partitions.SLOT_TAG]}
    if earlier := in_progress.earlier(context, slot):
        msg = (
            f"run {earlier[0]} of the same tenant is still in progress; wait for it, or terminate"
            " it in Dagster if it is not running any more"
        )
        raise OrchestrationError(msg)
