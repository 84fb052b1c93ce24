"""What a tap logs about itself in METRIC lines, summed up for Dagster's plots."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

_NAMES = {"http_requests": "requests", "http_waits_seconds": "waited_seconds"}
"""Metrics that our taps log at the end of a run, and what Dagster shows them as."""


class Measures:
    """Sums of a tap's METRIC lines.

    The Singer SDK logs its counters every minute and at the end, each time what came since the
    last.

    Attributes:
        records: Records by stream.
    """

    def __init__(self) -> None:
        self.records: Counter[str] = Counter()
        self._others: dict[str, float] = {}

    def take(self, line: str) -> bool:
        """Add up a line of a tap's log and return whether it was a METRIC line."""
        _, mark, text = line.partition("METRIC: ")
        if not mark:
            return False
        try:
            point = json.loads(text)
            name, value, tags = point["metric"], point["value"], point.get("tags", {})
            if name == "record_count" and "stream" in tags:
                self.records[str(tags["stream"])] += int(value)
            elif name in _NAMES:
                self._others[_NAMES[name]] = self._others.get(_NAMES[name], 0) + value
        except (ValueError, KeyError, TypeError, AttributeError):
            return False  # of another form, and nothing that a run should fail on
        return True

    def metadata(self, seconds: float) -> dict[str, Any]:
        """Return metadata for Dagster, which plots numbers over time and partitions.

        Args:
            seconds: How long the run took.
        """
        total = self.records.total()
        return {
            "dagster/row_count": total,
            "records": total,
            "duration_seconds": round(seconds, 3),
            **{f"records/{stream}": count for stream, count in sorted(self.records.items())},
            **{name: round(value, 3) for name, value in self._others.items()},
        }
