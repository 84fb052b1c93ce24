"""Sorts the source's keys and timestamps in a temporary SQLite file."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_reconcile.compare import Entry

CACHE_MB = 24


class Sorter:
    """Accepts rows in any order and returns the newest of each key, sorted by key.

    SQLite keeps the rows in a file that is already unlinked while in use, so nothing is left
    behind, however the process ends. The file is in SQLITE_TMPDIR, TMPDIR or /var/tmp, whichever
    is usable first, and takes about 100 bytes per row.

    Args:
        parts: Number of columns of a key.
    """

    def __init__(self, parts: int) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode=off", "synchronous=off", f"cache_size={-CACHE_MB * 1024}"):
            self._file.execute(f"pragma {pragma}").close()
        names = [f"k{number}" for number in range(parts)]
        columns = "".join(f"{name} text not null, " for name in names)
        self._key = ", ".join(names)
        self._file.execute(
            f"create table rows ({columns}at text, primary key ({self._key})) without rowid"
        )
        marks = ", ".join("?" * (parts + 1))
        self._insert = (
            f"insert into rows values ({marks}) on conflict do update set at = excluded.at"  # noqa: S608 (column names of our own)
            " where at is null or at < excluded.at"
        )
        self._file.execute("begin")

    def add(self, rows: Iterable[Entry]) -> None:
        """Add rows.

        Raises:
            sqlite3.Error: The disk is full.
        """
        self._file.executemany(self._insert, ((*key, at) for key, at in rows))

    def rows(self) -> Iterator[Entry]:
        """Yield each key once, ordered by code point.

        SQLite compares UTF-8 byte by byte, which gives the same order.
        """
        found = self._file.execute(f"select {self._key}, at from rows order by {self._key}")  # noqa: S608 (column names of our own)
        return ((row[:-1], row[-1]) for row in found)

    def close(self) -> None:
        """Delete the rows."""
        self._file.close()
