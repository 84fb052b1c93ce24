"""Proves 5 (keys) and 6 (pagination): every page edge, pages that shrink, lists that lie."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.reading.tools import Pairs, Source, commerce7, commercetools, where

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support import Output


def capped(limit: int, after: int = 0) -> Callable[[Pairs], Pairs]:
    """Make a server apply a smaller limit than asked for, from some request on."""
    asked = itertools.count(1)

    def change(pairs: Pairs) -> Pairs:
        most = limit if next(asked) > after else 500
        return [(name, str(min(int(v), most)) if name == "limit" else v) for name, v in pairs]

    return change


def assert_complete(source: Source, stream: str, output: Output) -> None:
    ids = output.ids(stream)
    assert output.code == 0, output.log[-2000:]
    assert set(ids) == set(source.rows(stream))
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("concurrency", [1, 4])
def test_every_page_edge_of_commercetools(concurrency: int) -> None:
    names = [
        "carts",
        "customers",
        "orders",
        "payments",
        "products",
        "reviews",
        "states",
        "stores",
        "types",
    ]
    rows = dict(zip(names, [0, 1, 19, 20, 21, 39, 40, 41, 100], strict=True))
    with commercetools(rows=rows) as source:
        output = source.run(*names, concurrency=concurrency, verify_counts="off")
        for name in names:
            assert_complete(source, name, output)
            queries = source.asked(f"/{name}")
            assert {tuple(query["limit"]) for query in queries} == {("20",)}
            if rows[name] < 20:
                assert len(queries) == 1


CURSOR_LISTS = ["carts", "customers", "notes", "orders", "products", "reservations"]
NUMBERED_LISTS = ["clubs", "collections", "coupons", "promotions", "shippings", "taxes"]


@pytest.mark.parametrize("names", [CURSOR_LISTS, NUMBERED_LISTS])
def test_every_page_edge_of_commerce7(names: list[str]) -> None:
    rows = dict(zip(names, [0, 49, 50, 51, 100, 101], strict=True))
    with commerce7(rows=rows) as source:
        output = source.run(*names, verify_counts="off")
        for name in names:
            assert_complete(source, name, output)
            assert len(source.asked(source.path(name))) == requests(rows[name], names)


def requests(count: int, names: list[str]) -> int:
    """How often a list is asked: behind a full page there may be more, and pages may shift.

    A numbered list without rows would empty its table.
    """
    pages = max(1, -(-count // 50))
    full = count > 0 and count % 50 == 0
    if names is NUMBERED_LISTS:
        return (pages + full) * (1 if 0 < count <= 50 else 2)
    return pages + full * (2 if count == 50 else 1)


@pytest.mark.parametrize("end", ["absent", "null", "empty"])
def test_every_way_to_end_a_cursor(end: str) -> None:
    with commerce7(rows={"customers": 120}, end_cursor=end) as source:
        output = source.run("customers", verify_counts="off")
        assert_complete(source, "customers", output)
        assert len(source.asked("/customer")) == 3


def test_pages_change_nothing_about_the_whole() -> None:
    with commercetools(rows={"customers": 130}) as source:
        for size in (7, 130, 500):
            output = source.run("customers", page_size=size)
            assert_complete(source, "customers", output)


def test_commerce7_gets_either_a_page_or_a_cursor() -> None:
    with commerce7(rows={"customers": 101, "taxes": 101}) as source:
        assert source.run("customers", "taxes", verify_counts="off").code == 0
        for query in source.asked("/customer"):
            assert query["limit"] == ["50"]
            assert "page" not in query
        for query in source.asked("/tax"):
            assert "cursor" not in query


@pytest.mark.parametrize(("after", "concurrency"), [(1, 1), (1, 4), (3, 4), (5, 8)])
def test_an_empty_page_in_the_middle_of_commercetools(after: int, concurrency: int) -> None:
    with commercetools(rows={"customers": 190}) as source:
        source.stand_in.faults.add("/customers", "empty_page", after=after)
        assert_complete(source, "customers", source.run("customers", concurrency=concurrency))


def test_an_empty_page_in_the_middle_of_a_cursor_list() -> None:
    with commerce7(rows={"customers": 151}) as source:
        source.stand_in.faults.add("/customer", "empty_page", after=1)
        assert_complete(source, "customers", source.run("customers"))


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("after", [0, 2])
def test_commercetools_shrinks_its_pages(after: int, concurrency: int) -> None:
    with commercetools(rows={"customers": 130}) as source:
        source.rewrite("/customers", capped(7, after))
        assert_complete(source, "customers", source.run("customers", concurrency=concurrency))


@pytest.mark.parametrize("stream", ["customers", "taxes"])
@pytest.mark.parametrize("after", [0, 2])
def test_commerce7_shrinks_its_pages(after: int, stream: str) -> None:
    with commerce7(rows={stream: 130}) as source:
        source.rewrite(source.path(stream), capped(25, after))
        assert_complete(source, stream, source.run(stream))


@pytest.mark.parametrize("concurrency", [1, 4])
def test_queries_that_time_out_are_asked_in_smaller_pages(concurrency: int) -> None:
    with commercetools(rows={"customers": 130}) as source:
        source.stand_in.faults.add("/customers", "query_timed_out_above", times=-1, n=6)
        output = source.run("customers", concurrency=concurrency, verify_counts="off")
        assert_complete(source, "customers", output)
        limits = [int(query["limit"][0]) for query in source.asked("/customers")]
        assert max(limits) == 20
        assert min(limits) == 5


@pytest.mark.parametrize("times", [1, -1])
def test_a_cursor_that_repeats_is_an_error(times: int) -> None:
    with commerce7(rows={"customers": 201}) as source:
        source.stand_in.faults.add("/customer", "repeat_cursor", times=times, after=1)
        output = source.run("customers")
        assert output.code == 1
        assert "twice" in output.log
        assert output.bookmark("customers") is None
        source.heal()
        rest = source.run("customers", state=output.state)
        assert rest.code == 0
        assert source.held("customers", output, rest) == source.rows("customers")


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_server_that_ignores_the_filter_is_an_error(concurrency: int) -> None:
    with commercetools(rows={"customers": 130}) as source:
        source.rewrite("/customers", lambda pairs: [each for each in pairs if each[0] != "where"])
        output = source.run("customers", concurrency=concurrency)
        assert output.code == 1
        assert output.bookmark("customers") is None


@pytest.mark.parametrize(("after", "concurrency"), [(0, 1), (3, 1), (1, 4), (3, 8)])
def test_a_server_that_ignores_the_sort_is_an_error(after: int, concurrency: int) -> None:
    with commercetools(rows={"customers": 390}) as source:
        source.stand_in.faults.add("/customers", "ignore_sort", times=-1, after=after)
        output = source.run("customers", concurrency=concurrency)
        assert output.code == 1
        assert "did not sort" in output.log
        assert output.bookmark("customers") is None
        source.heal()
        rest = source.run("customers", state=output.state, concurrency=concurrency)
        assert rest.code == 0
        assert source.held("customers", output, rest) == source.rows("customers")


def test_ids_are_asked_for_in_ranges_that_leave_no_gap() -> None:
    with commercetools(rows={"customers": 130}) as source:
        source.run("customers", concurrency=4)
        filters = {where(query) for query in source.asked("/customers")}
        boundaries = sorted({text.rpartition("<= ")[2] for text in filters if "<= " in text})
        assert len(boundaries) == 3
        for boundary in boundaries:
            assert any(text.startswith(f"id > {boundary}") for text in filters)
