"""Both pipelines of meltano.yml, from the stand-ins into PostgreSQL."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from scripts.declarations import TAPS, own_settings, streams
from scripts.demo import compare
from scripts.demo.pipelines import PipelineError
from scripts.demo.stand_ins import NOT_COPIED

if TYPE_CHECKING:
    from scripts.declarations import StreamFacts
    from scripts.demo.pipelines import Meltano
    from scripts.demo.postgres import Postgres
    from scripts.demo.stand_ins import StandIn

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),  # Meltano runs of one project get in each other's way
    pytest.mark.timeout(900),
]

LOOKBACK = {
    tap.name: timedelta(seconds=setting.default)
    for tap in TAPS
    for setting in own_settings(tap)
    if setting.name == "lookback_seconds"
}
STREAMS = {tap.name: [stream for stream in streams(tap) if stream.on] for tap in TAPS}


@pytest.fixture(scope="module")
def selected(stand_in: StandIn) -> list[StreamFacts]:
    return STREAMS[stand_in.source.tap]


@pytest.fixture(scope="module")
def loaded(
    meltano: Meltano, postgres: Postgres, stand_in: StandIn, selected: list[StreamFacts]
) -> list[compare.Comparison]:
    """The first run."""
    meltano.run(stand_in.source.tap, "target-postgres")
    return compare.compare(postgres, stand_in, selected)


def test_first_run_loads_everything(
    loaded: list[compare.Comparison],
    postgres: Postgres,
    stand_in: StandIn,
    selected: list[StreamFacts],
) -> None:
    assert [line for line in loaded if line.wrong] == []
    assert sum(line.loaded for line in loaded) > 500
    # Neither more nor fewer tables than what is on by default.
    assert postgres.tables(stand_in.source.schema) == {stream.name for stream in selected}


@pytest.mark.usefixtures("loaded")
def test_secret_fields_stay_out(
    postgres: Postgres, stand_in: StandIn, selected: list[StreamFacts]
) -> None:
    schema = stand_in.source.schema
    looked_at = 0
    for stream in selected:
        for crumb in stream.secrets:
            path = [part for part in crumb if part not in {"properties", "items"}]
            assert not postgres.holds(schema, stream.name, path), f"{stream.name}.{path}"
            looked_at += 1
    assert looked_at > 3


@pytest.mark.usefixtures("loaded")
def test_second_run_reads_only_the_overlap(
    meltano: Meltano, postgres: Postgres, stand_in: StandIn, selected: list[StreamFacts]
) -> None:
    assert read_too_much(meltano, postgres, stand_in, selected) == {}
    again = compare.compare(postgres, stand_in, selected)
    assert [line for line in again if line.wrong] == []


def read_too_much(
    meltano: Meltano, postgres: Postgres, stand_in: StandIn, selected: list[StreamFacts]
) -> dict[str, list[str]]:
    """Run the pipeline; return the times of rows, by stream, that lie below the overlap."""
    source = stand_in.source
    batches = {each.name: compare.last_batch(postgres, source.schema, each) for each in selected}
    meltano.run(source.tap, "target-postgres")
    found = {}
    for stream in selected:
        arrived = compare.rows(postgres, source.schema, stream, batches[stream.name])
        if stream.cursor is None:
            continue
        times = stand_in.rows(stream.name).values()
        since = datetime.fromisoformat(max(times)) - LOOKBACK[source.tap]
        if too_old := [at for at in arrived.values() if datetime.fromisoformat(at) < since]:
            found[stream.name] = too_old
    return found


# One option per tap: it is Meltano that they concern, and each run takes its time.
OPTIONS = {"tap-commerce7": "--full-refresh", "tap-commercetools": "--state-id-suffix=other"}


@pytest.mark.usefixtures("loaded")
def test_everything_again_without_the_state(
    meltano: Meltano,
    postgres: Postgres,
    stand_in: StandIn,
    selected: list[StreamFacts],
) -> None:
    source = stand_in.source
    (customers,) = (stream for stream in selected if stream.name == "customers")
    batch = compare.last_batch(postgres, source.schema, customers)
    filtered = {f"{source.schema.upper()}__SELECT_FILTER": '["customers"]'}
    meltano.having(filtered).run(OPTIONS[source.tap], source.tap, "target-postgres")
    arrived = compare.rows(postgres, source.schema, customers, batch)
    assert arrived == stand_in.rows("customers")
    assert [line for line in compare.compare(postgres, stand_in, selected) if line.wrong] == []


# Streams of every way to read a list: by key, by cursor, by numbered page.
DELETED_FROM = {
    "tap-commerce7": ("customers", "orders", "taxes"),
    "tap-commercetools": ("customers", "categories", "zones"),
}


@pytest.mark.usefixtures("loaded")
def test_the_reconcile_job_sees_deletes(
    meltano: Meltano,
    postgres: Postgres,
    stand_in: StandIn,
    selected: list[StreamFacts],
) -> None:
    source = stand_in.source
    job = source.tap.replace("tap-", "reconcile-")
    removes = source.tap == "tap-commercetools"  # see docs/deletes.md
    gone = {}
    for name in DELETED_FROM[source.tap]:
        row_id = next(iter(stand_in.rows(name)))
        gone[name] = (row_id, stand_in.record(name, row_id))
        stand_in.delete(name, row_id)
    messages = marks(postgres, source.schema, "messages") if removes else {}

    meltano.run_schedule(job)

    for name, (row_id, _) in gone.items():
        marked = marks(postgres, source.schema, name)
        assert marked.get(row_id) is (None if removes else True), name
        assert {key for key, mark in marked.items() if not mark} == set(stand_in.rows(name))
    if removes:
        assert marks(postgres, source.schema, "messages") == messages, "messages stay"

    (first, (row_id, record)), *_ = gone.items()
    as_new = {name: value for name, value in record.items() if name not in NOT_COPIED}
    stand_in.write(first, row_id, {**as_new, "id": row_id})
    if removes:
        meltano.run(source.tap, "target-postgres")
    else:
        meltano.having({"TARGET_POSTGRES_HARD_DELETE": "true"}).run_schedule(job)
        for name in DELETED_FROM[source.tap]:
            assert set(marks(postgres, source.schema, name)) == set(stand_in.rows(name))
    assert marks(postgres, source.schema, first)[row_id] is False, "it is there again"
    assert [line for line in compare.compare(postgres, stand_in, selected) if line.wrong] == []


@pytest.mark.usefixtures("loaded")
def test_no_other_run_loads_while_the_reconcile_job_does(
    meltano: Meltano, postgres: Postgres, stand_in: StandIn, selected: list[StreamFacts]
) -> None:
    source = stand_in.source
    job = source.tap.replace("tap-", "reconcile-")
    table = sql.Identifier(source.schema, "customers")
    blocked = sql.SQL("select exists (select from pg_locks where not granted)")
    meltano.run(source.tap, "target-postgres")
    with ThreadPoolExecutor(1) as thread:
        with psycopg.connect(postgres.url) as connection:
            connection.execute(sql.SQL("lock table {} in access exclusive mode").format(table))
            running = thread.submit(meltano.run_schedule, job)
            while not postgres.query(blocked)[0][0]:
                assert not running.done(), running.result()
                time.sleep(0.2)
            # Without the table that is locked here, so that only Meltano's lock can stop it.
            others = {f"{source.schema.upper()}__SELECT_FILTER": '["!customers"]'}
            with pytest.raises(PipelineError, match="is already running"):
                meltano.having(others).run(source.tap, "target-postgres")
        running.result()
    # They share their state as well, and the bookmarks stay.
    assert read_too_much(meltano, postgres, stand_in, selected) == {}


def marks(postgres: Postgres, schema: str, table: str) -> dict[str, bool]:
    """Tell of every row, by id, whether it is marked as deleted."""
    statement = sql.SQL("select id, _sdc_deleted_at is not null from {}")
    return dict(postgres.query(statement.format(sql.Identifier(schema, table))))
