"""Query parameters that users add with `stream_filters`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_THE_TAP = ("page", "limit", "cursor", "updatedAt")
"""Parameters that the tap sets itself; the API accepts each of them only once."""


def wrong(value: object, documented: tuple[str, ...]) -> str:
    """Return what is wrong with a filter; empty if nothing is.

    Parameters that are not documented are no mistake: real integrations use more than the
    documentation has.

    Args:
        value: The stream's entry in the setting.
        documented: Parameters documented for the endpoint.
    """
    if not isinstance(value, dict) or not value:
        known = f"; documented are: {', '.join(documented)}" if documented else ""
        return f"a filter is an object of query parameters{known}"
    for name, given in value.items():
        if name in OF_THE_TAP:
            return f"the tap sets {name} itself"
        if not isinstance(given, str | int | float) or not str(given).strip():
            return f"{name} must be a number or a non-empty string"
    return ""


def rendered(value: Mapping[str, str | float] | None) -> list[tuple[str, str]]:
    """Return a filter as query parameters, with booleans spelled as the API expects."""
    return [
        (name, str(given).lower() if isinstance(given, bool) else str(given))
        for name, given in (value or {}).items()
    ]
