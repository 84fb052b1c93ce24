"""Stand-ins with so many records that a first sync takes minutes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

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

    @property
    def command(self) -> list[str]:
        """What to start; it would end by itself when we do."""
        platform = self.source.module.rpartition(".")[2]
        return ["benchmarks.perf_server", platform, json.dumps({LARGE: self._customers})]

    def latency(self, seconds: float) -> None:
        """Set the seconds added to each answer."""
        address = f"{self.address}/_control/latency"
        requests.post(address, json={"seconds": seconds}, timeout=30).raise_for_status()
