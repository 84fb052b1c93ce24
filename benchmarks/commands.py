"""The command lines that are measured, and the stand-in that they read from."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.data import FIRST_MEMBERS, MASKED
from benchmarks.measure import once
from scripts.demo.stand_ins import SOURCES, StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.bare import Plan
    from benchmarks.measure import Command

ROOT = Path(__file__).resolve().parent.parent
PLATFORMS = {source.tap.removeprefix("tap-"): source for source in SOURCES}
CREDENTIALS = {
    "commercetools": {
        "project_key": "demo",
        "client_id": "demo-client",
        "client_secret": "demo-secret",
    },
    "commerce7": {"tenant": "demo-winery", "app_id": "demo-app", "app_secret": "demo-app-secret"},
}


def tap_program(platform: str, checkout: Path = ROOT) -> Command:
    """Return what starts a tap as its console script does, with the code of a checkout."""
    start = f"import sys; sys.path.insert(0, {str(checkout)!r})"
    return [sys.executable, "-c", f"{start}; from tap_{platform}.tap import main; main()"]


def last_state(output: Path) -> Any:
    """Return the last state that a tap has written to a file."""
    with output.open("rb") as lines:
        states = [line for line in lines if line.startswith(b'{"type":"STATE"')]
    return json.loads(states[-1])["value"]


@cache
def _discovered(platform: str, checkout: Path) -> str:
    command = [*tap_program(platform, checkout), "--discover"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@contextlib.contextmanager
def serving(platform: str, counts: Mapping[str, int], folder: Path) -> Iterator[Commands]:
    """Run a stand-in as a separate process, and yield the commands that read from it.

    Args:
        platform: "commercetools" or "commerce7".
        counts: Records of the benchmarks by stream; other streams have the usual ones.
        folder: For the settings of the commands.
    """
    with StandIn.serve(PLATFORMS[platform].with_records(counts)) as stand_in:
        yield Commands(platform, stand_in, folder)


class Commands:
    """Makes command lines that read from a stand-in; their settings are files in a folder."""

    def __init__(self, platform: str, stand_in: StandIn, folder: Path) -> None:
        self.stand_in = stand_in
        self._platform = platform
        self._folder = folder
        self._files = 0

    def settings(self, **more: Any) -> dict[str, Any]:
        """Return settings of the tap; Commerce7 without the tap's own throttle."""
        return {**CREDENTIALS[self._platform], **self.stand_in.settings, **more}

    def tap(
        self,
        streams: Sequence[str] = (),
        state: dict[str, Any] | None = None,
        checkout: Path = ROOT,
        **more: Any,
    ) -> Command:
        """Return the tap of a checkout, for some streams or for those that are on by default."""
        program = tap_program(self._platform, checkout)
        command = [*program, "--config", self.file(self.settings(**more))]
        if streams:
            command += ["--catalog", self.file(self._catalog(streams, checkout))]
        if state is not None:
            command += ["--state", self.file(state)]
        return command

    def shards(
        self, streams: Sequence[str], count: int, concurrency: int, **more: Any
    ) -> list[Command]:
        """Return a tap for each of so many shards of some streams."""
        return [
            self.tap(streams, concurrency=concurrency, shard=f"{number}/{count}", **more)
            for number in range(1, count + 1)
        ]

    def sdk_defaults(self, stream: str) -> Command:
        """Return the plain SDK tap."""
        catalog = self._catalog([stream], ROOT)
        mine = [entry for entry in catalog["streams"] if entry["tap_stream_id"] == stream]
        files = ["--config", self.file(self.settings()), "--catalog", self.file({"streams": mine})]
        return [sys.executable, "-m", "benchmarks.sdk_defaults", *files]

    def bare(self, stream: str, requests: Sequence[str]) -> Command:
        """Return the bare loop.

        Args:
            stream: Name in the RECORD lines.
            requests: Path and query of what it asks for.
        """
        ours = self._platform == "commercetools"
        context, *credentials = CREDENTIALS[self._platform].values()
        plan: Plan = {
            "token_url": f"{self.stand_in.address}/oauth/token" if ours else "",
            "credentials": credentials,
            "headers": {} if ours else {"tenant": context},
            "urls": [f"{self.stand_in.address}{target}" for target in requests],
            "stream": stream,
            "first_member": FIRST_MEMBERS[self._platform],
            "drop": MASKED if ours and stream == "customers" else "",
        }
        return [sys.executable, "-m", "benchmarks.bare", self.file(plan)]

    def replay(self, stream: str, tap: Command) -> Command:
        """Run a tap once, and return the bare loop that asks for the same."""
        return self.bare(stream, self.asked(tap))

    def asked(self, tap: Command) -> list[str]:
        """Run a tap once, and return path and query of what it asked for."""
        self.stand_in.forget_requests()
        once(tap)
        return self.stand_in.requests()

    def file(self, value: object) -> str:
        """Write a JSON file and return its path."""
        self._files += 1
        file = self._folder / f"{self._platform}-{self._files}.json"
        file.write_text(json.dumps(value), "utf-8")
        return str(file)

    def _catalog(self, streams: Sequence[str], checkout: Path) -> dict[str, Any]:
        """Return a catalog in which only some streams are selected."""
        catalog: dict[str, Any] = json.loads(_discovered(self._platform, checkout))
        for entry in catalog["streams"]:
            root = next(item for item in entry["metadata"] if not item["breadcrumb"])
            root["metadata"]["selected"] = entry["tap_stream_id"] in streams
        return catalog
