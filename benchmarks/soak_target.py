"""A model of an upserting target, and the comparison of what it holds with the source."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.commerce7.resources import OBJECT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from benchmarks.soak_sources import Soaked, Source
    from sandbox.store import Record, Row

MESSAGES = {"SCHEMA", "RECORD", "STATE", "ACTIVATE_VERSION"}

ADDED = {"objectType", "productSelectionId", "productId", "storeKey", "payload"}
"""Members that a tap adds or changes in some of the streams."""


@dataclass(eq=False)
class Held:
    """A row of the target.

    Attributes:
        record: As it came.
        version: Table version it came with, None without one.
    """

    record: Record
    version: int | None


@dataclass
class Target:
    """What a loader would hold: rows by key, and the state it has handed back.

    Attributes:
        rows: By stream, then by the identity the source knows the record under.
        state: The last STATE whose preceding messages were all loaded.
        merges: A STATE is merged into the one before, as Meltano can do, and does not replace it.
        activated: Table versions activated by the last `load`.
        records: Number of RECORDs loaded so far.
        states: Number of STATEs so far.
    """

    rows: dict[str, dict[str, Held]] = field(default_factory=dict)
    state: dict[str, Any] | None = None
    merges: bool = False
    activated: dict[str, int] = field(default_factory=dict)
    records: int = 0
    states: int = 0

    def load(self, lines: Sequence[bytes]) -> None:
        """Take over the messages of a tap."""
        self.activated = {}
        for line in lines:
            message = msgspec.json.decode(line)
            match message:
                case {"type": "RECORD", "stream": stream, "record": record}:
                    self.records += 1
                    row = Held(record, message.get("version"))
                    self.rows.setdefault(stream, {})[identity(stream, record)] = row
                case {"type": "ACTIVATE_VERSION", "stream": stream, "version": version}:
                    self.activated[stream] = version
                    held = self.rows.get(stream, {})
                    self.rows[stream] = {i: r for i, r in held.items() if r.version == version}
                case {"type": "STATE", "value": value}:
                    self.states += 1
                    self.state = merged(value, self.state or {}) if self.merges else value

    def state_without(self, stream: str | None) -> dict[str, Any] | None:
        """Return a copy of the state, as after `--full-refresh` of one stream if there is one.

        The table version stays, because versions are seconds and runs follow each other faster.
        """
        state = copy.deepcopy(self.state)
        if stream and (entry := entry_of(state, stream)):
            for name in entry.keys() - {"version"}:
                del entry[name]
        return state


def merged(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """Merge as Meltano does (`meltano.core.utils.merge`): at every depth, removing nothing."""
    result = copy.deepcopy(old)
    for name, value in new.items():
        both = isinstance(value, dict)
        result[name] = merged(value, result.setdefault(name, {})) if both else value
    return result


def entry_of(state: dict[str, Any] | None, stream: str) -> dict[str, Any]:
    """Return what a state says about a stream."""
    entry: dict[str, Any] = (state or {}).get("bookmarks", {}).get(stream, {})
    return entry


def is_message(line: bytes) -> bool:
    """Return whether a line is a whole message of a kind that the taps print."""
    try:
        message = msgspec.json.decode(line)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") in MESSAGES


def committed(lines: Sequence[bytes]) -> list[bytes]:
    """Cut what came behind the last STATE: a loader that commits there and dies has lost it."""
    last = max((n for n, line in enumerate(lines) if b'"type":"STATE"' in line[:20]), default=-1)
    return list(lines[: last + 1])


def identity(stream: str, record: Record) -> str:
    """Name a record as the source does."""
    match stream:
        case "product_selection_products":
            return f"{record['productSelectionId']}/{record['productId']}"
        case "store_product_selection_assignments":
            ids = (record[name] for name in ("storeKey", "productId", "productSelectionId"))
            return "/".join(ids)
        case "tags":
            object_type = record["objectType"]
            return f"{OBJECT_TYPES.get(object_type, object_type)}/{record['id']}"
    return str(record["id"])


class Comparison:
    """Compares what a target holds with what the source has.

    Attributes:
        compared: Number of rows compared so far.
    """

    def __init__(self, source: Source, target: Target) -> None:
        self._source = source
        self._target = target
        self.compared = 0
        self._equal: dict[tuple[str, str], tuple[bytes, Held]] = {}

    def below_bookmarks(self) -> list[str]:
        """Check the invariant of bookmarks: every version below one has been delivered."""
        problems: list[str] = []
        for stream in self._source.streams:
            bookmark = entry_of(self._target.state, stream.name).get("replication_key_value")
            if not stream.bookmark or bookmark is None:
                continue
            moment = datetime.fromisoformat(bookmark).timestamp()
            changed = self._source.changed[stream.name]
            # A late write below the bookmark is what the next run's lookback is for.
            due = {
                row_id: row
                for row_id, row in self._source.rows(stream.name).items()
                if row.at < bookmark and changed[row_id] < moment
            }
            problems += self._differences(stream, due, f"below the bookmark {bookmark}")
        return problems

    def activated(self, began: Mapping[str, float]) -> list[str]:
        """Check the full tables that the last load has completed.

        Args:
            began: When their scans began at the earliest; versions can be ahead of the clock.
        """
        problems: list[str] = []
        for name, version in self._target.activated.items():
            moment = min(version, began[name])
            problems += self._since(name, moment, f"at the activation of {version}")
        return problems

    def promised(self, names: Iterable[str], began: Mapping[str, float]) -> list[str]:
        """Check streams that were said to be complete.

        Args:
            names: The streams.
            began: When their scans began at the earliest.
        """
        return [text for n in names for text in self._since(n, began[n], "after a complete run")]

    def _since(self, name: str, moment: float, when: str) -> Iterator[str]:
        """Check what has not changed since some moment."""
        stream, changed = self._source.stream(name), self._source.changed[name]
        rows = self._source.rows(name)
        due = {row_id: row for row_id, row in rows.items() if changed[row_id] < moment}
        yield from self._differences(stream, due, when)
        if not stream.bookmark:
            gone = {i for i, at in self._source.gone[name].items() if at < moment}
            for row_id in gone & self._target.rows.get(name, {}).keys():
                yield f"{name} {row_id}: left behind {when}"

    def whole(self) -> list[str]:
        """Check that nothing is missing or stale, and that full tables are exactly equal."""
        problems: list[str] = []
        for stream in self._source.streams:
            rows = self._source.rows(stream.name)
            problems += self._differences(stream, rows, "at the end")
            held = set(self._target.rows.get(stream.name, {}))
            surplus = held - rows.keys()
            if stream.bookmark:
                surplus -= self._source.gone[stream.name].keys()
            problems += [f"{stream.name} {row_id}: not at the source" for row_id in surplus]
        return problems

    def _differences(self, stream: Soaked, due: Mapping[str, Row], when: str) -> Iterator[str]:
        held = self._target.rows.get(stream.name, {})
        hidden = self._source.secrets(stream.name) | ADDED
        for row_id, row in due.items():
            self.compared += 1
            ours = held.get(row_id)
            if ours and self._equal.get((stream.name, row_id)) == (row.body, ours):
                continue  # not compared again, because decoding takes most of a check's time
            if ours is None:
                yield f"{stream.name} {row_id}: missing {when} (changed {row.at})"
            elif difference := _difference(msgspec.json.decode(row.body), ours.record, hidden):
                yield f"{stream.name} {row_id}: stale {when} (changed {row.at}: {difference})"
            else:
                self._equal[stream.name, row_id] = row.body, ours


def _difference(theirs: Record, ours: Record, hidden: set[str]) -> str:
    """Name the first member that differs, empty when none does."""
    flat = {**ours, **ours.get("payload", {})} if "payload" in ours else ours
    names = sorted((theirs.keys() | flat.keys()) - hidden)
    return next((name for name in names if theirs.get(name) != flat.get(name)), "")
