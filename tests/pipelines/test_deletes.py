"""tap-reconcile marks or removes the rows that the source does not have any more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import sql

from sandbox.commercetools.app import build as build_commercetools
from tap_commercetools.tap import TapCommercetools
from tap_reconcile.deletes import Deletes
from tests.pipelines.emptying import STREAM, Emptied, emptied
from tests.pipelines.shop import INCREMENTAL, Shop
from tests.support import TAPS, commercetools_config, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.demo.postgres import Postgres

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(300),
]

ONLY = ("--streams", STREAM, "--json")
SLOW = """
    create function {0}.wait() returns trigger language plpgsql as
    $$ begin perform pg_sleep(1.5); return new; end $$;
    create trigger wait before update on {0}.{1} for each row execute function {0}.wait()
"""


@pytest.fixture(params=TAPS.values(), ids=list(TAPS))
def shop10(request: pytest.FixtureRequest, postgres: Postgres, tmp_path: Path) -> Iterator[Emptied]:
    """Ten of 300 records were deleted."""
    with emptied(request.param, postgres, tmp_path, 10) as made:
        yield made


def deletes(found: dict[str, Any]) -> dict[str, Any]:
    done: dict[str, Any] = found["deletes"]
    return done


def listed(ids: list[str]) -> list[list[str]]:
    return [[row_id] for row_id in ids]


def test_rows_that_are_gone_are_marked(shop10: Emptied) -> None:
    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=5)
    ended = shop10.reconcile("--mark-deleted", *ONLY)
    assert ended.code == 0, ended.err
    found = ended.streams[STREAM]
    assert found["verdict"] == "equal"
    assert found["table"] == found["source"] == 290
    assert deletes(found) == {
        "dry_run": False,
        "marked": listed(shop10.gone),
        "removed": [],
        "unmarked": [],
        "found_at_source": 0,
        "changed_meanwhile": 0,
        "refused": None,
    }
    assert shop10.marked == set(shop10.gone)
    query = sql.SQL("select min(_sdc_deleted_at), max(_sdc_deleted_at) from {}")
    table = sql.Identifier(shop10.schema, STREAM)
    first, last = shop10.postgres.query(query.format(table))[0]
    assert before <= first == last <= before + timedelta(minutes=5)
    again = shop10.reconcile("--mark-deleted", *ONLY)
    assert (again.code, deletes(again.streams[STREAM])["marked"]) == (0, [])


def test_what_was_done_can_be_read(shop10: Emptied) -> None:
    ended = shop10.reconcile("--mark-deleted", "--streams", STREAM, "--show=2")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert f"{STREAM}: marked as deleted: {shop10.gone[0]}" in lines
    assert f"{STREAM}: marked as deleted: and 8 more" in lines
    assert f"{STREAM}: marked as deleted: 10 rows; unmarked: 0 rows" in lines
    again = shop10.reconcile("--mark-deleted", "--streams", STREAM)
    assert f"{STREAM}: marked as deleted: 0 rows; unmarked: 0 rows, nothing to do" in again.out


def test_without_an_action_nothing_is_written(shop10: Emptied) -> None:
    ended = shop10.reconcile(*ONLY)
    assert (ended.code, ended.counts(STREAM)) == (1, {"extra": 10})
    assert "deletes" not in ended.streams[STREAM]
    assert shop10.marked == set()


def test_a_dry_run_writes_nothing_and_needs_to_read_only(shop10: Emptied) -> None:
    role = f"reader_{shop10.schema}"
    shop10.change(f"create role {role} login")
    shop10.change(f"grant usage on schema {shop10.schema} to {role}")
    shop10.change(f"grant select on {STREAM} to {role}")
    url = shop10.postgres.url.replace("postgres@", f"{role}@")
    ended = shop10.reconcile("--mark-deleted", "--dry-run", *ONLY, database=url)
    assert (ended.code, ended.counts(STREAM)) == (1, {"extra": 10})
    done = deletes(ended.streams[STREAM])
    assert (done["dry_run"], done["marked"]) == (True, listed(shop10.gone))
    assert shop10.marked == set()
    text = shop10.reconcile("--delete", "--dry-run", "--streams", STREAM, database=url)
    assert "would be removed: 10 rows" in text.out
    assert len(shop10.alive) == 300
    # With the right to write one column, marking works.
    shop10.change(f"grant update (_sdc_deleted_at) on {STREAM} to {role}")
    assert shop10.reconcile("--mark-deleted", *ONLY, database=url).code == 0
    assert shop10.marked == set(shop10.gone)


def test_rows_are_removed_instead(shop10: Emptied) -> None:
    ended = shop10.reconcile("--delete", *ONLY)
    assert (ended.code, ended.counts(STREAM)) == (0, {})
    assert deletes(ended.streams[STREAM])["removed"] == listed(shop10.gone)
    assert (shop10.alive, shop10.marked) == (shop10.ids, set())


def test_marks_of_rows_that_are_back_are_cleared(shop10: Emptied) -> None:
    wrong, stale = sorted(shop10.ids)[:2]
    shop10.change(f"update {STREAM} set _sdc_deleted_at = now() where id = '{wrong}'")
    shop10.change(  # a stale row, whose content only the tap can bring up to date
        f"update {STREAM} set _sdc_deleted_at = now(), \"{shop10.at}\" = now() - interval '1 day'"
        f" where id = '{stale}'"
    )
    ended = shop10.reconcile("--mark-deleted", *ONLY)
    done = deletes(ended.streams[STREAM])
    assert done["unmarked"] == [[wrong]]
    assert shop10.marked == {*shop10.gone, stale}
    assert ended.streams[STREAM]["verdict"] == "differs"
    assert (ended.code, ended.counts(STREAM)) == (0, {"missing": 1}), "loading is the tap's work"
    assert shop10.reconcile(*ONLY).code == 1


def test_a_record_that_is_created_again_meanwhile_is_not_marked(shop10: Emptied) -> None:
    again = shop10.gone[4]
    shop10.put_after_first_scan({"id": again})
    ended = shop10.reconcile("--mark-deleted", *ONLY)
    done = deletes(ended.streams[STREAM])
    assert not shop10.stand_in.hooks
    assert done["found_at_source"] == 1
    assert shop10.marked == set(shop10.gone) - {again}
    assert (ended.code, ended.counts(STREAM)) == (0, {"newer": 1})


def test_what_the_first_reading_missed_is_not_marked(shop10: Emptied) -> None:
    """The API loses rows, and does not count them either, until it is asked again."""
    lost = sorted(shop10.ids)[20]
    record = shop10.stand_in.collections[STREAM].record(lost)
    assert record is not None
    shop10.stand_in.collections[STREAM].delete(lost)
    shop10.put_after_first_scan(record)
    shop10.reconcile("--mark-deleted", *ONLY)
    assert not shop10.stand_in.hooks
    assert shop10.marked == set(shop10.gone)


def test_a_row_that_somebody_changes_meanwhile_is_left_alone(
    shop10: Emptied, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = shop10.gone[0]
    settle = Deletes.settle

    def late(self: Deletes, *arguments: Any) -> None:
        shop10.change(f"update {STREAM} set email = 'new' where id = '{changed}'")
        settle(self, *arguments)

    monkeypatch.setattr(Deletes, "settle", late)
    ended = shop10.reconcile("--mark-deleted", *ONLY)
    assert deletes(ended.streams[STREAM])["changed_meanwhile"] == 1
    assert shop10.marked == set(shop10.gone) - {changed}
    assert (ended.code, ended.counts(STREAM)) == (1, {"extra": 1})


def test_the_second_of_two_rows_with_one_key_is_not_marked(shop10: Emptied) -> None:
    twice = min(shop10.ids)
    shop10.change(f"alter table {STREAM} drop constraint {STREAM}_pkey")
    shop10.change(f"insert into {STREAM} select * from {STREAM} where id = '{twice}'")
    ended = shop10.reconcile("--mark-deleted", *ONLY)
    assert (ended.code, ended.counts(STREAM)) == (1, {"extra": 1})
    assert shop10.marked == set(shop10.gone)


def command(shop: Emptied, *arguments: str) -> list[str]:
    file = shop.folder / "settings.json"
    file.write_text(json.dumps(shop.config), encoding="utf-8")
    program = [sys.executable, "-m", "tap_reconcile", shop.tap.name, f"--config={file}"]
    return [*program, f"--schema={shop.schema}", *arguments]


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_a_kill_leaves_nothing_half_done(shop10: Emptied, signum: signal.Signals) -> None:
    shop10.change(SLOW.format(shop10.schema, STREAM))
    environment = {**os.environ, "TAP_RECONCILE_DATABASE_URL": shop10.postgres.url}
    active = sql.SQL("select count(*) from pg_stat_activity where wait_event = 'PgSleep'")
    with subprocess.Popen(
        command(shop10, "--mark-deleted", *ONLY),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while not shop10.postgres.query(active)[0][0] and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signum)
        process.wait(timeout=60)
    assert process.returncode != 0
    while shop10.postgres.query(active)[0][0]:
        time.sleep(0.05)
    assert shop10.marked == set()
    shop10.change(f"drop trigger wait on {STREAM}")
    assert shop10.reconcile("--mark-deleted", *ONLY).code == 0
    assert shop10.marked == set(shop10.gone)


def test_two_comparisons_at_once_share_the_work(shop10: Emptied) -> None:
    shop10.change(SLOW.format(shop10.schema, STREAM).replace("1.5", "0.1"))
    environment = {**os.environ, "TAP_RECONCILE_DATABASE_URL": shop10.postgres.url}
    line = command(shop10, "--mark-deleted", *ONLY)

    def compare(_number: int) -> dict[str, Any]:
        done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
        found: dict[str, Any] = json.loads(done.stdout)["streams"][0]["deletes"]
        return found

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(compare, range(2)))
    assert [each["refused"] for each in both] == [None, None]
    assert sorted(key for each in both for (key,) in each["marked"]) == shop10.gone
    assert shop10.marked == set(shop10.gone)


def test_keys_of_several_columns(postgres: Postgres, tmp_path: Path) -> None:
    stand_in = build_commercetools(size=1)
    stream = "variant_projections"
    with stand_in.serve() as server:
        config = commercetools_config(server.url)
        shop = Shop(TapCommercetools, stand_in, config, postgres, "deletes_keys", tmp_path)
        shop.change("create schema deletes_keys")
        shop.change(
            f'create table {stream} ("productId" text, id text, staged boolean,'
            ' _sdc_deleted_at timestamptz, primary key ("productId", id, staged))'
        )
        rows = [row for row in stand_in.collections[stream].by_id if row.endswith("/False")]
        values = ", ".join(
            f"('{product}', '{row}', false)" for product, row, _ in (r.split("/") for r in rows)
        )
        shop.change(f"insert into {stream} values {values}")
        gone = sorted(rows)[2]
        stand_in.delete(stream, gone)
        options = ("--mark-deleted", "--most=1", "--streams", stream, "--json")
        ended = shop.reconcile(*options)
    assert (ended.code, ended.counts(stream)) == (0, {}), ended.out + ended.err
    product, row_id, _ = gone.split("/")
    assert deletes(ended.streams[stream])["marked"] == [[product, row_id, "false"]]
    marked = f"select id from {shop.schema}.{stream} where _sdc_deleted_at is not null"
    assert postgres.query(sql.SQL(marked)) == [(row_id,)]


def test_what_the_source_expires_stays(postgres: Postgres, tmp_path: Path) -> None:
    stand_in = build_commercetools(small=True, rows={"messages": 20})
    with stand_in.serve() as server:
        config = commercetools_config(server.url)
        shop = Shop(TapCommercetools, stand_in, config, postgres, "deletes_expired", tmp_path)
        shop.change("create schema deletes_expired")
        shop.change(
            'create table messages (id text, "createdAt" timestamp, _sdc_deleted_at timestamp)'
        )
        shop.change("insert into messages values ('old', '2015-01-01')")
        ended = shop.reconcile("--mark-deleted", "--most=100%", "--streams", "messages", "--json")
    assert deletes(ended.streams["messages"])["marked"] == []
    marked = f"select * from {shop.schema}.messages where _sdc_deleted_at is not null"
    assert postgres.query(sql.SQL(marked)) == []


def test_the_loader_clears_the_mark_of_what_comes_back(kept: Shop) -> None:
    stream, _ = INCREMENTAL[kept.tap]
    row_id = min(kept.stand_in.collections[stream].by_id)
    record = kept.stand_in.collections[stream].record(row_id)
    assert record is not None
    kept.stand_in.delete(stream, row_id)
    ended = kept.reconcile("--mark-deleted", "--streams", stream, "--json")
    assert (ended.code, deletes(ended.streams[stream])["marked"]) == (0, [[row_id]])
    kept.stand_in.put(stream, record)
    kept.load(stream)
    again = kept.reconcile("--mark-deleted", "--streams", stream, "--json")
    assert (again.code, deletes(again.streams[stream])["unmarked"]) == (0, [])
    alive = f"select from {stream} where id = '{row_id}' and _sdc_deleted_at is null"
    assert kept.change(alive) == 1
    kept.change(f"delete from {stream}_kept where id = '{row_id}'")
    kept.change(f"insert into {stream}_kept select * from {stream} where id = '{row_id}'")


def test_what_is_missing_can_be_loaded_as_the_report_says(shop10: Emptied) -> None:
    few = sorted(shop10.ids)[:3]
    names = ", ".join(f"'{row_id}'" for row_id in few)
    shop10.change(f"delete from {STREAM} where id in ({names})")
    ended = shop10.reconcile(*ONLY)
    advice = ended.streams[STREAM]["advice"]
    assert f"{STREAM}: {advice}" in shop10.reconcile("--streams", STREAM).out.splitlines()
    if shop10.tap is TapCommercetools:
        filters = json.loads(advice.partition("stream_filters ")[2])
        output = run(shop10.tap, {**shop10.config, "stream_filters": filters}, streams=[STREAM])
        assert sorted(output.ids(STREAM)) == few
    else:
        state = json.loads(advice.split("'")[1])["singer_state"]
        output = run(shop10.tap, shop10.config, streams=[STREAM], state=state)
        assert set(few) <= set(output.ids(STREAM))
        entry = state["bookmarks"][STREAM]
        rows = shop10.stand_in.collections[STREAM].by_id
        assert entry["replication_key_value"] == min(rows[row_id].at for row_id in few)
    assert output.code == 0
