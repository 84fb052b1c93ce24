"""The stand-ins as separate processes, and how to look at and change their data."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent.parent

Change = tuple[str, str]
"""Stream and id of a record that was changed."""


@dataclass(frozen=True)
class Source:
    """One of the two platforms.

    Attributes:
        tap: Name of the tap; its schema in the database has the same name with an underscore.
        module: Module that serves the stand-in; it prints the address.
        options: Command line options of the module.
        settings: Settings of the tap; `{address}` stands for the stand-in's.
        changed: Collections whose records the demo changes, and what it changes in them.
    """

    tap: str
    module: str
    options: tuple[str, ...]
    settings: dict[str, Any]
    changed: dict[str, dict[str, Any]]

    @property
    def schema(self) -> str:
        """Name of the schema in the database."""
        return self.tap.replace("-", "_")

    def with_records(self, counts: Mapping[str, int]) -> Source:
        """Return the same platform with so many records of the benchmarks in some streams."""
        platform = self.tap.removeprefix("tap-")
        return dataclasses.replace(
            self, module="benchmarks.serve", options=(platform, json.dumps(counts))
        )


SOURCES = (
    Source(
        tap="tap-commercetools",
        module="sandbox.commercetools",
        options=("--port=0",),
        settings={
            "api_url": "{address}",
            "auth_url": "{address}",
            "history_url": "{address}/history",
        },
        changed={
            "customers": {"firstName": "Changed by the demo"},
            "orders": {"orderState": "Complete"},
        },
    ),
    Source(
        tap="tap-commerce7",
        module="sandbox.commerce7",
        # Two runs in a row need more than the 100 requests a minute of the real platform.
        options=("--port=0", "--no-rate-limit"),
        settings={"api_url": "{address}/v1", "max_requests_per_minute": 100_000},
        changed={
            "customers": {"firstName": "Changed by the demo"},
            "orders": {"orderDeliveryMethod": "Ship"},
        },
    ),
)


@dataclass(frozen=True)
class StandIn:
    """A running stand-in.

    Attributes:
        address: Such as `http://127.0.0.1:8701`.
    """

    source: Source
    address: str

    @classmethod
    @contextlib.contextmanager
    def serve(cls, source: Source) -> Iterator[Self]:
        """Run a stand-in as long as the context is open.

        Raises:
            RuntimeError: It did not start.
        """
        with subprocess.Popen(  # noqa: S603 (our own module)
            [sys.executable, "-m", source.module, *source.options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                line = process.stdout.readline() if process.stdout else ""
                match = re.search(r"http://127\.0\.0\.1:\d+", line)
                if match is None:
                    msg = f"{source.module} did not start: {line.strip() or 'it said nothing'}"
                    raise RuntimeError(msg)
                yield cls(source, match[0])
            finally:
                process.terminate()

    @property
    def settings(self) -> dict[str, Any]:
        """Settings that lead the tap to this stand-in."""
        return {
            name: value.format(address=self.address) if isinstance(value, str) else value
            for name, value in self.source.settings.items()
        }

    @property
    def environment(self) -> dict[str, str]:
        """The settings as environment variables."""
        prefix = self.source.schema
        return {f"{prefix}_{name}".upper(): str(value) for name, value in self.settings.items()}

    def counts(self) -> dict[str, int]:
        """Count the records of all collections."""
        found: dict[str, int] = self._ask("GET", "collections")
        return found

    def rows(self, collection: str) -> dict[str, str]:
        """Map identity to replication timestamp, for all records of a collection.

        The parts of an identity are joined by slashes; the timestamp is empty where there is none.
        """
        return dict(self._ask("GET", f"collections/{collection}/ids"))

    def change(self, updates: int) -> set[Change]:
        """Update some records and insert one, in each collection that the source names."""
        changes = set()
        for collection, update in self.source.changed.items():
            ids = list(self.rows(collection))
            for row_id in ids[:: max(1, len(ids) // updates)][:updates]:
                self._ask("PUT", f"collections/{collection}/records/{row_id}?merge=1", update)
                changes.add((collection, row_id))
            copy = self.record(collection, ids[0])
            new = {name: value for name, value in copy.items() if name not in NOT_COPIED}
            new_id = "ffffffff-0000-4000-8000-000000000001"
            self.write(collection, new_id, {**new, "id": new_id})
            changes.add((collection, new_id))
        return changes

    def record(self, collection: str, row_id: str) -> dict[str, Any]:
        """Read a record."""
        found: dict[str, Any] = self._ask("GET", f"collections/{collection}/records/{row_id}")
        return found

    def write(self, collection: str, row_id: str, record: dict[str, Any]) -> None:
        """Write a whole record."""
        self._ask("PUT", f"collections/{collection}/records/{row_id}", record)

    def delete(self, collection: str, row_id: str) -> None:
        """Delete a record."""
        self._ask("DELETE", f"collections/{collection}/records/{row_id}")

    def latency(self, seconds: float) -> None:
        """Set the seconds added to each answer."""
        self._ask("POST", "latency", {"seconds": seconds})

    def requests(self) -> list[str]:
        """List path and query of the GET requests since the log was emptied, oldest first."""
        log: list[dict[str, Any]] = self._ask("GET", "requests")
        return [f"{each['path']}?{each['query']}" for each in log if each["method"] == "GET"]

    def traffic(self) -> tuple[int, int]:
        """Count the requests since the log was emptied, and the bytes of their answers' bodies."""
        log: list[dict[str, Any]] = self._ask("GET", "requests")
        return len(log), sum(each["bytes"] for each in log)

    def forget_requests(self) -> None:
        """Empty the log of requests."""
        self._ask("DELETE", "requests")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        address = f"{self.address}/_control/{path}"
        answer = requests.request(method, address, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()


NOT_COPIED = {"id", "version", "createdAt", "lastModifiedAt", "updatedAt"}
