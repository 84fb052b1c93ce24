"""Counts of requests and waiting time, as METRIC lines like the SDK's own."""

from __future__ import annotations

import enum
import os

from singer_sdk import metrics


class Metric(enum.StrEnum):
    """Counters that are logged once, at the end of a run.

    Attributes:
        REQUESTS: Requests sent, including failed ones and those for tokens.
        WAITS: Seconds waited because of the API, before retries and for the taps' own rate limits;
            requests that wait at the same time each count.
    """

    REQUESTS = "http_requests"
    WAITS = "http_waits_seconds"


def log(requests: int, waited: float) -> None:
    """Log both as METRIC lines."""
    logger = metrics.get_metrics_logger()
    tags = {"pid": os.getpid()}
    values: dict[Metric, float] = {Metric.REQUESTS: requests, Metric.WAITS: round(waited, 3)}
    for metric, value in values.items():
        # The SDK's own list of metrics cannot be extended; all it needs of one is its value.
        metrics.log(logger, metrics.Point("counter", metric, value, tags))  # type: ignore[arg-type]
