"""The tables' side: keys and timestamps out of PostgreSQL, in read-only transactions."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
    from tap_reconcile.merge import Entry

FORM = "postgresql://user:password@host:5432/database"
CONNECT_SECONDS = 15
ROWS_AT_ONCE = 10_000

# Also with a driver, as SQLAlchemy and with it target-postgres write it. An @ in any other place is
# one of a password that nobody encoded.
_URL = re.compile(r"(postgres(?:ql)?)(?:\+\w+)?(://(?:[^@/]*@)?[^@?]*(?:\?.*)?)", re.DOTALL)
_PORTS = re.compile(r"[\d,]*")

_IN_MILLISECONDS = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
_WITHOUT_ZONE = "timestamp without time zone"
_WITH_ZONE = "timestamp with time zone"

_COLUMNS = """
    select attname::text, format_type(atttypid, null)
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = %s and relname = %s and attnum > 0 and not attisdropped
"""


class DatabaseError(TapError):
    """The database does not answer, or not what is needed."""


@dataclass(frozen=True)
class Table:
    """A table, and the type of each of its columns by name."""

    schema: str
    name: str
    columns: dict[str, str]


class Database:
    """Reads tables; nothing is ever written.

    Args:
        url: Where; what it leaves out comes from the variables and files of libpq, such as
            PGPASSWORD and `.pgpass`.
        redactor: Learns the password.

    Raises:
        SettingsError: psycopg is not installed, or the URL cannot be understood.
    """

    def __init__(self, url: str, redactor: Redactor) -> None:
        if MISSING is not None:
            msg = (
                "psycopg, the driver for PostgreSQL, is not installed or not complete:"
                f" pip install 'tap-commerce[reconcile]' brings it ({excerpt(str(MISSING), 100)})"
            )
            raise SettingsError(msg)
        self._redact = redactor
        self._parameters = _parameters(url)
        redactor.add(str(self._parameters.get("password") or ""))

    def check(self, schema: str) -> None:
        """Make sure that the database can be reached and has a schema.

        Raises:
            DatabaseError: It cannot, or has not.
        """
        with self._reading() as connection:
            found = connection.execute("select from pg_namespace where nspname = %s", (schema,))
            if found.fetchone() is None:
                msg = f"the database has no schema {schema}; --schema names another"
                raise DatabaseError(msg)

    def find(self, schema: str, name: str) -> Table | None:
        """Look at the columns of a table.

        Returns:
            None when there is no such table.

        Raises:
            DatabaseError: The database cannot be reached.
        """
        with self._reading() as connection:
            columns = dict(connection.execute(_COLUMNS, (schema, name)).fetchall())
        return Table(schema, name, columns) if columns else None

    def rows(
        self, table: Table, key: Sequence[str], cursor_field: str | None
    ) -> Generator[Entry, None, None]:
        """Yield the rows of a table in the order of the key's code points.

        Rows that are marked as deleted are left out. Of several rows with one key the latest comes
        first. To be closed when it is not read to its end.

        Raises:
            DatabaseError: The database cannot be reached, or does not let the table be read.
        """
        statement = _statement(table, key, cursor_field)
        with self._reading() as connection:
            # Everything is going to be read: the plan need not be quick with its first rows.
            connection.execute("set local cursor_tuple_fraction = 1")
            with connection.cursor(name="tap_reconcile") as cursor:
                cursor.itersize = ROWS_AT_ONCE
                cursor.execute(statement)
                for row in cursor:
                    yield row[:-1], row[-1]

    @contextlib.contextmanager
    def _reading(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """Open a connection for one transaction.

        One for each look: between two of them a source may be read for hours.
        """
        try:
            with psycopg.connect(**self._parameters) as connection:
                connection.read_only = True
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                yield connection
        except psycopg.Error as error:
            msg = f"database: {excerpt(self._redact(str(error)))}"
            raise DatabaseError(msg) from None


def check_columns(table: Table, key: Sequence[str], cursor_field: str | None) -> None:
    """Make sure that a table has the columns to compare.

    Raises:
        StreamError: One is not there, or the timestamp is of another type.
    """
    name = f"{table.schema}.{table.name}"
    wanted = [*key, *([cursor_field] if cursor_field else [])]
    if lacking := [column for column in wanted if column not in table.columns]:
        msg = f"table {name} has no column {', '.join(lacking)}"
        raise StreamError(msg)
    if cursor_field and table.columns[cursor_field] not in {_WITHOUT_ZONE, _WITH_ZONE}:
        msg = (
            f"column {cursor_field} of table {name} is {table.columns[cursor_field]}, no timestamp"
        )
        raise StreamError(msg)


def _statement(table: Table, key: Sequence[str], cursor_field: str | None) -> sql.Composed:
    # In UTF-8, collation "C" is the order of code points, which Python and SQLite have as well.
    parts = [sql.SQL('{}::text collate "C"').format(sql.Identifier(name)) for name in key]
    at: sql.Composable = sql.SQL("null::text")
    if cursor_field:
        column: sql.Composable = sql.Identifier(cursor_field)
        if table.columns[cursor_field] == _WITH_ZONE:
            column = sql.SQL("({} at time zone 'UTC')").format(column)
        # Cuts off what is finer, as the tap does.
        at = sql.SQL("to_char({}, {})").format(column, sql.Literal(_IN_MILLISECONDS))
    alive = sql.SQL("true")
    if "_sdc_deleted_at" in table.columns:
        alive = sql.SQL("_sdc_deleted_at is null")
    return sql.SQL(
        "select {parts}, {at} from {table} where {alive} order by {parts}, {at} desc nulls last"
    ).format(
        parts=sql.SQL(", ").join(parts),
        at=at,
        table=sql.Identifier(table.schema, table.name),
        alive=alive,
    )


def _parameters(url: str) -> dict[str, Any]:
    """Read a URL. Messages of libpq are not passed on: they may quote parts of a password.

    Raises:
        SettingsError: It has another form.
    """
    match = _URL.fullmatch(url.strip())
    parameters: dict[str, Any] = {}
    if match is not None:
        with contextlib.suppress(psycopg.ProgrammingError):
            parameters = conninfo_to_dict(match[1] + match[2])
    if not parameters or not _PORTS.fullmatch(str(parameters.get("port", ""))):
        msg = (
            f"the database URL is not of the form {FORM};"
            " characters such as @ : / in user or password have to be percent-encoded"
        )
        raise SettingsError(msg)
    return {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "tap-reconcile",
        **parameters,
    }
