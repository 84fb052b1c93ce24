"""One form for every timestamp in state, filters and replication keys: UTC, milliseconds, `Z`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_CANONICAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


def parse(value: str) -> datetime:
    """Read an ISO 8601 instant or date.

    Args:
        value: A date or date-time; without an offset it is taken as UTC.

    Raises:
        ValueError: The text is no ISO 8601 instant.
    """
    moment = datetime.fromisoformat(value.strip())
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:  # at the first or last instant, with an offset
        raise ValueError(str(error)) from None


def render(moment: datetime) -> str:
    """Render in the canonical form; anything finer is cut off, never rounded."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def canonical(value: str) -> str:
    """Bring an instant into the canonical form.

    Raises:
        ValueError: The text is no ISO 8601 instant.
    """
    moment = parse(value)  # also what has the right form may name a day that does not exist
    return value if is_canonical(value) else render(moment)


def is_canonical(value: str) -> bool:
    """Say whether the text is already in the one form (both APIs normally send nothing else)."""
    return _CANONICAL.fullmatch(value) is not None


def all_canonical(values: Iterable[str]) -> bool:
    """Say the same of many texts, quicker."""
    return all(map(_CANONICAL.fullmatch, values))


def earlier(value: str, seconds: float) -> str:
    """Move a canonical timestamp back, not beyond the first representable instant."""
    moment = parse(value)
    try:
        return render(moment - timedelta(seconds=seconds))
    except OverflowError:
        return render(datetime.min.replace(tzinfo=UTC))


def from_http_date(value: str) -> str | None:
    """Read an HTTP `Date` header; None when it is unusable."""
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return render(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def now() -> str:
    """Return the local clock's time in the canonical form."""
    return render(datetime.now(UTC))
