"""The three assets: `first_sync` by shard, `merged_state` and `incremental` by tenant."""

# Without `from __future__ import annotations`: Dagster reads the types of assets at run time.
import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from tap_orchestration import merge, overlap, partitions, sync, tables
from tap_orchestration import states as names
from tap_orchestration.errors import OrchestrationError
from tap_orchestration.states import States
from tap_orchestration.tenants import Tenants

GROUP = "taps"


def first_sync(tenants: Tenants, states: States) -> dg.AssetsDefinition:
    """Make the asset of first syncs."""

    @dg.asset(
        name="first_sync",
        group_name=GROUP,
        partitions_def=partitions.shard_partitions(tenants),
        retry_policy=_retries(tenants),
        description=(
            "Everything that a tenant has, read in shards. To load one tenant: Materialize, type"
            " its name and `|`, Select all."
        ),
        kinds={"singer"},
    )
    def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with _failures():
            overlap.refuse(context, tenants)
            shard = partitions.Shard.of_key(context.partition_key)
            tenant = tenants[shard.tenant]
            if states.has(tenant.name, names.MERGED):
                msg = (
                    f"the first sync of {tenant.name} is complete and its state merged; to read"
                    f" everything again, first delete the folder {tenant.name} of the states"
                )
                raise OrchestrationError(msg)
            states.remove(tenant.name, names.finished(shard))
            tables.ensure(context, tenants, states, tenant)
            work = sync.Work(
                tenant=tenant,
                runs=tenant.runs_at_once,
                state=names.shard_state(shard),
                shard=shard.setting,
            )
            metadata = sync.run(tenants, states, work)
            at = datetime.now(UTC).isoformat(timespec="seconds")
            states.write(tenant.name, names.finished(shard), {"run": context.run.run_id, "at": at})
        return dg.MaterializeResult(metadata=metadata)

    return asset


def merged_state(tenants: Tenants, states: States) -> dg.AssetsDefinition:
    """Make the asset of merged states; a sensor materializes it."""

    @dg.asset(
        name="merged_state",
        group_name=GROUP,
        partitions_def=partitions.tenant_partitions(tenants),
        deps=[
            dg.AssetDep("first_sync", partition_mapping=partitions.tenant_of_shards(tenants)),
        ],
        retry_policy=_retries(tenants),
        description=(
            "The state that incremental runs begin with. Made when the last shard is complete."
        ),
        kinds={"singer"},
    )
    def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with _failures():
            streams = merge.merge(tenants, states, tenants[context.partition_key])
        return dg.MaterializeResult(metadata={"streams": streams})

    return asset


def incremental(tenants: Tenants, states: States) -> dg.AssetsDefinition:
    """Make the asset of incremental runs; schedules materialize it."""

    @dg.asset(
        name="incremental",
        group_name=GROUP,
        partitions_def=partitions.tenant_partitions(tenants),
        deps=["merged_state"],
        retry_policy=_retries(tenants),
        description="What changed at a tenant since the last run.",
        kinds={"singer"},
    )
    def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with _failures():
            overlap.refuse(context, tenants)
            tenant = tenants[context.partition_key]
            if not states.has(tenant.name, names.MERGED):
                msg = (
                    f"the first sync of {tenant.name} is not merged yet; materialize its"
                    " partitions of first_sync, then merged_state"
                )
                raise OrchestrationError(msg)
            work = sync.Work(tenant=tenant, runs=1, state=names.INCREMENTAL, begin=names.MERGED)
            metadata = sync.run(tenants, states, work)
        return dg.MaterializeResult(metadata=metadata)

    return asset


def _retries(tenants: Tenants) -> dg.RetryPolicy:
    retries = tenants.retries
    return dg.RetryPolicy(
        max_retries=retries.count, delay=retries.delay_seconds, backoff=dg.Backoff.EXPONENTIAL
    )


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """Fail with one line, and at once, where trying again changes nothing."""
    try:
        yield
    except OrchestrationError as error:
        raise dg.Failure(str(error), allow_retries=False) from None
