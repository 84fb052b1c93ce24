"""All streams of both taps into loaders of others, as docs/loaders.md describes it.

Each loader is in an environment of its own; `./run test` has installed them.
"""

from __future__ import annotations

import contextlib
import functools
import json
import subprocess
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from psycopg import sql

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tap_commercetools.tap import TapCommercetools
from tests.support import TAPS, Output, catalog_of, commerce7_config, commercetools_config, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripts.demo.postgres import Postgres
    from tap_engine.singer.tap import EngineTap

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("installed"),
]

ROOT = Path(__file__).resolve().parent.parent.parent
LOADERS = ROOT / ".tools" / "loaders"
MIXED = {
    "tap-commercetools": {
        "change_history": {"label", "previousLabel"},
        "custom_objects": {"value"},
    },
    "tap-commerce7": {
        "carts": {"carrierPickupLocation"},
        "club_packages": {"allowCustomersToShipEarly", "itemChoice", "stats"},
        "coupons": {"appliesToObjectIds", "availableToObjectIds"},
        "inventories": {"hasInventory"},
        "orders": {"carrierPickupLocation"},
        "promotions": {"appliesToObjectIds", "availableToObjectIds"},
        "settings": {"setupGuideStatus"},
    },
}
"""Columns that may hold any JSON type."""

VALUES: list[Any] = [
    "text",
    "",
    "null",
    'quote" backslash\\ comma, line\nbreak',
    0,
    Decimal("12.50"),
    False,
    True,
    [],
    ["a", {"b": None}],
    {},
    {"a": [1, "ü"]},
    None,
]
"""A value of each kind, and some that are easily mistaken for others."""

Extracted = tuple[Output, dict[str, list[dict[str, Any]]]]


@functools.cache
def extracted(name: str, **settings: Any) -> Output:
    """Run a tap over all of its streams, with a value of each kind in the columns of any type."""
    tap = TAPS[name]
    stand_in: Any
    if tap is TapCommercetools:
        stand_in, config = build_commercetools(size=0.15), commercetools_config
    else:
        stand_in, config = build_commerce7(size=0.15, rate_limit=None), commerce7_config
    for stream, columns in MIXED[name].items():
        rows = stand_in.collections[stream].by_id.values()
        for number, row in enumerate(rows):
            value = json.dumps(VALUES[number % len(VALUES)], default=float)
            members = {**json.loads(row.body), **dict.fromkeys(columns, json.loads(value))}
            row.body = json.dumps(members).encode()
    with stand_in.serve() as server:
        streams = [each.name for each in tap.stream_types]
        output = run(tap, config(server.url, **settings), streams=streams)
    assert output.code == 0, output.log[-2000:]
    return output


def load(loader: str, command: str, config: Path, settings: Any, output: Output) -> str:
    """Feed what a tap printed to a loader; return what it complains about, empty if it is happy."""
    config.write_text(json.dumps(settings), encoding="utf-8")
    done = subprocess.run(
        [LOADERS / loader / "bin" / command, "--config", config],
        input=output.text.encode(),
        capture_output=True,
        check=False,
        cwd=config.parent,
    )
    return done.stderr.decode() if done.returncode else ""


Rows = list[dict[str, Any]]
Loaded = tuple[str, "Callable[[str], Rows]"]


def into_postgres(
    output: Output, schema: str, postgres: Postgres, folder: Path, **more: Any
) -> Loaded:
    """Load with pipelinewise-target-postgres; return its complaint, and what reads a table."""
    (host,) = parse_qs(urlsplit(postgres.url).query)["host"]
    settings = {
        "host": host,
        "port": 5432,
        "user": "postgres",
        "password": "none is needed",
        "dbname": "postgres",
        "default_target_schema": schema,
        "add_metadata_columns": True,
        "parallelism": 1,  # with several, one that fails may leave the others waiting
        **more,
    }

    def rows(table: str) -> Rows:
        query = sql.SQL("select to_jsonb(t) from {} as t").format(sql.Identifier(schema, table))
        return [row for (row,) in postgres.query(query)]

    config = folder / "target.json"
    return load("pipelinewise-target-postgres", "target-postgres", config, settings, output), rows


READ = """
import duckdb, json, sys
found = duckdb.connect(sys.argv[1], read_only=True).execute(f'select * from main."{sys.argv[2]}"')
names = [column[0] for column in found.description]
print(json.dumps([dict(zip(names, row)) for row in found.fetchall()], default=str))
"""


def into_duckdb(
    output: Output, schema: str, postgres: Postgres, folder: Path, **more: Any
) -> Loaded:
    """Load with target-duckdb; return its complaint, and what reads a table."""
    del postgres
    file = folder / f"{schema}.duckdb"
    settings = {
        "path": str(file),
        "default_target_schema": "main",
        "add_metadata_columns": True,
        **more,
    }

    def rows(table: str) -> Rows:
        python = LOADERS / "target-duckdb" / "bin" / "python"
        read = subprocess.run([python, "-c", READ, file, table], capture_output=True, check=True)
        found: Rows = json.loads(read.stdout)
        return found

    return load("target-duckdb", "target-duckdb", folder / "target.json", settings, output), rows


