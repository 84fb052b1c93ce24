"""Tags runs with their tenant before they are queued, so that the queue can limit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from tap_orchestration import partitions, tenants_file

if TYPE_CHECKING:
    from dagster import SubmitRunContext


class TenantRunCoordinator(dg.QueuedRunCoordinator):
    """The queue of Dagster, with tags for tenant and slot on each run of a partition.

    Tags that depend on the partition can otherwise only be given to runs of jobs, not to those
    that a backfill of assets launches.
    """

    def submit_run(self, context: SubmitRunContext) -> dg.DagsterRun:
        """Tag a run and put it into the queue.

        Raises:
            OrchestrationError: The tenants file cannot be read.
        """
        run = context.dagster_run
        key = run.tags.get(partitions.PARTITION_TAG)
        if key:
            tags = partitions.tags(tenants_file.load(tenants_file.path()), key)
            self._instance.add_run_tags(run.run_id, tags)
        return super().submit_run(context)
