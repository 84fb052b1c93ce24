"""What starts by itself: merging when the last shard is complete, incremental runs on schedule."""

# Without `from __future__ import annotations`: Dagster reads the types of sensors at run time.
import time
from collections.abc import Iterator

import dagster as dg

from tap_orchestration.errors import OrchestrationError
from tap_orchestration.in_progress import STATUSES
from tap_orchestration.merge import unfinished
from tap_orchestration.partitions import PARTITION_TAG, shards
from tap_orchestration.states import MERGED
from tap_orchestration.tenants import Tenant, Tenants, schedule_name

FIRST_SYNC = dg.define_asset_job("first_sync_run", selection=["first_sync"])
MERGING = dg.define_asset_job("merge_states", selection=["merged_state"])
INCREMENTAL = dg.define_asset_job("incremental_run", selection=["incremental"])
MERGE_INTERVAL_SECONDS = 30
LONGEST_WAIT_SECONDS = 3600
COMPLETION_TAG = "tap/completion"
"""Tag of merging runs: the completion of a first sync that they merge."""

ENDED = [
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
]
UNFINISHED = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, *STATUSES]


def merge_sensor(tenants: Tenants) -> dg.SensorDefinition:
    """Return the sensor that merges the states of tenants whose last shard is complete.

    It goes by the states, not by what Dagster has recorded, so it also holds for a tenant whose
    states were deleted to read everything again. What could not be merged is tried again, after a
    pause that doubles each time.
    """

    @dg.sensor(
        name="merge_when_complete",
        job=MERGING,
        minimum_interval_seconds=MERGE_INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Merges the states of a tenant when its last shard is complete.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        there = tenants.states.names()
        ready = [
            tenant
            for tenant in tenants.tenants
            if (found := there.get(tenant.name))
            and MERGED not in found
            and not unfinished(tenant, found)
        ]
        due = [run for tenant in ready if (run := _merging(context.instance, tenants, tenant))]
        yield from due
        if not due:
            yield dg.SkipReason(
                f"{len(ready)} tenants wait until merging their states is tried again"
                if ready
                else "there is no tenant that waits for its states to be merged"
            )

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
            name=schedule_name(name),
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


def _merging(
    instance: dg.DagsterInstance, tenants: Tenants, tenant: Tenant
) -> dg.RunRequest | None:
    """Return the next run that merges a completed first sync; None until it is due.

    Dagster starts no second run with the key of one that is in progress.
    """
    completion = _completion(tenants, tenant)
    filters = dg.RunsFilter(tags={COMPLETION_TAG: completion}, statuses=ENDED)
    records = instance.get_run_records(filters)
    # A run that was cancelled in the queue has no end.
    ends = [record.end_time or record.create_timestamp.timestamp() for record in records]
    pause = min(MERGE_INTERVAL_SECONDS * 2 ** len(ends), LONGEST_WAIT_SECONDS)
    if ends and time.time() < max(ends) + pause:
        return None
    return dg.RunRequest(
        run_key=f"{completion}, try {len(ends) + 1}",
        partition_key=tenant.name,
        tags={COMPLETION_TAG: completion},
    )


def _completion(tenants: Tenants, tenant: Tenant) -> str:
    """Return a name for this completion of a first sync."""
    states = tenants.states
    ends = [
        states.changed(tenant.name, name)
        for shard in shards(tenant)
        for name in (shard.finished, shard.failed)
        if states.has(tenant.name, name)
    ]
    return f"{tenant.name} complete at {max(ends).isoformat()}"
