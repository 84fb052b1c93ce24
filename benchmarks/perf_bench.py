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
    """Numbers of records, or of pages, and rounds.

    Attributes:
        rounds: How often each command is measured.
        customers: For the comparison with others.
        products: The same.
        many_customers: Steps of the growth, ascending.
        many_products: The same.
        pages: Of each run with latency.
        latencies: Seconds.
        concurrencies: Ascending, from 1.
    """

    rounds: int = 5
    customers: int = 100_000
    products: int = 5_000
    many_customers: tuple[int, ...] = (20_000, 200_000)
    many_products: tuple[int, ...] = (1_000, 5_000)
    pages: int = 40
    latencies: tuple[float, ...] = (0.0, 0.05, 0.15)
    concurrencies: tuple[int, ...] = (1, 4, 8, 16)


QUICK = Sizes()
FULL = Sizes(many_customers=(20_000, 200_000, 2_000_000), many_products=(5_000, 50_000), pages=200)


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
