"""A state as a whole: the forms in which people have it, and whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_engine.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

BOOKMARKS = "bookmarks"
WRAPPED = "singer_state"
"""Member that holds the state in the output of `meltano state get`."""

TAP, SOURCE = "tap", "source"
"""Members beside the bookmarks: the tap, and the project or tenant that it read."""


def unwrap(state: Any) -> dict[str, Any]:
    """Return the bare state out of what `meltano state get` or a STATE message holds.

    Raises:
        StateError: It has not the form of a Singer state.
    """
    bare = state
    if isinstance(state, dict):
        bare = state.get(WRAPPED, state)
        if state.get("type") == "STATE":
            bare = state.get("value")
    if bare == {}:
        return {}
    bookmarks = bare.get(BOOKMARKS) if isinstance(bare, dict) else None
    if not isinstance(bookmarks, dict) or not all(
        isinstance(entry, dict) for entry in bookmarks.values()
    ):
        msg = (
            'state is not of the form {"bookmarks": {stream: {...}}}, bare, as a STATE message or'
            " as `meltano state get` prints it; without a state everything is read"
        )
        raise StateError(msg)
    return dict(bare)


def check_streams(state: Mapping[str, Any], tap: str, streams: Collection[str]) -> None:
    """Make sure that a state of unknown origin names a stream of the tap, if it names any.

    Raises:
        StateError: All of its bookmarks are of streams that the tap does not have.
    """
    named = state.get(BOOKMARKS) or {}
    if TAP not in state and named and not set(named) & set(streams):
        few = ", ".join(sorted(named)[:3])
        msg = f"the state names no stream of {tap} ({few}); without a state everything is read"
        raise StateError(msg)


def check_source(state: Mapping[str, Any], tap: str, source: str) -> None:
    """Make sure that a state is of this tap and of what it reads, if it says whose it is.

    Raises:
        StateError: It is of another tap, project or tenant.
    """
    found = (state.get(TAP, tap), state.get(SOURCE, source))
    if found != (tap, source):
        msg = (
            f"the state is of {found[1]} ({found[0]}), not of {source} ({tap}); begin anew without"
            " it: with Meltano, give this pipeline a state id of its own (--state-id-suffix) or"
            " run `meltano state clear` on this one"
        )
        raise StateError(msg)
