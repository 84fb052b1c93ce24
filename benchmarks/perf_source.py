"""A stand-in in a process of its own, as the measurements use it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class Source:
    """A running stand-in; what it does costs the tap's process nothing.

    Args:
        platform: "commercetools" or "commerce7".
        counts: Records of the measurements by stream; other streams have the usual ones.
    """

    def __init__(self, platform: str, counts: dict[str, int]) -> None:
        self.platform = platform
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.perf_server", platform, json.dumps(counts)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None  # noqa: S101 (it is a pipe)
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            self.close()
            msg = f"the {platform} stand-in did not start"
            raise RuntimeError(msg)

    def latency(self, seconds: float) -> None:
        """Set the seconds added to each answer."""
        answer = requests.post(f"{self.url}/_control/latency", json={"seconds": seconds}, timeout=9)
        answer.raise_for_status()

    def forget_requests(self) -> None:
        """Empty the log of requests."""
        requests.delete(f"{self.url}/_control/requests", timeout=9).raise_for_status()

    def requests(self) -> list[str]:
        """Give path and query of all GET requests since the log was emptied, oldest first."""
        log: list[dict[str, Any]] = requests.get(f"{self.url}/_control/requests", timeout=9).json()
        return [f"{e['path']}?{e['query']}" for e in log if e["method"] == "GET"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
