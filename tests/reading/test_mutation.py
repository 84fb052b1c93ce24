"""Proves 17 and issue 3's "mutation during a run": updates, inserts and deletes between pages."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from sandbox.standin import Hook
from tests.reading.tools import (
    HIGHEST_ID,
    LONG_AGO,
    LOWEST_ID,
    Source,
    bookmarked,
    commerce7,
    commercetools,
    next_second,
)


def hook(
    source: Source, after: int, action: Literal["upsert", "delete", "touch"], row_id: str
) -> None:
    record = {"id": row_id}
    source.stand_in.hooks.append(Hook(after, "customers", action, record))


def hook_everything(source: Source) -> set[str]:
    """Change the source after every early request; gives the ids that get deleted."""
    ids = sorted(source.rows("customers"))
    for after in (1, 2, 3, 5, 7):
        hook(source, after, "touch", ids[after])  # at the low end, already read
        hook(source, after, "touch", ids[-1 - after])  # at the high end, to be read yet
        hook(source, after, "upsert", LOWEST_ID[:-1] + str(after))
        hook(source, after, "upsert", HIGHEST_ID[:-1] + str(after))
        hook(source, after, "delete", ids[20 + after])
        hook(source, after, "delete", ids[-20 - after])
    return {ids[20 + after] for after in (1, 2, 3, 5, 7)} | {
        ids[-20 - after] for after in (1, 2, 3, 5, 7)
    }


def assert_caught_up(source: Source, state: Any, **settings: Any) -> None:
    source.defaults["lookback_seconds"] = 0  # it would hide what the bookmark misses
    deleted = hook_everything(source)
    first = source.run("customers", state=state, **settings)
    for each in source.stand_in.hooks:  # the run may have needed fewer requests
        deleted.discard(each.record["id"])
    next_second()
    second = source.run("customers", state=first.state, **settings)
    assert first.code == second.code == 0
    held = source.held("customers", first, second)
    for row_id in deleted:
        held.pop(row_id, None)
    assert held == source.rows("customers")


@pytest.mark.parametrize("concurrency", [1, 4, 8])
def test_first_sync_of_commercetools(concurrency: int) -> None:
    with commercetools(rows={"customers": 190}) as source:
        assert_caught_up(source, None, concurrency=concurrency)


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("ties", [1, 60])
def test_incremental_run_of_commercetools(concurrency: int, ties: int) -> None:
    with commercetools(rows={"customers": 190}, rows_per_timestamp=ties) as source:
        assert_caught_up(source, bookmarked("customers", LONG_AGO), concurrency=concurrency)


@pytest.mark.parametrize("concurrency", [1, 4, 8])
@pytest.mark.parametrize(("filters", "bookmark"), [("refused", LONG_AGO), ("accepted", None)])
def test_cursor_lists_of_commerce7(filters: str, bookmark: str | None, concurrency: int) -> None:
    with commerce7(rows={"customers": 390}, undocumented_filters=filters) as source:
        state = bookmarked("customers", bookmark, "updatedAt") if bookmark else None
        assert_caught_up(source, state, concurrency=concurrency)


def test_a_record_that_keeps_changing_does_not_keep_a_run_going() -> None:
    with commercetools(rows={"customers": 90}) as source:
        ids = sorted(source.rows("customers"))
        for after in range(1, 60):
            for each in ids[:20]:
                hook(source, after, "touch", each)
        output = source.run("customers", state=bookmarked("customers", LONG_AGO))
        assert output.code == 0
        assert len(source.asked("/customers")) <= 7
        source.stand_in.hooks.clear()
        next_second()
        last = source.run("customers", state=output.state)
        assert source.held("customers", output, last) == source.rows("customers")


@pytest.mark.parametrize("concurrency", [1, 4])
def test_the_next_cursor_is_deleted(concurrency: int) -> None:
    with commerce7(rows={"customers": 190}) as source:
        doomed = sorted(source.rows("customers"))[50]  # its id is the cursor of page two
        hook(source, 1, "delete", doomed)
        output = source.run("customers", concurrency=concurrency)
        assert output.code == 0
        assert source.held("customers", output) == source.rows("customers")


@pytest.mark.parametrize("concurrency", [1, 4])
def test_the_row_at_the_position_is_deleted(concurrency: int) -> None:
    with commercetools(rows={"customers": 190}) as source:
        for place, after in ((19, 1), (39, 2)):
            hook(source, after, "delete", sorted(source.rows("customers"))[place])
        output = source.run("customers", concurrency=concurrency)
        assert output.code == 0
        assert source.rows("customers").items() <= source.held("customers", output).items()


def test_two_runs_give_the_same(customers: Source) -> None:
    one, two = customers.run("customers"), customers.run("customers")
    assert one.latest("customers") == two.latest("customers")
    assert sorted(one.ids("customers")) == sorted(two.ids("customers"))
    assert one.state == two.state
