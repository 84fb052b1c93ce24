"""What the benchmarks found: tables and targets, as text and as a page of documentation."""

from __future__ import annotations

import datetime as dt
import os
import platform
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = tuple[str, ...]

INTRODUCTION = """# Performance

Measured with `{command}` on {today}: {cores} cores shared with the stand-in, Python
{python}, loopback without TLS and without compression, output to the null
device. Every figure is the median of at least five whole
processes, CPU and memory as the kernel accounts for them. What is compared ran in turn (A, B, C,
A, B, C, ...), so ratios say more than seconds. In the names of targets, `net of start-up` means
that the time of `--version` is taken off both sides.
{busy}"""
BUSY = """
**The machine was busy with other work** (load average {load:.0f}): seconds are several times too
high, wall-clock time above all, and what depends on two cores being free (concurrency, latency,
runs in which nothing changed) looks worse than it is. Run it again on a quiet machine.
"""


@dataclass
class Section:
    """A table.

    Attributes:
        title: Its heading.
        text: What was done, in a sentence or two.
        header: Names of the columns.
        rows: Cells, rendered.
    """

    title: str
    text: str
    header: Row
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Target:
    """A figure that has to be reached.

    Attributes:
        what: What is compared.
        value: What was measured.
        limit: What it has to be.
        at_most: The value may not be above the limit; otherwise not below.
        unit: Behind both.
    """

    what: str
    value: float
    limit: float
    at_most: bool
    unit: str = "x"

    def cells(self) -> Row:
        """Render as cells of a table."""
        met = self.value <= self.limit if self.at_most else self.value >= self.limit
        bound = "at most" if self.at_most else "at least"
        value = f"{self.value:.2f} {self.unit}" if self.unit == "x" else f"{self.value:.0f} MB"
        return self.what, f"{bound} {self.limit:g} {self.unit}", value, "yes" if met else "NO"


@dataclass
class Report:
    """Everything that was found."""

    sections: list[Section] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    def target_section(self) -> Section:
        """Make a table of the targets."""
        header = ("what", "target", "measured", "met")
        rows = [target.cells() for target in self.targets]
        return Section("Targets", "Ratios of medians of one run.", header, rows)


def plain(section: Section) -> str:
    """Render a table for the terminal."""
    lines = [section.header, *section.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))
    rendered = [
        "  ".join([first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])]).rstrip()
        for first, *rest in lines
    ]
    return "\n".join(["", section.title, *rendered])


def table(header: Row, rows: Sequence[Row]) -> str:
    """Render a table in Markdown: text on the left, numbers behind it."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(report: Report, intro: str) -> str:
    """Render the page of documentation."""
    sections = [report.target_section(), *report.sections]
    parts = [f"## {s.title}\n\n{s.text}\n\n{table(s.header, s.rows)}\n" for s in sections]
    return "\n".join([intro, *parts])


def introduction(load: float, *, full: bool) -> str:
    """Return the head of the page: how and when the figures came about.

    Args:
        load: Average load of the machine, right before or right after.
        full: It was the long run.
    """
    cores = os.cpu_count() or 1
    return INTRODUCTION.format(
        command="./run bench --full --write" if full else "./run bench --write",
        today=dt.datetime.now(dt.UTC).date(),
        cores=cores,
        python=platform.python_version(),
        # The run itself keeps one core busy with the stand-in and one with what it measures.
        busy=BUSY.format(load=load) if load > cores + 1 else "",
    )
