"""Two sorted sequences of keys and timestamps, side by side: what is missing, extra or stale."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Key = tuple[str, ...]
Entry = tuple[Key, str | None]
"""A row: its key, and its replication timestamp in the canonical form (None: it has none)."""

KINDS = ("missing", "extra", "stale", "newer")


class OrderError(ValueError):
    """A sequence is not sorted, so that going on would find differences where there are none."""


@dataclass(frozen=True, slots=True)
class Example:
    """A row that differs, with its timestamp on either side (None: not there, or without one)."""

    key: Key
    source: str | None
    table: str | None


@dataclass(slots=True)
class Tally:
    """What a comparison found.

    Attributes:
        source: Number of rows at the source.
        table: Number of rows of the table.
        missing: Rows of the source that the table does not have.
        extra: Rows of the table that the source does not have.
        stale: Rows that both have, with different timestamps.
        newer: Rows that would be one of these, but changed after the moment that is compared.
        older: Rows that only the table has, from before the start date of the source, or of a
            stream whose source expires them.
        examples: The first rows of each kind.
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
        """Tell whether anything is wrong."""
        return bool(self.missing or self.extra or self.stale)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which moments rows are compared, in the canonical form.

    Attributes:
        since: What only the table has from before is no difference; None: no bound.
        until: What changed on either side after this moment is no difference; None: no bound.
        expires: The source removes old rows by itself: what only the table has is no difference.
        show: Most examples of each kind.
    """

    since: str | None = None
    until: str | None = None
    expires: bool = False
    show: int = 5


def compare(source: Iterable[Entry], table: Iterable[Entry], bounds: Bounds) -> Tally:
    """Compare two sequences in the order of their keys (by code point, each key once).

    The table may hold a key twice when nothing keeps its keys unique: the second row is extra.

    Raises:
        OrderError: A sequence is not in that order.
    """
    tally = Tally()
    ours = _ascending(source, "the source")
    theirs = _ascending(table, "the table")
    here, there = next(ours, None), next(theirs, None)
    while here is not None or there is not None:
        if there is None or (here is not None and here[0] < there[0]):
            assert here is not None  # noqa: S101 (one of the two is there)
            tally.source += 1
            _note(tally, "missing", Example(here[0], here[1], None), bounds)
            here = next(ours, None)
        elif here is None or there[0] < here[0]:
            tally.table += 1
            _note_extra(tally, there, bounds)
            there = next(theirs, None)
        else:
            tally.source += 1
            tally.table += 1
            if here[1] != there[1]:
                _note(tally, "stale", Example(here[0], here[1], there[1]), bounds)
            here, there = next(ours, None), next(theirs, None)
    return tally


def _note_extra(tally: Tally, row: Entry, bounds: Bounds) -> None:
    key, at = row
    before = bounds.since is not None and at is not None and at < bounds.since
    if before or bounds.expires:
        tally.older += 1
    else:
        _note(tally, "extra", Example(key, None, at), bounds)


def _note(tally: Tally, kind: str, example: Example, bounds: Bounds) -> None:
    latest = max(example.source or "", example.table or "")
    if bounds.until is not None and latest > bounds.until:
        kind = "newer"
    setattr(tally, kind, getattr(tally, kind) + 1)
    if len(tally.examples[kind]) < bounds.show:
        tally.examples[kind].append(example)


def _ascending(rows: Iterable[Entry], side: str) -> Iterator[Entry]:
    before: Key = ()
    for row in rows:
        if row[0] < before:
            msg = f"{side} gives key {'/'.join(row[0])} behind {'/'.join(before)}"
            raise OrderError(msg)
        before = row[0]
        yield row
