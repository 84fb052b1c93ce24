"""Whether the database holds what the source holds, and what a run brought."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from scripts.declarations import StreamFacts
    from scripts.demo.postgres import Postgres
    from scripts.demo.stand_ins import StandIn

Rows = dict[str, str]
"""Replication timestamp by identity; empty timestamps where there are none."""


@dataclass(frozen=True)
class Comparison:
    """One stream, here and there.

    Attributes:
        loaded: Number of rows in the database, without those marked as deleted.
        there: Number of records at the source.
        wrong: How many are missing, too many or not the latest version.
    """

    stream: str
    loaded: int
    there: int
    wrong: int


def compare(
    postgres: Postgres, stand_in: StandIn, streams: Iterable[StreamFacts]
) -> list[Comparison]:
    """Compare row by row: the keys of all streams, the timestamps of incremental ones."""
    schema = stand_in.source.schema
    tables = postgres.tables(schema)
    result = []
    for stream in streams:
        there = stand_in.rows(stream.name)
        if stream.cursor is None:
            there = dict.fromkeys(there, "")
        loaded = rows(postgres, schema, stream) if stream.name in tables else {}
        wrong = len(_comparable(loaded) ^ _comparable(there))
        result.append(Comparison(stream.name, len(loaded), len(there), wrong))
    return result


def _comparable(rows: Rows) -> set[tuple[str, str]]:
    """Spell object types alike: Commerce7 has them as `club-membership` and `ClubMembership`."""
    return {(key.replace("-", "").lower(), at) for key, at in rows.items()}


def rows(
    postgres: Postgres, schema: str, stream: StreamFacts, newer: datetime | None = None
) -> Rows:
    """Read key and replication timestamp of a table's rows; with `newer` only of later batches."""
    at: sql.Composable = sql.SQL("''")
    if stream.cursor is not None:
        form = sql.Literal('YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        at = sql.SQL("to_char({}, {})").format(sql.Identifier(stream.cursor), form)
    statement = sql.SQL(
        "select concat_ws('/', {key}), {at} from {table}"
        " where _sdc_deleted_at is null and _sdc_batched_at > coalesce(%s::timestamp, '-infinity')"
    ).format(
        key=sql.SQL(", ").join(map(sql.Identifier, stream.key)),
        at=at,
        table=sql.Identifier(schema, stream.name),
    )
    return dict(postgres.query(statement, newer))


def last_batch(postgres: Postgres, schema: str, stream: StreamFacts) -> datetime | None:
    """Return when the latest batch of a table was loaded."""
    table = sql.Identifier(schema, stream.name)
    statement = sql.SQL("select max(_sdc_batched_at) from {}").format(table)
    batch: datetime | None = postgres.query(statement)[0][0]
    return batch


def must_agree(tap: str, result: Sequence[Comparison]) -> None:
    """End with an error unless database and source are equal row by row."""
    wrong = [f"{line.stream} ({line.wrong})" for line in result if line.wrong]
    if wrong:
        sys.exit(f"PostgreSQL and the source differ in rows of {', '.join(wrong)}")
    total = sum(line.loaded for line in result)
    print(f"  {tap}: {len(result)} streams, {total:,} rows, equal row by row to the source")
