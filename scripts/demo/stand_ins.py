"""The stand-ins as processes of their own, and how to look at and change their data."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import requests

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

Change = tuple[str, str]
"""Stream and id of a record that was changed."""


@dataclass(frozen=True)
class Source:
    """One of the two platforms.

    Attributes:
        tap: Name of the tap; its schema in the database has the same name with an underscore.
        module: What to start.
        options: Its options.
        settings: Environment variables for the tap; `{address}` stands for the stand-in's.
        changed: Collections whose records the demo changes, and what it changes in them.
    """

    tap: str
    module: str
    options: tuple[str, ...]
    settings: dict[str, str]
    changed: dict[str, dict[str, Any]]

    @property
    def schema(self) -> str:
        """Name of the schema in the database."""
        return self.tap.replace("-", "_")


SOURCES = (
    Source(
        tap="tap-commercetools",
        module="sandbox.commercetools",
        options=(),
        settings={
            "TAP_COMMERCETOOLS_API_URL": "{address}",
            "TAP_COMMERCETOOLS_AUTH_URL": "{address}",
            "TAP_COMMERCETOOLS_HISTORY_URL": "{address}/history",
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
        options=("--no-rate-limit",),
        settings={
            "TAP_COMMERCE7_API_URL": "{address}/v1",
            "TAP_COMMERCE7_MAX_REQUESTS_PER_MINUTE": "6000",
        },
        changed={
            "customers": {"firstName": "Changed by the demo"},
            "orders": {"orderDeliveryMethod": "Ship"},
        },
    ),
)


class StandIn:
    """A running stand-in.

    Attributes:
        address: Such as `http://127.0.0.1:8701`.
    """

    def __init__(self, source: Source, root: Path) -> None:
        self.source = source
        self._root = root

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 (our own module)
            [sys.executable, "-m", *self.command],
            cwd=self._root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._process.stdout is None:  # pragma: no cover (it was asked for)
            raise RuntimeError
        line = self._process.stdout.readline()
        match = re.search(r"http://127\.0\.0\.1:\d+", line)
        if match is None:
            self.__exit__(None, None, None)
            msg = f"{self.source.module} did not start: {line.strip() or 'it said nothing'}"
            raise RuntimeError(msg)
        self.address = match[0]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    @property
    def command(self) -> list[str]:
        """What to start: a module that prints its address, and its options."""
        return [self.source.module, "--port", "0", *self.source.options]

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that lead the tap to this stand-in."""
        settings = self.source.settings.items()
        return {name: value.format(address=self.address) for name, value in settings}

    def counts(self) -> dict[str, int]:
        """Count the records of all collections."""
        found: dict[str, int] = self._ask("GET", "")
        return found

    def rows(self, collection: str) -> dict[str, str]:
        """Map identity to replication timestamp, for all records of a collection.

        The parts of an identity are joined by slashes; the timestamp is empty where there is none.
        """
        return dict(self._ask("GET", f"/{collection}/ids"))

    def change(self, updates: int) -> set[Change]:
        """Update some records and insert one, in each collection that the source names."""
        changes = set()
        for collection, update in self.source.changed.items():
            ids = list(self.rows(collection))
            for row_id in ids[:: max(1, len(ids) // updates)][:updates]:
                self._ask("PUT", f"/{collection}/records/{row_id}?merge=1", update)
                changes.add((collection, row_id))
            copy = self.record(collection, ids[0])
            new = {name: value for name, value in copy.items() if name not in NOT_COPIED}
            new_id = "ffffffff-0000-4000-8000-000000000001"
            self.write(collection, new_id, {**new, "id": new_id})
            changes.add((collection, new_id))
        return changes

    def record(self, collection: str, row_id: str) -> dict[str, Any]:
        """Read a record."""
        found: dict[str, Any] = self._ask("GET", f"/{collection}/records/{row_id}")
        return found

    def write(self, collection: str, row_id: str, record: dict[str, Any]) -> None:
        """Write a whole record."""
        self._ask("PUT", f"/{collection}/records/{row_id}", record)

    def delete(self, collection: str, row_id: str) -> None:
        """Delete a record."""
        self._ask("DELETE", f"/{collection}/records/{row_id}")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        address = f"{self.address}/_control/collections{path}"
        answer = requests.request(method, address, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()


NOT_COPIED = {"id", "version", "createdAt", "lastModifiedAt", "updatedAt"}
