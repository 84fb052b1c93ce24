"""What the runs of `./run scale` took, as a table."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.scale.server import Run

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
ASSETS = ("first_sync", "merged_state", "incremental")


def rows_of(runs: Sequence[Run]) -> list[tuple[str, ...]]:
    """Make the lines of the table, one for each attempt: first syncs by partition, then others."""
    lines: list[tuple[str, ...]] = []
    attempts: dict[str, int] = {}
    for run in sorted(runs, key=lambda run: (ASSETS.index(run.asset), run.partition, run.queued)):
        name = run.partition if run.asset == "first_sync" else f"{run.partition} {run.asset}"
        attempts[name] = attempts.get(name, 0) + 1
        numbers, started = run.numbers, run.started or run.queued
        seconds = numbers.get("duration_seconds")
        lines.append(
            (
                name,
                str(attempts[name]),
                "complete" if run.status == "SUCCESS" else "killed",
                f"{started - run.queued:.0f}",
                f"{(run.ended or 0) - started:.0f}",
                _cell(overhead(run), ".1f"),
                _cell(numbers.get("records")),
                _cell(numbers["records"] / seconds if seconds else None),
                _cell(numbers.get("requests")),
                _cell(numbers.get("waited_seconds")),
            )
        )
    return lines


def summary(runs: Sequence[Run]) -> str:
    """Return one line: what the first syncs took, and what the engine added to each partition."""
    first = [run for run in runs if run.asset == "first_sync"]
    seconds = max(run.ended or 0 for run in first) - min(run.queued for run in first)
    records = sum(run.numbers.get("records", 0) for run in first)
    added = [found for run in first if (found := overhead(run)) is not None]
    return (
        f"{records:,.0f} records in {seconds:,.0f} s, {records / seconds:,.0f} a second; the engine"
        f" added {statistics.median(added):.1f} s to each partition (median)"
    )


def overhead(run: Run) -> float | None:
    """Return the seconds of a run that were neither tap nor target; None where unknown."""
    if "duration_seconds" not in run.numbers or run.started is None or run.ended is None:
        return None
    return run.ended - run.started - run.numbers["duration_seconds"]


def _cell(value: float | None, form: str = ",.0f") -> str:
    return "" if value is None else format(value, form)
