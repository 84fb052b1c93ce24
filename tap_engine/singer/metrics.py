"""Logs requests and waiting time as METRIC lines, like those of the SDK."""

from __future__ import annotations

import enum
import os

from singer_sdk import metrics


class Metric(enum.StrEnum):
    """Counters that are logged once at the end of a run.

    Attributes:
        REQUESTS: Requests sent, including failed ones and those for tokens.
        WAITS: Seconds spent waiting before retries and for the tap's own rate limits; requests that
            wait at the same time are added up.
    """

    REQUESTS = "http_requests"
    WAITS = "http_waits_seconds"


def log(requests: int, waited: float) -> None:
    """Log both counters."""
    logger = metrics.get_metrics_logger()
    tags = {"pid": os.getpid()}
    values: dict[Metric, float] = {Metric.REQUESTS: requests, Metric.WAITS: round(waited, 3)}
    for metric, value in values.items():
        # The SDK's enum of metrics cannot be extended, but only the value is used.
        metrics.log(logger, metrics.Point("counter", metric, value, tags))  # type: ignore[arg-type]
