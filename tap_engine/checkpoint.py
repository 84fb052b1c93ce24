"""A walk's position in Singer state.

One stream's entry under `bookmarks`:

    replication_key, replication_key_value
        The bookmark. Every record version with a replication timestamp below it was delivered.
    deletions_read_to
        Moment up to which deletes were read and marked, for streams that do so.
    read_with
        The settings under which everything below the bookmark was read.
    walk
        Present while a walk is unfinished; see `tap_engine.walk.Walk`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_engine import timestamps
from tap_engine.errors import StateError
from tap_engine.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

_OURS = {"replication_key", "replication_key_value", "deletions_read_to", "read_with", "walk"}
# What the SDK writes into the same place, all of it meaningless between runs.
_SDK = {"replication_key_signpost", "starting_replication_value", "progress_markers"}

ReadWith = dict[str, Any]


class Checkpoint(msgspec.Struct):
    """What state says about one stream.

    Attributes:
        bookmark: The bookmark in the canonical form.
        read_with: Settings under which everything below the bookmark was read; None when another
            tap or version wrote the state.
        walk: The unfinished walk.
        deletions_read_to: Moment up to which deletes were read, in the canonical form.
    """

    bookmark: str | None = None
    read_with: ReadWith | None = None
    walk: Walk | None = None
    deletions_read_to: str | None = None


def load(
    stream: str,
    entry: Mapping[str, Any],
    replication_key: str | None,
    time_order: str | None,
) -> Checkpoint:
    """Read a stream's entry.

    Args:
        stream: Name for messages.
        entry: The entry, as it stands in state; may be empty.
        replication_key: The stream's replication key.
        time_order: Order of walks whose positions begin with a timestamp.

    Raises:
        StateError: The entry is not one that this tap could have written.
    """
    unknown = sorted(set(entry) - _OURS - _SDK)
    if unknown:
        raise _unusable(stream, f"it has unknown members: {', '.join(unknown)}")
    value = entry.get("replication_key_value")
    named = entry.get("replication_key")
    if value is not None and named not in (None, replication_key) and replication_key:
        raise _unusable(stream, f"its bookmark is one of {named!r}, not of {replication_key!r}")
    bookmark = None
    if value is not None:
        bookmark = _timestamp(stream, "replication_key_value", value)
    read_with = entry.get("read_with")
    if read_with is not None:
        read_with = _read_with(stream, "read_with", read_with)
    read_to = entry.get("deletions_read_to")
    if read_to is not None:
        read_to = _timestamp(stream, "deletions_read_to", read_to)
    unfinished = entry.get("walk")
    walk = None if unfinished is None else _walk(stream, unfinished, time_order)
    return Checkpoint(bookmark, read_with, walk, read_to)


def save(entry: MutableMapping[str, Any], walk: Walk) -> None:
    """Write the position of an unfinished walk; the bookmark stays as it was."""
    entry["walk"] = msgspec.to_builtins(walk)


def drop(entry: MutableMapping[str, Any]) -> None:
    """Forget a walk; the bookmark stays as it was."""
    entry.pop("walk", None)


def finish(
    entry: MutableMapping[str, Any],
    walk: Walk,
    replication_key: str | None,
    read_with: ReadWith,
    *,
    at_cut: bool = False,
) -> None:
    """Turn a complete walk into a bookmark: min(cut, highest seen), never further back.

    Args:
        entry: The stream's entry, as it stands in state.
        walk: The complete walk.
        replication_key: None for a full table, which has no bookmark.
        read_with: Settings that a first walk was read with.
        at_cut: Take the cut alone, whatever was seen.
    """
    changed: dict[str, Any] = {}
    if replication_key is not None:
        old = entry.get("replication_key_value")
        reached = [moment for moment in (walk.highest, walk.cut) if moment is not None]
        new = min(reached) if walk.highest is not None else None
        if at_cut:
            new = walk.cut
        if old is not None:
            old = timestamps.canonical(old)
            new = old if new is None or (not walk.first and new < old) else new
        if new is not None:
            changed = {"replication_key": replication_key, "replication_key_value": new}
        covered = dict(read_with)
        before = entry.pop("read_with", None) or {}
        if not walk.first:
            # The start date bounds first walks only. Lists that were left out have a gap from here
            # on, so that they have to be read from their start when they are wanted again.
            covered.pop("start_date", None)
            covered.update({name: before[name] for name in ("start_date",) if name in before})
        if covered:
            changed["read_with"] = covered
    entry.update(changed)
    entry.pop("walk", None)


def _walk(stream: str, value: object, time_order: str | None) -> Walk:
    try:
        walk = msgspec.convert(value, Walk)
    except msgspec.ValidationError as error:
        raise _unusable(stream, f"walk: {error}") from None
    for name in ("since", "cut", "highest"):
        moment = getattr(walk, name)
        if moment is not None:
            setattr(walk, name, _timestamp(stream, f"walk.{name}", moment))
    _read_with(stream, "walk.read_with", walk.read_with)
    if walk.order == time_order:
        for piece in walk.ranges:
            if piece.at is not None:
                _timestamp(stream, "walk.ranges.at", piece.at[0])
    return walk


def _read_with(stream: str, name: str, value: object) -> ReadWith:
    """Check the settings in a state: `start_date`, `filter`, and lists of names."""
    try:
        lists: ReadWith = dict(msgspec.convert(value, dict[str, Any]))
        started = lists.pop("start_date", None)
        texts = {name: lists.pop(name) for name in ("filter",) if name in lists}
        msgspec.convert(texts, dict[str, str])
        msgspec.convert(lists, dict[str, list[str] | None])
    except msgspec.ValidationError as error:
        raise _unusable(stream, f"{name}: {error}") from None
    if started is not None:
        started = _timestamp(stream, f"{name}.start_date", started)
    return {**lists, **texts, "start_date": started}


def _timestamp(stream: str, name: str, value: object) -> str:
    try:
        if not isinstance(value, str):
            raise ValueError  # noqa: TRY004, TRY301
        return timestamps.canonical(value)
    except ValueError:
        raise _unusable(stream, f"{name} is no ISO 8601 timestamp: {value!r:.60}") from None


def _unusable(stream: str, reason: str) -> StateError:
    return StateError(
        f"state of stream '{stream}' cannot be used: {reason}; remove the stream's entry from the"
        " state (with Meltano: run with --full-refresh) to read it from the start"
    )
