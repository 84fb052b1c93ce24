"""Proves 6 and 14 beyond the 10,000 rows that offsets reach, with 1,000 rows per timestamp."""

from __future__ import annotations

from tests.reading.tools import LONG_AGO, bookmarked, commerce7, commercetools

ROWS = {"customers": 25_000}


def test_25000_commercetools_customers_arrive_by_id_and_by_time() -> None:
    with commercetools(rows=ROWS, rows_per_timestamp=1000) as source:
        first = source.run("customers", page_size=500)
        assert first.code == 0
        assert len(first.ids("customers")) == 25_000
        assert source.held("customers", first) == source.rows("customers")

        everything = bookmarked("customers", LONG_AGO)
        changes = source.run("customers", page_size=500, state=everything)
        assert changes.code == 0
        order = [(each["lastModifiedAt"], each["id"]) for each in changes.records("customers")]
        assert order == sorted(source.stand_in.collections["customers"].by_time)


def test_25000_commerce7_customers_arrive() -> None:
    with commerce7(rows=ROWS, rows_per_timestamp=1000) as source:
        output = source.run("customers")
        assert output.code == 0
        assert len(output.ids("customers")) == 25_000
        assert source.held("customers", output) == source.rows("customers")
