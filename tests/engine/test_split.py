"""Id ranges cover the whole id space, whatever order the server has for its strings (6)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tap_engine.ids import UUID, boundaries
from tap_engine.reading.pager import Page, rest, split_at
from tap_engine.state.scan import Range

uuids = st.uuids().map(str)
strings = st.one_of(st.text(max_size=10), uuids)


def ranges(start: str, count: int) -> tuple[Range, ...]:
    """Split behind a page that ended with `start`."""
    page = Page([], [start], "2024-01-01T00:00:00.000Z")
    return split_at(Range(), page, boundaries(count, start))


def holders(parts: tuple[Range, ...], text: str, *, fold: bool = False) -> int:
    """Count the ranges that a string falls into, in code point order or without case."""

    def order(value: str) -> str:
        return value.casefold() if fold else value

    return sum(
        order((part.after or [""])[0]) < order(text)
        and (part.upto is None or order(text) <= order(part.upto))
        for part in parts
    )


@given(uuids, st.integers(1, 16), strings)
def test_everything_behind_the_page_falls_into_exactly_one_range(
    start: str, count: int, text: str
) -> None:
    parts = ranges(start, count)
    for fold in (False, True):
        behind = text.casefold() > start if fold else text > start
        assert holders(parts, text, fold=fold) == int(behind)


@given(uuids, st.integers(1, 16))
def test_ranges_join_without_gap_or_overlap(start: str, count: int) -> None:
    parts = ranges(start, count)
    assert parts[0].after == [start]
    assert parts[-1].upto is None
    assert [part.upto for part in parts[:-1]] == [(part.after or [""])[0] for part in parts[1:]]
    assert len(parts) <= count


def test_ranges_are_about_equally_wide() -> None:
    parts = ranges("00000000-0000-4000-8000-000000000000", 4)
    assert [(part.upto or "")[:8] for part in parts] == ["40000000", "80000000", "c0000000", ""]
    assert all(UUID.fullmatch(part.upto) for part in parts if part.upto)


def test_the_end_of_the_id_space_is_not_split() -> None:
    assert len(ranges("fffffffe-0000-4000-8000-000000000000", 16)) == 1


def test_a_range_that_is_not_split_goes_on_behind_its_page() -> None:
    page = Page([], ["m"], "2024-01-01T00:00:00.000Z")
    assert rest(Range({"container": "c"}, ["a"], "z"), page) == Range(
        {"container": "c"}, ["m"], "z"
    )
