"""Compares two sorted sequences of keys and timestamps: what is missing, extra or stale."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

Key = tuple[str, ...]
Entry = tuple[Key, str | None]
"""The key of a row and its replication timestamp in canonical form, or None if it has none."""

Held = tuple[Key, str | None, str]
"""A row of a table: an entry, and the version that tells whether somebody has changed it since."""

S = TypeVar("S", bound=tuple[Any, ...])
T = TypeVar("T", bound=tuple[Any, ...])

MOST_WANTED = 100
"""So many rows that have to be loaded are kept by key."""

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
        wanted: Timestamps that the source has for the first rows that are missing or stale, by key.
        oldest_of_others: Lowest timestamp that the source has for any of the others.
    """

    source: int = 0
    table: int = 0
    missing: int = 0
    extra: int = 0
    stale: int = 0
    newer: int = 0
    older: int = 0
    examples: dict[str, list[Example]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    wanted: dict[Key, str | None] = field(default_factory=dict)
    oldest_of_others: str | None = None

    @property
    def oldest(self) -> str | None:
        """Lowest timestamp that the source has for a row that is missing or stale."""
        return min(filter(None, (*self.wanted.values(), self.oldest_of_others)), default=None)

    @property
    def differs(self) -> bool:
        """Whether any row is missing, extra or stale."""
        return bool(self.missing or self.extra or self.stale)

    def settle(self, kind: str, keys: Collection[Key], *, newer: bool = False) -> None:
        """Take back differences of a kind that are none any more.

        Args:
            kind: Member of `KINDS`.
            keys: Keys of the rows.
            newer: They count as newer instead.
        """
        setattr(self, kind, getattr(self, kind) - len(keys))
        self.newer += len(keys) if newer else 0
        gone = set(keys)
        self.examples[kind] = [each for each in self.examples[kind] if each.key not in gone]
        self.wanted = {key: at for key, at in self.wanted.items() if key not in gone}


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


def compare(
    source: Iterable[Entry],
    table: Iterable[T],
    bounds: Bounds,
    extra: Callable[[T], object] | None = None,
) -> Comparison:
    """Compare two sequences that are sorted by key (by code point, each key once).

    If a key occurs twice in the table because it has no unique constraint, the second row is extra.

    Args:
        source: Rows of the source.
        table: Rows of the table: entries, with or without more behind them.
        bounds: What is compared.
        extra: Called with each row of the table whose key the source does not have.

    Raises:
        OrderError: A sequence is not sorted.
    """
    result = Comparison()
    last: Key | None = None
    for here, there in pairs(source, table):
        result.source += here is not None
        result.table += there is not None
        if there is None:
            if here is not None:
                _add(result, "missing", Example(here[0], here[1], None), bounds)
        elif here is not None:
            last = here[0]
            if here[1] != there[1]:
                _add(result, "stale", Example(here[0], here[1], there[1]), bounds)
        elif _add_extra(result, there[0], there[1], bounds) and extra and there[0] != last:
            extra(there)
    return result


def pairs(source: Iterable[S], table: Iterable[T]) -> Iterator[tuple[S | None, T | None]]:
    """Pair the rows of two sorted sequences by key; None stands for a row that one side lacks.

    Raises:
        OrderError: A sequence is not sorted.
    """
    ours = _ascending(source, "the source")
    theirs = _ascending(table, "the table")
    here, there = next(ours, None), next(theirs, None)
    while here is not None or there is not None:
        if there is None or (here is not None and here[0] < there[0]):
            yield here, None
            here = next(ours, None)
        elif here is None or there[0] < here[0]:
            yield None, there
            there = next(theirs, None)
        else:
            yield here, there
            here, there = next(ours, None), next(theirs, None)


def _add_extra(result: Comparison, key: Key, at: str | None, bounds: Bounds) -> bool:
    """Count a row that only the table has; return whether it is one too many."""
    before = bounds.since is not None and at is not None and at < bounds.since
    if before or bounds.expires:
        result.older += 1
        return False
    return _add(result, "extra", Example(key, None, at), bounds) == "extra"


def _add(result: Comparison, kind: str, example: Example, bounds: Bounds) -> str:
    latest = max(example.source or "", example.table or "")
    if bounds.until is not None and latest > bounds.until:
        kind = "newer"
    setattr(result, kind, getattr(result, kind) + 1)
    if len(result.examples[kind]) < bounds.show:
        result.examples[kind].append(example)
    if kind in {"missing", "stale"}:
        if len(result.wanted) < MOST_WANTED:
            result.wanted[example.key] = example.source
        elif example.source is not None:
            known = result.oldest_of_others or example.source
            result.oldest_of_others = min(known, example.source)
    return kind


def _ascending(rows: Iterable[T], side: str) -> Iterator[T]:
    before: Key = ()
    for row in rows:
        if row[0] < before:
            msg = f"{side} returned key {'/'.join(row[0])} after {'/'.join(before)}"
            raise OrderError(msg)
        before = row[0]
        yield row
