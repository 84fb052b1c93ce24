"""Merges the states of all shards into the one that ordinary runs continue from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tap_engine import timestamps
from tap_engine.errors import StateError
from tap_engine.state import document
from tap_engine.state.entry import BOOKMARK, READ_UP_TO, TIMESTAMPS, is_scanned
from tap_engine.state.shards import ShardEntry  # noqa: TC001 (msgspec reads the annotation)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class _State(msgspec.Struct):
    tap: str
    source: str
    shard: ShardEntry
    bookmarks: dict[str, dict[str, Any]] = {}


def merge_files(tap: str, paths: Sequence[str]) -> str:
    """Merge the states in files; return JSON, in Meltano's form if all files have it.

    Raises:
        StateError: They are not the finished states of all shards of one source.
    """
    states: dict[str, dict[str, Any]] = {}
    for path in paths:
        if path in states:
            msg = f"{path} is given twice"
            raise StateError(msg)
        try:
            states[path] = msgspec.json.decode(Path(path).read_bytes(), type=dict[str, Any])
        except (OSError, msgspec.DecodeError) as error:
            msg = f"{path} cannot be read: {error}"
            raise StateError(msg) from None
    wrapped = all(document.WRAPPED in state for state in states.values())
    merged = merge(tap, {path: _bare(path, state) for path, state in states.items()})
    return json.dumps({document.WRAPPED: merged} if wrapped else merged)


def _bare(path: str, state: Any) -> dict[str, Any]:
    try:
        return document.unwrap(state)
    except StateError as error:
        msg = f"{path}: {error}"
        raise StateError(msg) from None


def merge(tap: str, states: Mapping[str, Any]) -> dict[str, Any]:
    """Merge states, given by their names in messages: the lowest bookmark of all shards counts.

    Raises:
        StateError: They are not the finished states of all shards of one source.
    """
    known = {}
    for name, state in states.items():
        try:
            known[name] = msgspec.convert(state, _State)
        except msgspec.ValidationError as error:
            msg = f"{name} is not the state of a shard: {error}"
            raise StateError(msg) from None
    if wrong := _wrong_shards(tap, known) or _unfinished(known):
        raise StateError(wrong)
    merged = {}
    for stream in sorted({stream for state in known.values() for stream in state.bookmarks}):
        parts = [state for state in known.values() if stream in state.shard.finished]
        if entry := _merge_stream(stream, [part.bookmarks.get(stream, {}) for part in parts]):
            merged[stream] = entry
    source = next(iter(known.values())).source
    return {document.BOOKMARKS: merged, document.TAP: tap, document.SOURCE: source}


def _wrong_shards(tap: str, states: Mapping[str, _State]) -> str:
    """Say why the states are not one of each shard of one source; empty if they are."""
    if not states:
        return "no states given; name the file of each shard's state"
    first = next(iter(states.values()))
    seen: dict[int, str] = {}
    for name, state in states.items():
        shard = state.shard
        found = (state.tap, state.source, shard.of)
        wanted = (tap, first.source, first.shard.of)
        if found != wanted:
            form = "{} ({}) in {} shards"
            return f"{name} is a state of {form.format(*found)}, not of {form.format(*wanted)}"
        if shard.number in seen:
            return f"{name} and {seen[shard.number]} are both of shard {shard.shard}"
        seen[shard.number] = name
    of = first.shard.of
    missing = [f"{number}/{of}" for number in range(1, of + 1) if number not in seen]
    return f"shards are missing: {', '.join(missing)}" if missing else ""


def _unfinished(states: Mapping[str, _State]) -> str:
    """Name the streams that a shard has not read to the end; empty if there are none."""
    finished = [done for state in states.values() for done in state.shard.finished.items()]
    split = {stream for stream, how in finished if how == "split"}
    problems = []
    for name, state in states.items():
        wanted = split if state.shard.number > 1 else {stream for stream, _ in finished}
        left = {*wanted, *state.bookmarks} - state.shard.finished.keys()
        left |= {stream for stream, entry in state.bookmarks.items() if is_scanned(entry)}
        if left:
            streams = ", ".join(sorted(left))
            problems.append(f"shard {state.shard.shard} ({name}) has not finished {streams}")
    return "; ".join(problems)


def _merge_stream(stream: str, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Merge the entries of one stream; without a bookmark if it has to be read from its start."""
    settings = {json.dumps(entry.get("coverage") or "") for entry in entries}
    keys = {entry.get("replication_key") for entry in entries} - {None}
    if len(settings) > 1 or len(keys) > 1:
        msg = f"the shards read {stream} with different settings (start date, filter, lists)"
        raise StateError(msg)
    merged = {name: value for entry in entries for name, value in entry.items()}
    for member in TIMESTAMPS:
        merged.pop(member, None)
        values: list[Any] = [entry.get(member) for entry in entries]
        if member == BOOKMARK:
            # An empty shard has none: it only says when it was empty.
            values = [entry.get(BOOKMARK) or entry.get(READ_UP_TO) for entry in entries]
        try:
            if None not in values:
                merged[member] = min(timestamps.canonical(value) for value in values)
        except (AttributeError, TypeError, ValueError):
            msg = f"{member} of {stream} is no ISO 8601 timestamp"
            raise StateError(msg) from None
    if BOOKMARK in merged and keys:
        return merged
    return {"version": merged["version"]} if "version" in merged else {}
