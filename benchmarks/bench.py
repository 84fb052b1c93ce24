"""One run of the benchmarks: how thorough it is, where its files go, what it found so far."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.commands import serving
from benchmarks.measure import alternately, once
from benchmarks.report import Report, Section, Target, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from benchmarks.commands import Commands
    from benchmarks.measure import Command, Figures

ROUNDS = 5


@dataclass(frozen=True)
class Sizes:
    """Numbers of records and pages.

    Attributes:
        against_bare: Records by stream; so many that start-up is a small part.
        against_sdk: The same; SDK defaults take milliseconds for a product.
        growth: Numbers of records by stream, ascending.
        pages: Of each run with latency.
    """

    against_bare: dict[str, int]
    against_sdk: dict[str, int]
    growth: dict[str, tuple[int, ...]]
    pages: int


QUICK = Sizes(
    against_bare={"products": 20_000, "customers": 100_000},
    against_sdk={"products": 5_000, "customers": 50_000},
    growth={"customers": (20_000, 100_000, 200_000), "products": (5_000, 20_000)},
    pages=30,
)
FULL = Sizes(
    against_bare={"products": 50_000, "customers": 500_000},
    against_sdk={"products": 20_000, "customers": 200_000},
    growth={"customers": (20_000, 200_000, 2_000_000), "products": (5_000, 20_000, 50_000)},
    pages=120,
)


@dataclass
class Bench:
    """One run of the benchmarks.

    Attributes:
        folder: For the files of the commands.
        checkouts: Whose tap-commercetools is measured against the bare loop, by name of the tap in
            the tables.
    """

    sizes: Sizes
    folder: Path
    checkouts: dict[str, Path]
    report: Report = field(default_factory=Report)
    _began: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """Print to standard error what is being measured."""
        print(f"[{time.monotonic() - self._began:5.0f} s] {text}", file=sys.stderr, flush=True)

    def serving(self, platform: str, counts: dict[str, int]) -> AbstractContextManager[Commands]:
        """Run a stand-in, and yield the commands that read from it."""
        return serving(platform, counts, self.folder)

    def race(self, commands: Mapping[str, Command]) -> dict[str, Figures]:
        """Measure commands in turn."""
        return alternately(commands, ROUNDS, once)

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
