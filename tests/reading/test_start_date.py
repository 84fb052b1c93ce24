"""Proves 10 (start date): inclusive bound, all spellings, moved between runs and during a scan."""

from __future__ import annotations

import pytest

from tests.reading.tools import Source, commercetools


def stamps(source: Source, stream: str = "customers") -> list[str]:
    return sorted(source.rows(stream).values())


def since(source: Source, bound: str, stream: str = "customers") -> dict[str, str]:
    return {key: at for key, at in source.rows(stream).items() if at >= bound}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_nothing_older_and_the_bound_itself(customers: Source, concurrency: int) -> None:
    bound = stamps(customers)[60]
    output = customers.run("customers", start_date=bound, concurrency=concurrency)
    assert output.code == 0
    assert customers.held("customers", output) == since(customers, bound)
    assert bound in customers.held("customers", output).values()
    earlier = customers.run("customers", start_date=stamps(customers)[30])
    assert set(earlier.ids("customers")) > set(output.ids("customers"))


@pytest.mark.parametrize(
    ("spelling", "meaning"),
    [
        ("2022-03-01T00:00:00", "2022-03-01T00:00:00.000Z"),
        ("2022-03-01", "2022-03-01T00:00:00.000Z"),
        ("2022-03-01T02:00:00+02:00", "2022-03-01T00:00:00.000Z"),
        ("2022-03-01T00:00:00.0009Z", "2022-03-01T00:00:00.000Z"),
    ],
)
def test_every_spelling_means_one_instant(customers: Source, spelling: str, meaning: str) -> None:
    edge = next(iter(customers.rows("customers")))
    customers.stand_in.put("customers", {"id": edge}, merge=True, at=meaning)
    output = customers.run("customers", start_date=spelling)
    assert customers.held("customers", output) == since(customers, meaning)
    assert edge in output.ids("customers")


def test_moved_earlier_the_older_rows_follow(customers: Source) -> None:
    late, early = stamps(customers)[100], stamps(customers)[20]
    first = customers.run("customers", start_date=late)
    second = customers.run("customers", start_date=early, state=first.state)
    assert customers.held("customers", first, second) == since(customers, early)
    third = customers.run("customers", state=second.state)
    assert customers.held("customers", first, second, third) == customers.rows("customers")
    again = customers.run("customers", state=third.state)
    assert len(again.ids("customers")) < 5


def test_moved_later_nothing_is_read_again_and_changes_still_arrive(customers: Source) -> None:
    first = customers.run("customers", start_date=stamps(customers)[20])
    changed = min(customers.rows("customers"))
    customers.stand_in.touch("customers", changed)
    second = customers.run("customers", start_date=stamps(customers)[100], state=first.state)
    assert changed in second.ids("customers")
    assert len(second.ids("customers")) < 5
    back = customers.run("customers", start_date=stamps(customers)[20], state=second.state)
    assert len(back.ids("customers")) < 5


@pytest.mark.parametrize("moved_to", [10, 100, None])
def test_moved_while_a_scan_is_interrupted(customers: Source, moved_to: int | None) -> None:
    at = stamps(customers)
    customers.fail_after(2, customers.path("customers"))
    first = customers.run("customers", start_date=at[50])
    assert first.code == 1
    customers.heal()
    bound = at[moved_to] if moved_to is not None else None
    second = customers.run("customers", start_date=bound, state=first.state)
    assert second.code == 0
    held = customers.held("customers", first, second)
    assert since(customers, bound or "").items() <= held.items()
    assert min(held.values()) >= min(bound or "", at[50])


def test_in_the_future_it_yields_nothing_in_any_run(customers: Source) -> None:
    state = None
    for _ in range(2):
        output = customers.run("customers", start_date="2999-01-01", state=state)
        assert output.code == 0
        assert output.ids("customers") == []
        state = output.state


def test_full_table_streams_without_replication_key_are_not_bounded() -> None:
    with commercetools(size=1, small=False) as source:
        output = source.run("product_selection_products", start_date="2999-01-01")
        count = len(source.stand_in.collections["product_selection_products"])
        assert len(output.records("product_selection_products")) == count


@pytest.mark.parametrize("value", ["yesterday", "2022-13-01", "2022-01-01T25:00"])
def test_nonsense_is_refused(customers: Source, value: str) -> None:
    output = customers.run("customers", start_date=value)
    assert output.code == 1
    assert "start_date" in output.log
    assert customers.stand_in.requests == []
