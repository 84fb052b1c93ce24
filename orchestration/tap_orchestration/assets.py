"""The three assets: `first_sync` by shard, `merged_state` and `incremental` by tenant."""

# Without `from __future__ import annotations`: Dagster reads the types of assets at run time.
from datetime import UTC, datetime

import dagster as dg

from tap_orchestration import merge, partitions, sync, tables
from tap_orchestration.errors import OrchestrationError
from tap_orchestration.in_progress import refuse_overlap
from tap_orchestration.states import INCREMENTAL, MERGED
from tap_orchestration.tenants import Tenants

GROUP = "taps"
KINDS = {"singer"}

Result = dg.MaterializeResult[None]


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
                f"the first sync of {tenant.name} is complete and its state merged; to read"
                f" everything again, first delete the folder {tenant.name} of the states"
            )
            raise OrchestrationError(msg)
        states.remove(tenant.name, shard.finished)
        tables.ensure(context, tenants, tenant)
        settings = {**tenant.throttle(tenant.runs_at_once), **shard.settings}
        metadata = sync.run(tenants, tenant, settings, shard.state)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        states.write(tenant.name, shard.finished, {"run": context.run.run_id, "at": at})
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
    def merged_state(context: dg.AssetExecutionContext) -> Result:
        streams = merge.merge(tenants, tenants[context.partition_key])
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
