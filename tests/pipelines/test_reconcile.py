"""tap-reconcile between a stand-in and tables that target-postgres has made."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import signal
import subprocess
import sys
import time
import unittest.mock
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from psycopg import connect, sql

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from sandbox.commercetools.auth import Client
from tap_engine.redact import Redactor
from tap_reconcile.cli import main
from tap_reconcile.database import Database, DatabaseError
from tests.pipelines.test_values import load
from tests.support import (
    TAPS,
    TapCommerce7,
    TapCommercetools,
    catalog_of,
    commerce7_config,
    commercetools_config,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.standin import StandIn
    from scripts.demo.postgres import Postgres
    from tap_engine.tap import EngineTap

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("installed"),
]

FUTURE = "2100-01-01T00:00:00.000Z"
DIFFERENCES = ("missing", "extra", "stale", "newer")


@dataclass
class Ended:
    """How tap-reconcile ended."""

    code: int
    out: str
    err: str

    @property
    def streams(self) -> dict[str, dict[str, Any]]:
        """What it says of each stream, with --json."""
        return {each["stream"]: each for each in json.loads(self.out)["streams"]}

    def counts(self, stream: str) -> dict[str, int]:
        """Differences of a stream, those that there are."""
        found = self.streams[stream]
        return {kind: found[kind] for kind in DIFFERENCES if found[kind]}


@dataclass
class Shop:
    """A stand-in, its tap and the schema with its tables."""

    tap: type[EngineTap]
    stand_in: StandIn
    config: dict[str, Any]
    postgres: Postgres
    schema: str
    folder: Path

    def load(self, *streams: str, **settings: Any) -> None:
        """Run the tap into the loader."""
        output = run(self.tap, {**self.config, **settings}, streams=streams)
        assert output.code == 0, output.log[-2000:]
        load(output, self.postgres, self.folder, self.schema)

    def change(self, statement: str) -> int:
        """Change tables behind the loader's back; tells how many rows."""
        with connect(self.postgres.url) as connection:
            connection.execute(sql.SQL("set search_path to {}").format(sql.Identifier(self.schema)))
            return connection.execute(statement).rowcount  # type: ignore[call-overload]

    def reconcile(self, *arguments: str, **options: Any) -> Ended:
        """Run the command line of tap-reconcile in this process; the URL is in the environment."""
        file = self.folder / "reconcile.json"
        file.write_text(json.dumps(options.get("config", self.config)), encoding="utf-8")
        schema = options.get("schema", self.schema)
        database = options.get("database", self.postgres.sqlalchemy_url)
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        err = io.StringIO()
        handler = logging.StreamHandler(err)
        logging.getLogger().addHandler(handler)
        command = [self.tap.name, f"--config={file}", f"--schema={schema}", *arguments]
        try:
            with (
                unittest.mock.patch.dict(os.environ, {"TAP_RECONCILE_DATABASE_URL": database}),
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
                pytest.raises(SystemExit) as left,
            ):
                main(command)
        finally:
            logging.getLogger().removeHandler(handler)
        code = left.value.code
        assert isinstance(code, int)
        return Ended(code, out.buffer.getvalue().decode(), err.getvalue())  # type: ignore[attr-defined]


SMALL = {
    TapCommercetools: ("zones", "messages", "project"),
    TapCommerce7: ("notes", "tags", "vendors"),
}
INCREMENTAL = {TapCommercetools: ("zones", "lastModifiedAt"), TapCommerce7: ("notes", "updatedAt")}


