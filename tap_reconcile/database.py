"""PostgreSQL: keys and timestamps of tables, and deletes; read-only unless asked to write."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from tap_engine.errors import SettingsError, StreamError, TapError
from tap_engine.http.redaction import excerpt

try:
    import psycopg
    from psycopg import sql
    from psycopg.conninfo import conninfo_to_dict
except ImportError as error:
    MISSING: ImportError | None = error
else:
    MISSING = None

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from tap_engine.http.redaction import Redactor
    from tap_reconcile.compare import Held, Key

Version = tuple[str, ...]
"""Key of a row, and the transaction that wrote it: any later change makes another version."""

FORM = "postgresql://user:password@host:5432/database"
CONNECT_SECONDS = 15
ROWS_AT_ONCE = 10_000

# The driver is how SQLAlchemy, and so target-postgres, writes it. Any other @ belongs to a password
# that was not percent-encoded.
_URL = re.compile(r"(postgres(?:ql)?)(?:\+\w+)?(://(?:[^@/]*@)?[^@?]*(?:\?.*)?)", re.DOTALL)
_PORTS = re.compile(r"[\d,]*")

_IN_MILLISECONDS = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
_WITHOUT_ZONE = "timestamp without time zone"
_WITH_ZONE = "timestamp with time zone"

MARK = "_sdc_deleted_at"
"""Column in which target-postgres notes when a row was deleted."""

LOCK_SECONDS = 60
"""Longest wait for a loader, or for another comparison, that writes the same rows."""

_COLUMNS = """
    select attname::text, format_type(atttypid, null)
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = %s and relname = %s and attnum > 0 and not attisdropped
"""


class DatabaseError(TapError):
    """The database cannot be reached, or lacks what is needed."""


@dataclass(frozen=True)
class Table:
    """A table, with the types of its columns by name."""

    schema: str
    name: str
    columns: dict[str, str]

    @property
    def full_name(self) -> str:
        """Schema and name."""
        return f"{self.schema}.{self.name}"

    @property
    def has_marks(self) -> bool:
        """Whether rows can be marked as deleted."""
        return self.columns.get(MARK) in {_WITHOUT_ZONE, _WITH_ZONE}


@dataclass(frozen=True)
class Changes:
    """Rows to change, each by its key and version.

    Attributes:
        gone: Rows to mark as deleted, or to remove.
        back: Rows whose mark is to be cleared.
        remove: Remove rows instead of marking them.
    """

    gone: list[Version]
    back: list[Version]
    remove: bool


class Database:
    """Reads tables, and changes them in `apply` only.

    Args:
        url: Address of the database; libpq fills in what it leaves out, for example from
            PGPASSWORD or `.pgpass`.
        redactor: Is told the password.

    Raises:
        SettingsError: psycopg is not installed, or the URL is malformed.
    """

    def __init__(self, url: str, redactor: Redactor) -> None:
        if MISSING is not None:
            msg = (
                "the PostgreSQL driver psycopg is not installed or incomplete: run"
                f" pip install 'tap-commerce[reconcile]' ({excerpt(str(MISSING), 100)})"
            )
            raise SettingsError(msg)
        self._redact = redactor
        self._parameters = _parameters(url)
        redactor.add(str(self._parameters.get("password") or ""))

    def check(self, schema: str) -> None:
        """Check that the database can be reached and has the schema.

        Raises:
            DatabaseError: It cannot be reached, or has no such schema.
        """
        with self._reading() as connection:
            found = connection.execute("select from pg_namespace where nspname = %s", (schema,))
            if found.fetchone() is None:
                msg = f"the database has no schema {schema}; choose another with --schema"
                raise DatabaseError(msg)

    def find(self, schema: str, name: str) -> Table | None:
        """Return a table with its columns, or None if it does not exist.

        Raises:
            DatabaseError: The database cannot be reached.
        """
        with self._reading() as connection:
            columns = dict(connection.execute(_COLUMNS, (schema, name)).fetchall())
        return Table(schema, name, columns) if columns else None

    def rows(
        self,
        table: Table,
        key: Sequence[str],
        cursor_field: str | None,
        *,
        marked: bool = False,
        versions: bool = False,
    ) -> Generator[Held, None, None]:
        """Yield the rows of a table, ordered by the code points of their keys.

        Among rows with the same key, the latest comes first. Close the generator if you do not
        exhaust it.

        Args:
            table: The table.
            key: Columns of its key.
            cursor_field: Column of the replication timestamp; None without one.
            marked: The rows that are marked as deleted, instead of those that are not.
            versions: Tell the version of each row, by which `apply` knows it again.

        Raises:
            DatabaseError: The database cannot be reached, or the table cannot be read.
        """
        statement = _statement(table, key, cursor_field, marked=marked, versions=versions)
        width = len(key)
        with self._reading() as connection:
            # All rows will be read, so a plan that returns the first rows early is no advantage.
            connection.execute("set local cursor_tuple_fraction = 1")
            with connection.cursor(name="tap_reconcile") as cursor:
                cursor.itersize = ROWS_AT_ONCE
                cursor.execute(statement)
                for row in cursor:
                    yield row[:width], row[width], row[width + 1]

    def apply(
        self, table: Table, key: Sequence[str], changes: Changes
    ) -> tuple[list[Key], list[Key]]:
        """Change rows in one transaction: all of them, or none if anything fails.

        Rows that have another version by now are left alone. Two comparisons of the same table
        wait for each other.

        Returns:
            The keys of the rows that are gone and that are back.

        Raises:
            DatabaseError: The database cannot be reached, or does not allow it.
        """
        with self._connected() as connection:
            connection.execute(f"set local lock_timeout = '{LOCK_SECONDS}s'")
            name = f"tap-reconcile {table.full_name}"
            connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))
            found = []
            for rows, action in (
                (changes.gone, _REMOVE if changes.remove else _MARK),
                (changes.back, _CLEAR),
            ):
                columns = [list(column) for column in zip(*rows, strict=True)]
                changed = connection.execute(_change(table, key, action), columns) if rows else ()
                found.append(sorted(changed))
            return found[0], found[1]

    def _reading(self) -> contextlib.AbstractContextManager[psycopg.Connection[tuple[Any, ...]]]:
        return self._connected(read_only=True)

    @contextlib.contextmanager
    def _connected(
        self, *, read_only: bool = False
    ) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """Open a connection for one transaction.

        Connections are not kept: reading the source in between may take hours.
        """
        try:
            with psycopg.connect(**self._parameters) as connection:
                if read_only:
                    connection.read_only = True
                    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                yield connection
        except psycopg.Error as error:
            msg = f"database: {excerpt(self._redact(str(error)))}"
            raise DatabaseError(msg) from None


def check_columns(table: Table, key: Sequence[str], cursor_field: str | None) -> None:
    """Check that a table has the columns to compare.

    Raises:
        StreamError: A column is missing, or the replication key is not a timestamp.
    """
    name = table.full_name
    wanted = [*key, *([cursor_field] if cursor_field else [])]
    if lacking := [column for column in wanted if column not in table.columns]:
        msg = f"table {name} has no column {', '.join(lacking)}"
        raise StreamError(msg)
    if cursor_field and table.columns[cursor_field] not in {_WITHOUT_ZONE, _WITH_ZONE}:
        msg = (
            f"column {cursor_field} of table {name} is {table.columns[cursor_field]},"
            " not a timestamp"
        )
        raise StreamError(msg)


def _statement(
    table: Table,
    key: Sequence[str],
    cursor_field: str | None,
    *,
    marked: bool = False,
    versions: bool = False,
) -> sql.Composed:
    # In UTF-8, collation "C" orders by code point, as Python and SQLite do.
    parts = [sql.SQL('{}::text collate "C"').format(sql.Identifier(name)) for name in key]
    at: sql.Composable = sql.SQL("null::text")
    if cursor_field:
        column: sql.Composable = sql.Identifier(cursor_field)
        if table.columns[cursor_field] == _WITH_ZONE:
            column = sql.SQL("({} at time zone 'UTC')").format(column)
        # Truncates to milliseconds, as the tap does.
        at = sql.SQL("to_char({}, {})").format(column, sql.Literal(_IN_MILLISECONDS))
    alive: sql.Composable = sql.SQL("true")
    if MARK in table.columns:
        alive = sql.SQL("{} is {} null").format(
            sql.Identifier(MARK), sql.SQL("not" if marked else "")
        )
    return sql.SQL(
        "select {parts}, {at}, {version} from {table} where {alive}"
        " order by {parts}, {at} desc nulls last"
    ).format(
        parts=sql.SQL(", ").join(parts),
        at=at,
        version=sql.SQL("xmin::text" if versions else "''"),
        table=sql.Identifier(table.schema, table.name),
        alive=alive,
    )


_MARK = "update {table} as held set {mark} = {now} from wanted where {same} and {mark} is null"
_CLEAR = "update {table} as held set {mark} = null from wanted where {same}"
_REMOVE = "delete from {table} as held using wanted where {same}"


def _change(table: Table, key: Sequence[str], action: LiteralString) -> sql.Composed:
    """Return a statement that takes the columns of `Version` as arrays and returns keys."""
    names = [sql.Identifier(f"k{number}") for number in range(len(key))]
    same = [
        sql.SQL("held.{} = wanted.{}::{}").format(
            # The type that the column has, so that its index can be used.
            *(sql.Identifier(column), name, sql.SQL(table.columns[column]))
        )
        for column, name in zip(key, names, strict=True)
    ]
    now = "now()" if table.columns.get(MARK) == _WITH_ZONE else "now() at time zone 'UTC'"
    change = sql.SQL(action).format(
        table=sql.Identifier(table.schema, table.name),
        mark=sql.Identifier(MARK),
        now=sql.SQL(now),
        same=sql.SQL(" and ").join([*same, sql.SQL("held.xmin::text = wanted.version")]),
    )
    return sql.SQL(
        "with wanted as (select * from unnest({arrays}) as wanted({names}, version))"
        " {change} returning {returned}"
    ).format(
        arrays=sql.SQL(", ").join([sql.SQL("%s::text[]")] * (len(key) + 1)),
        names=sql.SQL(", ").join(names),
        change=change,
        returned=sql.SQL(", ").join(sql.SQL("wanted.{}").format(name) for name in names),
    )


def _parameters(url: str) -> dict[str, Any]:
    """Parse a URL. libpq's own messages are not passed on: they may quote parts of a password.

    Raises:
        SettingsError: The URL is malformed.
    """
    match = _URL.fullmatch(url.strip())
    parameters: dict[str, Any] = {}
    if match is not None:
        with contextlib.suppress(psycopg.ProgrammingError):
            parameters = conninfo_to_dict(match[1] + match[2])
    if not parameters or not _PORTS.fullmatch(str(parameters.get("port", ""))):
        msg = (
            f"the database URL is not of the form {FORM};"
            " characters such as @ : / in user or password must be percent-encoded"
        )
        raise SettingsError(msg)
    return {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "tap-reconcile",
        **parameters,
    }
