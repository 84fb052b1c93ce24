"""The three assets: `first_sync` by shard, `merged_state` and `incremental` by tenant."""

# Without `from __future__ import annotations`: Dagster reads the types of assets at run time.
from datetime import UTC, datetime

import dagster as dg
import pydantic

from tap_orchestration import merge, partitions, sync, tables
from tap_orchestration.errors import OrchestrationError
from tap_orchestration.in_progress import refuse_overlap
from tap_orchestration.states import INCREMENTAL, MERGED
from tap_orchestration.tenants import Tenants

GROUP = "taps"
KINDS = {"singer"}

Result = dg.MaterializeResult[None]


class MergeConfig(dg.Config):
    """Options of a run that merges states."""

    without: list[str] = pydantic.Field(
        default=[],
        description=(
            "Streams that shards cannot read to the end. They are left out of the merged state, so"
            " that incremental runs read them from their start."
        ),
    )


def build(tenants: Tenants) -> list[dg.AssetsDefinition]:
    """Return the assets for the tenants of a file."""
    states = tenants.states
    by_tenant = partitions.tenant_partitions(tenants)
    retries = dg.RetryPolicy(
        max_retries=tenants.retries.count,
        delay=tenants.retries.delay_seconds,
        backoff=dg.Backoff.EXPONENTIAL,
    )

    @dg.asset(
        partitions_def=partitions.shard_partitions(tenants),
        description=(
            "Everything that a tenant has, read in shards. To load one tenant: Materialize, type"
            " its name and `|`, Select all."
        ),
        group_name=GROUP,
        kinds=KINDS,
        retry_policy=retries,
    )
    def first_sync(context: dg.AssetExecutionContext) -> Result:
        refuse_overlap(context, tenants)
        shard = partitions.Shard.of_key(context.partition_key)
        tenant = tenants[shard.tenant]
        if states.has(tenant.name, MERGED):
            msg = (
                f"the first sync of {tenant.name} is complete and its state merged; incremental"
                " runs go on from there; to read everything again, first delete the folder"
                f" {tenant.name} of the states"
            )
            raise OrchestrationError(msg)
        for name in (shard.finished, shard.failed):
            states.remove(tenant.name, name)
        tables.ensure(context, tenants, tenant)
        settings = {**tenant.throttle(tenant.runs_at_once), **shard.settings}
        done = {"run": context.run.run_id, "at": datetime.now(UTC).isoformat(timespec="seconds")}
        try:
            metadata = sync.run(tenants, tenant, settings, shard.state)
        except dg.Failure as failure:
            last = context.retry_number >= tenants.retries.count and failure.allow_retries
            # A state of one run says itself what is left, and incremental runs go on with it: what
            # cannot be read must not keep the rest from being kept up to date.
            if last and shard.of == 1 and states.has(tenant.name, shard.state):
                states.write(tenant.name, shard.failed, done | {"message": failure.description})
            raise
        states.write(tenant.name, shard.finished, done)
        return dg.MaterializeResult(metadata=metadata)

    @dg.asset(
        partitions_def=by_tenant,
        deps=[dg.AssetDep(first_sync, partition_mapping=partitions.tenant_of_shards(tenants))],
        description=(
            "The state that incremental runs begin with. Made when the last shard is complete."
        ),
        group_name=GROUP,
        kinds=KINDS,
        retry_policy=retries,
    )
    def merged_state(context: dg.AssetExecutionContext, config: MergeConfig) -> Result:
        refuse_overlap(context, tenants)
        streams = merge.merge(tenants, tenants[context.partition_key], config.without)
        return dg.MaterializeResult(metadata={"streams": streams})

    @dg.asset(
        partitions_def=by_tenant,
        deps=[merged_state],
        description="What changed at a tenant since the last run.",
        group_name=GROUP,
        kinds=KINDS,
        retry_policy=retries,
    )
    def incremental(context: dg.AssetExecutionContext) -> Result:
        refuse_overlap(context, tenants)
        tenant = tenants[context.partition_key]
        if not states.has(tenant.name, MERGED):
            msg = (
                f"the first sync of {tenant.name} is not merged yet; materialize its"
                " partitions of first_sync, then merged_state"
            )
            raise OrchestrationError(msg)
        metadata = sync.run(tenants, tenant, tenant.throttle(1), INCREMENTAL, begin=MERGED)
        return dg.MaterializeResult(metadata=metadata)

    return [first_sync, merged_state, incremental]
