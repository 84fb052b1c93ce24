"""Says how to load what is missing or stale; loading is the tap's work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_engine.singer.stream import EngineStream
    from tap_reconcile.compare import Comparison


def advice(stream: EngineStream, comparison: Comparison) -> str:
    """Return how to load the rows that are missing or stale; empty if there are none."""
    count = comparison.missing + comparison.stale
    if not count:
        return ""
    if stream.narrowed_by != "stream_filters" and count == len(comparison.wanted):
        wanted = stream.filter_for(list(comparison.wanted))
        if wanted is not None:
            given = json.dumps({stream.name: wanted}, ensure_ascii=False)
            return (
                f"to load exactly these {count:,}, run the tap once with this stream alone, without"
                f" a state, and with stream_filters {given}"
            )
    if stream.replication_key is None or comparison.oldest is None:
        return "to load them, run the tap: it always reads all of this stream"
    entry = {
        "replication_key": stream.replication_key,
        "replication_key_value": comparison.oldest,
    }
    state = json.dumps({"singer_state": {"bookmarks": {stream.name: entry}}})
    return (
        f"to load them, move the bookmark back: meltano state merge STATE_ID '{state}'; the next"
        " run then reads what changed since"
    )
