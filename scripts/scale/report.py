"""What the runs of `./run scale` took: a table, and a picture of the timeline."""

from __future__ import annotations

import statistics
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.scale.server import Run

WIDTH, LABELS, RIGHT, TOP, ROW, BAR = 760, 150, 20, 46, 26, 16
WAITING, RUNNING, KILLED, INK, FAINT, PAPER = (
    "#cfd6de",
    "#2563a8",
    "#b3471b",
    "#1c2733",
    "#5b6875",
    "#ffffff",
)
FONT = "font-family='Helvetica, Arial, sans-serif'"
SUCCESS = "SUCCESS"
TICKS = (5, 10, 15, 30, 60, 120, 300, 600)
"""Seconds between two marks; the first that makes at most ten of them."""

HEADS = (
    "partition",
    "attempt",
    "how it ended",
    "queued s",
    "ran s",
    "of which engine s",
    "records",
    "records/s",
    "requests",
    "waited s",
)


def rows_of(runs: Sequence[Run]) -> list[tuple[str, ...]]:
    """Make the lines of the table, one for each attempt, by partition."""
    lines = []
    for _, attempts in by_row(runs):
        for number, run in enumerate(attempts, 1):
            ran = (run.ended or 0) - (run.started or run.queued)
            engine = overhead(run)
            lines.append(
                (
                    name_of(run),
                    str(number),
                    "complete" if run.status == SUCCESS else "killed",
                    f"{(run.started or run.queued) - run.queued:.0f}",
                    f"{ran:.0f}",
                    "" if engine is None else f"{engine:.1f}",
                    _whole(run, "records"),
                    _rate(run),
                    _whole(run, "requests"),
                    f"{run.numbers['waited_seconds']:.0f}"
                    if "waited_seconds" in run.numbers
                    else "",
                )
            )
    return lines


def summary(runs: Sequence[Run]) -> str:
    """Say in one line what the first syncs took, and what the engine added to each partition."""
    first = [run for run in runs if run.asset == "first_sync"]
    seconds = max(run.ended or 0 for run in first) - min(run.queued for run in first)
    records = sum(run.numbers.get("records", 0) for run in first)
    added = [found for run in first if (found := overhead(run)) is not None]
    return (
        f"{records:,.0f} records in {seconds:,.0f} s, {records / seconds:,.0f} a second; the engine"
        f" added {statistics.median(added):.1f} s to each partition (median)"
    )


def overhead(run: Run) -> float | None:
    """Tell how many seconds of a run were neither tap nor target; None where it is unknown."""
    if "duration_seconds" not in run.numbers or run.started is None or run.ended is None:
        return None
    return run.ended - run.started - run.numbers["duration_seconds"]


def name_of(run: Run) -> str:
    """Name a run by what it did."""
    return run.partition if run.asset == "first_sync" else f"{run.partition} {run.asset}"


def by_row(runs: Sequence[Run]) -> list[tuple[str, list[Run]]]:
    """Put the attempts of each partition together; first syncs by tenant and shard, then others."""
    found: dict[str, list[Run]] = {}
    order = ("first_sync", "merged_state", "incremental")
    for run in sorted(
        runs, key=lambda each: (order.index(each.asset), each.partition, each.queued)
    ):
        found.setdefault(name_of(run), []).append(run)
    return list(found.items())


def timeline(runs: Sequence[Run]) -> str:
    """Draw when each partition waited and ran, as SVG."""
    begin = min(run.queued for run in runs)
    length = max(run.ended or run.queued for run in runs) - begin
    scale = (WIDTH - LABELS - RIGHT) / length
    rows = by_row(runs)
    height = TOP + ROW * len(rows) + 14
    parts = _legend()
    step = next((each for each in TICKS if length / each <= 10), TICKS[-1])
    for second in range(0, int(length) + 1, step):
        x = LABELS + second * scale
        parts.append(f'<path d="M{x:.1f} {TOP - 4}V{height - 10}" stroke="{WAITING}" fill="none"/>')
        parts.append(_text(x, TOP - 8, f"{second} s", anchor="middle", color=FAINT))
    for number, (name, attempts) in enumerate(rows):
        y = TOP + ROW * number
        parts.append(_text(LABELS - 8, y + 13, name, anchor="end"))
        for run in attempts:
            started = run.started or run.ended or run.queued
            color = RUNNING if run.status == SUCCESS else KILLED
            for start, end, fill in (
                (run.queued, started, WAITING),
                (started, run.ended or started, color),
            ):
                x, width = LABELS + (start - begin) * scale, (end - start) * scale
                parts.append(
                    f'<rect x="{x:.1f}" y="{y}" width="{max(width, 0.5):.1f}" height="{BAR}"'
                    f' fill="{fill}"/>'
                )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
    label = "When each partition waited and ran"
    paper = f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>'
    return "\n".join([f'{head} aria-label="{label}">', paper, *parts, "</svg>", ""])


def _legend() -> list[str]:
    parts = []
    for number, (text, fill) in enumerate(
        (("waiting in the queue", WAITING), ("running", RUNNING), ("killed", KILLED))
    ):
        x = LABELS + 170 * number
        parts.append(f'<rect x="{x}" y="6" width="{BAR}" height="12" fill="{fill}"/>')
        parts.append(_text(x + BAR + 6, 16, text))
    return parts


def _whole(run: Run, name: str) -> str:
    return f"{run.numbers[name]:,.0f}" if name in run.numbers else ""


def _rate(run: Run) -> str:
    if not run.numbers.get("duration_seconds"):
        return ""
    return f"{run.numbers['records'] / run.numbers['duration_seconds']:,.0f}"


def _text(x: float, y: float, text: str, *, anchor: str = "start", color: str = INK) -> str:
    style = f'{FONT} font-size="12" text-anchor="{anchor}" fill="{color}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'
