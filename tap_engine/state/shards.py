"""Shards: a first sync divided by id among several processes.

Each process has the setting `shard`, such as `2/8`, and a state of its own, in which the member
`shard` says which one it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from tap_engine import ids
from tap_engine.errors import SettingsError, StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "shard"
"""Name of the setting, and of the member of a state."""

MOST = 1024

_NO_SHARD = "a run without shards"
_FORM = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal parts of the id space, counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def is_split(self) -> bool:
        """Whether there is more than one shard."""
        return self.of > 1

    @property
    def begin(self) -> str | None:
        """The id that all ids of the shard lie above; None for the first shard."""
        return ids.boundary(self.number - 1, self.of) if self.number > 1 else None

    @property
    def end(self) -> str | None:
        """The highest id of the shard; None for the last shard."""
        return ids.boundary(self.number, self.of) if self.number < self.of else None


class ShardEntry(msgspec.Struct, forbid_unknown_fields=True):
    """The member `shard` of a state.

    Attributes:
        finished: Streams that are complete: `split` where the shard read its part of the ids,
            `whole` where shard 1 reads the stream alone.
    """

    number: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    of: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    finished: dict[str, Literal["split", "whole"]] = {}

    @property
    def shard(self) -> Shard:
        """The shard that the state belongs to."""
        return Shard(self.number, self.of)


def read_setting(config: Mapping[str, Any]) -> Shard | None:
    """Read the setting `shard`.

    Raises:
        SettingsError: It is not of the form 2/8.
    """
    value = config.get(NAME)
    if value is None or value == "":
        return None
    found = _FORM.fullmatch(str(value).strip())
    shard = Shard(int(found[1]), int(found[2])) if found else Shard(0, 0)
    if not 1 <= shard.number <= shard.of <= MOST:
        msg = f"setting {NAME} must be of the form 2/8, with at most {MOST} shards: {value!r:.40}"
        raise SettingsError(msg)
    return shard


def check_state(state: Mapping[str, Any], shard: Shard | None) -> ShardEntry | None:
    """Check that a state belongs to a shard, or to none, and return its entry.

    Raises:
        StateError: The state belongs to something else.
    """
    try:
        entry = msgspec.convert(state[NAME], ShardEntry) if NAME in state else None
    except msgspec.ValidationError as error:
        msg = f"invalid `{NAME}` entry in state: {error}"
        raise StateError(msg) from None
    expected = ShardEntry(shard.number, shard.of) if shard else None
    if entry is None and (expected is None or not state.get("bookmarks")):
        return expected
    if entry and entry.shard == shard:
        return entry
    found = f"shard {entry.shard}" if entry else _NO_SHARD
    wanted = f"shard {shard}" if shard else _NO_SHARD
    msg = (
        f"the state is of {found}, not of {wanted}; a shard starts without a state, and"
        " --merge-states turns the states of all shards into one for runs without shards"
    )
    raise StateError(msg)
