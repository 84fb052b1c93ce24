"""What the measurements found: tables, targets, and both as text and as a page of documentation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


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
    header: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)


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

    @property
    def met(self) -> bool:
        """Tell whether it was reached."""
        return self.value <= self.limit if self.at_most else self.value >= self.limit

    def cells(self) -> tuple[str, ...]:
        """Render as cells of a table."""
        bound = "at most" if self.at_most else "at least"
        value = f"{self.value:.2f} {self.unit}" if self.unit == "x" else f"{self.value:.0f} MB"
        return self.what, f"{bound} {self.limit:g} {self.unit}", value, "yes" if self.met else "NO"


@dataclass(frozen=True)
class Panel:
    """Bars of the chart.

    Attributes:
        title: Says what is drawn, with the unit.
        bars: Name and value, from top to bottom.
        own: Names of the bars that are the taps' own.
    """

    title: str
    bars: tuple[tuple[str, float], ...]
    own: frozenset[str]


@dataclass
class Report:
    """Everything that was found."""

    sections: list[Section] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)

    def target_section(self) -> Section:
        """Make a table of the targets."""
        header = ("what", "target", "measured", "met")
        rows = [target.cells() for target in self.targets]
        return Section("Targets", "Ratios of medians of one run.", header, rows)


def plain(section: Section) -> str:
    """Render a table for the terminal."""
    lines = [section.header, *section.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(section.header))]
    rendered = ["  ".join(_pad(line, widths)).rstrip() for line in lines]
    rendered.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([f"\n{section.title}", *rendered])


def markdown(section: Section) -> str:
    """Render a section of a page."""
    rule = ["---"] + ["---:"] * (len(section.header) - 1)
    lines = [section.header, rule, *section.rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"## {section.title}\n\n{section.text}\n\n{table}\n"


def page(report: Report, intro: str) -> str:
    """Render the page of documentation."""
    sections = [report.target_section(), *report.sections]
    return "\n".join([intro, *(markdown(section) for section in sections)])


def _pad(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *rest = zip(cells, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]
