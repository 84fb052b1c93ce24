"""Decides on the walk of a run: go on with an unfinished one or begin another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_engine import checkpoint, timestamps
from tap_engine.errors import StateError
from tap_engine.walk import Walk

if TYPE_CHECKING:
    from tap_engine.stream import EngineStream


def plan(stream: EngineStream) -> tuple[Walk, bool]:
    """Choose the walk of a stream from its state and settings.

    Returns:
        The walk, and whether it is one that an earlier run began.

    Raises:
        StateError: The stream's state cannot be understood.
    """
    known = checkpoint.load(
        stream.name, stream.stream_state, stream.cursor_field, stream.api_cursor
    )
    if stream.cursor_field is None and known.bookmark is not None:
        msg = f"state of stream '{stream.name}' holds a bookmark, but the stream has none"
        raise StateError(msg)
    bookmark = None if stream.is_full_table else known.bookmark
    before = known.read_with or {}
    if bookmark and stream.refiltered(before):
        stream.logger.info(
            "%s: its entry in stream_filters changed; reading everything anew. Rows that no longer"
            " match stay at the target, see docs/filters.md",
            stream.name,
        )
        bookmark = None
    if bookmark and stream.widened(before):
        stream.logger.info("%s: settings ask for more than before; reading all", stream.name)
        bookmark = None
    if bookmark is None:
        since = stream.tap.start_date if stream.cursor_field else None
        fresh = Walk(order=stream.full_order, since=since, first=True)
    else:
        since = timestamps.earlier(bookmark, stream.tap.lookback_seconds)
        fresh = Walk(order=stream.change_order(), since=since)
    fresh.read_with = stream.read_with()
    if stream.activates:
        # A walk that goes on keeps the version that its first part was written with.
        fresh.version = stream.tap.initialized_at // 1000
    if known.walk is not None and _continues(stream, known.walk, fresh):
        _check_positions(stream, known.walk)
        return known.walk, True
    return fresh, False


def _check_positions(stream: EngineStream, walk: Walk) -> None:
    for piece in walk.ranges:
        if piece.at is not None and not stream.fits(walk, piece.at):
            msg = f"state of stream '{stream.name}' holds a position of another form: {piece.at}"
            raise StateError(msg)


def _continues(stream: EngineStream, old: Walk, fresh: Walk) -> bool:
    """Tell whether an unfinished walk delivers all that a new one would."""
    return (
        old.order in {fresh.order, stream.fallback_order(fresh.order)}
        and old.first == fresh.first
        and (old.since is None or (fresh.since is not None and old.since <= fresh.since))
        and (old.version is not None) == stream.activates
        and not stream.widened(old.read_with)
        and not stream.refiltered(old.read_with)
        and (old.opened is None or stream.has_list(old.opened))
    )
