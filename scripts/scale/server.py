"""Dagster as a process of its own, and its GraphQL API."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

START_SECONDS = 180
STOP_SECONDS = 60

_BACKFILL = """
mutation($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
_RUNS = """
{
  runsOrError {
    ... on Runs {
      results {
        runId jobName status creationTime startTime endTime
        tags { key value }
        assetMaterializations {
          metadataEntries {
            label
            ... on IntMetadataEntry { intValue }
            ... on FloatMetadataEntry { floatValue }
          }
        }
      }
    }
  }
}
"""
_READY = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"


class DagsterError(Exception):
    """Dagster did not do what it was asked for."""


@dataclass(frozen=True)
class Run:
    """A run of a partition.

    Attributes:
        partition: Such as `shop|2/4`.
        asset: What it makes.
        queued, started, ended: Seconds since the epoch; None where it has not come to that.
        numbers: Metadata of its materialization.
    """

    id: str
    partition: str
    asset: str
    status: str
    queued: float
    started: float | None
    ended: float | None
    numbers: dict[str, float] = field(default_factory=dict)


class Server:
    """`dagster dev` while the context is open.

    Args:
        command: Starts it, without the port.
        folder: DAGSTER_HOME.
        environment: Of the process.
    """

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._command = list(command)
        self._folder = folder
        self._environment = environment
        self.port = _free_port()

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._log = (self._folder / "dagster.log").open("ab")
        self._process = subprocess.Popen(  # noqa: S603 (our own tool)
            [*self._command, "--port", str(self.port)],
            cwd=self._folder,
            env=dict(self._environment),
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        limit = time.monotonic() + START_SECONDS
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > limit:
                self.__exit__(None, None, None)
                msg = f"Dagster did not start; see {self._folder / 'dagster.log'}"
                raise DagsterError(msg)
            time.sleep(0.5)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self._process.kill()
        self._process.wait()
        self._log.close()

    def backfill(self, asset: str, partitions: Sequence[str]) -> None:
        """Launch a backfill, as the page of the asset does.

        Raises:
            DagsterError: It was refused.
        """
        params = {"assetSelection": [{"path": [asset]}], "partitionNames": list(partitions)}
        found = self._ask(_BACKFILL, {"params": params})["launchPartitionBackfill"]
        if "backfillId" not in found:
            msg = f"backfill of {asset} was refused: {found.get('message', found['__typename'])}"
            raise DagsterError(msg)

    def runs(self) -> list[Run]:
        """List all runs of partitions, the oldest first."""
        results = self._ask(_RUNS)["runsOrError"]["results"]
        return sorted(filter(None, map(_run, results)), key=lambda run: run.queued)

    def _ready(self) -> bool:
        try:
            found = self._ask(_READY)["repositoriesOrError"]
        except (requests.RequestException, DagsterError):
            return False
        return bool(found.get("nodes"))

    def _ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        body = {"query": query, "variables": variables or {}}
        answer = requests.post(f"{self.address}/graphql", json=body, timeout=60)
        if answer.status_code >= 500:
            msg = f"Dagster answered {answer.status_code}"
            raise DagsterError(msg)
        found: dict[str, Any] = answer.json()
        if found.get("errors"):
            msg = f"Dagster: {found['errors'][0]['message']}"
            raise DagsterError(msg)
        data: dict[str, Any] = found["data"]
        return data


def _run(found: dict[str, Any]) -> Run | None:
    tags = {tag["key"]: tag["value"] for tag in found["tags"]}
    if "dagster/partition" not in tags:
        return None
    numbers: dict[str, float] = {}
    for materialization in found["assetMaterializations"]:
        for entry in materialization["metadataEntries"]:
            value = entry.get("intValue", entry.get("floatValue"))
            if value is not None:
                numbers[entry["label"]] = value
    partition = tags["dagster/partition"]
    return Run(
        id=found["runId"],
        partition=partition,
        asset=_asset(found["jobName"], partition),
        status=found["status"],
        queued=found["creationTime"],
        started=found["startTime"],
        ended=found["endTime"],
        numbers=numbers,
    )


def _asset(job: str, partition: str) -> str:
    if "|" in partition:
        return "first_sync"
    return "merged_state" if "merge" in job else "incremental"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
