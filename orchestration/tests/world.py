"""A tenants file with stub processes, and Dagster in this process to run its assets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import yaml

from tap_orchestration import assets, definitions, tenants_file
from tap_orchestration.states import States

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_orchestration.tenants import Tenants

HERE = Path(__file__).parent
STUB_TAP = [sys.executable, str(HERE / "stub_tap.py")]
STUB_TARGET = [sys.executable, str(HERE / "stub_target.py")]


def tenant(name: str = "winery", **more: Any) -> dict[str, Any]:
    """Make an entry of the tenants file."""
    settings = {"project_key": name, **more.pop("settings", {})}
    entry = {"name": name, "tap": "tap-commercetools", "command": STUB_TAP, "settings": settings}
    return entry | more


@dataclass
class World:
    """A folder with a tenants file, states and loaded rows.

    Attributes:
        data: Content of the tenants file; may be changed before each run.
        instance: Where Dagster keeps what happened.
    """

    folder: Path
    instance: dg.DagsterInstance
    data: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.data = {
            "retries": {"count": 0, "delay_seconds": 0},
            "target": {"command": STUB_TARGET, "settings": {}},
        }

    def tenants(self, *entries: dict[str, Any]) -> None:
        """Set the tenants, each loading into a file of its own."""
        for entry in entries:
            target = entry.setdefault("target", {}).setdefault("settings", {})
            target.setdefault("rows", str(self.folder / f"{entry['name']}.jsonl"))
        self.data["tenants"] = list(entries)

    def load(self) -> Tenants:
        """Write the file and read it."""
        file = self.folder / "tenants.yml"
        file.write_text(yaml.safe_dump(self.data))
        return tenants_file.load(file)

    @property
    def definitions(self) -> dg.Definitions:
        """The definitions of the file."""
        return definitions.build(self.load())

    def materialize(
        self,
        asset: str,
        partition: str,
        *,
        tags: Mapping[str, str] | None = None,
        **config: Any,
    ) -> dg.ExecuteInProcessResult:
        """Run one partition of an asset as Dagster does."""
        return dg.materialize(
            assets.build(self.load()),
            selection=[asset],
            partition_key=partition,
            instance=self.instance,
            raise_on_error=False,
            tags=dict(tags or {}),
            run_config={"ops": {asset: {"config": config}}} if config else None,
        )

    def spawn(self, partition: str) -> subprocess.Popen[str]:
        """Run a shard in a process of its own, as a worker does."""
        self.load()
        home = self.folder / "home"
        if not home.exists():
            home.mkdir()
            # Made here: two processes that begin at the same time would both try.
            with dg.DagsterInstance.from_config(str(home)) as instance:
                instance.get_runs_count()
        environment = {
            **os.environ,
            "DAGSTER_HOME": str(home),
            "TENANTS_FILE": str(self.folder / "tenants.yml"),
        }
        command = [
            sys.executable, "-m", "dagster", "asset", "materialize",
            "-m", "tap_orchestration.definitions",
            "--select", "first_sync", "--partition", partition,
        ]  # fmt: skip
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    def begin(self, **tags: str) -> dg.DagsterRun:
        """Put a run on another worker in progress."""

        @dg.job(name="other")
        def other() -> None: ...

        run = self.instance.create_run_for_job(other, tags={f"tap/{n}": v for n, v in tags.items()})
        event = dg.DagsterEvent("PIPELINE_START", job_name="other")
        self.instance.report_dagster_event(event, run_id=run.run_id)
        return run

    def read(self, shards: int = 1) -> None:
        """Read all shards of the tenant `winery`."""
        for number in range(1, shards + 1):
            assert self.materialize("first_sync", f"winery|{number}/{shards}").success

    def first_sync(self, shards: int = 1) -> None:
        """Read all shards of the tenant `winery` and merge their states."""
        self.read(shards)
        assert self.materialize("merged_state", "winery").success

    @property
    def states(self) -> States:
        """The states."""
        return States("states", self.folder)

    def state(self, name: str, of: str = "winery") -> dict[str, Any] | None:
        """Read a state."""
        return self.states.read(of, name)

    def rows_file(self, name: str = "winery") -> Path:
        """File of the stored rows; it is there as soon as the target runs."""
        return self.folder / f"{name}.jsonl"

    def rows(self, name: str = "winery", stream: str = "orders") -> list[Any]:
        """Ids of the rows that the target has stored, in order."""
        file = self.rows_file(name)
        lines = file.read_text().split("\n")[:-1] if file.exists() else []
        rows = [json.loads(line) for line in lines]
        return [row["record"]["id"] for row in rows if row["stream"] == stream]


def failure(result: dg.ExecuteInProcessResult) -> str:
    """Say why a run failed."""
    assert not result.success
    (event,) = [event for event in result.all_events if event.is_step_failure]
    data = event.step_failure_data
    if data.user_failure_data:
        return str(data.user_failure_data.description)
    assert data.error
    return data.error.to_string()


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """Metadata of the one materialization of a run."""
    (event,) = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}
