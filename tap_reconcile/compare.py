"""Compares two sorted sequences of keys and timestamps: what is missing, extra or stale."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Key = tuple[str, ...]
Entry = tuple[Key, str | None]
"""The key of a row and its replication timestamp in canonical form, or None if it has none."""

KINDS = ("missing", "extra", "stale", "newer")


class OrderError(ValueError):
    """A sequence is not sorted, so a comparison would report false differences."""


@dataclass(frozen=True, slots=True)
class Example:
    """A row that differs, with its timestamp on each side (None: no such row, or no timestamp)."""

    key: Key
    source: str | None
    table: str | None


@dataclass(slots=True)
class Comparison:
    """The result of a comparison, in numbers of rows.

    Attributes:
        source: Rows at the source.
        table: Rows in the table.
        missing: Rows that only the source has.
        extra: Rows that only the table has.
        stale: Rows whose timestamps differ.
        newer: Rows that would be one of the above, but changed after `Bounds.until`.
        older: Rows that only the table has and that do not count as extra, because they are
            older than the start date or the source expires old records.
        examples: The first rows of each kind of difference.
    """

    source: int = 0
    table: int = 0
    missing: int = 0
    extra: int = 0
    stale: int = 0
    newer: int = 0
    older: int = 0
    examples: dict[str, list[Example]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    @property
    def differs(self) -> bool:
        """Whether any row is missing, extra or stale."""
        return bool(self.missing or self.extra or self.stale)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The period that is compared, as timestamps in canonical form; None means no bound.

    Attributes:
        since: Older rows are not a difference if only the table has them.
        until: Rows that changed later, on either side, are not a difference.
        expires: The source deletes old records by itself, so rows that only the table has are not a
            difference.
        show: Maximum number of examples of each kind.
    """

    since: str | None = None
    until: str | None = None
    expires: bool = False
    show: int = 5


def compare(source: Iterable[Entry], table: Iterable[Entry], bounds: Bounds) -> Comparison:
    """Compare two sequences that are sorted by key (by code point, each key once).

    If a key occurs twice in the table because it has no unique constraint, the second row is extra.

    Raises:
        OrderError: A sequence is not sorted.
    """
    result = Comparison()
    ours = _ascending(source, "the source")
    theirs = _ascending(table, "the table")
    here, there = next(ours, None), next(theirs, None)
    while here is not None or there is not None:
        if there is None or (here is not None and here[0] < there[0]):
            assert here is not None  # noqa: S101 (one of the two is there)
            result.source += 1
            _add(result, "missing", Example(here[0], here[1], None), bounds)
            here = next(ours, None)
        elif here is None or there[0] < here[0]:
            result.table += 1
            _add_extra(result, there, bounds)
            there = next(theirs, None)
        else:
            result.source += 1
            result.table += 1
            if here[1] != there[1]:
                _add(result, "stale", Example(here[0], here[1], there[1]), bounds)
            here, there = next(ours, None), next(theirs, None)
    return result


def _add_extra(result: Comparison, row: Entry, bounds: Bounds) -> None:
    key, at = row
    before = bounds.since is not None and at is not None and at < bounds.since
    if before or bounds.expires:
        result.older += 1
    else:
        _add(result, "extra", Example(key, None, at), bounds)


def _add(result: Comparison, kind: str, example: Example, bounds: Bounds) -> None:
    latest = max(example.source or "", example.table or "")
    if bounds.until is not None and latest > bounds.until:
        kind = "newer"
    setattr(result, kind, getattr(result, kind) + 1)
    if len(result.examples[kind]) < bounds.show:
        result.examples[kind].append(example)


def _ascending(rows: Iterable[Entry], side: str) -> Iterator[Entry]:
    before: Key = ()
    for row in rows:
        if row[0] < before:
            msg = f"{side} returned key {'/'.join(row[0])} after {'/'.join(before)}"
            raise OrderError(msg)
        before = row[0]
        yield row
