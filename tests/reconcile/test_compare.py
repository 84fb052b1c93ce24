"""The comparison and the sorter, checked against sets held in memory."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_reconcile.compare import KINDS, MOST_WANTED, Bounds, OrderError, compare
from tap_reconcile.sorter import Sorter

if TYPE_CHECKING:
    from tap_reconcile.compare import Entry, Key

MOMENTS = [f"2026-01-0{day}T00:00:00.000Z" for day in range(1, 8)]

# NUL and unpaired surrogates are left out: neither PostgreSQL nor the taps let them through.
characters = st.one_of(
    st.sampled_from("aAbB-_/ \n\t'\"\\\x01éßÿ\u2028\ud7ff\ue000\uffff\U00010000\U0010ffff"),
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"),
)
texts = st.text(characters, max_size=4)
moments = st.one_of(st.none(), st.sampled_from(MOMENTS))


def sides(parts: int) -> st.SearchStrategy[tuple[list[Entry], dict[Key, str | None]]]:
    """Rows as a source sends them, repeated ones included, and a table; many keys in both."""
    keys = st.lists(st.tuples(*[texts] * parts), max_size=12, unique=True)
    return keys.flatmap(
        lambda some: st.tuples(
            st.lists(st.tuples(st.sampled_from(some), moments), max_size=30)
            if some
            else st.just([]),
            st.dictionaries(st.sampled_from(some), moments) if some else st.just({}),
        )
    )


def latest(rows: list[Entry]) -> dict[Key, str | None]:
    """Keep the newest version of each row."""
    held: dict[Key, str | None] = {}
    for key, at in rows:
        held[key] = max(filter(None, (held.get(key), at)), default=None)
    return held


def naive(
    source: dict[Key, str | None], table: dict[Key, str | None], bounds: Bounds
) -> dict[Key, str]:
    """Say of each key that is in one side or different what it is."""
    found = {}
    for key in source.keys() | table.keys():
        at, held = source.get(key), table.get(key)
        if key in source and key in table and at == held:
            continue
        kind = "missing" if key not in table else "extra" if key not in source else "stale"
        if kind == "extra" and bounds.since and held and held < bounds.since:
            kind = "older"
        elif bounds.until and any(moment and moment > bounds.until for moment in (at, held)):
            kind = "newer"
        found[key] = kind
    return found


@given(
    data=st.one_of(sides(1), sides(2), sides(3)),
    since=st.one_of(st.none(), st.sampled_from(MOMENTS)),
    until=st.one_of(st.none(), st.sampled_from(MOMENTS)),
)
def test_the_same_as_with_sets(
    data: tuple[list[Entry], dict[Key, str | None]], since: str | None, until: str | None
) -> None:
    rows, table = data
    parts = len(next(iter(table), None) or (rows[0][0] if rows else ("",)))
    bounds = Bounds(since=since, until=until, show=1000)
    # As the database sorts with collation "C": the bytes of each part in turn.
    in_order = sorted(table.items(), key=lambda row: [part.encode() for part in row[0]])
    with closing(Sorter(parts)) as sorter:
        sorter.add(rows[:7])
        sorter.add(rows[7:])
        result = compare(sorter.rows(), in_order, bounds)
    source = latest(rows)
    expected = naive(source, table, bounds)
    counts = Counter(expected.values())
    assert {kind: getattr(result, kind) for kind in (*KINDS, "older")} == {
        kind: counts[kind] for kind in (*KINDS, "older")
    }
    assert (result.source, result.table) == (len(source), len(table))
    for kind in KINDS:
        shown = {each.key: (each.source, each.table) for each in result.examples[kind]}
        assert shown == {
            key: (source.get(key), table.get(key)) for key, said in expected.items() if said == kind
        }


def test_only_some_examples_are_kept() -> None:
    result = compare([((f"{n}",), None) for n in range(9)], [], Bounds(show=2))
    assert result.missing == 9
    assert [each.key for each in result.examples["missing"]] == [("0",), ("1",)]


@pytest.mark.parametrize("others", [0, MOST_WANTED])
def test_what_is_settled_is_not_wanted_any_more(others: int) -> None:
    first, second, third = MOMENTS[:3]
    source: list[Entry] = [(("a",), first), (("b",), second)]
    source += [((f"c{number:03}",), third) for number in range(others)]
    result = compare(source, [], Bounds())
    assert result.oldest == first
    result.settle("missing", [("a",)])
    assert (result.missing, result.oldest) == (1 + others, second)
    result.settle("missing", [("b",)])
    assert (result.missing, result.oldest) == (others, third if others else None)


def test_a_key_twice_in_the_table_is_one_too_many() -> None:
    old, new = MOMENTS[:2]
    result = compare([(("a",), new), (("b",), new)], [(("a",), new), (("a",), old)], Bounds())
    assert (result.missing, result.extra, result.stale) == (1, 1, 0)


def test_what_the_source_forgets_is_not_extra() -> None:
    source, table = [(("b",), None), (("c",), None)], [(("a",), None), (("b",), None)]
    result = compare(source, table, Bounds(expires=True))
    assert (result.missing, result.extra, result.older) == (1, 0, 1)


@pytest.mark.parametrize("side", ["the source", "the table"])
def test_what_is_not_sorted_is_not_compared(side: str) -> None:
    good, bad = [(("a",), None)], [(("b",), None), (("a",), None)]
    first, second = (bad, good) if side == "the source" else (good, bad)
    with pytest.raises(OrderError, match=f"{side} returned key a after b"):
        compare(first, second, Bounds())
