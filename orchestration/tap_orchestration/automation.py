"""What starts by itself: merging when the last shard is complete, incremental runs on schedule."""

# Without `from __future__ import annotations`: Dagster reads the types of sensors at run time.
from collections.abc import Iterator

import dagster as dg

from tap_orchestration.errors import OrchestrationError
from tap_orchestration.in_progress import STATUSES
from tap_orchestration.merge import unfinished
from tap_orchestration.partitions import PARTITION_TAG, shards
from tap_orchestration.states import MERGED
from tap_orchestration.tenants import Tenant, Tenants

FIRST_SYNC = dg.define_asset_job("first_sync_run", selection=["first_sync"])
MERGING = dg.define_asset_job("merge_states", selection=["merged_state"])
INCREMENTAL = dg.define_asset_job("incremental_run", selection=["incremental"])
MERGE_INTERVAL_SECONDS = 30
UNFINISHED = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, *STATUSES]


def merge_sensor(tenants: Tenants) -> dg.SensorDefinition:
    """Return the sensor that merges the states of tenants whose last shard is complete.

    It goes by the states, not by what Dagster has recorded, so it also holds for a tenant whose
    states were deleted to read everything again.
    """

    @dg.sensor(
        name="merge_when_complete",
        job=MERGING,
        minimum_interval_seconds=MERGE_INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Merges the states of a tenant when its last shard is complete.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        del context
        there = tenants.states.names()
        ready = [
            tenant
            for tenant in tenants.tenants
            if (found := there.get(tenant.name))
            and MERGED not in found
            and not unfinished(tenant, found)
        ]
        for tenant in ready:
            yield dg.RunRequest(run_key=_completion(tenants, tenant), partition_key=tenant.name)
        if not ready:
            yield dg.SkipReason("there is no tenant that waits for its states to be merged")

    return sensor


def schedule(name: str, tenants: Tenants) -> dg.ScheduleDefinition:
    """Return a schedule of the tenants file.

    Raises:
        OrchestrationError: It is no cron expression.
    """

    def evaluate(
        context: dg.ScheduleEvaluationContext,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        there = tenants.states.names()
        wanted = [tenant.name for tenant in tenants.tenants if tenant.schedule == name]
        merged = {each for each in wanted if MERGED in there.get(each, set())}
        filters = dg.RunsFilter(job_name=INCREMENTAL.name, statuses=UNFINISHED)
        busy = {run.tags.get(PARTITION_TAG) for run in context.instance.get_runs(filters)}
        due = [each for each in wanted if each in merged and each not in busy]
        at = context.scheduled_execution_time.isoformat()
        for each in due:
            yield dg.RunRequest(run_key=f"{each} {at}", partition_key=each)
        if not due:
            yield dg.SkipReason(
                f"of {len(wanted)} tenants {len(merged & busy)} have a run that is not finished,"
                f" {len(wanted) - len(merged)} no merged first sync"
            )

    try:
        return dg.ScheduleDefinition(
            name=f"incremental_{name}".replace("-", "_"),
            job=INCREMENTAL,
            cron_schedule=tenants.schedules[name],
            execution_fn=evaluate,
            execution_timezone="UTC",
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description="Reads what changed at the tenants that have this schedule.",
        )
    except dg.DagsterInvalidDefinitionError:
        msg = f"schedule {name} is no cron expression: {tenants.schedules[name]!r}"
        raise OrchestrationError(msg) from None


def _completion(tenants: Tenants, tenant: Tenant) -> str:
    """Return a name for this completion of a first sync, so that it is merged only once."""
    changed = tenants.states.changed
    last = max(changed(tenant.name, shard.finished) for shard in shards(tenant))
    return f"{tenant.name} complete at {last.isoformat()}"
