"""What one shard reads of a list with a cursor, where the list can be divided at all.

What is needed is more than several cursors in one process need: a cursor that is no row's id has to
mean the first row behind it. Neither that nor the order of rows is documented, so each process
looks at both. Where the API does not behave so, shard 1 reads the list alone.

A shard ends at the first UUID of the next one. Ids that are no UUIDs may stand anywhere in the
API's order, so a shard that meets one goes by the rows as they come; the one exception is at its
end, where `stop` is the row that the next shard begins with.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_commerce7.ranges import rising
from tap_engine.errors import SourceError
from tap_engine.uuids import COUNT, UUID, cut
from tap_engine.walk import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_engine.records import Row
    from tap_engine.shards import Shard

START = "start"
"""Cursor of the first page."""

FirstId = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a shard begins and ends in a list.

    Attributes:
        begin: Cursor to begin with.
        end: Lowest id of the next shard; None for the last.
        stop: Id of the row that the next shard begins with; None when it is not known.
    """

    begin: str
    end: str | None
    stop: str | None = None

    def behind(self, row_id: str | None) -> bool:
        """Tell whether the next shard begins with a row at the latest."""
        if row_id is None or self.end is None:
            return False
        return row_id == self.stop or (bool(UUID.fullmatch(row_id)) and row_id >= self.end)

    def within(self, page: Page, cursor: str, stream: str) -> Page:
        """Cut a page to the shard.

        Args:
            page: The page.
            cursor: What it was asked for with.
            stream: Name for messages.

        Raises:
            SourceError: Its rows are not in the order of their ids.
        """
        ids = [row.key[0] for row in page.rows]
        if not rising(uuids([cursor, *ids])):
            msg = (
                f"{stream}: rows do not come in the order of their ids, so shards cannot divide"
                " them; read this stream without the setting shard"
            )
            raise SourceError(msg)
        count = next((n for n, row_id in enumerate(ids) if self.behind(row_id)), len(ids))
        following = page.next[0] if page.next else None
        finished = count < len(ids) or self.behind(following)
        return Page(page.rows[:count], None if finished else page.next, page.received_at)


def span_of(shard: Shard, first_id: FirstId) -> Span:
    """Place a shard in a list that can be divided."""
    stop = first_id(shard.end) if shard.end else None
    return Span(shard.begin or START, shard.end, stop)


def divisible(rows: Sequence[Row], following: str | None, first_id: FirstId) -> bool:
    """Look at whether shards can begin in the middle of a list.

    Args:
        rows: The first page.
        following: Its cursor; None where there is no further page.
        first_id: Asks for the first row behind a cursor and returns its id.
    """
    ids = [row.key[0] for row in rows]
    if following is None or not rising(uuids(ids)):
        return False
    gaps = ((_between(below, above), above) for below, above in itertools.pairwise(ids))
    found = next(((between, above) for between, above in gaps if between), None)
    if found is None or first_id(found[0]) != found[1]:
        return False
    middle = cut(COUNT // 2)
    behind = first_id(middle)
    return behind is None or not UUID.fullmatch(behind) or behind >= middle


def uuids(ids: Sequence[str]) -> list[str]:
    """Keep the ids whose order is known."""
    return [each for each in ids if UUID.fullmatch(each)]


def _between(below: str, above: str) -> str | None:
    """Name an id between those of two rows; None where there is none, or no UUIDs."""
    if not (UUID.fullmatch(below) and UUID.fullmatch(above)):
        return None
    next_one = f"{int(below.replace('-', ''), 16) + 1:032x}"
    parts = (next_one[:8], next_one[8:12], next_one[12:16], next_one[16:20], next_one[20:])
    between = "-".join(parts)
    return between if below < between < above else None
