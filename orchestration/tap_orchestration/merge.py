"""Merges the states of a tenant's shards with the tap's own `--merge-states`."""

from __future__ import annotations

import json
import subprocess
import tempfile
from typing import TYPE_CHECKING, Any

from tap_orchestration import private_files
from tap_orchestration.errors import OrchestrationError
from tap_orchestration.partitions import shards
from tap_orchestration.states import MERGED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_orchestration.tenants import Tenant, Tenants

MERGE_SECONDS = 300


def unfinished(tenant: Tenant, found: set[str]) -> list[str]:
    """Return the shards of a tenant that are not over, given the names of its states."""
    return [str(shard) for shard in shards(tenant) if not {shard.finished, shard.failed} & found]


def merge(tenants: Tenants, tenant: Tenant, without: Sequence[str] = ()) -> int:
    """Write the state that incremental runs begin with.

    Args:
        tenants: The tenants file.
        tenant: The tenant whose shards are read.
        without: Streams to leave out, which shards need not have finished.

    Returns:
        The number of streams with a bookmark in it.

    Raises:
        OrchestrationError: A shard is not complete, or the tap refuses the states; in its words.
        subprocess.TimeoutExpired: The tap takes minutes for what takes a second.
    """
    states = tenants.states
    found = states.names().get(tenant.name, set())
    if (left := unfinished(tenant, found)) and not without:
        msg = f"shards are not complete: {', '.join(left)}; materialize them in first_sync"
        raise OrchestrationError(msg)
    kept = [_leave_out(without, states.read(tenant.name, shard.state)) for shard in shards(tenant)]
    # What one run has read needs no merging: its state is that of an ordinary run.
    state = kept[0] if len(kept) == 1 else _merged(tenants, tenant, kept)
    if not isinstance(state, dict):
        msg = f"there is no state of {tenant.name} to begin with; read it from the start"
        raise OrchestrationError(msg)
    states.write(tenant.name, MERGED, state)
    return len(state.get("bookmarks", {}))


def _leave_out(streams: Sequence[str], state: dict[str, Any] | None) -> dict[str, Any] | None:
    """Remove streams from a state, which is then as if they had not been selected."""
    if state is not None:
        for members in (state.get("bookmarks", {}), state.get("shard", {}).get("finished", {})):
            for stream in streams:
                members.pop(stream, None)
    return state


def _merged(tenants: Tenants, tenant: Tenant, states: Sequence[Any]) -> Any:
    with tempfile.TemporaryDirectory(prefix="tap-") as folder:
        files = [
            private_files.write(folder, f"{number}.json", state)
            for number, state in enumerate(states, 1)
        ]
        command = [*tenant.tap_command, "--merge-states", *files]
        try:
            done = subprocess.run(  # noqa: S603 (the command is the operator's)
                command,
                env=tenants.environment,
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
        return json.loads(done.stdout)
    except ValueError:
        msg = f"{tenant.tap} --merge-states printed no state"
        raise OrchestrationError(msg) from None
