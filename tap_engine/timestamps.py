"""The canonical form of timestamps, everywhere in the taps: UTC, milliseconds, `Z`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_CANONICAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


def parse(value: str) -> datetime:
    """Parse an ISO 8601 instant or date; without an offset it means UTC.

    Raises:
        ValueError: The text is not an ISO 8601 instant.
    """
    moment = datetime.fromisoformat(value.strip())
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:  # at the first or last instant, with an offset
        raise ValueError(str(error)) from None


def is_instant(value: str) -> bool:
    """Return whether the text is an ISO 8601 instant."""
    try:
        parse(value)
    except ValueError:
        return False
    return True


def render(moment: datetime) -> str:
    """Format in the canonical form; anything finer than milliseconds is cut off, never rounded."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def canonical(value: str) -> str:
    """Convert an instant into the canonical form.

    Raises:
        ValueError: The text is not an ISO 8601 instant.
    """
    moment = parse(value)  # the form may be right and the day impossible
    return value if is_canonical(value) else render(moment)


def is_canonical(value: str) -> bool:
    """Return whether the text is already canonical; both APIs normally send nothing else."""
    return _CANONICAL.fullmatch(value) is not None


def all_canonical(values: Iterable[str]) -> bool:
    """Return whether every text is canonical; faster than one call per text."""
    return all(map(_CANONICAL.fullmatch, values))


def earlier(value: str, seconds: float) -> str:
    """Return a canonical timestamp moved back, at most to the first representable instant."""
    moment = parse(value)
    try:
        return render(moment - timedelta(seconds=seconds))
    except OverflowError:
        return render(datetime.min.replace(tzinfo=UTC))


def parse_http_date(value: str) -> datetime | None:
    """Parse the value of an HTTP header such as `Date`; None when it is unusable."""
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def now() -> str:
    """Return the local clock's time in the canonical form."""
    return render(datetime.now(UTC))
