"""Puts the states of all shards together to the one that ordinary runs go on from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_engine import shards, timestamps
from tap_engine.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_engine.shards import Mark

_WRAPPED = "singer_state"
"""Member that a state lies in when it comes out of `meltano state get`."""

_TIMES = ("replication_key_value", "deletions_read_to")


def merge_files(tap: str, paths: Sequence[str]) -> str:
    """Read the states of all shards and put them together.

    Args:
        tap: Name of the tap that the states have to be of.
        paths: One file for each shard, in any order.

    Returns:
        The state, as JSON; in Meltano's form if the files have it.

    Raises:
        StateError: They are not the finished states of all shards of one project or tenant.
    """
    doubles = sorted({path for path in paths if paths.count(path) > 1})
    if doubles:
        msg = f"given twice: {_listed(doubles)}"
        raise StateError(msg)
    states = {path: _read(path) for path in paths}
    wrapped = bool(states) and all(_WRAPPED in state for state in states.values())
    merged = merge(tap, {path: state.get(_WRAPPED, state) for path, state in states.items()})
    return json.dumps({_WRAPPED: merged} if wrapped else merged)


def merge(tap: str, states: Mapping[str, Any]) -> dict[str, Any]:
    """Put states together: for each stream the lowest bookmark of all shards.

    Args:
        tap: Name of the tap that the states have to be of.
        states: States by a name for messages, such as the path of a file.

    Raises:
        StateError: They are not the finished states of all shards of one project or tenant.
    """
    marks = {name: _mark(name, state) for name, state in states.items()}
    _check_shards(tap, marks)
    _check_finished(marks, states)
    streams = sorted({stream for state in states.values() for stream in _entries(state)})
    bookmarks = {}
    for stream in streams:
        entries = {name: _entries(state).get(stream) for name, state in states.items()}
        if entry := _merge_stream(stream, entries, marks):
            bookmarks[stream] = entry
    return {"bookmarks": bookmarks}


def _read(path: str) -> dict[str, Any]:
    try:
        state = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise StateError(msg) from None
    except ValueError:
        msg = f"{path} is no JSON"
        raise StateError(msg) from None
    if not isinstance(state, dict) or not isinstance(state.get(_WRAPPED, {}), dict):
        msg = f"{path} holds no state"
        raise StateError(msg)
    return state


def _mark(name: str, state: Any) -> Mark:
    try:
        mark = shards.read_mark(state)
        entries = list(_entries(state).values())
    except (AttributeError, TypeError, StateError) as error:
        msg = f"{name} cannot be understood: {error}"
        raise StateError(msg) from None
    if mark is None or not all(isinstance(entry, dict) for entry in entries):
        msg = f"{name} is not the state of a shard"
        raise StateError(msg)
    return mark


def _entries(state: Mapping[str, Any]) -> dict[str, Any]:
    return dict(state.get("bookmarks", {}))


def _check_shards(tap: str, marks: Mapping[str, Mark]) -> None:
    """Make sure that the states are one of each shard, all of the same source."""
    if not marks:
        msg = "no states given; name the file of each shard's state"
        raise StateError(msg)
    first_name, first = next(iter(marks.items()))
    seen: dict[int, str] = {}
    for name, mark in marks.items():
        if mark.tap != tap:
            msg = f"{name} is a state of {mark.tap}, not of {tap}"
            raise StateError(msg)
        if mark.source != first.source:
            msg = f"{name} is of {mark.source}, but {first_name} is of {first.source}"
            raise StateError(msg)
        if mark.of != first.of:
            msg = f"{name} is of {mark.of} shards, but {first_name} is of {first.of}"
            raise StateError(msg)
        if mark.number in seen:
            msg = f"{name} and {seen[mark.number]} are both of shard {mark.shard}"
            raise StateError(msg)
        seen[mark.number] = name
    missing = [f"{number}/{first.of}" for number in range(1, first.of + 1) if number not in seen]
    if missing:
        msg = f"shards are missing: {', '.join(missing)}"
        raise StateError(msg)


def _check_finished(marks: Mapping[str, Mark], states: Mapping[str, Any]) -> None:
    """Make sure that every stream was read to its end wherever it had to be."""
    finished = {stream for mark in marks.values() for stream in mark.finished}
    problems = []
    for name, mark in marks.items():
        entries = _entries(states[name])
        split = {
            stream
            for stream in finished
            if any(other.finished.get(stream) == shards.SPLIT for other in marks.values())
        }
        wanted = split if mark.number > 1 else finished
        left = {stream for stream, entry in entries.items() if "walk" in entry}
        left |= {stream for stream in {*wanted, *entries} if stream not in mark.finished}
        if left:
            problems.append(f"shard {mark.shard} ({name}) has not finished {_listed(left)}")
    if problems:
        raise StateError("; ".join(problems))
    _check_divided(marks)


def _check_divided(marks: Mapping[str, Mark]) -> None:
    """Make sure that no shard left a stream to the first one, while that read its part only."""
    first = next(mark for mark in marks.values() if mark.number == 1)
    problems = []
    for name, mark in marks.items():
        relied = {
            stream
            for stream, how in mark.finished.items()
            if how == shards.WHOLE and first.finished.get(stream) == shards.SPLIT
        }
        if relied:
            problems.append(
                f"shard {mark.shard} ({name}) found that {_listed(relied)} cannot be divided, but"
                f" shard {first.shard} read a part; run both again without the streams' entries"
            )
    if problems:
        raise StateError("; ".join(problems))


def _merge_stream(
    stream: str, entries: Mapping[str, dict[str, Any] | None], marks: Mapping[str, Mark]
) -> dict[str, Any]:
    """Merge the entries of one stream; empty where it has to be read from its start."""
    # A shard that left the stream to the first one knows nothing of it.
    known = {
        name: entry or {}
        for name, entry in entries.items()
        if marks[name].number == 1 or marks[name].finished.get(stream) == shards.SPLIT
    }
    settings = {json.dumps(entry.get("read_with"), sort_keys=True) for entry in known.values()}
    keys = {entry.get("replication_key") for entry in known.values()} - {None}
    if len(settings) > 1 or len(keys) > 1:
        msg = f"the shards read {stream} with different settings (start date, filter, lists)"
        raise StateError(msg)
    merged = dict(next(iter(known.values())))
    for member in _TIMES:
        merged.pop(member, None)
        values = [entry.get(member) for entry in known.values()]
        if all(value is not None for value in values):
            merged[member] = min(_canonical(stream, member, values))
    return merged if "replication_key_value" in merged else {}


def _canonical(stream: str, member: str, values: Iterable[Any]) -> list[str]:
    try:
        return [timestamps.canonical(value) for value in values]
    except (AttributeError, TypeError, ValueError):
        msg = f"{member} of {stream} is no ISO 8601 timestamp"
        raise StateError(msg) from None


def _listed(streams: Iterable[str]) -> str:
    return ", ".join(sorted(streams))
