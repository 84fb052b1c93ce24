"""Pauses between the attempts of one request."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import backoff

from tap_engine.timestamps import parse_http_date

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0


def waits() -> Iterator[float]:
    """Yield pauses in seconds: exponential from 1 s to 60 s, with full jitter."""
    steps = backoff.expo(base=2, factor=FIRST_WAIT, max_value=LONGEST_WAIT)
    next(steps)  # backoff's generators first yield a value that is not a pause
    for step in steps:
        yield backoff.full_jitter(step)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds the server asks to wait; None when it does not say.

    `Retry-After` holds seconds or an HTTP date; `X-RateLimit-Reset` and `RateLimit-Reset` hold
    seconds (commercetools-api: a vendor client reads these three, in this order).
    """
    value = headers.get("Retry-After")
    if value is not None and (wait := _seconds(value, headers.get("Date"))) is not None:
        return wait
    for name in ("X-RateLimit-Reset", "RateLimit-Reset"):
        value = headers.get(name)
        if value is not None and (wait := _number(value)) is not None:
            # Some servers put the moment there instead of the distance.
            return max(0.0, wait - time.time()) if wait > 1_000_000_000 else wait  # noqa: PLR2004
    return None


def _seconds(value: str, server_date: str | None) -> float | None:
    number = _number(value)
    if number is not None:
        return number
    moment = parse_http_date(value)
    if moment is None:
        return None
    # The server's own clock where it is known: ours may differ.
    now = (parse_http_date(server_date) if server_date else None) or datetime.now(UTC)
    return max(0.0, (moment - now).total_seconds())


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