INTO = {"pipelinewise-target-postgres": into_postgres, "target-duckdb": into_duckdb}


def plain_text(value: Any) -> str:
    """Return a part of a key; both loaders store times without their zone, which is UTC."""
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(str(value)).replace(tzinfo=None).isoformat()
    return str(value)


@pytest.mark.parametrize("loader", INTO)
@pytest.mark.parametrize("tap", TAPS)
def test_columns_of_any_type_are_loaded_as_json_text(
    tap: str, loader: str, postgres: Postgres, tmp_path: Path
) -> None:
    plain, as_text = extracted(tap), extracted(tap, mixed_types_as_text=True)
    schema = f"any_{tap}".replace("-", "_")
    for _ in range(2):  # into tables that are there as well
        complaint, rows = INTO[loader](as_text, schema, postgres, tmp_path)
        assert complaint == ""
    for message in plain.of_type("SCHEMA"):
        stream, keys = message["stream"], message["key_properties"]

        def key(record: dict[str, Any], keys: list[str] = keys) -> tuple[str, ...]:
            return tuple(plain_text(record[name]) for name in keys)

        expected = {key(record): record for record in plain.records(stream)}
        loaded = rows(stream)
        found = {key(row, [name.lower() for name in keys]): row for row in loaded}
        assert len(found) == len(loaded)
        assert found.keys() == expected.keys(), stream
        columns = MIXED[tap].get(stream, set())
        if columns:
            assert len(expected) > 0
        for name in columns:
            for identity, record in expected.items():
                value = found[identity][name.lower()]
                value = None if value is None else json.loads(value, parse_float=Decimal)
                assert value == record.get(name), (stream, name)


@pytest.mark.parametrize("loader", INTO)
@pytest.mark.parametrize("tap", TAPS)
def test_without_the_setting_these_loaders_stop(
    tap: str, loader: str, postgres: Postgres, tmp_path: Path
) -> None:
    schema = f"stops_{tap}".replace("-", "_")
    complaint, _ = INTO[loader](extracted(tap), schema, postgres, tmp_path)
    wanted = {
        "pipelinewise-target-postgres": "invalid input syntax for type json",
        "target-duckdb": "Conversion Error: CSV Error on Line",
    }
    assert wanted[loader] in complaint


def kinds(node: dict[str, Any]) -> set[str]:
    types = node["type"]
    return {types} if isinstance(types, str) else set(types) - {"null"}


@pytest.mark.parametrize("tap", TAPS.values(), ids=list(TAPS))
def test_the_columns_are_all_of_those(tap: type[EngineTap]) -> None:
    """The loaders name a column by what its schema says, so no other may be of several kinds."""
    several = {}
    for message in extracted(tap.name).of_type("SCHEMA"):
        members = message["schema"]["properties"]
        found = {name for name, node in members.items() if len(kinds(node)) > 1}
        if found:
            several[message["stream"]] = found
    assert several == MIXED[tap.name]
    for message in extracted(tap.name, mixed_types_as_text=True).of_type("SCHEMA"):
        for name in MIXED[tap.name].get(message["stream"], ()):
            assert message["schema"]["properties"][name]["type"] == ["string", "null"]


def test_key_columns_alone_stop_target_duckdb_without_metadata(tmp_path: Path) -> None:
    output = extracted("tap-commerce7", mixed_types_as_text=True)
    settings = {"path": str(tmp_path / "keys.duckdb"), "default_target_schema": "main"}
    config = tmp_path / "target.json"
    complaint = load("target-duckdb", "target-duckdb", config, settings, output)
    assert "update_from_temp_table" in complaint


def test_target_csv_stops_at_members_that_the_schema_does_not_declare(tmp_path: Path) -> None:
    settings = {"output_path": str(tmp_path / "csv")}
    (tmp_path / "csv").mkdir()

    def loaded(catalog: Any) -> str:
        tap = TAPS["tap-commerce7"]
        with build_commerce7(size=0.1, rate_limit=None).serve() as server:
            output = run(tap, commerce7_config(server.url), catalog=catalog)
        assert output.code == 0
        return load("target-csv", "target-csv", tmp_path / "target.json", settings, output)

    catalog = catalog_of(TAPS["tap-commerce7"], ["trash", "vendors"])
    assert "dict contains fields not in fieldnames" in loaded(catalog)
    (entry,) = (each for each in catalog["streams"] if each["stream"] == "trash")
    entry["schema"]["properties"] |= {
        "objectType": {"type": ["string", "null"]},
        "objectId": {"type": ["string", "null"]},
    }
    assert loaded(catalog) == ""


@pytest.mark.parametrize("tap", TAPS)
def test_target_singer_jsonl_stops_at_activate_version(tap: str, tmp_path: Path) -> None:
    settings = {"destination": "local", "local": {"folder": str(tmp_path)}}
    args = ("target-singer-jsonl", "target-singer-jsonl", tmp_path / "target.json", settings)
    assert "Unknown message type ACTIVATE_VERSION" in load(*args, extracted(tap))
    without = extracted(tap, emit_activate_version_messages=False)
    assert load(*args, without) == ""
