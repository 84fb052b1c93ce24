"""What is read of a source: all that a first sync would deliver, whatever the API refuses."""

from __future__ import annotations

import pytest

from tests.reading.tools import commerce7, commercetools
from tests.reconcile.tools import read

REFUSED = {
    "statusCode": 400,
    "message": "Malformed parameter: where",
    "errors": [{"code": "InvalidInput", "message": "Malformed parameter: where"}],
}


@pytest.mark.parametrize("filterable", [True, False])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_from_the_start_date_on(concurrency: int, filterable: bool) -> None:
    with commercetools(rows={"customers": 130}) as source:
        if not filterable:
            path = "/customers.*where=.*lastModifiedAt|/graphql"
            source.stand_in.faults.add(path, "status", status=400, body=REFUSED, times=-1)
        times = sorted(source.rows("customers").values())
        middle = times[60]
        with read(source, "customers", start_date=middle, concurrency=concurrency) as rows:
            expected = {(name,): at for name, at in source.rows("customers").items()}
            assert dict(rows) == {key: at for key, at in expected.items() if at >= middle}
            assert len(rows) == len(dict(rows))


def test_what_matches_a_filter_in_each_store() -> None:
    with commercetools(size=0.3, rows={"stores": 3}, small=False) as source:
        settings = {
            "store_keys": ["store-0", "store-1"],
            "stream_filters": {"orders": 'store(key = "store-1")'},
        }
        with read(source, "orders", **settings) as rows:
            matching = {
                key
                for key, record in source.records("orders").items()
                if record.get("store", {}).get("key") == "store-1"
            }
            assert {key for key, _ in rows} == {("store-1", key) for key in matching}
            assert matching


def test_a_scan_that_begins_anew_with_another_pager() -> None:
    with commerce7(rows={"customers": 190}) as source:
        source.stand_in.faults.add("cursor=(?!start)", "status", status=422, after=1, times=2)
        with read(source, "customers") as rows:
            assert len(rows) > 190, "what came before is read again"
            assert dict(rows) == {(name,): at for name, at in source.rows("customers").items()}
        starts = [each for each in source.stand_in.requests if "cursor=start" in each["query"]]
        assert len(starts) == 2


@pytest.mark.parametrize("elsewhere", ["works", "ignored"])
def test_a_long_list_that_may_have_a_cursor(elsewhere: str) -> None:
    with commerce7(rows={"taxes": 260}, cursor_elsewhere=elsewhere) as source:
        with read(source, "taxes") as rows:
            assert {key for key, _ in rows} == {(name,) for name in source.rows("taxes")}
        by_cursor = [each for each in source.stand_in.requests if "cursor=" in each["query"]]
        assert (len(by_cursor) > 1) == (elsewhere == "works")


@pytest.mark.parametrize("sorts", [True, False])
def test_keys_that_are_made_by_reshaping(sorts: bool) -> None:
    served = commercetools(size=1, small=False, nested_sort=sorts)
    with served as source, read(source, "variant_projections") as rows:
        records = source.records("variant_projections").values()
        assert {key for key, _ in rows} == {
            (record["product"]["id"], str(record["id"]), "false")
            for record in records
            if not record["staged"]
        }
        assert {at for _, at in rows} == {None}


def test_keys_that_the_records_name_themselves() -> None:
    with commerce7(size=1, small=False) as source, read(source, "tags") as rows:
        assert len({key for key, _ in rows}) == len(rows) == len(source.rows("tags"))
