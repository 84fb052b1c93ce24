"""UUIDs as ids: their form, and cuts through all of them."""

from __future__ import annotations

import re

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

COUNT = 2**32
"""How many values the first eight digits have."""


def cut(place: int) -> str:
    """Give the id at a place, from 0 to COUNT.

    In the form of a random UUID, should an API look at the form of an id that it compares.
    """
    return f"{place:08x}-0000-4000-8000-000000000000"


def place(row_id: str) -> int:
    """Tell where an id stands, by its first eight digits."""
    return int(row_id[:8], 16)
