"""Rows that the source does not have any more: looks again, then marks or removes them."""

from __future__ import annotations

import contextlib
import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_reconcile import source
from tap_reconcile.compare import pairs
from tap_reconcile.database import MARK, Changes
from tap_reconcile.sorter import Sorter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_engine.singer.stream import EngineStream
    from tap_reconcile.compare import Comparison, Entry, Held, Key
    from tap_reconcile.database import Database, Table, Version

KEYS_AT_ONCE = 1_000
"""So many keys are handed to a stream at once; it asks in pieces as the API takes them."""

_MOST = re.compile(r"(\d+(?:\.\d+)?)(%?)", re.ASCII)


@dataclass(frozen=True)
class Most:
    """The most rows of a table that may be marked or removed.

    Attributes:
        text: As given: a number, or a share such as `5%`.

    Raises:
        ValueError: The text is neither.
    """

    text: str

    def __post_init__(self) -> None:
        match = _MOST.fullmatch(self.text)
        if match is None or ("." in match[1] and not match[2]):
            msg = f"{self.text!r:.60} is neither a number of rows nor a percentage"
            raise ValueError(msg)

    def allows(self, count: int, rows: int) -> bool:
        """Return whether so many of the rows of a table may go."""
        if self.text.endswith("%"):
            return count * 100 <= float(self.text[:-1]) * rows
        return count <= int(self.text)


@dataclass(frozen=True)
class Wish:
    """What is to become of rows that are gone at the source.

    Attributes:
        remove: Remove them instead of marking them.
        most: The most of a table that may go.
        dry_run: Only say what would be done.
    """

    remove: bool
    most: Most
    dry_run: bool = False


@dataclass
class Done:
    """What was done about deletes of one stream, or would be in a dry run.

    Attributes:
        wish: What was asked for.
        gone: Keys of the rows that were marked or removed.
        back: Keys of the rows whose mark was cleared, because the source has them.
        found: Rows that the source has after all, when it was asked again.
        changed: Rows that somebody else changed between the comparison and the write.
        refused: Why nothing was done; empty if it was.
    """

    wish: Wish
    gone: list[Key] = field(default_factory=list)
    back: list[Key] = field(default_factory=list)
    found: int = 0
    changed: int = 0
    refused: str = ""


class Deletes:
    """Deals with the deletes of one stream.

    Args:
        wish: What is to be done.
        database: Holds the table.
        stream: The stream.
        table: Its table.
    """

    def __init__(self, wish: Wish, database: Database, stream: EngineStream, table: Table) -> None:
        self._database = database
        self._stream = stream
        self._table = table
        self.done = Done(wish, refused=_refusal(wish, stream, table))
        # The version of a row is kept as the last part of its key.
        self._candidates = Sorter(len(stream.keys) + 1)
        self._count = 0

    def add(self, row: Held) -> None:
        """Take in a row that the source did not have."""
        if not self.done.refused:
            key, _, version = row
            self._candidates.add([((*key, version), None)])
            self._count += 1

    def close(self) -> None:
        """Forget the rows."""
        self._candidates.close()

    def settle(
        self, comparison: Comparison, rows: Callable[[], Iterator[Entry]], until: str | None
    ) -> None:
        """Look at the source again, and write what is certain.

        Args:
            comparison: The complete comparison; what was done is no difference any more.
            rows: Returns the rows that the source had, in order.
            until: Rows that changed later are left alone; None for no bound.

        Raises:
            StreamError: The source cannot be asked again.
            DatabaseError: The table cannot be read.
        """
        done = self.done
        done.refused = done.refused or self._too_many(comparison.table)
        if done.refused:
            return
        gone = list(self._confirmed())
        changes = Changes(gone, self._back(rows(), until), remove=done.wish.remove)
        found = self._found(gone)
        done.gone, done.back = self._applied(changes)
        done.found = len(found)
        done.changed = len(gone) + len(changes.back) - len(done.gone) - len(done.back)
        comparison.settle("extra", found, newer=True)
        if not done.wish.dry_run:
            comparison.settle("extra", done.gone)
            comparison.settle("missing", done.back)
            comparison.table += len(done.back) - len(done.gone)

    def _too_many(self, rows: int) -> str:
        """Return why more of the table's rows would go than are allowed to; empty if not."""
        most = self.done.wish.most
        if most.allows(self._count, rows):
            return ""
        return (
            f"{self._count:,} of {rows:,} rows ({100 * self._count / rows:.1f} %) are not at the"
            f" source, and --most {most.text} allows no more"
        )

    def _applied(self, changes: Changes) -> tuple[list[Key], list[Key]]:
        """Write changes; return the keys of the rows that are gone and back, or would be."""
        gone, back = changes.gone, changes.back
        if self.done.wish.dry_run or not (gone or back):
            return [row[:-1] for row in gone], [row[:-1] for row in back]
        return self._database.apply(self._table, self._stream.keys, changes)

    def _found(self, gone: list[Version]) -> list[Key]:
        """Return the keys of the rows that the source has after all: those that are not gone."""
        still = {row[:-1] for row in gone}
        return [row[:-1] for row, _ in self._candidates.rows() if row[:-1] not in still]

    def _back(self, rows: Iterator[Entry], until: str | None) -> list[Version]:
        """Return the marked rows that the source has, in the version that it has."""
        if not self._table.has_marks:
            return []
        stream = self._stream
        held = self._database.rows(
            self._table, stream.keys, stream.replication_key, marked=True, versions=True
        )
        with contextlib.closing(held):
            return [
                (*there[0], there[2])
                for here, there in pairs(rows, held)
                # With another timestamp the row is stale: only the tap can bring it up to date.
                if here is not None and there is not None and here[1] == there[1]
                if until is None or (here[1] or "") <= until
            ]

    def _confirmed(self) -> Iterator[Version]:
        """Yield the rows that the source does not have when it is asked again."""
        if not self._count:
            return
        rows = (row for row, _ in self._candidates.rows())
        while batch := list(itertools.islice(rows, KEYS_AT_ONCE)):
            there = self._stream.existing([row[:-1] for row in batch])
            if there is None:
                yield from self._not_in_another_scan()
                return
            yield from (row for row in batch if row[:-1] not in there)

    def _not_in_another_scan(self) -> Iterator[Version]:
        with contextlib.closing(Sorter(len(self._stream.keys))) as sorter:
            # Without start_date, for which the API may not have the right rows.
            with contextlib.closing(source.pages(self._stream, since=None)) as pages:
                for page in pages:
                    sorter.add(page)
            held = ((row[:-1], None, row[-1]) for row, _ in self._candidates.rows())
            for here, there in pairs(sorter.rows(), held):
                if here is None and there is not None:
                    yield (*there[0], there[2])


def _refusal(wish: Wish, stream: EngineStream, table: Table) -> str:
    """Return why the deletes of a stream cannot be told; empty if they can."""
    if stream.narrowed_by:
        return (
            f"{stream.narrowed_by} leaves out records that the source has, so a row without a"
            " record may be one of those"
        )
    if not wish.remove and not table.has_marks:
        return f"table {table.full_name} has no column {MARK} for the time of a delete"
    return ""
