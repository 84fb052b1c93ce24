"""Soak test of deletes: rounds of changes, loads and comparisons; marks have to equal the source.

Records are deleted, created again, inserted and changed, also while they are compared. Now and then
a load is left out, so that comparisons meet rows that are missing or stale.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from benchmarks.soak_runs import Job, run_here
from benchmarks.soak_sources import make_sources
from sandbox.standin import Hook
from scripts.demo.postgres import Postgres
from tap_reconcile.compare import Bounds
from tap_reconcile.database import Database
from tap_reconcile.deletes import Most, Wish
from tap_reconcile.streams import compare_all, last_moment

if TYPE_CHECKING:
    from benchmarks.soak_sources import Source
    from sandbox.store import Record, Row

STREAMS = {
    "tap-commercetools": ("customers", "inventory_entries", "reviews"),
    "tap-commerce7": ("customers", "customer_addresses", "notes"),
}
CHANGES = 30
"""Changes before each comparison, and at most as many while it runs."""

RECREATED = 0.1
"""Share of the deleted records that are created again in each round."""

LOADED = 0.7
"""Share of the rounds in which the table is loaded first."""


@dataclass
class Held:
    """A row of a table."""

    at: str
    marked: bool


class Rounds:
    """The rounds of one tap.

    Args:
        source: What is changed.
        url: Where it is served.
        postgres: Holds the tables.
        rng: All chance.
    """

    def __init__(self, source: Source, url: str, postgres: Postgres, rng: random.Random) -> None:
        self._source = source
        self._config = source.make_config(url, verify_counts="off")
        self._postgres = postgres
        self._rng = rng
        self._names = STREAMS[source.tap.name]
        source.streams = tuple(each for each in source.streams if each.name in self._names)
        self._stamp = "lastModifiedAt" if "tools" in source.tap.name else "updatedAt"
        self._schema = source.tap.name.replace("-", "_")
        self._state: dict[str, Any] | None = None
        self._deleted: dict[str, dict[str, Record]] = {name: {} for name in self._names}
        self.counts: Counter[str] = Counter()
        self._make_tables()

    def round(self) -> list[str]:
        """Change, load and compare once; return what is wrong then."""
        self._change()
        if self._rng.random() < LOADED:
            self._load()
        before = {name: set(self._source.rows(name)) for name in self._names}
        held = {name: self._held(name) for name in self._names}
        deleted = self._change_during()
        until, problems = self._compare()
        self._source.stand_in.hooks.clear()
        self._note_deleted(before)
        for name in self._names:
            after = self._source.rows(name)
            # A delete may be followed by an update, which then creates the record again.
            stayed = before[name] - deleted[name]
            throughout = {i: row for i, row in after.items() if i in stayed}
            problems += self._wrong(
                name, before[name] | after.keys(), throughout, held[name], until
            )
        return problems

    def finish(self) -> list[str]:
        """Load and compare in peace; return what is not as at the source."""
        # A comparison leaves alone what changed after it began, and `Date` has whole seconds.
        time.sleep(1.5)
        self._load()
        _, problems = self._compare()
        for name in self._names:
            alive = {i for i, row in self._held(name).items() if not row.marked}
            differing = alive ^ self._source.rows(name).keys()
            problems += [f"{name} {i}: not as at the source at the end" for i in differing]
        return problems

    def _wrong(
        self,
        name: str,
        known: set[str],
        throughout: dict[str, Row],
        before: dict[str, Held],
        until: str,
    ) -> list[str]:
        problems = []
        for row_id, row in self._held(name).items():
            was = before[row_id]
            if row.marked and not was.marked and row_id in throughout:
                problems.append(f"{name} {row_id}: marked, though the source has it")
            elif not row.marked and row_id not in known and row.at <= until:
                problems.append(f"{name} {row_id}: not marked, though it is gone")
            elif row.marked and row_id in throughout and row.at == throughout[row_id].at <= until:
                problems.append(f"{name} {row_id}: still marked, though it is back")
        self.counts["rows checked"] += len(before)
        return problems

    def _change(self) -> None:
        before = {name: set(self._source.rows(name)) for name in self._names}
        self._source.mutate(self._rng, CHANGES)
        self._note_deleted(before)
        for name in self._names:
            for row_id in sorted(self._deleted[name]):
                if self._rng.random() < RECREATED:
                    self._source.stand_in.put(name, self._deleted[name].pop(row_id))
                    self.counts["created again"] += 1
            # As if somebody had marked a row by mistake.
            row_id = self._rng.choice(sorted(self._source.rows(name)))
            self._write(
                "update {table} set _sdc_deleted_at = now() where id = %s", name, [(row_id,)]
            )
        self._source.observe()

    def _change_during(self) -> dict[str, set[str]]:
        """Let records change while they are compared; return the ids of those deleted then."""
        self._source.mutate_during(self._rng, self._rng.randrange(CHANGES), 8)
        for name in self._names:
            if self._deleted[name] and self._rng.random() < 0.5:
                row_id = self._rng.choice(sorted(self._deleted[name]))
                record = self._deleted[name][row_id]
                hook = Hook(self._rng.randint(1, 8), name, "upsert", record)
                self._source.stand_in.hooks.append(hook)
        hooks = self._source.stand_in.hooks
        return {
            name: {
                str(hook.record["id"])
                for hook in hooks
                if hook.collection == name and hook.action == "delete"
            }
            for name in self._names
        }

    def _note_deleted(self, before: dict[str, set[str]]) -> None:
        """Keep the ids of deleted records, so that they can be created again."""
        for name in self._names:
            now = self._source.rows(name)
            for row_id in before[name] - now.keys():
                self._deleted[name][row_id] = {"id": row_id}
                self.counts["deleted"] += 1
            for row_id in self._deleted[name].keys() & now.keys():
                del self._deleted[name][row_id]

    def _load(self) -> None:
        catalog = self._source.catalog_with(self._names)
        run = run_here(Job(self._source.tap, self._config, catalog, self._state, 500))
        rows: dict[str, list[tuple[str, str]]] = {name: [] for name in self._names}
        for line in run.lines:
            message = json.loads(line)
            if message["type"] == "STATE":
                self._state = message["value"]
            elif message["type"] == "RECORD":
                record = message["record"]
                rows[message["stream"]].append((record["id"], record[self._stamp]))
        for name, found in rows.items():
            self._write(
                "insert into {table} values (%s, %s::timestamptz at time zone 'UTC') on conflict"
                " (id) do update set {at} = excluded.{at}, _sdc_deleted_at = null",
                name,
                found,
            )
            self.counts["loaded"] += len(found)

    def _compare(self) -> tuple[str, list[str]]:
        tap = self._source.tap(config=self._config)
        http = tap.current_run.http
        streams: Any = [tap.streams[name] for name in self._names]
        wish = Wish(remove=False, most=Most("100%"))
        database = Database(self._postgres.url, tap.redactor)
        try:
            results = list(compare_all(streams, database, self._schema, Bounds(), wish))
        finally:
            http.stop()
        problems = []
        for result in results:
            if result.deletes is None or result.deletes.refused:
                said = result.deletes.refused if result.deletes else result.reason
                problems.append(f"{result.stream}: {said}")
                continue
            self.counts["marked"] += len(result.deletes.gone)
            self.counts["unmarked"] += len(result.deletes.back)
            self.counts["found again"] += result.deletes.found
        self.counts["comparisons"] += len(results)
        return last_moment(http, None) or "", problems

    def _make_tables(self) -> None:
        with psycopg.connect(self._postgres.url) as connection:
            schema = sql.Identifier(self._schema)
            connection.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
            connection.execute(sql.SQL("create schema {}").format(schema))
        for name in self._names:
            self._write(
                "create table {table} (id text primary key, {at} timestamp,"
                " _sdc_deleted_at timestamp)",
                name,
                [()],
            )

    def _write(self, statement: Any, name: str, rows: Any) -> None:
        with psycopg.connect(self._postgres.url) as connection:
            connection.cursor().executemany(self._statement(statement, name), rows)

    def _held(self, name: str) -> dict[str, Held]:
        statement = self._statement(
            'select id, to_char({at}, \'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\'),'
            " _sdc_deleted_at is not null from {table}",
            name,
        )
        return {i: Held(at, marked) for i, at, marked in self._postgres.query(statement)}

    def _statement(self, statement: Any, name: str) -> sql.Composed:
        table = sql.Identifier(self._schema, name)
        return sql.SQL(statement).format(table=table, at=sql.Identifier(self._stamp))


def soak(seed: int, rounds: int, postgres: Postgres) -> tuple[Counter[str], list[str]]:
    """Run rounds for both taps; return what was counted, and what was wrong."""
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    problems: list[str] = []
    for source in make_sources(rng, seed, 0):
        with source.stand_in.serve() as server:
            series = Rounds(source, server.url, postgres, rng)
            for number in range(1, rounds + 1):
                found = series.round()
                problems += [f"round {number} of {source.tap.name}: {text}" for text in found]
                if problems:
                    break
            else:
                problems += series.finish()
            counts += series.counts
    return counts, problems


def main() -> None:
    """Run the rounds; exit code 1 if any mark was wrong."""
    parser = argparse.ArgumentParser(prog="./run bench soak_deletes", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=50, help="rounds of each tap (50)")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with (
        tempfile.TemporaryDirectory(prefix="tap-commerce-bench-") as folder,
        Postgres.serve(Path(folder) / "pg") as postgres,
    ):
        counts, problems = soak(options.seed, options.rounds, postgres)
    print(", ".join(f"{count:,} {what}" for what, count in counts.items()))
    print("\n".join(problems[:10]) or "0 wrong")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
