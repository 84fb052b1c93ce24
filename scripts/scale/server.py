"""Dagster as a process of its own, and its GraphQL API."""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from scripts.dagster import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

START_SECONDS = 180

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


@contextlib.contextmanager
def serving(home: Path, more: Mapping[str, str]) -> Iterator[Server]:
    """Keep Dagster running while the context is open; its output goes to `dagster.log`.

    Args:
        home: DAGSTER_HOME.
        more: Environment variables besides our own.

    Raises:
        DagsterError: It does not start.
    """
    port = _free_port()
    server = Server(f"http://127.0.0.1:{port}")
    with (
        (home / "dagster.log").open("ab") as log,
        running(home, more, ["--port", str(port)], log) as process,
    ):
        limit = time.monotonic() + START_SECONDS
        while not server.ready():
            if process.poll() is not None or time.monotonic() > limit:
                msg = "Dagster did not start"
                raise DagsterError(msg)
            time.sleep(0.5)
        yield server


class Server:
    """The API of a running Dagster.

    Args:
        address: Where its pages are.
    """

    def __init__(self, address: str) -> None:
        self.address = address

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

    def ready(self) -> bool:
        """Return whether the definitions are loaded."""
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
    numbers: dict[str, float] = {
        entry["label"]: value
        for materialization in found["assetMaterializations"]
        for entry in materialization["metadataEntries"]
        if (value := entry.get("intValue", entry.get("floatValue"))) is not None
    }
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
