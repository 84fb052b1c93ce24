"""UUIDs as ids: their form, and boundaries that divide them evenly."""

from __future__ import annotations

import re

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_PREFIXES = 2**32
"""How many values the first eight digits can have."""


def boundary(number: int, count: int) -> str:
    """Return the id where one of `count` equal parts of all ids ends and the next begins."""
    return _boundary(_PREFIXES * number // count)


def boundaries(count: int, begin: str, end: str | None = None) -> list[str]:
    """Return the ids that divide what lies between two UUIDs into equal parts.

    Args:
        count: Number of parts.
        begin: Where the first part begins.
        end: Where the last part ends; None for the end of all ids.

    Returns:
        `count - 1` ids in ascending order; none when there is no room for them.
    """
    low = _prefix(begin)
    high = _prefix(end) if end else _PREFIXES
    if high - low < count:
        return []
    return [_boundary(low + (high - low) * number // count) for number in range(1, count)]


def steps(begin: str, step: float, most: int, end: str | None = None) -> list[str]:
    """Return ids at equal distances behind a UUID, in ascending order.

    Args:
        begin: Where to begin.
        step: Distance as a share of all ids.
        most: Most ids to return.
        end: What they have to stay below; None for the end of all ids.
    """
    low = _prefix(begin)
    high = _prefix(end) if end else _PREFIXES
    places = (low + round(step * _PREFIXES * number) for number in range(1, most + 1))
    return [_boundary(place) for place in places if low < place < high]


def share_below(row_id: str) -> float:
    """Return the share of all ids that lies below a UUID."""
    return _prefix(row_id) / _PREFIXES


def _boundary(prefix: int) -> str:
    # In the form of a random UUID, in case an API validates the ids that it compares.
    return f"{prefix:08x}-0000-4000-8000-000000000000"


def _prefix(row_id: str) -> int:
    return int(row_id[:8], 16)
