"""The source's keys and timestamps, in a temporary file that brings them into order."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from tap_reconcile.merge import Entry

CACHE_MB = 24


class Spool:
    """Takes rows in any order, keeps the newest of each key and gives them back sorted.

    A nameless database of SQLite: a file that is already unlinked while it is used, so that nothing
    stays behind, however the process ends. It lies in SQLITE_TMPDIR, TMPDIR or /var/tmp, whichever
    is the first that works, and takes some 100 bytes for each row.

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
        """Take in rows.

        Raises:
            sqlite3.Error: There is no room for them.
        """
        self._file.executemany(self._insert, ((*key, at) for key, at in rows))

    def rows(self) -> Iterator[Entry]:
        """Yield each key once, in the order of its code points.

        SQLite compares UTF-8 byte by byte, which is the order of code points.
        """
        found = self._file.execute(f"select {self._key}, at from rows order by {self._key}")  # noqa: S608 (column names of our own)
        return ((row[:-1], row[-1]) for row in found)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
