"""Coverage: the settings that decide what was delivered of the records below a bookmark."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

MORE = "settings ask for more than before; reading all"
"""What is logged when a bookmark is not enough for the settings."""


class Coverage(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The settings that a bookmark was reached with; only what narrows anything stands in state.

    Streams that other settings narrow extend it; see `gap`.

    Attributes:
        start_date: Lower bound of the first sync, in the canonical form.
        filter: Fingerprint of the stream's entry in `stream_filters`.
        maps: Fingerprint of the stream's entries in `stream_maps`.
        left_out: Members that are not selected; see `digest`.
    """

    start_date: str | None = None
    filter: str | None = None
    maps: str | None = None
    left_out: str | None = None

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
        if self.maps != before.maps:
            return "stream_maps changed for it; reading everything anew"
        if _adds(before.left_out or "", self.left_out or ""):
            return "members are selected that were not before; reading everything anew"
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


def digest(paths: Iterable[tuple[str, ...]]) -> str | None:
    """Return what state keeps of members that are left out; None if there are none.

    Four characters for each name: hundreds of them take no more than a few kB, and whether one is
    part of another (`addresses` and `addresses.city`) can still be told.
    """
    shortened = (".".join(map(_shortened, path)) for path in paths)
    return " ".join(sorted(shortened)) or None


def _shortened(name: str) -> str:
    return urlsafe_b64encode(hashlib.blake2b(name.encode(), digest_size=3).digest()).decode()


def _adds(before: str, now: str) -> bool:
    """Return whether something that was left out before is not left out now."""
    left_out = set(now.split())
    return any(
        left_out.isdisjoint(path[:end] for end in range(4, len(path) + 1, 5))
        for path in before.split()
    )
