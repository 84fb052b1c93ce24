"""tap-reconcile finds what differs between a stand-in and the tables of target-postgres."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.pipelines.shop import INCREMENTAL, SMALL, Shop
from tests.support import (
    catalog_of,
    commerce7_config,
    commercetools_config,
)

if TYPE_CHECKING:
    from sandbox.standin import StandIn
    from tap_engine.singer.tap import EngineTap

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("installed"),
]

FUTURE = "2100-01-01T00:00:00.000Z"


def test_equal_after_a_load(shop: Shop) -> None:
    shop.stand_in.requests.clear()
    ended = shop.reconcile("--streams", *SMALL[shop.tap], "--json")
    assert ended.code == 0, ended.err
    assert set(ended.streams) == set(SMALL[shop.tap])
    for name, found in ended.streams.items():
        assert found["verdict"] == "equal"
        assert found["source"] == found["table"] == len(shop.stand_in.collections[name].by_id) > 0
        assert ended.counts(name) == {}
    posts = {each["path"] for each in shop.stand_in.requests if each["method"] != "GET"}
    graphql = {"/oauth/token", "/demo/graphql"} if shop.tap is TapCommercetools else set()
    assert posts == graphql


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


def test_keys_of_all_sorts_come_in_one_order(kept: Shop) -> None:
    stream, _ = INCREMENTAL[kept.tap]
    keys = ["_", "a", "B", "ab", "aB", "z", "Z", "é", "e", "\U0001f377", "\uffee"]
    values = ", ".join(f"('{key}')" for key in keys)
    kept.change(f"insert into {stream} (id) values {values}")
    ended = kept.reconcile("--streams", stream, "--json", "--show=20")
    assert ended.counts(stream) == {"extra": len(keys)}
    found = [key for (key,) in (each["key"] for each in ended.streams[stream]["examples"]["extra"])]
    assert found == sorted(keys)


def test_an_empty_stream_has_a_table_after_a_load(shop: Shop) -> None:
    stream = "stores" if shop.tap is TapCommercetools else "orders"
    rows = shop.stand_in.collections[stream].by_id
    held = dict(rows)
    rows.clear()
    other = dataclasses.replace(shop, schema=f"{shop.schema}_empty")
    try:
        other.load(stream)
        assert other.postgres.tables(other.schema) == {stream}
        ended = other.reconcile("--streams", stream, "--json")
    finally:
        rows.update(held)
    assert (ended.code, ended.counts(stream)) == (0, {})


COMPOSITE: dict[type[EngineTap], tuple[str, ...]] = {
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
