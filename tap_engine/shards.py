"""Shards: one reading of everything, divided among several processes.

Each process has the setting `shard`, such as `2/8`, and a state of its own. Its state says which
shard it is of, so that none goes on where another stopped:

    shard
        tap, source
            The tap, and the project or tenant that is read.
        number, of
            Which shard, of how many.
        finished
            Streams whose walk is complete: `split` where the shard read its part of the id space,
            `whole` where shard 1 reads the stream alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from tap_engine import uuids
from tap_engine.errors import SettingsError, StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "shard"
"""The setting, and the member of a state."""

MOST = 1024

SPLIT = "split"
WHOLE = "whole"

_FORM = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal parts of the id space.

    Attributes:
        number: Which, from 1.
        of: How many there are.
    """

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def divides(self) -> bool:
        """Whether there are others."""
        return self.of > 1

    @property
    def begin(self) -> str | None:
        """Where it begins; None for the first."""
        return _cut(self.number - 1, self.of) if self.number > 1 else None

    @property
    def end(self) -> str | None:
        """Where the next one begins; None for the last."""
        return _cut(self.number, self.of) if self.number < self.of else None


class Mark(msgspec.Struct, forbid_unknown_fields=True):
    """What a state says of the shard that it is of; see the module."""

    tap: str
    source: str
    number: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    of: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    finished: dict[str, str] = {}

    @property
    def shard(self) -> str:
        """Name the shard as the setting does."""
        return f"{self.number}/{self.of}"


def read_setting(config: Mapping[str, Any]) -> Shard | None:
    """Read the setting `shard`.

    Raises:
        SettingsError: It is not of the form 2/8, with a number from 1 to how many there are.
    """
    value = config.get(NAME)
    if value is None or value == "":
        return None
    found = _FORM.fullmatch(str(value).strip())
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= of <= MOST:
        msg = (
            f"setting {NAME} must be of the form 2/8, the second of eight, with at most {MOST}:"
            f" {value!r:.40}"
        )
        raise SettingsError(msg)
    return Shard(number, of)


def read_mark(state: Mapping[str, Any]) -> Mark | None:
    """Read which shard a state is of; None for one that holds everything.

    Raises:
        StateError: It says so in another form.
    """
    if NAME not in state:
        return None
    try:
        return msgspec.convert(state[NAME], Mark)
    except msgspec.ValidationError as error:
        msg = f"state says which shard it is of in another form: {error}"
        raise StateError(msg) from None


def check_state(state: Mapping[str, Any], shard: Shard | None, tap: str, source: str) -> Mark:
    """Make sure that a state is of the shard that is to be read.

    Args:
        state: The state to begin with; may be empty.
        shard: The shard to read; None for everything.
        tap: Name of the tap.
        source: The project or tenant.

    Returns:
        What the state is to say from now on; without meaning where there is no shard.

    Raises:
        StateError: It is the state of something else.
    """
    mark = read_mark(state)
    wanted = Mark(tap, source, shard.number, shard.of) if shard else None
    if mark is None:
        if shard and state.get("bookmarks"):
            msg = (
                f"setting {NAME} is {shard}, but the state is one of a run without it; a shard"
                " begins with a state of its own"
            )
            raise StateError(msg)
        return wanted or Mark(tap, source, 1, 1)
    if wanted is None:
        msg = (
            f"the state is that of shard {mark.shard}, which holds a part only; put the states of"
            f" all shards together with --merge-states, or set {NAME}"
        )
        raise StateError(msg)
    if (mark.tap, mark.source, mark.shard) != (tap, source, str(shard)):
        msg = (
            f"the state is that of shard {mark.shard} of {mark.source} ({mark.tap}), not of shard"
            f" {shard} of {source} ({tap})"
        )
        raise StateError(msg)
    return mark


def _cut(number: int, of: int) -> str:
    return uuids.cut(uuids.COUNT * number // of)
