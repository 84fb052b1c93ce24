"""The part of a sorted index that can have rows which meet a predicate.

There are two indexes: by `id`, with keys `(id,)`, and by time, with keys `(time, id)`. A span never
loses a row. If it is `exact`, all its rows meet the predicate and none has to be decoded, so that a
keyset page deep in a huge collection is as cheap as the first page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.commercetools.conditions import All, Compare, Either

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.commercetools.conditions import Condition

# A place between keys: before (0) or after (1) all keys that start with the tuple.
Boundary = tuple[tuple[str, ...], int]

LAST = "\U0010ffff"
START: Boundary = ((), 0)
END: Boundary = ((LAST,), 1)


@dataclass(frozen=True)
class Span:
    """The keys between two boundaries."""

    low: Boundary = START
    high: Boundary = END
    exact: bool = False


def span(condition: Condition, fields: tuple[str, ...]) -> Span:
    """Return the span of a condition in one index.

    Args:
        condition: The predicate.
        fields: Members that are the first part of the keys: `("id",)` or the time fields.
    """
    if isinstance(condition, Compare):
        return _of_comparison(condition, fields)
    if isinstance(condition, All):
        return _of_all(condition, fields)
    if isinstance(condition, Either):
        return _joined([span(part, fields) for part in condition.parts])
    return Span()


def _of_comparison(condition: Compare, fields: tuple[str, ...]) -> Span:
    if condition.field not in fields:
        return Span()
    literal = condition.literal
    value = literal.value if fields == ("id",) else literal.instant
    if not isinstance(value, str):
        return Span()
    before, after = ((value,), 0), ((value, LAST), 1)
    spans = {
        "=": Span(before, after, exact=True),
        "<": Span(START, before, exact=True),
        "<=": Span(START, after, exact=True),
        ">": Span(after, END, exact=True),
        ">=": Span(before, END, exact=True),
    }
    return spans.get(condition.operator, Span())


def _of_all(condition: All, fields: tuple[str, ...]) -> Span:
    spans = [span(part, fields) for part in condition.parts]
    common = _intersection(spans)
    if common.exact or fields == ("id",) or not _is_one_moment(common):
        return common
    # time = t and id > i: within one moment the index is sorted by id.
    moment = common.low[0]
    for place, part in enumerate(condition.parts):
        by_id = span(part, ("id",))
        if not spans[place].exact and by_id.exact:
            low = (moment + by_id.low[0], by_id.low[1])
            high = (moment + by_id.high[0], by_id.high[1])
            spans[place] = Span(low, high, exact=True)
    return _intersection(spans)


def _is_one_moment(one: Span) -> bool:
    return len(one.low[0]) == 1 and one.low[1] == 0 and one.high == ((*one.low[0], LAST), 1)


def _intersection(spans: Iterable[Span]) -> Span:
    parts = list(spans)
    low = max(part.low for part in parts)
    high = min(part.high for part in parts)
    return Span(low, high, exact=all(part.exact for part in parts))


def _joined(spans: list[Span]) -> Span:
    """Return a span that covers all others; it stays exact if there are no gaps between them."""
    ordered = sorted((part for part in spans if part.low < part.high), key=lambda part: part.low)
    if not ordered:
        return Span(END, END, exact=True)
    low, high = ordered[0].low, ordered[0].high
    exact = all(part.exact for part in ordered)
    for part in ordered[1:]:
        exact = exact and part.low <= high
        high = max(high, part.high)
    return Span(low, high, exact=exact)
