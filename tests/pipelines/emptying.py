"""A stand-in with the table that a loader would have made of one stream, for tests of deletes."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import connect, sql

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from sandbox.standin import Hook
from tap_commercetools.tap import TapCommercetools
from tests.pipelines.shop import Shop
from tests.support import commerce7_config, commercetools_config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.standin import StandIn
    from sandbox.store import Record
    from scripts.demo.postgres import Postgres
    from tap_engine.singer.tap import EngineTap

ROWS = 300
STREAM = "customers"

TABLE = """
    create table {schema}.{table} (
        id text primary key, {at} timestamp, email text, _sdc_deleted_at timestamp
    )
"""


@dataclass
class Emptied(Shop):
    """A source, and a table that held all of it before records were deleted.

    Attributes:
        at: Column of the replication timestamp.
        gone: Ids of the records that were deleted.
    """

    at: str
    gone: list[str]

    @property
    def ids(self) -> set[str]:
        """Ids that the source has."""
        return set(self.stand_in.collections[STREAM].by_id)

    @property
    def marked(self) -> set[str]:
        """Ids of the rows that are marked as deleted."""
        return {row for row, mark in self._rows() if mark is not None}

    @property
    def alive(self) -> set[str]:
        """Ids of the rows that are not."""
        return {row for row, mark in self._rows() if mark is None}

    def _rows(self) -> list[tuple[Any, ...]]:
        return self.postgres.query(
            sql.SQL("select id, _sdc_deleted_at from {}").format(
                sql.Identifier(self.schema, STREAM)
            )
        )

    @property
    def pages(self) -> str:
        """Regular expression for the requests of a comparison."""
        if self.tap is TapCommercetools:
            return "/graphql"
        return r"/customer\?.*limit=50"

    @property
    def scan(self) -> int:
        """Number of those requests in one scan."""
        return 1 if self.tap is TapCommercetools else -(-len(self.ids) // 50)

    def put_after_first_scan(self, record: Record) -> None:
        """Write a record when the first scan is complete and has been counted."""
        count = "withTotal=true" if self.tap is TapCommercetools else "page=1&limit=1$"
        self.stand_in.hooks.append(Hook(1, STREAM, "upsert", record, match=count))


@contextlib.contextmanager
def emptied(
    tap: type[EngineTap], postgres: Postgres, folder: Path, count: int
) -> Iterator[Emptied]:
    """Serve a source of which so many records were deleted since its table was loaded."""
    stand_in: StandIn
    if tap is TapCommercetools:
        stand_in = build_commercetools(small=True, rows={STREAM: ROWS})
        make, at = commercetools_config, "lastModifiedAt"
    else:
        stand_in = build_commerce7(small=True, rows={STREAM: ROWS}, rate_limit=None)
        make, at = commerce7_config, "updatedAt"
    schema = f"deletes_{uuid.uuid4().hex[:8]}"
    rows = dict(stand_in.collections[STREAM].by_id)
    with connect(postgres.url) as connection:
        names = {"schema": sql.Identifier(schema), "table": sql.Identifier(STREAM)}
        connection.execute(sql.SQL("create schema {schema}").format(**names))
        connection.execute(sql.SQL(TABLE).format(**names, at=sql.Identifier(at)))
        insert = sql.SQL("insert into {schema}.{table} values (%s, %s)").format(**names)
        values = [(row.id, row.at.removesuffix("Z")) for row in rows.values()]
        connection.cursor().executemany(insert, values)
    gone = sorted(rows)[3 : 3 + count]
    for row_id in gone:
        stand_in.delete(STREAM, row_id)
    with stand_in.serve() as server:
        config = make(server.url, retry_max_seconds=1)
        yield Emptied(tap, stand_in, config, postgres, schema, folder, at, gone)
