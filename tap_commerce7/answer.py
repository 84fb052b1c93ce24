"""Answers of Commerce7: their members, and which of them holds the rows."""

from __future__ import annotations

import msgspec

from tap_engine.errors import BadBodyError
from tap_engine.records import json_text

ERRORS = "errors"
"""Member of error bodies, which have been seen with status 200."""


class RowsMember:
    """Member of a list's answers that holds the rows.

    Where the name is not documented, or another one is sent, it is learned from rows: an array
    without any may be anything.

    Args:
        documented: The documented name; None where there is none.
    """

    def __init__(self, documented: str | None) -> None:
        self._documented = documented
        self._names = {documented} if documented else set()

    def split(self, body: bytes) -> tuple[json_text.Members, list[msgspec.Raw]]:
        """Split an answer into its members and the rows.

        Raises:
            BadBodyError: The body is not JSON or holds no such array.
        """
        try:
            members = json_text.members(json_text.tidy(body))
            arrays = {
                name: json_text.items(raw)
                for name, raw in members.items()
                if bytes(raw)[:1] == b"[" and name != ERRORS
            }
        except (ValueError, RecursionError) as error:
            msg = f"the body is not a page of results ({type(error).__name__})"
            raise BadBodyError(msg) from None
        return members, arrays[self._name(members, arrays)]

    def _name(self, members: json_text.Members, arrays: dict[str, list[msgspec.Raw]]) -> str:
        if known := self._names & arrays.keys():
            return known.pop()
        shown = [name for name, rows in arrays.items() if rows and bytes(rows[0])[:1] == b"{"]
        if len(shown) == 1:
            self._names.add(shown[0])
            return shown[0]
        # Of a list whose name nobody knows, an empty answer looks like this; an error does not.
        if self._documented is None and len(arrays) == 1 and "statusCode" not in members:
            return next(iter(arrays))
        msg = f"the response holds no array {self._documented or ''}".rstrip()
        raise BadBodyError(msg)


def as_text(raw: msgspec.Raw | None) -> str | None:
    """Decode a cursor; absent, null and empty all mean the end."""
    value = None if raw is None else msgspec.json.decode(raw)
    return None if value is None or value == "" else str(value)


def as_int(raw: msgspec.Raw | None) -> int | None:
    """Decode a count, which some clients have seen as text."""
    try:
        return None if raw is None else msgspec.json.decode(raw, type=int, strict=False)
    except msgspec.ValidationError:
        return None
