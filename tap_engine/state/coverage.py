"""Coverage: the settings that decide which records lie below a bookmark."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec

MORE = "settings ask for more than before; reading all"
"""What is logged when a bookmark is not enough for the settings."""


class Coverage(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The settings that a bookmark was reached with; only what narrows anything stands in state.

    Streams that other settings narrow extend it; see `gap`.

    Attributes:
        start_date: Lower bound of the first sync, in the canonical form.
        filter: Fingerprint of the stream's entry in `stream_filters`.
    """

    start_date: str | None = None
    filter: str | None = None

    def as_state(self) -> dict[str, Any]:
        """Return what stands in state."""
        state: dict[str, Any] = msgspec.to_builtins(self)
        return state

    def gap(self, before: Coverage) -> str:
        """Return why a bookmark of other settings is not enough for these; empty if it is.

        Args:
            before: The settings of the bookmark.
        """
        if self.filter != before.filter:
            return (
                "its entry in stream_filters changed; reading everything anew. Rows that no longer"
                " match stay at the target, see docs/filters.md"
            )
        started = before.start_date
        if started is not None and (self.start_date is None or self.start_date < started):
            return MORE
        return ""


def fingerprint(value: object) -> str:
    """Return what state keeps of a filter, whose text may name a person.

    64 bits: enough to notice a change, and the filter cannot be read out of it.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
