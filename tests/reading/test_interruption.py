"""Proves 15 (interrupted sync) and 16 (every STATE is a safe point to start from)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reading.tools import (
    HIGHEST_ID,
    LONG_AGO,
    LOWEST_ID,
    Source,
    bookmarked,
    commerce7,
    commercetools,
    next_second,
    prefixes,
)

CONCURRENCY = [1, 4, 8]


def pages_asked(source: Source) -> int:
    asked = source.asked(source.path("customers"))
    return sum(query["limit"] != ["1"] for query in asked)


def assert_resumes(source: Source, counts: list[int], state: Any, concurrency: int) -> None:
    """Interrupt after some requests, go on, compare with an uninterrupted run."""
    source.defaults["concurrency"] = concurrency
    whole = source.run("customers", state=state)
    needed = pages_asked(source)
    for count in counts:
        assert count < needed
        source.fail_after(count, source.pages("customers"))
        broken = source.run("customers", state=state)
        assert broken.code == 1
        source.heal()
        source.forget_requests()
        rest = source.run("customers", state=broken.state)
        assert rest.code == 0
        assert source.held("customers", broken, rest) == source.rows("customers")
        # What was written is in the state; what was in flight is read again.
        assert not set(broken.ids("customers")) & set(rest.ids("customers"))
        assert pages_asked(source) <= needed - count + 2 * concurrency + 1
        assert rest.bookmark("customers") == whole.bookmark("customers")


@pytest.mark.parametrize("concurrency", CONCURRENCY)
def test_first_sync_of_commercetools(concurrency: int) -> None:
    with commercetools(rows={"customers": 190}) as source:
        assert_resumes(source, [0, 1, 2, 4, 7], None, concurrency)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_changes_of_commercetools(concurrency: int) -> None:
    with commercetools(rows={"customers": 190}, rows_per_timestamp=30) as source:
        assert_resumes(source, [0, 1, 3, 6], bookmarked("customers", LONG_AGO), concurrency)


@pytest.mark.parametrize("concurrency", CONCURRENCY)
def test_first_sync_of_commerce7(concurrency: int) -> None:
    with commerce7(rows={"customers": 340}) as source:
        assert_resumes(source, [0, 1, 2, 4, 6], None, concurrency)


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("filters", ["refused", "accepted"])
def test_changes_of_commerce7(filters: str, concurrency: int) -> None:
    with commerce7(rows={"customers": 340}, undocumented_filters=filters) as source:
        state = bookmarked("customers", LONG_AGO, "updatedAt")
        assert_resumes(source, [2, 5], state, concurrency)


def mutate(source: Source) -> None:
    """Change a source at both ends of the id space and in the middle."""
    ids = sorted(source.rows("customers"))
    for each in (*ids[:3], *ids[60:63], *ids[-3:]):
        source.stand_in.touch("customers", each)
    for new in (LOWEST_ID, HIGHEST_ID):
        source.stand_in.put("customers", {"id": new})
    next_second()


def assert_every_state_is_safe(
    source: Source, state: Any, *, at_least: int, **settings: Any
) -> None:
    source.defaults["lookback_seconds"] = 0  # it would hide what the bookmark misses
    output = source.run("customers", state=state, **settings)
    mutate(source)
    points = list(prefixes(output))
    assert len(points) >= at_least
    for messages, point in points:
        rest = source.run("customers", state=point, **settings)
        last = source.run("customers", state=rest.state, **settings)
        assert rest.code == last.code == 0
        assert source.held("customers", messages, rest, last) == source.rows("customers")


@pytest.mark.usefixtures("state_per_page")
@pytest.mark.parametrize("concurrency", CONCURRENCY)
def test_every_state_of_a_first_sync_is_safe(concurrency: int) -> None:
    with commercetools(rows={"customers": 130}) as source:
        assert_every_state_is_safe(source, None, at_least=7, concurrency=concurrency)


@pytest.mark.usefixtures("state_per_page")
def test_every_state_of_an_incremental_run_is_safe() -> None:
    with commercetools(rows={"customers": 130}, rows_per_timestamp=30) as source:
        state = bookmarked("customers", LONG_AGO)
        assert_every_state_is_safe(source, state, at_least=7)


@pytest.mark.usefixtures("state_per_page")
@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("bookmark", [None, LONG_AGO])
def test_every_state_of_commerce7_is_safe(bookmark: str | None, concurrency: int) -> None:
    state = bookmarked("customers", bookmark, "updatedAt") if bookmark else None
    with commerce7(rows={"customers": 230}) as source:
        assert_every_state_is_safe(source, state, at_least=5, concurrency=concurrency)


def test_a_state_is_written_while_a_long_scan_goes_on() -> None:
    with commercetools(rows={"customers": 3000}) as source:
        output = source.run("customers", page_size=100)
        assert 5 <= len(output.states) <= 8


@pytest.mark.usefixtures("state_per_page")
@pytest.mark.parametrize("concurrency", [1, 4])
def test_every_state_of_a_child_stream_is_safe(concurrency: int) -> None:
    name = "product_selection_products"
    with commercetools(rows={"product_selections": 3, name: 75}, small=False) as source:
        output = source.run(name, page_size=10, concurrency=concurrency)
        keys = {(r["productSelectionId"], r["productId"]) for r in output.records(name)}
        assert len(keys) == len(source.rows(name)) == 75
        for messages, point in prefixes(output):
            rest = source.run(name, state=point, page_size=10, concurrency=concurrency)
            assert rest.code == 0
            found = [m["record"] for m in (*messages, *rest.messages) if m["type"] == "RECORD"]
            assert {(r["productSelectionId"], r["productId"]) for r in found} == keys


@pytest.mark.parametrize("count", [1, 3, 6, 9])
def test_interrupted_inside_a_child_stream(count: int) -> None:
    name = "product_selection_products"
    with commercetools(rows={"product_selections": 3, name: 75}, small=False) as source:
        source.fail_after(count, "/product-selections/.*/products")
        broken = source.run(name, page_size=10)
        assert broken.code == 1
        source.heal()
        rest = source.run(name, page_size=10, state=broken.state)
        keys = [
            (record["productSelectionId"], record["productId"])
            for record in (*broken.records(name), *rest.records(name))
        ]
        assert len(keys) == len(set(keys)) == 75


def test_interrupted_between_customers_of_commerce7() -> None:
    with commerce7(rows={"customers": 40, "customer_credit_cards": 80}, small=False) as source:
        names = ("customers", "customer_credit_cards")
        catalog = source.catalog("customer_credit_cards")
        source.fail_after(25, "/credit-card")
        broken = source.run(*names, catalog=catalog)
        assert broken.code == 1
        source.heal()
        source.forget_requests()
        rest = source.run(*names, catalog=catalog, state=broken.state)
        assert rest.code == 0
        assert len(source.asked("/credit-card")) <= 17
        held = source.rows("customer_credit_cards")
        assert source.held("customer_credit_cards", broken, rest) == held


def test_interrupted_again_and_again() -> None:
    with commercetools(rows={"customers": 190}) as source:
        outputs, state = [], None
        for _ in range(20):
            source.heal()
            source.fail_after(3, "/customers")
            output = source.run("customers", state=state, concurrency=3)
            outputs.append(output)
            state = output.state
            if output.code == 0:
                break
        assert outputs[-1].code == 0
        assert source.held("customers", *outputs) == source.rows("customers")
