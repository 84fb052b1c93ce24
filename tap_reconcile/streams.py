"""Compares the streams of a tap with their tables, one after the other."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_engine.errors import (
    AbsentError,
    CredentialsError,
    StreamError,
    TapError,
    UnreachableError,
)
from tap_engine.reading.progress import INTERVAL_SECONDS
from tap_engine.reading.run import explained
from tap_reconcile import source
from tap_reconcile.advice import advice
from tap_reconcile.compare import Bounds, Comparison, OrderError, compare
from tap_reconcile.database import Database, DatabaseError, check_columns
from tap_reconcile.deletes import Deletes
from tap_reconcile.sorter import Sorter

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Iterator

    from tap_engine.http.session import Http
    from tap_engine.singer.stream import EngineStream
    from tap_reconcile.compare import Held
    from tap_reconcile.deletes import Done, Wish

LOOK_EVERY = 5_000
"""How many rows pass between two looks at the clock."""


@dataclass(frozen=True)
class Result:
    """The result for one stream.

    Attributes:
        comparison: None if the stream could not be compared.
        reason: Why it could not be compared.
        absent: The source lacks the stream, as some do, and its table has no rows either.
        deletes: What was done about deletes; None if nothing was to be.
        advice: How to load what is missing or stale; empty if nothing is.
    """

    stream: str
    comparison: Comparison | None = None
    reason: str = ""
    absent: bool = False
    deletes: Done | None = None
    advice: str = ""

    @property
    def verdict(self) -> str:
        """The result in a word or two."""
        if self.comparison is None:
            return "absent" if self.absent else "not compared"
        return "differs" if self.comparison.differs else "equal"


def last_moment(http: Http, until: str | None) -> str | None:
    """Return the time up to which changes are compared: `until`, but never after the run start.

    A change made while the source is being read may show on one side only.
    """
    moments = [moment for moment in (until, http.run_started_at) if moment is not None]
    return min(moments, default=None)


def compare_all(
    streams: Iterable[EngineStream],
    database: Database,
    schema: str,
    bounds: Bounds,
    wish: Wish | None = None,
) -> Iterator[Result]:
    """Compare streams one after the other; the others go on if one fails.

    Args:
        streams: The streams.
        database: Holds the tables.
        schema: Their schema.
        bounds: What is compared.
        wish: What is to become of rows that are gone at the source; None for nothing.

    Raises:
        UnreachableError: The source has never answered.
        CredentialsError: The source rejects the credentials, and no stream has been compared yet.
    """
    compared = False
    for stream in streams:
        http = stream.host.current_run.http
        try:
            yield _compare(stream, database, schema, bounds, wish)
            compared = True
        except (CredentialsError, UnreachableError) as error:
            hopeless = isinstance(error, CredentialsError) or not http.reached_anything
            if hopeless and not compared:
                raise
            yield _failed(stream, str(error))
        except StreamError as error:
            told = explained(error, stream.needs, stream.may_be_absent)
            absent = isinstance(told, AbsentError) and _has_no_rows(stream, database, schema)
            yield _failed(stream, str(told), absent=absent)
        except (TapError, OrderError) as error:
            yield _failed(stream, str(error))
        except sqlite3.Error as error:
            yield _failed(stream, f"temporary file: {error}; set TMPDIR to use another folder")


def _failed(stream: EngineStream, reason: str, *, absent: bool = False) -> Result:
    return Result(stream.name, reason=stream.host.redactor(reason), absent=absent)


def _has_no_rows(stream: EngineStream, database: Database, schema: str) -> bool:
    table = database.find(schema, stream.name)
    if table is None:
        return True
    held = database.rows(table, stream.keys, None)
    with contextlib.closing(held):
        return next(held, None) is None


def _compare(
    stream: EngineStream, database: Database, schema: str, bounds: Bounds, wish: Wish | None
) -> Result:
    source.check_comparable(stream)
    stream.check_presence()
    table = database.find(schema, stream.name)
    since = stream.host.current_run.settings.start_date
    if table is None:
        return Result(stream.name, _without_table(stream, schema, since))
    check_columns(table, stream.keys, stream.replication_key)
    with contextlib.ExitStack() as stack:
        sorter = stack.enter_context(contextlib.closing(Sorter(len(stream.keys))))
        with contextlib.closing(source.pages(stream, since)) as pages:
            for page in pages:
                sorter.add(page)
        limited = Bounds(
            since=since if stream.replication_key else None,
            until=last_moment(stream.host.current_run.http, bounds.until),
            expires=stream.source_expires,
            show=bounds.show,
        )
        rows = stack.enter_context(
            contextlib.closing(
                database.rows(table, stream.keys, stream.replication_key, versions=wish is not None)
            )
        )
        counted = _counted(rows, stream.name, stream.logger)
        if wish is None:
            comparison = compare(sorter.rows(), counted, limited)
            return Result(stream.name, comparison, advice=advice(stream, comparison))
        deletes = stack.enter_context(contextlib.closing(Deletes(wish, database, stream, table)))
        comparison = compare(sorter.rows(), counted, limited, deletes.add)
        try:
            deletes.settle(comparison, sorter.rows, limited.until)
        except (StreamError, DatabaseError) as error:
            deletes.done.refused = stream.host.redactor(str(error))
        return Result(
            stream.name, comparison, deletes=deletes.done, advice=advice(stream, comparison)
        )


def _without_table(stream: EngineStream, schema: str, since: str | None) -> Comparison:
    """Return an empty comparison if the table does not exist and the source has no rows for it.

    Raises:
        StreamError: The source has rows.
    """
    with contextlib.closing(source.pages(stream, since)) as pages:
        if any(pages):
            msg = f"there is no table {schema}.{stream.name}, but the source has rows for it"
            raise StreamError(msg)
    return Comparison()


def _counted(rows: Iterator[Held], stream: str, logger: logging.Logger) -> Iterator[Held]:
    """Log every few seconds how many rows of the table have been compared."""
    logged = time.monotonic()
    for number, row in enumerate(rows, 1):
        if number % LOOK_EVERY == 0 and time.monotonic() - logged >= INTERVAL_SECONDS:
            logged = time.monotonic()
            logger.info("%s: %s rows of the table compared", stream, f"{number:,}")
        yield row
