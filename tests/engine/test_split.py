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


def holders(pieces: tuple[Range, ...], text: str, *, fold: bool = False) -> int:
    """Count the ranges that a string falls into, in code point order or without case."""

    def order(value: str) -> str:
        return value.casefold() if fold else value

    return sum(
        order((piece.after or [""])[0]) < order(text)
        and (piece.upto is None or order(text) <= order(piece.upto))
        for piece in pieces
    )


@given(uuids, st.integers(1, 16), strings)
def test_everything_behind_the_page_falls_into_exactly_one_range(
    start: str, count: int, text: str
) -> None:
    pieces = ranges(start, count)
    for fold in (False, True):
        behind = text.casefold() > start if fold else text > start
        assert holders(pieces, text, fold=fold) == int(behind)


@given(uuids, st.integers(1, 16))
def test_ranges_join_without_gap_or_overlap(start: str, count: int) -> None:
    pieces = ranges(start, count)
    assert pieces[0].after == [start]
    assert pieces[-1].upto is None
    assert [piece.upto for piece in pieces[:-1]] == [
        (piece.after or [""])[0] for piece in pieces[1:]
    ]
    assert len(pieces) <= count


def test_ranges_are_about_equally_wide() -> None:
    pieces = ranges("00000000-0000-4000-8000-000000000000", 4)
    assert [(piece.upto or "")[:8] for piece in pieces] == ["40000000", "80000000", "c0000000", ""]
    assert all(UUID.fullmatch(piece.upto) for piece in pieces if piece.upto)


def test_the_end_of_the_id_space_is_not_split() -> None:
    assert len(ranges("fffffffe-0000-4000-8000-000000000000", 16)) == 1


def test_a_range_that_is_not_split_goes_on_behind_its_page() -> None:
    page = Page([], ["m"], "2024-01-01T00:00:00.000Z")
    assert rest(Range({"container": "c"}, ["a"], "z"), page) == Range(
        {"container": "c"}, ["m"], "z"
    )
