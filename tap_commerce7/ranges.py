"""Several cursors at once: opened only where the API is seen to behave as they need it to.

What is needed: rows come sorted by id, and the cursor is the id of the first row of the next page.
Neither is documented, so both are looked at in the very run. A range begins at an id that the API
itself has just sent and ends where the next one begins, so that nothing can fall between two.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from tap_engine import uuids
from tap_engine.errors import QueryRefusedError
from tap_engine.uuids import UUID
from tap_engine.walk import Page, Range

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_engine.records import Row


class UnsortedError(QueryRefusedError):
    """The list does not behave as ranges need it to: read it with one cursor from the start."""


def ascending(rows: Sequence[Row], at_least: str = "") -> bool:
    """Tell whether rows have UUIDs as ids, strictly ascending, from a lower bound on."""
    ids = [row.key[0] for row in rows]
    return all(UUID.fullmatch(each) for each in ids) and rising([at_least, *ids])


def rising(ids: Sequence[str]) -> bool:
    """Tell whether ids rise; the first may be there twice, as a lower bound and as a row."""
    pairs = enumerate(itertools.pairwise(ids))
    return all(one < other or (one == other and not n) for n, (one, other) in pairs)


def pivots(begin: str, count: int) -> list[str]:
    """Name ids that cut what lies behind `begin` into `count` pieces of equal width."""
    start = uuids.place(begin)
    width = (uuids.COUNT - start) // count
    return [uuids.cut(start + width * n) for n in range(1, count)]


def split(
    piece: Range,
    page: Page,
    count: int,
    first_ids: Callable[[Sequence[str]], Sequence[str | None]],
) -> tuple[Range, ...]:
    """Cut the rest of a list behind its first page.

    Args:
        piece: The range that the page came from.
        page: The first page.
        count: Most ranges to make.
        first_ids: Asks for the first row behind each of some cursors and returns their ids.

    Returns:
        The ranges; a single one when there is any doubt.
    """
    rest = page.next[0] if page.next else ""
    whole = (Range(of=piece.of, at=[rest]),)
    last = page.rows[-1].key[0] if page.rows else ""
    if not (UUID.fullmatch(rest) and ascending(page.rows) and last < rest):
        return whole
    cuts = pivots(rest, count)
    found, *starts = first_ids([rest, *cuts])
    if found != rest:
        return whole
    good = {
        start
        for cut, start in zip(cuts, starts, strict=True)
        if start is not None and UUID.fullmatch(start) and start >= cut and start > rest
    }
    begins = [rest, *sorted(good)]
    ends = [*begins[1:], None]
    return tuple(
        Range(of=piece.of, at=[begin], to=end) for begin, end in zip(begins, ends, strict=True)
    )


def within(piece: Range, page: Page) -> Page:
    """Cut a page to its range.

    Raises:
        UnsortedError: Its rows are not in the order of ids.
    """
    begin = piece.at[0] if piece.at else ""
    if not ascending(page.rows, begin):
        msg = "rows do not come in the order of their ids"
        raise UnsortedError(msg)
    if piece.to is None:
        return page
    end = piece.to
    inside = [row for row in page.rows if row.key[0] < end]
    finished = len(inside) < len(page.rows) or page.next is None or page.next[0] >= end
    return Page(inside, None if finished else page.next, page.received_at)
