"""A run that Dagster terminates ends both processes and keeps what was stored."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.test_pipeline import until
from tests.world import tenant

if TYPE_CHECKING:
    from tests.world import World


def test_a_terminated_run_keeps_what_the_target_has_stored(world: World) -> None:
    once = world.folder / "hangs"
    world.tenants(tenant(settings={"break_once": str(once), "how": "hang", "after": 5}))
    with world.spawn("winery|1/1") as run:
        until(lambda: once.exists() and world.rows_file().exists())
        run.send_signal(signal.SIGTERM)
        _, log = run.communicate()
    assert run.returncode != 0
    assert "DagsterExecutionInterruptedError" in log
    assert world.rows() == [1, 2, 3, 4, 5]
    state = world.state("shard-1-of-1.json")
    assert state
    assert state["bookmarks"] == {"orders": {"at": 5}}
    assert not world.states.has("winery", "shard-1-of-1.finished")
