"""The attempts of one request, and the pauses between them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import backoff

from tap_engine.http.hosts import Contact
from tap_engine.timestamps import parse_http_date

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
LEAST_WHEN_LIMITED = 0.5
"""Shortest pause after a 429 that names none."""


def waits() -> Iterator[float]:
    """Yield pauses in seconds: exponential from 1 s to 60 s, with full jitter."""
    steps = backoff.expo(base=2, factor=FIRST_WAIT, max_value=LONGEST_WAIT)
    next(steps)  # backoff's generators first yield a value that is not a pause
    for step in steps:
        yield backoff.full_jitter(step)


class Renewed(Exception):  # noqa: N818 (a signal inside of `Http.send`, not an error)
    """There is a new token: try again at once."""


class Again(Exception):  # noqa: N818 (a signal inside of `Http.send`, not an error)
    """Try again after a pause.

    Attributes:
        wait: Seconds that the server asks to wait.
        least: Shortest pause.
        contact: How far the request came.
    """

    def __init__(
        self,
        reason: str,
        *,
        wait: float | None = None,
        least: float = 0.0,
        contact: Contact = Contact.ANSWERED,
    ) -> None:
        super().__init__(reason)
        self.wait = wait
        self.least = least
        self.contact = contact


@dataclass
class Tries:
    """What has become of one request so far; time in our own rate limits does not count."""

    count: int = 0
    tokens: int = 0
    began: float = field(default_factory=time.monotonic)
    pauses: Iterator[float] = field(default_factory=waits)

    @property
    def seconds(self) -> float:
        """Time that counts."""
        return time.monotonic() - self.began


def asked_wait(headers: Mapping[str, str], *, limited: bool = True) -> float | None:
    """Return how many seconds the server asks to wait; None when it does not say.

    `Retry-After` holds seconds or an HTTP date; `X-RateLimit-Reset` and `RateLimit-Reset` hold
    seconds (commercetools-api: a vendor client reads these three, in this order).

    Args:
        headers: Headers of the answer.
        limited: The answer is a 429. Gateways send the other two headers with every answer, where
            they only say when the allowance is renewed.
    """
    value = headers.get("Retry-After")
    if value is not None and (wait := _seconds(value, headers.get("Date"))) is not None:
        return wait
    for name in ("X-RateLimit-Reset", "RateLimit-Reset") if limited else ():
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
