"""A stream's entry in Singer state.

replication_key, replication_key_value
    The bookmark. Every record version with a lower replication timestamp was delivered.
deletions_read_to
    Moment up to which deletes were read and marked, for streams that do so.
coverage
    The settings under which everything below the bookmark was read.
scan
    Present while a scan is unfinished; see `tap_engine.state.scan`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from tap_engine import timestamps
from tap_engine.errors import START_AGAIN, StateError
from tap_engine.state.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from tap_engine.state.coverage import Coverage

BOOKMARK = "replication_key_value"

_OURS = {"replication_key", BOOKMARK, "deletions_read_to", "coverage", "scan"}
# Also written there by the SDK, and meaningless between runs.
_SDK = {"replication_key_signpost", "starting_replication_value", "progress_markers"}


class Entry(msgspec.Struct):
    """What state says about one stream, seen from today's settings.

    Attributes:
        since: The bookmark minus the lookback; None without a bookmark.
        gap: Why the bookmark is not enough for today's settings; empty if it is.
        scan: The unfinished scan.
        scan_gap: Why the scan is not enough for today's settings; empty if it is.
    """

    since: str | None
    gap: str
    scan: Scan | None
    scan_gap: str


def load(
    stream: str,
    entry: Mapping[str, Any],
    replication_key: str | None,
    today: Coverage,
    *,
    lookback: float,
) -> Entry:
    """Read a stream's entry.

    Args:
        stream: Name for messages.
        entry: The entry as it stands in state; may be empty.
        replication_key: The stream's replication key.
        today: Today's settings.
        lookback: Seconds.

    Raises:
        StateError: The entry is not one that this tap could have written.
    """
    unknown = sorted(set(entry) - _OURS - _SDK)
    if unknown:
        raise _unusable(stream, f"it has unknown members: {', '.join(unknown)}")
    value, named = entry.get(BOOKMARK), entry.get("replication_key")
    if value is not None and replication_key is None:
        msg = f"state of stream '{stream}' holds a bookmark, but the stream has none"
        raise StateError(msg)
    if value is not None and named not in (None, replication_key):
        raise _unusable(stream, f"its bookmark is one of {named!r}, not of {replication_key!r}")
    _timestamp(stream, "deletions_read_to", entry.get("deletions_read_to"))
    bookmark = _timestamp(stream, BOOKMARK, value)
    before = _coverage(stream, "coverage", entry.get("coverage"), type(today))
    scan, scan_gap = entry.get("scan"), ""
    if scan is not None:
        scan = _scan(stream, scan)
        scan_gap = today.gap(_coverage(stream, "scan.coverage", scan.coverage, type(today)))
    return Entry(
        since=timestamps.earlier(bookmark, lookback) if bookmark else None,
        gap=today.gap(before),
        scan=scan,
        scan_gap=scan_gap,
    )


def save(entry: MutableMapping[str, Any], scan: Scan) -> None:
    """Write an unfinished scan; the bookmark stays as it was."""
    entry["scan"] = msgspec.to_builtins(scan)


def drop(entry: MutableMapping[str, Any]) -> None:
    """Forget a scan; the bookmark stays as it was."""
    entry.pop("scan", None)


def finish(
    entry: MutableMapping[str, Any],
    scan: Scan,
    replication_key: str | None,
    coverage: Coverage,
    *,
    at_run_start: bool = False,
) -> None:
    """Turn a complete scan into a bookmark: min(run start, highest seen), never further back.

    Args:
        entry: The stream's entry as it stands in state.
        scan: The complete scan.
        replication_key: None for a full table, which has no bookmark.
        coverage: Settings of this run.
        at_run_start: Move the bookmark to the start of the run, whatever was seen.
    """
    if replication_key is not None:
        bookmark = scan.run_started_at if at_run_start else _reached(scan)
        old = entry.get(BOOKMARK)
        if old is not None:
            old = timestamps.canonical(old)
            keep = bookmark is None or (not scan.full and bookmark < old)
            bookmark = old if keep else bookmark
        if bookmark is not None:
            entry.update({"replication_key": replication_key, BOOKMARK: bookmark})
        before = entry.pop("coverage", None) or {}
        covered = coverage.as_state()
        if not scan.full:
            # The start date bounds full scans only, so what it left out stays left out.
            covered.pop("start_date", None)
            if "start_date" in before:
                covered["start_date"] = before["start_date"]
        if covered:
            entry["coverage"] = covered
    drop(entry)


def _reached(scan: Scan) -> str | None:
    highest, started = scan.max_replication_value, scan.run_started_at
    return min(highest, started) if highest and started else highest


def _scan(stream: str, value: object) -> Scan:
    try:
        scan = msgspec.convert(value, Scan)
    except msgspec.ValidationError as error:
        raise _unusable(stream, f"scan: {error}") from None
    for name in ("since", "run_started_at", "max_replication_value"):
        setattr(scan, name, _timestamp(stream, f"scan.{name}", getattr(scan, name)))
    return scan


def _coverage(stream: str, name: str, value: object, kind: type[Coverage]) -> Coverage:
    try:
        coverage = msgspec.convert(value or {}, kind)
    except msgspec.ValidationError as error:
        raise _unusable(stream, f"{name}: {error}") from None
    coverage.start_date = _timestamp(stream, f"{name}.start_date", coverage.start_date)
    return coverage


def _timestamp(stream: str, name: str, value: object) -> str | None:
    if value is None:
        return None
    try:
        return timestamps.canonical(cast("str", value))
    except (AttributeError, TypeError, ValueError):
        raise _unusable(stream, f"{name} is no ISO 8601 timestamp: {value!r:.60}") from None


def _unusable(stream: str, reason: str) -> StateError:
    return StateError(f"state of stream '{stream}' cannot be used: {reason}; {START_AGAIN}")
