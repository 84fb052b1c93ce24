"""Divides what may be asked of a tenant's API among the runs that ask at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_orchestration.errors import OrchestrationError
from tap_orchestration.taps import TAPS

if TYPE_CHECKING:
    from tap_orchestration.tenants import Tenant


def rate(tenant: Tenant, runs: int) -> dict[str, int]:
    """Compute the tap's throttle for one of several runs at once.

    Without a budget the tap's own default is what is divided, if it has one.

    Args:
        tenant: Whose budget.
        runs: How many share it.

    Returns:
        The tap's setting and its value; nothing where there is no limit.

    Raises:
        OrchestrationError: Less than one request would be left for each.
    """
    facts = TAPS[tenant.tap]
    per_minute = tenant.budget.per_minute
    whole = facts.default_rate if per_minute is None else per_minute * facts.rate_seconds / 60
    if whole is None:
        return {}
    if not facts.divided:
        runs = 1
    share = int(whole / runs)  # rounded down: the sum must not exceed the budget
    if share < 1:
        msg = (
            f"tenant {tenant.name}: its budget divided by {runs} runs at once leaves less than 1"
            f" for {facts.rate_setting}; lower shards or budget.runs_at_once"
        )
        raise OrchestrationError(msg)
    return {facts.rate_setting: share}
