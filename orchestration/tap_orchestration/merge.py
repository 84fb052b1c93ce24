"""Puts the states of all shards of a tenant together, by the tap's own `--merge-states`."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from tap_orchestration import environment
from tap_orchestration import states as names
from tap_orchestration.errors import OrchestrationError
from tap_orchestration.partitions import shards
from tap_orchestration.private_files import private_folder

if TYPE_CHECKING:
    from tap_orchestration.states import States
    from tap_orchestration.tenants import Tenant, Tenants

MERGE_SECONDS = 300


def unfinished(tenant: Tenant, found: set[str]) -> list[str]:
    """Name the shards of a tenant that are not complete.

    Args:
        tenant: The tenant.
        found: Names of what there is of the tenant; see States.names.
    """
    return [shard.setting for shard in shards(tenant) if names.finished(shard) not in found]


def merge(tenants: Tenants, states: States, tenant: Tenant) -> int:
    """Write the state that incremental runs begin with.

    Returns:
        How many streams it has a bookmark of.

    Raises:
        OrchestrationError: A shard is not complete, or the tap refuses the states; in its words.
        subprocess.TimeoutExpired: The tap takes minutes for what takes a second.
    """
    left = unfinished(tenant, states.names().get(tenant.name, set()))
    if left:
        msg = f"shards are not complete: {', '.join(left)}; materialize them in first_sync"
        raise OrchestrationError(msg)
    with private_folder() as folder:
        files = [
            folder.write(f"{shard.number}.json", states.read(tenant.name, names.shard_state(shard)))
            for shard in shards(tenant)
        ]
        command = [*tenant.tap_command, "--merge-states", *files]
        try:
            done = subprocess.run(  # noqa: S603 (the command is the operator's)
                command,
                env=environment.of_processes(tenants),
                capture_output=True,
                text=True,
                timeout=MERGE_SECONDS,
                check=False,
            )
        except OSError as error:
            msg = f"cannot start {command[0]}: {error.strerror}"
            raise OrchestrationError(msg) from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        msg = f"{tenant.tap} --merge-states: {lines[-1]}"
        raise OrchestrationError(msg)
    try:
        state: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        msg = f"{tenant.tap} --merge-states printed no state"
        raise OrchestrationError(msg) from None
    states.write(tenant.name, names.MERGED, state)
    return len(state.get("bookmarks", {}))
