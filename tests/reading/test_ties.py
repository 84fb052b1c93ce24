"""Proves 14 (equal timestamps) over page edges, run edges and an undefined server order."""

from __future__ import annotations

import pytest

from tests.reading.tools import LONG_AGO, Pairs, Source, bookmarked, commerce7, commercetools


@pytest.mark.parametrize("ties", [19, 20, 21, 50, 200])
def test_ties_over_page_edges(ties: int) -> None:
    with commercetools(rows={"customers": 130}, rows_per_timestamp=ties) as source:
        for state in (None, bookmarked("customers", LONG_AGO)):
            output = source.run("customers", state=state)
            assert output.code == 0
            assert source.held("customers", output) == source.rows("customers")
            assert len(output.ids("customers")) == 130


def test_ties_in_commerce7() -> None:
    with commerce7(rows={"customers": 130}, rows_per_timestamp=200) as source:
        for state in (None, bookmarked("customers", LONG_AGO, "updatedAt")):
            output = source.run("customers", state=state)
            assert source.held("customers", output) == source.rows("customers")


@pytest.mark.parametrize("new_id", ["00000000-0000-4000-a000-000000000000", "f" * 8])
def test_ties_over_the_edge_between_runs(customers: Source, new_id: str) -> None:
    first = customers.run("customers", lookback_seconds=0)
    bookmark = first.bookmark("customers")
    customers.stand_in.put("customers", {"id": new_id}, at=bookmark)
    second = customers.run("customers", state=first.state, lookback_seconds=0)
    assert new_id in second.ids("customers")
    assert second.bookmark("customers") == bookmark


def test_a_server_that_leaves_ties_unsorted_is_an_error() -> None:
    def by_time_alone(pairs: Pairs) -> Pairs:
        return [pair for pair in pairs if pair != ("sort", "id asc")]

    with commercetools(rows={"customers": 130}, rows_per_timestamp=60) as source:
        source.rewrite("/customers", by_time_alone)
        output = source.run("customers", state=bookmarked("customers", LONG_AGO))
        assert output.code == 1
        assert "did not sort" in output.log
        assert output.bookmark("customers") == LONG_AGO
