"""Decides what a run reads of a stream: the rest of a scan, changes, or everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tap_engine import timestamps
from tap_engine.errors import START_AGAIN, StateError
from tap_engine.state import entry
from tap_engine.state.scan import Scan

if TYPE_CHECKING:
    import logging
    from collections.abc import MutableMapping

    from tap_engine.reading.pager import Pager
    from tap_engine.reading.run import ReadSettings
    from tap_engine.state.coverage import Coverage


class Planned(Protocol):
    """What planning needs of a stream."""

    name: str
    replication_key: str | None

    @property
    def logger(self) -> logging.Logger:
        """Logger of the stream."""

    @property
    def is_full_table(self) -> bool:
        """Whether every run reads everything, with or without a replication key."""

    @property
    def activates(self) -> bool:
        """Whether a complete scan activates a table version."""

    @property
    def coverage(self) -> Coverage:
        """The settings that decide what lies below a bookmark."""

    @property
    def stream_state(self) -> MutableMapping[str, Any]:
        """The stream's entry in the state."""

    @property
    def full_pager(self) -> type[Pager[Any]]:
        """Pager that reads everything."""

    @property
    def change_pager(self) -> type[Pager[Any]]:
        """Pager that reads what changed since a bookmark."""

    def make_pager(self, kind: type[Pager[Any]], scan: Scan) -> Pager[Any]:
        """Make a pager for a scan."""


def plan(source: Planned, settings: ReadSettings, version: int) -> tuple[Pager[Any], bool]:
    """Choose the scan of a run and its pager.

    Args:
        source: The stream.
        settings: Settings of the run.
        version: Table version of full tables that begin in this run.

    Returns:
        The pager, and whether its scan was begun by an earlier run.

    Raises:
        StateError: The stream's state cannot be used.
    """
    today, key = source.coverage, source.replication_key
    known = entry.load(
        source.name, source.stream_state, key, today, lookback=settings.lookback_seconds
    )
    full = source.is_full_table or known.since is None
    if known.ahead and not full:
        source.logger.warning(
            "%s: the bookmark %s is in the future; reading from now on, with the lookback",
            source.name,
            known.bookmark,
        )
    if not full and (reason := known.gap or _unsettled(known)):
        source.logger.info("%s: %s", source.name, reason)
        full = True
    kind = source.full_pager if full else source.change_pager
    fresh = Scan(
        pager=kind.name,
        bookmark=known.bookmark,
        since=(settings.start_date if key else None) if full else known.since,
        full=full,
        coverage=today.as_state(),
        # A scan that is resumed keeps the version that its first part was written with.
        version=max(version, known.version + 1) if source.activates else None,
    )
    old = None if known.scan is None else _pager_of(source, known.scan)
    if old is not None and not known.scan_gap and _continues(old, kind, fresh):
        # From here on the scan leaves out what today's settings do, which may be more.
        old.scan.coverage = fresh.coverage
        return old, True
    return source.make_pager(kind, fresh), False


def recently_read(source: Planned, settings: ReadSettings) -> str | None:
    """Return when a full table was read, if it need not be read again yet; None if it does.

    Raises:
        StateError: The stream's state cannot be used.
    """
    interval = settings.full_table_interval_hours * 3600
    if not interval or not source.is_full_table:
        return None
    known = entry.load(
        source.name, source.stream_state, source.replication_key, source.coverage, lookback=0
    )
    read_at, now = known.full_table_read_at, timestamps.now()
    # A moment in the future says nothing.
    recent = read_at is not None and timestamps.earlier(now, interval) < read_at <= now
    return read_at if recent and not known.gap and known.scan is None else None


def _unsettled(known: entry.Entry) -> str:
    """Return why the bookmark is not enough after a scan that was not finished; empty if it is.

    A full scan has written records below the bookmark again, with the settings that it had.
    """
    if known.scan is None or not known.scan.full:
        return ""
    if known.scan.version is None:
        return "finishing to read everything anew"
    return known.scan_gap


def _pager_of(source: Planned, scan: Scan) -> Pager[Any] | None:
    """Return the pager of an unfinished scan; None if the stream lacks it or one of its lists.

    Raises:
        StateError: The scan's positions are not ones of the pager.
    """
    declared = (source.full_pager, source.change_pager)
    kinds = (*declared, *(kind.fallback for kind in declared))
    kind = next((each for each in kinds if each and each.name == scan.pager), None)
    if kind is None:
        return None
    pager = source.make_pager(kind, scan)
    for part in scan.ranges:
        if part.after is not None and not pager.accepts(part.after):
            msg = (
                f"state of stream '{source.name}' cannot be used: scan.ranges holds a position of"
                f" another form: {part.after}; {START_AGAIN}"
            )
            raise StateError(msg)
    lists = [part.list for part in scan.ranges]
    if scan.last_list is not None:
        lists.append(scan.last_list)
    return pager if all(map(pager.has_list, lists)) else None


def _continues(old: Pager[Any], kind: type[Pager[Any]], fresh: Scan) -> bool:
    """Return whether an unfinished scan delivers everything that a fresh one would."""
    scan = old.scan
    return (
        isinstance(old, kind if kind.fallback is None else (kind, kind.fallback))
        and scan.full == fresh.full
        and (scan.since is None or (fresh.since is not None and scan.since <= fresh.since))
        and (scan.version is None) == (fresh.version is None)
    )
