"""What the measurements share: how thorough a run is, where its files go, what it found so far."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.perf_report import Report, Section, Target, plain

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Sizes:
    """Numbers of records or pages, and rounds.

    Attributes:
        rounds: How often each command is measured.
        against_bare: Records by stream; so many that start-up is a small part.
        against_sdk: The same; SDK defaults take milliseconds for a product.
        growth: Numbers of records by stream, ascending.
        pages: Of each run with latency.
        latencies: Seconds, ascending.
        concurrencies: Ascending, from 1.
    """

    rounds: int
    against_bare: dict[str, int]
    against_sdk: dict[str, int]
    growth: dict[str, tuple[int, ...]]
    pages: int
    latencies: tuple[float, ...] = (0.0, 0.05, 0.15)
    concurrencies: tuple[int, ...] = (1, 4, 8, 16)


QUICK = Sizes(
    rounds=5,
    against_bare={"products": 20_000, "customers": 100_000},
    against_sdk={"products": 5_000, "customers": 50_000},
    growth={"customers": (20_000, 100_000, 200_000), "products": (5_000, 20_000)},
    pages=30,
)
FULL = Sizes(
    rounds=5,
    against_bare={"products": 50_000, "customers": 500_000},
    against_sdk={"products": 20_000, "customers": 200_000},
    growth={"customers": (20_000, 200_000, 2_000_000), "products": (5_000, 20_000, 50_000)},
    pages=120,
)


@dataclass
class Bench:
    """One run of the measurements."""

    sizes: Sizes
    folder: Path
    report: Report = field(default_factory=Report)
    _began: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """Tell on standard error what is being measured."""
        print(f"[{time.monotonic() - self._began:5.0f} s] {text}", file=sys.stderr, flush=True)

    def add(self, section: Section) -> None:
        """Keep a table and print it."""
        self.report.sections.append(section)
        print(plain(section), flush=True)

    def at_most(self, what: str, value: float, limit: float, unit: str = "x") -> None:
        """Note a target that is a ceiling."""
        self.report.targets.append(Target(what, value, limit, at_most=True, unit=unit))

    def at_least(self, what: str, value: float, limit: float) -> None:
        """Note a target that is a floor."""
        self.report.targets.append(Target(what, value, limit, at_most=False))
