"""What tap-reconcile cannot compare: one reason each, exit code 2, and no secret in it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import unittest.mock
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from sandbox.commercetools.app import build as build_commercetools
from sandbox.commercetools.auth import Client
from tap_commercetools.tap import TapCommercetools
from tap_engine.http.redaction import Redactor
from tap_reconcile.database import Database, DatabaseError
from tap_reconcile.sorter import Sorter
from tests.pipelines.shop import INCREMENTAL, SMALL, Shop
from tests.support import (
    commercetools_config,
)

if TYPE_CHECKING:
    from scripts.demo.postgres import Postgres

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("installed"),
]


def test_without_a_table(shop: Shop) -> None:
    stream = "stores" if shop.tap is TapCommercetools else "orders"
    kept = dict(shop.stand_in.collections[stream].by_id)
    ended = shop.reconcile("--streams", stream, SMALL[shop.tap][0], "--json")
    assert ended.code == 2
    assert ended.streams[stream]["verdict"] == "not compared"
    assert f"no table {shop.schema}.{stream}" in ended.streams[stream]["reason"]
    assert ended.streams[SMALL[shop.tap][0]]["verdict"] == "equal"
    shop.stand_in.collections[stream].by_id.clear()
    try:
        ended = shop.reconcile("--streams", stream, "--json")
    finally:
        shop.stand_in.collections[stream].by_id.update(kept)
    assert (ended.code, ended.streams[stream]["verdict"]) == (0, "equal")


def test_a_stream_that_the_source_lacks(shop: Shop) -> None:
    stream, path = (
        ("variants", "/demo/variants")
        if shop.tap is TapCommercetools
        else ("loyalty_tiers", "/v1/loyalty-tier")
    )
    other = SMALL[shop.tap][0]
    settings = {"use_graphql": False} if shop.tap is TapCommercetools else {}
    config = {**shop.config, **settings}
    shop.load(stream)
    shop.stand_in.faults.add(path, "status", times=-1, status=404)
    try:
        held = shop.reconcile("--streams", stream, other, "--json", config=config)
        shop.change(f"drop table {stream}")
        ended = shop.reconcile("--streams", stream, other, "--json", config=config)
        alone = shop.reconcile("--streams", stream, config=config)
    finally:
        shop.stand_in.faults.clear()
    assert (held.code, held.streams[stream]["verdict"]) == (2, "not compared"), "it has rows"
    assert (ended.code, ended.streams[stream]["verdict"]) == (0, "absent")
    assert "404" in ended.streams[stream]["reason"]
    assert alone.code == 2
    assert f"{stream}: absent: " in alone.out
    assert "1 absent" in alone.out


def test_tables_of_another_make(kept: Shop) -> None:
    stream, at = INCREMENTAL[kept.tap]
    kept.change(f'alter table {stream} rename "{at}" to other')
    ended = kept.reconcile("--streams", stream)
    kept.change(f'alter table {stream} rename other to "{at}"')
    assert ended.code == 2
    assert f"table {kept.schema}.{stream} has no column {at}" in ended.out
    kept.change(f'alter table {stream} alter "{at}" type text')
    ended = kept.reconcile("--streams", stream)
    assert ended.code == 2
    assert f"column {at} of table {kept.schema}.{stream} is text, not a timestamp" in ended.out
    # With a time zone, whatever the session's is, and finer than milliseconds.
    kept.change(
        f"""alter table {stream} alter "{at}" type timestamptz
        using "{at}"::timestamp at time zone 'UTC' + interval '999 us'"""
    )
    assert kept.reconcile("--streams", stream).code == 0
    kept.change(
        f"""alter table {stream} alter "{at}" type timestamp
        using "{at}" at time zone 'UTC'"""
    )


def test_without_room_for_the_temporary_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    monkeypatch.setattr(Sorter, "add", unittest.mock.Mock(side_effect=full))
    stream = SMALL[shop.tap][0]
    ended = shop.reconcile("--streams", stream, "--json")
    assert ended.code == 2
    assert "disk is full; set TMPDIR" in ended.streams[stream]["reason"]


def test_a_table_that_comes_unsorted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Database.rows
    monkeypatch.setattr(
        Database, "rows", lambda *given, **more: (row for row in [*rows(*given, **more)][::-1])
    )
    stream = SMALL[shop.tap][0]
    ended = shop.reconcile("--streams", stream, "--json")
    assert ended.code == 2
    assert "the table returned key" in ended.streams[stream]["reason"]


def test_streams_that_a_stream_map_changes(shop: Shop) -> None:
    first, second, _ = SMALL[shop.tap]
    config = {**shop.config, "stream_maps": {first: {"id": "md5(id)"}}}
    config["stream_map_config"] = {"hash_seed": "x"}
    ended = shop.reconcile("--streams", first, second, "--json", config=config)
    assert ended.code == 2
    assert "a stream map applies to it" in ended.streams[first]["reason"]
    assert ended.streams[second]["verdict"] == "equal"


def test_unknown_streams_and_bad_arguments(shop: Shop) -> None:
    for arguments, message in (
        (["--streams", "nope", "orders"], f"{shop.tap.name} has no stream nope"),
        (["--until=yesterday"], "'yesterday' is not an ISO 8601 timestamp"),
        (["--show=-1"], "'-1' is not a non-negative integer"),
        (["--catalog", str(shop.folder / "none.json")], "No such file"),
        (["--config", str(shop.folder / "none.json")], "none.json"),
    ):
        ended = shop.reconcile(*arguments)
        assert (ended.code, ended.out) == (2, ""), arguments
        assert message in ended.err
    ended = shop.reconcile(config={})
    assert ended.code == 2
    assert "settings" in ended.err.splitlines()[-1]


def test_a_database_that_is_not_there(shop: Shop) -> None:
    for url, message in (
        ("postgresql://me:hunter2@127.0.0.1:1/db", "database: connection failed"),
        ("postgresql://me:hunter2@x@127.0.0.1/db", "is not of the form"),
        ("", "no database given"),
    ):
        ended = shop.reconcile(database=url)
        assert (ended.code, ended.out) == (2, "")
        assert message in ended.err.splitlines()[-1]
        assert "hunter2" not in ended.err
    ended = shop.reconcile(schema="elsewhere")
    assert ended.code == 2
    assert "the database has no schema elsewhere" in ended.err


def test_a_table_that_may_not_be_read(shop: Shop) -> None:
    role = f"reader_{shop.tap.name.replace('-', '_')}"
    first, second, _ = SMALL[shop.tap]
    shop.change(f"create role {role} login password 'hunter/2'")
    shop.change(f'grant usage on schema "{shop.schema}" to {role}')
    shop.change(f"grant select on {first} to {role}")
    url = shop.postgres.url.replace("postgres@", f"{role}:{quote('hunter/2', safe='')}@")
    ended = shop.reconcile("--streams", first, second, "--json", database=url)
    assert ended.code == 2
    assert ended.streams[first]["verdict"] == "equal", "reading rights are enough"
    assert f"permission denied for table {second}" in ended.streams[second]["reason"]
    assert "hunter" not in ended.out + ended.err


def test_a_refused_stream_does_not_stop_the_others(postgres: Postgres, tmp_path: Path) -> None:
    client = Client("demo-client", "demo-secret", ("view_zones",))
    both = build_commercetools(size=0.1)
    narrow = build_commercetools(size=0.1, clients=[client])
    with both.serve() as server:
        config = commercetools_config(server.url)
        whole = Shop(TapCommercetools, both, config, postgres, "reconcile_refused", tmp_path)
        whole.load("zones", "customers")
    with narrow.serve() as server:
        config = commercetools_config(server.url)
        shop = Shop(TapCommercetools, narrow, config, postgres, "reconcile_refused", tmp_path)
        ended = shop.reconcile("--streams", "customers", "zones", "--json")
    assert ended.code == 2
    assert ended.streams["zones"]["verdict"] == "equal"
    assert "; it takes scope view_customers" in ended.streams["customers"]["reason"]
    assert "demo-secret" not in ended.out + ended.err


def test_a_source_that_does_not_take_the_credentials(shop: Shop) -> None:
    secret = "client_secret" if shop.tap is TapCommercetools else "app_secret"
    ended = shop.reconcile("--json", config={**shop.config, secret: "wrong-secret"})
    assert ended.code == 2
    assert "wrong-secret" not in ended.out + ended.err
    if shop.tap is TapCommercetools:  # no token: one line is enough
        assert ended.out == ""
        assert " answered 401" in ended.err.splitlines()[-1]
    else:  # may be a permission just as well
        assert {each["verdict"] for each in ended.streams.values()} == {"not compared"}


def test_a_result_that_nobody_reads(shop: Shop) -> None:
    shop.reconcile("--streams", SMALL[shop.tap][0])  # leaves its settings in the file
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as gone:
        done = subprocess.run(
            [
                *(Path(sys.executable).parent / "tap-reconcile", shop.tap.name),
                *("--config", shop.folder / "reconcile.json", "--schema", shop.schema),
                *("--streams", SMALL[shop.tap][0]),
            ],
            env={**os.environ, "TAP_RECONCILE_DATABASE_URL": shop.postgres.url},
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "cannot print the result" in done.stderr.splitlines()[-1]


def test_a_source_that_breaks_off(kept: Shop) -> None:
    first, second, _ = SMALL[kept.tap]
    path = "/zones" if kept.tap is TapCommercetools else "/note"
    kept.stand_in.faults.add(path, "status", times=-1, status=500)
    try:
        config = {**kept.config, "retry_max_seconds": 0}
        if kept.tap is TapCommercetools:
            config["use_graphql"] = False
        ended = kept.reconcile("--streams", first, second, "--json", config=config)
    finally:
        kept.stand_in.faults.clear()
    assert ended.code == 2
    assert "answered 500" in ended.streams[first]["reason"]
    assert ended.streams[second]["verdict"] == "equal"


def test_nothing_can_be_written(shop: Shop) -> None:
    database = Database(shop.postgres.url, Redactor())
    with (
        pytest.raises(DatabaseError, match="read-only transaction"),
        database._reading() as connection,
    ):
        connection.execute("create table public.written ()")


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_no_file(shop: Shop, signum: signal.Signals, tmp_path: Path) -> None:
    stream = SMALL[shop.tap][0]
    file = tmp_path / "config.json"
    file.write_text(json.dumps(shop.config), encoding="utf-8")
    files = tmp_path / "files"
    files.mkdir()
    command = Path(sys.executable).parent / "tap-reconcile"
    shop.stand_in.requests.clear()
    shop.stand_in.latency = 60  # longer than the test waits: it is stopped in the middle
    try:
        with subprocess.Popen(
            [
                command,
                shop.tap.name,
                "--config",
                file,
                "--schema",
                shop.schema,
                "--streams",
                stream,
            ],
            env={
                **os.environ,
                "TAP_RECONCILE_DATABASE_URL": shop.postgres.url,
                "SQLITE_TMPDIR": str(files),
                "TMPDIR": str(files),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while not shop.stand_in.requests and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signum)
            out, err = process.communicate(timeout=20)
    finally:
        shop.stand_in.latency = 0
    assert (process.returncode, out) == (128 + signum, "")
    assert "the comparison is incomplete" in err
    assert "Traceback" not in err
    assert list(files.iterdir()) == []
