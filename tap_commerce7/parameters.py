"""Query parameters that a user adds to a list with `stream_filters`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_THE_TAP = ("page", "limit", "cursor", "updatedAt")
"""Parameters that the tap sends; the API accepts each of them only once."""


def wrong(value: object, documented: tuple[str, ...]) -> str:
    """Return what is wrong with a filter; empty if nothing is.

    Args:
        value: What the setting says of a stream.
        documented: Parameters that the endpoint accepts.
    """
    if not documented:
        return "this stream takes no filter"
    if not isinstance(value, dict) or not value:
        return f"a filter is an object of query parameters; there are {', '.join(documented)}"
    for name, given in value.items():
        if name in OF_THE_TAP:
            return f"the tap sets {name} itself"
        if name not in documented:
            return f"{name!r:.60} is not documented here; there are {', '.join(documented)}"
        if not isinstance(given, str | int | float) or not str(given).strip():
            return f"{name} has to be a text or a number, and not empty"
    return ""


def rendered(value: Mapping[str, str | float] | None) -> list[tuple[str, str]]:
    """Return a filter as query parameters, with booleans as the API spells them."""
    return [
        (name, str(given).lower() if isinstance(given, bool) else str(given))
        for name, given in (value or {}).items()
    ]
