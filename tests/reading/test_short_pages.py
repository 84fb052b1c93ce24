"""A page that is short and not the last one: only the source's count shows it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.reading.tools import Source, commerce7, commercetools

if TYPE_CHECKING:
    from collections.abc import Iterator


START = "2015-01-01T00:00:00Z"


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_engine.reading.counts.PAUSE_SECONDS", 0.0)


def short(source: Source, **options: Any) -> None:
    """Answer the first page with five rows, as if there were no more."""
    rows = list(source.records("customers").values())[:5]
    body = {"customers": rows} if source.stamp == "updatedAt" else {"count": 5, "results": rows}
    match = (
        r"/customer\?.*cursor=start" if source.stamp == "updatedAt" else r"/customers\?.*sort=id"
    )
    encoded = json.loads(json.dumps(body, default=float))
    source.stand_in.faults.add(match, "status", status=200, body=encoded, **options)


@pytest.fixture(params=["tap-commercetools", "tap-commerce7", "tap-commerce7 without filter"])
def few(request: pytest.FixtureRequest) -> Iterator[Source]:
    """40 customers: less than a page of Commerce7."""
    rows = {"customers": 40}
    if request.param == "tap-commercetools":
        with commercetools(rows=rows) as source:
            yield source
    else:
        filters = "refused" if "without" in request.param else "accepted"
        with commerce7(rows=rows, undocumented_filters=filters) as source:
            yield source


def test_a_short_page_that_is_not_the_last_is_an_error(few: Source) -> None:
    short(few, times=-1)
    output = few.run("customers")
    assert output.code == 1
    assert "customers: 35 records are missing: 5 records read, the API counts 40" in output.log
    assert output.bookmark("customers") is None


def test_a_short_page_in_passing_is_made_up_for(few: Source) -> None:
    short(few)
    output = few.run("customers")
    assert output.code == 0, output.log[-1500:]
    assert set(output.ids("customers")) == set(few.rows("customers"))
    assert output.bookmark("customers") == max(few.rows("customers").values())


@pytest.mark.parametrize("method", ["INCREMENTAL", "FULL_TABLE"])
def test_an_empty_list_is_counted_where_that_matters(few: Source, method: str) -> None:
    name = "customers"
    for row_id in list(few.rows(name)):
        few.stand_in.delete(name, row_id)
    few.forget_requests()
    output = few.run(name, catalog=few.catalog(name, method=method))
    assert output.code == 0
    counted = [each for each in few.asked(few.path(name)) if each["limit"] in (["0"], ["1"])]
    # Of an empty list nothing is bookmarked: the next run reads everything again.
    assert len(counted) == (1 if method == "FULL_TABLE" else 0)


def test_nothing_is_counted_when_nothing_changed(few: Source) -> None:
    state = few.run("customers").state
    few.forget_requests()
    assert few.run("customers", state=state).code == 0
    # Without a filter on time it is asked for first, and refused.
    assert len(few.asked(few.path("customers"))) <= 2
    assert not [
        each for each in few.asked(few.path("customers")) if each["limit"] in (["0"], ["1"])
    ]


def test_text_ids_that_come_unsorted_are_an_error() -> None:
    with commercetools(rows={"customers": 0}) as source:
        for number in range(130):
            row_id = f"customer{number * 37 % 130:03d}"
            source.stand_in.put("customers", {"id": row_id})
        assert len(source.run("customers").ids("customers")) == 130
        source.rewrite("/customers", lambda pairs: [pair for pair in pairs if pair[0] != "sort"])
        output = source.run("customers")
        assert output.code == 1
        assert output.bookmark("customers") is None


def test_missing_records_are_noticed_with_a_start_date(
    few: Source, request: pytest.FixtureRequest
) -> None:
    if "without" in request.node.name:
        few.stand_in.faults.add("updatedAt", "status", status=422, times=-1)
    short(few, times=-1)
    output = few.run("customers", start_date=START)
    assert output.code == 1
    assert "35 records are missing: 5 records read, the API counts 40" in output.log
