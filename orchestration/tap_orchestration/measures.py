"""What a tap logs about itself in METRIC lines, summed up for Dagster's plots."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

_MARK = "METRIC: "
_REQUESTS = "http_requests"
_WAITS = "http_waits_seconds"


class Measures:
    """Sums of a tap's METRIC lines.

    The Singer SDK logs its counters every minute and at the end, each time what came since the
    last; `http_requests` and `http_waits_seconds` are logged by our taps at the end of a run.

    Attributes:
        records: Records by stream.
        requests: Requests sent; None if the tap did not say.
        waited: Seconds waited because of the API; None if the tap did not say.
    """

    def __init__(self) -> None:
        self.records: Counter[str] = Counter()
        self.requests: int | None = None
        self.waited: float | None = None

    def take(self, line: str) -> bool:
        """Take a line of a tap's log.

        Returns:
            Whether it was a METRIC line.
        """
        _, mark, text = line.partition(_MARK)
        if not mark:
            return False
        try:
            point = json.loads(text)
            name, value, tags = point["metric"], point["value"], point.get("tags", {})
            if name == "record_count" and "stream" in tags:
                self.records[str(tags["stream"])] += int(value)
            elif name == _REQUESTS:
                self.requests = (self.requests or 0) + int(value)
            elif name == _WAITS:
                self.waited = (self.waited or 0.0) + float(value)
        except (ValueError, KeyError, TypeError, AttributeError):
            return False  # of another form, and nothing that a run should fail on
        return True

    def metadata(self, seconds: float) -> dict[str, Any]:
        """Give them as metadata of Dagster, which plots numbers over time and partitions.

        Args:
            seconds: How long the run took.
        """
        total = sum(self.records.values())
        found: dict[str, Any] = {
            "dagster/row_count": total,
            "records": total,
            "duration_seconds": round(seconds, 3),
            **{f"records/{stream}": count for stream, count in sorted(self.records.items())},
        }
        if self.requests is not None:
            found["requests"] = self.requests
        if self.waited is not None:
            found["waited_seconds"] = round(self.waited, 3)
        return found
