"""Parses response bodies: pages, totals, single objects."""

from __future__ import annotations

from typing import Any

import msgspec

from tap_engine.errors import BadBodyError
from tap_engine.records import json_text


class _Envelope(msgspec.Struct):
    """The relevant members of a page; its rows stay JSON text."""

    results: list[msgspec.Raw]
    count: Any = None
    limit: Any = None
    total: Any = None


_page = msgspec.json.Decoder(_Envelope)


def read_total(body: bytes) -> int | None:
    """Return the total of a page.

    Raises:
        BadBodyError: The body is not a page, or its total is not a number.
    """
    try:
        total = _page.decode(json_text.tidy(body)).total
    except (ValueError, RecursionError) as error:
        msg = f"the body is not a page of results ({type(error).__name__})"
        raise BadBodyError(msg) from None
    if total is not None and not isinstance(total, int):
        msg = "total is not a number"
        raise BadBodyError(msg)
    return total


def read_page(body: bytes, limit: int) -> tuple[list[msgspec.Raw], bool]:
    """Split a page into its rows.

    Returns:
        The rows, and whether the page is full, so that more rows may follow.

    Raises:
        BadBodyError: The body is not a complete page.
    """
    try:
        page = _page.decode(json_text.tidy(body))
        raws = page.results
        count = int(page.count or len(raws))
        applied = page.limit
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"the body is not a page of results ({type(error).__name__})"
        raise BadBodyError(msg) from None
    if count != len(raws):
        msg = f"the page claims to hold {count} records but holds {len(raws)}"
        raise BadBodyError(msg)
    # The server may apply a smaller limit than requested; the page says which.
    effective = min(limit, applied) if isinstance(applied, int) and applied > 0 else limit
    return raws, bool(raws) and len(raws) >= effective


def read_counted_page(body: bytes, limit: int) -> tuple[list[msgspec.Raw], bool, int | None]:
    """Split a page into its rows.

    Returns:
        The rows, whether more may follow, and the total.

    Raises:
        BadBodyError: The body is not a complete page, or its total is not a number.
    """
    return *read_page(body, limit), read_total(body)


def json_members(body: bytes) -> json_text.Members:
    """Split an object, such as the project, into its members.

    Raises:
        BadBodyError: The body is not a JSON object.
    """
    try:
        return json_text.members(json_text.tidy(body))
    except ValueError as error:
        msg = f"the body is not a JSON object ({type(error).__name__})"
        raise BadBodyError(msg) from None
