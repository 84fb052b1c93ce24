"""A stream's entry in Singer state.

replication_key, replication_key_value
    The bookmark. Every record version with a lower replication timestamp was delivered.
read_up_to
    Moment up to which the source was read, where the bookmark does not say it.
full_table_read_at
    Start of the run that last read everything as a full table.
version
    The last table version of the stream's rows.
coverage
    The settings under which everything below the bookmark, or the full table, was read, as JSON
    text.
scan
    A scan while it is unfinished, as JSON text; see `tap_engine.state.scan`.

Whoever keeps the state may merge it into an older one, member by member and at every depth. So no
member is taken away once it is written, and what only means something as a whole is one text; an
empty text stands for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from tap_engine import timestamps
from tap_engine.errors import START_AGAIN, StateError
from tap_engine.state.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from tap_engine.state.coverage import Coverage

T = TypeVar("T")

BOOKMARK = "replication_key_value"
READ_UP_TO = "read_up_to"
FULL_TABLE_READ_AT = "full_table_read_at"
TIMESTAMPS = (BOOKMARK, READ_UP_TO, FULL_TABLE_READ_AT)
"""Members that are moments; what several states agree on is the earliest of each."""

_OURS = {"replication_key", *TIMESTAMPS, "version", "coverage", "scan"}
# Also written there by the SDK, and meaningless between runs.
_SDK = {"replication_key_signpost", "starting_replication_value", "progress_markers"}


class Entry(msgspec.Struct):
    """What state says about one stream, seen from today's settings.

    Attributes:
        bookmark: The bookmark.
        since: The bookmark, or now if it is in the future, minus the lookback; None without one.
        ahead: The bookmark is in the future.
        gap: Why the bookmark is not enough for today's settings; empty if it is.
        full_table_read_at: When everything was last read as a full table.
        version: The last table version; 0 if there was none.
        scan: The unfinished scan, if it was begun at this bookmark.
        scan_gap: Why the scan is not enough for today's settings; empty if it is.
    """

    bookmark: str | None
    since: str | None
    ahead: bool
    gap: str
    full_table_read_at: str | None
    version: int
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
    moments = {name: _timestamp(stream, name, entry.get(name)) for name in TIMESTAMPS}
    bookmark = moments[BOOKMARK]
    scan, scan_gap = _scan(stream, entry.get("scan", "")), ""
    if scan is not None:
        covered = _coverage(stream, "scan.coverage", scan.coverage, type(today))
        scan_gap = today.gap(covered)
    version = entry.get("version", 0)
    if type(version) is not int or version < 0:
        raise _unusable(stream, f"version is no number: {version!r:.60}")
    # By the local clock: the server's is not known before its first answer.
    now = timestamps.now()
    return Entry(
        bookmark=bookmark,
        since=timestamps.earlier(min(bookmark, now), lookback) if bookmark else None,
        ahead=bookmark is not None and bookmark > now,
        gap=today.gap(_covered(stream, entry, type(today))),
        full_table_read_at=moments[FULL_TABLE_READ_AT],
        version=version,
        scan=scan if scan is not None and scan.bookmark == bookmark else None,
        scan_gap=scan_gap,
    )


def save(entry: MutableMapping[str, Any], scan: Scan) -> None:
    """Write an unfinished scan; the bookmark stays as it was."""
    entry["scan"] = _text(msgspec.to_builtins(scan))
    _note_version(entry, scan)


def drop(entry: MutableMapping[str, Any]) -> None:
    """Forget a scan; the bookmark stays as it was."""
    entry["scan"] = ""


def finish(
    entry: MutableMapping[str, Any],
    scan: Scan,
    replication_key: str | None,
    coverage: Coverage,
    *,
    expires: bool = False,
) -> None:
    """Turn a complete scan into a bookmark: min(run start, highest seen), never further back.

    Args:
        entry: The stream's entry as it stands in state.
        scan: The complete scan.
        replication_key: None for a full table, which has no bookmark.
        coverage: Settings of this run.
        expires: The source removes old records, so that it matters when it was read.
    """
    started = scan.run_started_at
    unmarked = expires
    if replication_key is None:
        entry[FULL_TABLE_READ_AT] = started
    else:
        bookmark = _bookmark(entry, scan)
        if bookmark is not None:
            entry.update({"replication_key": replication_key, BOOKMARK: bookmark})
        unmarked |= bookmark is None
    if started is not None and unmarked:
        entry[READ_UP_TO] = started
    covered = coverage.as_state()
    if not scan.full:
        # The start date bounds full scans only, so what it left out stays left out.
        covered.pop("start_date", None)
        if started_at := _members(entry.get("coverage")).get("start_date"):
            covered = {"start_date": started_at, **covered}
    entry["coverage"] = _text(covered)
    _note_version(entry, scan)
    drop(entry)


def is_scanned(entry: Mapping[str, Any]) -> bool:
    """Return whether a scan of the stream is unfinished."""
    return bool(entry.get("scan"))


def _bookmark(entry: Mapping[str, Any], scan: Scan) -> str | None:
    bookmark, old = scan.max_replication_value, entry.get(BOOKMARK)
    if old is not None:
        old = timestamps.canonical(old)
        if bookmark is None or (not scan.full and bookmark < old):
            bookmark = old
    started = scan.run_started_at
    return min(bookmark, started) if bookmark and started else bookmark


def _note_version(entry: MutableMapping[str, Any], scan: Scan) -> None:
    if scan.version is not None:
        entry["version"] = scan.version


def _text(members: dict[str, Any]) -> str:
    return msgspec.json.encode(members).decode() if members else ""


def _members(text: str | None) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any]) if text else {}


def _scan(stream: str, text: object) -> Scan | None:
    if text in ("", None):
        return None
    scan = _decode(stream, "scan", text, Scan)
    for name in ("bookmark", "since", "run_started_at", "max_replication_value"):
        setattr(scan, name, _timestamp(stream, f"scan.{name}", getattr(scan, name)))
    return scan


def _covered(stream: str, entry: Mapping[str, Any], kind: type[Coverage]) -> Coverage:
    text = entry.get("coverage")
    members = {} if text in ("", None) else _decode(stream, "coverage", text, dict[str, Any])
    return _coverage(stream, "coverage", members, kind)


def _decode(stream: str, name: str, text: object, kind: type[T]) -> T:
    if not isinstance(text, str):
        raise _unusable(stream, f"{name} is no text: {text!r:.60}")
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError as error:
        raise _unusable(stream, f"{name}: {error}") from None


def _coverage(stream: str, name: str, value: object, kind: type[Coverage]) -> Coverage:
    try:
        coverage = msgspec.convert(value, kind)
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
