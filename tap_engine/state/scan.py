"""A scan: one full reading of a stream under one filter, in state while it is unfinished."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

Text = Annotated[str, msgspec.Meta(min_length=1)]
Position = Annotated[list[Text], msgspec.Meta(min_length=1)]
Context = dict[str, str]


class Range(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A half-open part of a list's id space that is read in one sequence.

    Attributes:
        list: Which list, for streams that have several (by parent, container, object type, store).
        after: Position after the last page that was written; None before the first.
        upto: Where the range ends: at its highest id or, where cursors are followed, before the
            first id of the next range; None when it is open.
    """

    list: Context = {}
    after: Position | None = None
    upto: Text | None = None


class Scan(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """One full reading of a stream under one filter.

    Attributes:
        pager: Name of the pager; a position only means something together with it.
        ranges: Ranges that are not finished.
        last_list: Last of the lists that were begun; None before the first.
        bookmark: The stream's bookmark when the scan began; with another one it is not resumed.
        since: Lower bound of the replication timestamp.
        run_started_at: The server's time when the run began that started this scan.
        max_replication_value: Highest replication timestamp that was written.
        version: Table version of a full table.
        count: Number of rows read.
        full: The scan reads everything, not just what changed since a bookmark.
        coverage: The settings of the last run that read a part of it; see
            `tap_engine.state.coverage`.
    """

    pager: str
    ranges: list[Range] = []
    last_list: Context | None = None
    bookmark: str | None = None
    since: str | None = None
    run_started_at: str | None = None
    max_replication_value: str | None = None
    version: int | None = None
    count: int = 0
    full: bool = False
    coverage: dict[str, Any] = {}

    def record(self, times: Sequence[str | None]) -> None:
        """Take in the replication timestamps of a page that was written.

        Rows older than `since` do not count towards the highest timestamp.
        """
        self.count += len(times)
        highest = max(filter(None, times), default="")
        if highest and highest >= max(self.since or "", self.max_replication_value or ""):
            self.max_replication_value = highest

    def restarted(self, pager: str) -> Scan:
        """Return a scan of the same rows that begins anew with some pager."""
        return Scan(
            pager=pager,
            bookmark=self.bookmark,
            since=self.since,
            version=self.version,
            full=self.full,
            coverage=self.coverage,
        )
