"""Empty dates: where a schema says that there is a date, an empty text means that there is none.

A loader cannot read it, and would give up the whole batch. Only members that can become a column
are looked at: those of the record itself and of objects inside of it, not those inside of arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_engine.records import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMATS = ("date-time", "date")

Dates = dict[str, Any]
"""Names of members that are dates, with None, and of objects, with the dates inside of them."""

_EMPTY, _NULL = b'""', msgspec.Raw(b"null")


def dates_of(schema: Mapping[str, Any]) -> Dates:
    """Return where the records of a schema have dates."""
    found: Dates = {}
    for name, node in schema.get("properties", {}).items():
        if node.get("format") in FORMATS:
            found[name] = None
        elif inside := dates_of(node):
            found[name] = inside
    return found


def without_empty(raw: bytes | msgspec.Raw, dates: Dates) -> bytes:
    """Return a record with null in the place of dates that are empty."""
    text = bytes(raw)
    if _EMPTY not in text or text[:1] != b"{":
        return text
    members = json_text.members(text)
    changed = False
    for name, inside in dates.items():
        before = bytes(members.get(name, b""))
        after = before if inside is None else without_empty(before, inside)
        if inside is None and before == _EMPTY:
            after = bytes(_NULL)
        if after != before:
            members[name] = msgspec.Raw(after)
            changed = True
    return json_text.join(members) if changed else text
