"""Has the tables of a tenant made once, before its shards are loaded side by side.

Several loaders that find a table missing at the same moment all try to make it, and databases let
only one of them; the others would fail.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_orchestration import in_progress, sync
from tap_orchestration.partitions import TENANT_TAG

if TYPE_CHECKING:
    import dagster as dg

    from tap_orchestration.states import States
    from tap_orchestration.tenants import Tenant, Tenants

MADE = "tables.json"
POLL_SECONDS = 1.0


def ensure(
    context: dg.AssetExecutionContext, tenants: Tenants, states: States, tenant: Tenant
) -> None:
    """Make the tables, or wait until the run of the tenant that began first has made them.

    Raises:
        dagster.Failure: Tap or target failed.
        OrchestrationError: Nothing could be started.
    """
    if tenant.runs_at_once == 1:
        return
    while not states.has(tenant.name, MADE):
        if in_progress.earlier(context, {TENANT_TAG: tenant.name}):
            time.sleep(POLL_SECONDS)
            continue
        sync.make_tables(tenants, tenant)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        states.write(tenant.name, MADE, {"run": context.run.run_id, "at": at})
