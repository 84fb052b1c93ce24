"""What a run took of the API, in the form of the SDK's own metrics."""

from __future__ import annotations

import enum
import os

from singer_sdk import metrics


class Usage(enum.StrEnum):
    """Counters that are logged once, at the end of a run.

    Attributes:
        REQUESTS: Requests sent, failed ones and those for tokens included.
        WAITS: Seconds waited because of the API, before retries and for the taps' own rate limits;
            requests that wait side by side count each for itself.
    """

    REQUESTS = "http_requests"
    WAITS = "http_waits_seconds"


def log(requests: int, waited: float) -> None:
    """Log both as METRIC lines."""
    logger = metrics.get_metrics_logger()
    tags = {"pid": os.getpid()}
    values: dict[Usage, float] = {Usage.REQUESTS: requests, Usage.WAITS: round(waited, 3)}
    for metric, value in values.items():
        # The SDK's own list of metrics cannot be extended; all it needs of one is its value.
        metrics.log(logger, metrics.Point("counter", metric, value, tags))  # type: ignore[arg-type]