@pytest.fixture(scope="module", params=TAPS.values(), ids=list(TAPS))
def shop(
    request: pytest.FixtureRequest, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """Load a few streams of each API."""
    tap = request.param
    folder = tmp_path_factory.mktemp("reconcile")
    stand_in: StandIn
    if tap is TapCommercetools:
        stand_in, config = build_commercetools(size=0.3, rows={"zones": 40}), commercetools_config
    else:
        stand_in, config = build_commerce7(size=0.3, rate_limit=None), commerce7_config
    schema = f"reconcile_{tap.name.replace('-', '_')}"
    with stand_in.serve() as server:
        made = Shop(tap, stand_in, config(server.url), postgres, schema, folder)
        made.load(*SMALL[tap])
        yield made


@pytest.fixture
def kept(shop: Shop) -> Iterator[Shop]:
    """Put the tables back after a test that changes them."""
    tables = SMALL[shop.tap]
    for name in tables:
        shop.change(f'create table "{name}_kept" as table "{name}"')
    yield shop
    for name in tables:
        shop.change(f'delete from "{name}"')
        shop.change(f'insert into "{name}" table "{name}_kept"')
        shop.change(f'drop table "{name}_kept"')


def test_equal_after_a_load(shop: Shop) -> None:
    shop.stand_in.requests.clear()
    ended = shop.reconcile("--streams", *SMALL[shop.tap], "--json")
    assert ended.code == 0, ended.err
    assert set(ended.streams) == set(SMALL[shop.tap])
    for name, found in ended.streams.items():
        assert found["verdict"] == "equal"
        assert found["source"] == found["table"] == len(shop.stand_in.collections[name].by_id) > 0
        assert ended.counts(name) == {}
    methods = {each["method"] for each in shop.stand_in.requests if "oauth" not in each["path"]}
    assert methods == {"GET"}


def test_missing_extra_and_stale_rows_are_found(kept: Shop) -> None:
    stream, at = INCREMENTAL[kept.tap]
    gone, old, odd = sorted(kept.stand_in.collections[stream].by_id)[:3]
    kept.change(f"delete from {stream} where id = '{gone}'")
    kept.change(f"""update {stream} set "{at}" = "{at}" - interval '1 ms' where id = '{old}'""")
    kept.change(f"update {stream} set \"{at}\" = null where id = '{odd}'")
    kept.change(f"""insert into {stream} (id, "{at}") values (E'\\n"Z/é', '2020-01-01')""")
    ended = kept.reconcile("--streams", stream, "--json")
    assert ended.code == 1
    assert ended.counts(stream) == {"missing": 1, "extra": 1, "stale": 2}
    examples = ended.streams[stream]["examples"]
    assert [each["key"] for each in examples["missing"]] == [[gone]]
    assert [each["key"] for each in examples["extra"]] == [['\n"Z/é']]
    assert [each["key"] for each in examples["stale"]] == [[old], [odd]]
    assert examples["stale"][0]["source"] > examples["stale"][0]["table"]
    text = kept.reconcile("--streams", stream, "--show=1")
    assert text.code == 1
    assert f"{stream}: missing: {gone} (source " in text.out
    assert rf"{stream}: extra: \n" in text.out
    assert f"{stream}: stale: and 1 more" in text.out


def test_until_sets_later_changes_aside(kept: Shop) -> None:
    stream, at = INCREMENTAL[kept.tap]
    rows = kept.stand_in.collections[stream].by_id
    newest = max(rows, key=lambda name: rows[name].at)
    kept.change(f"delete from {stream} where id = '{newest}'")
    kept.change(f"""insert into {stream} (id, "{at}") values ('later', '2100-01-01')""")
    assert kept.reconcile("--streams", stream, "--json").counts(stream) == {
        "missing": 1,
        "newer": 1,  # loaded since the comparison began
    }
    moment = max(row.at for name, row in rows.items() if row.at < rows[newest].at)
    ended = kept.reconcile("--streams", stream, "--json", f"--until={moment}")
    assert ended.code == 0, ended.out
    assert ended.counts(stream) == {"newer": 2}
    assert json.loads(ended.out)["until"] == moment
    # The future is no bound: what the source changes meanwhile is never a difference.
    ended = kept.reconcile("--streams", stream, "--json", f"--until={FUTURE}")
    assert ended.counts(stream) == {"missing": 1, "newer": 1}


def test_rows_marked_as_deleted_are_not_there(kept: Shop) -> None:
    stream, _ = INCREMENTAL[kept.tap]
    known = min(kept.stand_in.collections[stream].by_id)
    kept.change(f"update {stream} set _sdc_deleted_at = now() where id = '{known}'")
    kept.change(f"insert into {stream} (id, _sdc_deleted_at) values ('gone', now())")
    ended = kept.reconcile("--streams", stream, "--json")
    assert ended.counts(stream) == {"missing": 1}


def test_streams_without_replication_key(kept: Shop) -> None:
    stream = "project" if kept.tap is TapCommercetools else "vendors"
    key = "key" if stream == "project" else "id"
    kept.change(f'update {stream} set "{key}" = \'x\' || "{key}"')
    count = len(kept.stand_in.collections[stream].by_id)
    ended = kept.reconcile("--streams", stream, "--json")
    assert ended.counts(stream) == {"missing": count, "extra": count}


def test_only_what_is_newer_than_the_start_date_is_compared(kept: Shop) -> None:
    stream, at = INCREMENTAL[kept.tap]
    times = sorted(row.at for row in kept.stand_in.collections[stream].by_id.values())
    middle = times[len(times) // 2]
    config = {**kept.config, "start_date": middle}
    ended = kept.reconcile("--streams", stream, "--json", config=config)
    assert ended.code == 0, ended.out
    found = ended.streams[stream]
    assert found["older"] == sum(moment < middle for moment in times) > 0
    assert found["source"] == sum(moment >= middle for moment in times)
    kept.change(f"""update {stream} set "{at}" = "{at}" - interval '9 years'""")
    ended = kept.reconcile("--streams", stream, "--json", config=config)
    assert ended.counts(stream) == {"stale": found["source"]}


def test_a_selection_of_a_catalog(shop: Shop) -> None:
    first, second, _ = SMALL[shop.tap]
    file = shop.folder / "catalog.json"
    file.write_text(json.dumps(catalog_of(shop.tap, [first, second])), encoding="utf-8")
    ended = shop.reconcile("--catalog", str(file), "--json")
    assert ended.code == 0
    assert set(ended.streams) == {first, second}


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
    assert f"column {at} of table {kept.schema}.{stream} is text, no timestamp" in ended.out
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
        (["--until=yesterday"], "'yesterday' is no ISO 8601 timestamp"),
        (["--show=-1"], "'-1' is no number of 0 or more"),
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
        ("", "which database?"),
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
    assert "view_customers" in ended.streams["customers"]["reason"]
    assert "demo-secret" not in ended.out + ended.err


def test_a_source_that_breaks_off(kept: Shop) -> None:
    first, second, _ = SMALL[kept.tap]
    path = "/zones" if kept.tap is TapCommercetools else "/note"
    kept.stand_in.faults.add(path, "status", times=-1, status=500)
    try:
        config = {**kept.config, "retry_max_seconds": 0}
        ended = kept.reconcile("--streams", first, second, "--json", config=config)
    finally:
        kept.stand_in.faults.clear()
    assert ended.code == 2
    assert "answered 500" in ended.streams[first]["reason"]
    assert ended.streams[second]["verdict"] == "equal"


COMPOSITE = {
    TapCommercetools: (
        "product_selection_products",
        "store_product_selection_assignments",
        "variant_projections",
        "approval_flows",
    ),
    TapCommerce7: ("tags", "meta_data_configs"),
}


def test_keys_of_several_columns(shop: Shop) -> None:
    streams = COMPOSITE[shop.tap]
    big: StandIn
    if shop.tap is TapCommercetools:
        big, make = build_commercetools(size=1), commercetools_config
    else:
        big, make = build_commerce7(size=1, rate_limit=None), commerce7_config
    with big.serve() as server:
        schema = f"{shop.schema}_keys"
        config = make(server.url)
        other = Shop(shop.tap, big, config, shop.postgres, schema, shop.folder)
        other.load(*streams)
        ended = other.reconcile("--streams", *streams, "--json")
        assert ended.code == 0, ended.out + ended.err
        assert all(found["source"] > 1 for found in ended.streams.values())
        for stream in streams:
            (ctid,) = shop.postgres.query(
                sql.SQL("select ctid::text from {} limit 1").format(sql.Identifier(schema, stream))
            )[0]
            other.change(f"delete from {stream} where ctid = '{ctid}'")
        ended = other.reconcile("--streams", *streams, "--json")
        assert ended.code == 1
        assert all(ended.counts(stream) == {"missing": 1} for stream in streams)
        keys = {each.name: each.keys for each in shop.tap.stream_types}
        for stream in streams:
            (example,) = ended.streams[stream]["examples"]["missing"]
            assert len(example["key"]) == len(keys[stream]) > 1


def test_what_target_and_script_agree_on(shop: Shop) -> None:
    """`./run reconcile` finds database, schema and tap in the settings of `./run sync`."""
    prefix = shop.tap.name.upper().replace("-", "_")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TAP_", "TARGET_", "MELTANO_"))
    }
    for name, value in shop.config.items():
        environment[f"{prefix}_{name.upper()}"] = str(value)
    stream = SMALL[shop.tap][0]
    command = [sys.executable, "-m", "scripts.reconcile", "--json", "--streams", stream]
    options: dict[str, Any] = {"env": environment, "capture_output": True, "text": True}
    done = subprocess.run(command, check=False, **options)
    assert done.returncode == 2
    assert "target-postgres is not configured" in done.stderr
    environment["TARGET_POSTGRES_SQLALCHEMY_URL"] = shop.postgres.sqlalchemy_url
    environment["TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"] = shop.schema
    done = subprocess.run(command, check=False, **options)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tap"] == shop.tap.name
    assert [each["stream"] for each in json.loads(done.stdout)["streams"]] == [stream]


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
    assert "nothing can be said" in err
    assert "Traceback" not in err
    assert list(files.iterdir()) == []
