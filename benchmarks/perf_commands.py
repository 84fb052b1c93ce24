"""The command lines that are measured."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from benchmarks.perf_data import FIRST_MEMBERS, MASKED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.bare import Plan
    from benchmarks.perf_measure import Command
    from benchmarks.perf_source import Source

PACKAGES = {"commercetools": "tap_commercetools", "commerce7": "tap_commerce7"}


def tap_program(platform: str) -> Command:
    """Start a tap the way its console script does."""
    return [sys.executable, "-c", f"from {PACKAGES[platform]}.tap import main; main()"]


def settings(source: Source, **more: Any) -> dict[str, Any]:
    """Settings of the tap for a stand-in; Commerce7 without the tap's own throttle."""
    if source.platform == "commercetools":
        return {
            "project_key": "demo",
            "client_id": "demo-client",
            "client_secret": "demo-secret",
            "api_url": source.url,
            "auth_url": source.url,
            **more,
        }
    return {
        "tenant": "demo-winery",
        "app_id": "demo-app",
        "app_secret": "demo-app-secret",
        "api_url": f"{source.url}/v1",
        "max_requests_per_minute": 100_000,
        **more,
    }


@cache
def _discovered(platform: str) -> str:
    found = subprocess.run(
        [*tap_program(platform), "--discover"], capture_output=True, text=True, check=True
    )
    return found.stdout


def catalog_of(platform: str, streams: Sequence[str]) -> dict[str, Any]:
    """Make a catalog in which only some streams are selected."""
    catalog: dict[str, Any] = json.loads(_discovered(platform))
    for entry in catalog["streams"]:
        root = next(item for item in entry["metadata"] if not item["breadcrumb"])
        root["metadata"]["selected"] = entry["tap_stream_id"] in streams
    return catalog


class Commands:
    """Makes command lines; their settings lie as files in a folder.

    Args:
        source: What they read from.
        folder: For the files.
    """

    def __init__(self, source: Source, folder: Path) -> None:
        self._source = source
        self._folder = folder
        self._files = 0

    def tap(
        self, streams: Sequence[str] = (), state: dict[str, Any] | None = None, **more: Any
    ) -> Command:
        """Run the tap: the named streams, or those that are on by default."""
        platform = self._source.platform
        command = [*tap_program(platform), "--config", self._file(settings(self._source, **more))]
        if streams:
            command += ["--catalog", self._file(catalog_of(platform, streams))]
        if state is not None:
            command += ["--state", self._file(state)]
        return command

    def shards(self, streams: Sequence[str], count: int, concurrency: int) -> list[Command]:
        """Run each of so many shards of the named streams."""
        return [
            self.tap(streams, concurrency=concurrency, shard=f"{number}/{count}")
            for number in range(1, count + 1)
        ]

    def sdk_defaults(self, stream: str) -> Command:
        """Run the plain SDK tap."""
        program = [sys.executable, "-m", "benchmarks.sdk_defaults"]
        catalog = catalog_of("commercetools", [stream])
        entries = [e for e in catalog["streams"] if e["tap_stream_id"] == stream]
        config = settings(self._source)
        return [
            *program,
            "--config",
            self._file(config),
            "--catalog",
            self._file({"streams": entries}),
        ]

    def bare(self, stream: str, requests: Sequence[str]) -> Command:
        """Run the bare loop.

        Args:
            stream: Name in the RECORD lines.
            requests: Path and query of what it asks for.
        """
        config, platform = settings(self._source), self._source.platform
        of_commercetools = platform == "commercetools"
        plan: Plan = {
            "token_url": f"{self._source.url}/oauth/token" if of_commercetools else "",
            "credentials": [config["client_id"], config["client_secret"]]
            if of_commercetools
            else [config["app_id"], config["app_secret"]],
            "headers": {} if of_commercetools else {"tenant": config["tenant"]},
            "urls": [f"{self._source.url}{target}" for target in requests],
            "stream": stream,
            "first_member": FIRST_MEMBERS[platform],
            "drop": MASKED if of_commercetools and stream == "customers" else "",
        }
        return [sys.executable, "-m", "benchmarks.bare", self._file(plan)]

    def _file(self, value: object) -> str:
        self._files += 1
        file = self._folder / f"{self._source.platform}-{self._files}.json"
        file.write_text(json.dumps(value), "utf-8")
        return str(file)
