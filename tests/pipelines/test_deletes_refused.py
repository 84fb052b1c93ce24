"""When tap-reconcile marks nothing although rows are gone, and what it says then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commercetools.app import build as build_commercetools
from tap_commercetools.tap import TapCommercetools
from tap_reconcile.deletes import Most
from tests.pipelines.emptying import STREAM, Emptied, emptied
from tests.support import TAPS, commercetools_config

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
ACTIONS = ["--mark-deleted", "--delete"]


@pytest.fixture(params=TAPS.values(), ids=list(TAPS))
def shop16(request: pytest.FixtureRequest, postgres: Postgres, tmp_path: Path) -> Iterator[Emptied]:
    """16 of 300 records were deleted: more than 5 %."""
    with emptied(request.param, postgres, tmp_path, 16) as made:
        yield made


def refused(shop: Emptied, *arguments: str, **options: Any) -> str:
    """Reconcile, which has to refuse and leave the table as it was."""
    rows = (shop.alive, shop.marked)
    ended = shop.reconcile(*arguments, *ONLY, **options)
    assert (shop.alive, shop.marked) == rows
    assert ended.code == 2, ended.out
    done = ended.streams[STREAM]["deletes"]
    assert (done["marked"], done["removed"], done["unmarked"]) == ([], [], [])
    assert done["refused"]
    text = shop.reconcile(*arguments, "--streams", STREAM, **options)
    assert f"{STREAM}: nothing " in text.out
    assert done["refused"] in text.out
    return str(done["refused"])


@pytest.mark.parametrize("action", ACTIONS)
def test_more_rows_than_allowed(shop16: Emptied, action: str) -> None:
    wrong = min(shop16.ids)
    shop16.change(f"update {STREAM} set _sdc_deleted_at = now() where id = '{wrong}'")
    said = refused(shop16, action)
    assert said == "16 of 299 rows (5.4 %) are not at the source, and --most 5% allows no more"
    refused(shop16, action, "--most=15")
    refused(shop16, action, "--most=0")
    refused(shop16, action, "--most=5.3%")
    assert not [each for each in shop16.stand_in.requests if "id+in" in each["query"]]
    assert shop16.reconcile(action, "--most=16", *ONLY).code == 0
    assert shop16.alive == shop16.ids


def test_an_empty_source_does_not_empty_the_table(shop16: Emptied) -> None:
    for row_id in shop16.ids:
        shop16.stand_in.delete(STREAM, row_id)
    assert "300 of 300 rows (100.0 %)" in refused(shop16, "--mark-deleted")


@pytest.mark.parametrize("action", ACTIONS)
def test_a_stream_that_is_filtered(shop16: Emptied, action: str) -> None:
    wanted: Any = {"orderCount": "gte:1"}
    if shop16.tap is TapCommercetools:
        wanted = 'id != "x"'
    config = {**shop16.config, "stream_filters": {STREAM: wanted}}
    said = refused(shop16, action, "--most=100%", config=config)
    assert said.startswith("stream_filters leaves out records")


def test_stores_and_containers_are_filters() -> None:
    settings: dict[str, Any] = {"store_keys": ["a"], "custom_object_containers": ["b"]}
    stand_in = build_commercetools(size=0.1)
    with stand_in.serve() as server:
        tap = TapCommercetools(config=commercetools_config(server.url, **settings))
        streams: Any = tap.streams
        assert streams[STREAM].narrowed_by == "store_keys"
        assert streams["custom_objects"].narrowed_by == "custom_object_containers"
        assert streams["zones"].narrowed_by == ""
        tap.connection.http.stop()


@pytest.mark.parametrize("kind", ["timestamp", "text", ""])
def test_a_table_without_the_column(shop16: Emptied, kind: str) -> None:
    shop16.change(f"alter table {STREAM} rename to held")
    shop16.change(f'create table {STREAM} as select id, "{shop16.at}" from held')
    if kind:
        shop16.change(f"alter table {STREAM} add _sdc_deleted_at {kind}")
    ended = shop16.reconcile("--mark-deleted", "--most=6%", *ONLY)
    done = ended.streams[STREAM]["deletes"]
    if kind == "timestamp":
        assert (ended.code, len(done["marked"])) == (0, 16)
        return
    assert ended.code == 2
    assert f"table {shop16.schema}.{STREAM} has no column _sdc_deleted_at" in done["refused"]
    ended = shop16.reconcile("--delete", "--most=6%", *ONLY)
    assert (ended.code, len(ended.streams[STREAM]["deletes"]["removed"])) == (0, 16)


def test_a_comparison_that_breaks_off(shop16: Emptied) -> None:
    shop16.stand_in.faults.add(f"{shop16.pages}|/customers", "status", status=500, times=-1)
    ended = shop16.reconcile("--mark-deleted", "--most=100%", *ONLY)
    assert (ended.code, ended.streams[STREAM]["verdict"]) == (2, "not compared")
    assert shop16.marked == set()


def test_a_comparison_that_lacks_what_the_api_counts(shop16: Emptied) -> None:
    """An empty page ends the list, and the API counts the rows that did not come."""
    after = 0 if shop16.tap is TapCommercetools else 2
    shop16.stand_in.faults.add(shop16.pages, "empty_page", after=after, times=-1)
    ended = shop16.reconcile("--mark-deleted", "--most=100%", *ONLY)
    assert (ended.code, ended.streams[STREAM]["verdict"]) == (2, "not compared")
    assert shop16.marked == set()


def test_a_source_that_does_not_answer_again(shop16: Emptied) -> None:
    match, after = r"id\+in|id in", 0
    if shop16.tap is not TapCommercetools:
        match, after = shop16.pages, shop16.scan
    shop16.stand_in.faults.add(match, "status", status=500, times=-1, after=after)
    try:
        ended = shop16.reconcile("--mark-deleted", "--most=6%", *ONLY)
    finally:
        shop16.stand_in.faults.clear()
    assert ended.code == 2
    found = ended.streams[STREAM]
    assert found["extra"] == 16
    assert "answered 500" in found["deletes"]["refused"]
    assert shop16.marked == set()


def test_a_database_that_lets_nobody_write(shop16: Emptied) -> None:
    role = f"reader_{shop16.schema}"
    shop16.change(f"create role {role} login")
    shop16.change(f"grant usage on schema {shop16.schema} to {role}")
    shop16.change(f"grant select on {STREAM} to {role}")
    url = shop16.postgres.url.replace("postgres@", f"{role}@")
    said = refused(shop16, "--mark-deleted", "--most=6%", database=url)
    assert "permission denied for table customers" in said


def test_options_that_do_not_fit(shop16: Emptied) -> None:
    for arguments, message in (
        (["--most=3"], "--most and --dry-run go with"),
        (["--dry-run"], "--most and --dry-run go with"),
        (["--mark-deleted", "--delete"], "not allowed with"),
        (["--mark-deleted", "--most=few"], "'few' is neither a number of rows nor a percentage"),
    ):
        ended = shop16.reconcile(*arguments)
        assert (ended.code, ended.out) == (2, ""), arguments
        assert message in ended.err


@pytest.mark.parametrize("text", ["", "-1", "1.5", "%", "5 %", "1e3", "²", "5%%"])
def test_what_is_no_number_of_rows(text: str) -> None:
    with pytest.raises(ValueError, match="neither a number of rows nor a percentage"):
        Most(text)


@pytest.mark.parametrize(
    ("text", "count", "rows", "allowed"),
    [
        ("5%", 5, 100, True),
        ("5%", 6, 100, False),
        ("5%", 1, 19, False),
        ("0%", 0, 0, True),
        ("100%", 7, 7, True),
        ("0.1%", 1, 1000, True),
        ("3", 3, 3, True),
        ("3", 4, 1000, False),
    ],
)
def test_how_many_rows_are_allowed(text: str, count: int, rows: int, *, allowed: bool) -> None:
    assert Most(text).allows(count, rows) is allowed
