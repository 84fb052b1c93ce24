"""Lets the target make the tables of a tenant once, before its shards are loaded side by side.

Several loaders that find a table missing at the same moment all try to make it, and databases let
only one of them; the others would fail.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tap_orchestration import in_progress, sync
from tap_orchestration.partitions import TENANT_TAG

if TYPE_CHECKING:
    import dagster as dg

    from tap_orchestration.tenants import Tenant, Tenants

MADE = "tables.json"
POLL_SECONDS = 1.0


def ensure(context: dg.AssetExecutionContext, tenants: Tenants, tenant: Tenant) -> None:
    """Make the tables, or wait until the run of the tenant that began first has made them.

    Raises:
        dagster.Failure: Tap or target failed, or could not be started.
    """
    if tenant.runs_at_once == 1:
        return
    first = False
    while not tenants.states.has(tenant.name, MADE):
        alone = not in_progress.earlier(context, {TENANT_TAG: tenant.name})
        # Seen twice: a run that began a moment earlier may be recorded a moment later.
        if first and alone:
            sync.make_tables(tenants, tenant)
            tenants.states.write(tenant.name, MADE, {"run": context.run.run_id})
            return
        first = alone
        time.sleep(POLL_SECONDS)
