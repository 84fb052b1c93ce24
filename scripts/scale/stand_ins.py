"""Stand-ins with so many records that a first sync takes minutes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Self

import requests

from scripts.demo.stand_ins import Source, StandIn

if TYPE_CHECKING:
    from pathlib import Path

LARGE = "customers"


class LargeStandIn(StandIn):
    """A stand-in with many customers of 0.8 kB, and of everything else what it has otherwise."""

    def __init__(self, source: Source, root: Path, customers: int) -> None:
        super().__init__(source, root)
        self._customers = customers

    def __enter__(self) -> Self:
        platform = self.source.module.rpartition(".")[2]
        counts = json.dumps({LARGE: self._customers})
        self._process = subprocess.Popen(  # noqa: S603 (our own module)
            [sys.executable, "-m", "benchmarks.perf_server", platform, counts],
            cwd=self._root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._process.stdout is None:  # pragma: no cover (it was asked for)
            raise RuntimeError
        self.address = self._process.stdout.readline().strip()
        if not self.address:
            self.__exit__(None, None, None)
            msg = f"{self.source.module} did not start"
            raise RuntimeError(msg)
        return self

    def latency(self, seconds: float) -> None:
        """Set the seconds added to each answer."""
        address = f"{self.address}/_control/latency"
        requests.post(address, json={"seconds": seconds}, timeout=30).raise_for_status()
