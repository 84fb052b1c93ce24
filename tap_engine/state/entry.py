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
from tap_engine.errors import StateError
from tap_engine.state.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from tap_engine.state.coverage import Coverage

BOOKMARK = "replication_key_value"

_OURS = {"replication_key", BOOKMARK, "deletions_read_to", "coverage", "scan"}
# Also written there by the SDK, and meaningless between runs.
_SDK = {"replication_key_signpost", "starting_replication_value", "progress_markers"}


class Entry(msgspec.Struct):
    """What state says about one stream.

    Attributes:
        bookmark: The bookmark in the canonical form.
        coverage: Settings under which everything below the bookmark was read.
        scan: The unfinished scan.
    """

    bookmark: str | None
    coverage: Coverage
    scan: Scan | None


def load(
    stream: str,
    entry: Mapping[str, Any],
    replication_key: str | None,
    coverage_type: type[Coverage],
) -> Entry:
    """Read a stream's entry.

    Args:
        stream: Name for messages.
        entry: The entry as it stands in state; may be empty.
        replication_key: The stream's replication key.
        coverage_type: Type of the stream's coverage.

    Raises:
        StateError: The entry is not one that this tap could have written.
    """
    unknown = sorted(set(entry) - _OURS - _SDK)
    if unknown:
        raise unusable(stream, f"it has unknown members: {', '.join(unknown)}")
    value, named = entry.get(BOOKMARK), entry.get("replication_key")
    if value is not None and replication_key is None:
        msg = f"state of stream '{stream}' holds a bookmark, but the stream has none"
        raise StateError(msg)
    if value is not None and named not in (None, replication_key):
        raise unusable(stream, f"its bookmark is one of {named!r}, not of {replication_key!r}")
    _timestamp(stream, "deletions_read_to", entry.get("deletions_read_to"))
    scan = entry.get("scan")
    return Entry(
        bookmark=_timestamp(stream, BOOKMARK, value),
        coverage=read_coverage(stream, "coverage", entry.get("coverage"), coverage_type),
        scan=None if scan is None else _scan(stream, scan, coverage_type),
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


def read_coverage(stream: str, name: str, value: object, coverage_type: type[Coverage]) -> Coverage:
    """Read the coverage of a bookmark or a scan.

    Raises:
        StateError: It is not one that this tap could have written.
    """
    try:
        coverage = msgspec.convert(value or {}, coverage_type)
    except msgspec.ValidationError as error:
        raise unusable(stream, f"{name}: {error}") from None
    coverage.start_date = _timestamp(stream, f"{name}.start_date", coverage.start_date)
    return coverage


def unusable(stream: str, reason: str) -> StateError:
    """Return the error for a stream's state that cannot be used."""
    return StateError(
        f"state of stream '{stream}' cannot be used: {reason}; remove the stream's entry from the"
        " state (with Meltano: run with --full-refresh) to read it from the start"
    )


def _scan(stream: str, value: object, coverage_type: type[Coverage]) -> Scan:
    try:
        scan = msgspec.convert(value, Scan)
    except msgspec.ValidationError as error:
        raise unusable(stream, f"scan: {error}") from None
    for name in ("since", "run_started_at", "max_replication_value"):
        setattr(scan, name, _timestamp(stream, f"scan.{name}", getattr(scan, name)))
    read_coverage(stream, "scan.coverage", scan.coverage, coverage_type)
    return scan


def _timestamp(stream: str, name: str, value: object) -> str | None:
    if value is None:
        return None
    try:
        return timestamps.canonical(cast("str", value))
    except (AttributeError, TypeError, ValueError):
        raise unusable(stream, f"{name} is no ISO 8601 timestamp: {value!r:.60}") from None
