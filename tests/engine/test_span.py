"""What a Commerce7 list has to show before shards divide it, and where they begin and end."""

from __future__ import annotations

import msgspec
import pytest

from tap_commerce7.span import Span, divisible, span_of
from tap_engine.errors import SourceError
from tap_engine.records import Row
from tap_engine.shards import Shard
from tap_engine.walk import Page

IDS = [f"{digit}0000000-0000-4000-8000-000000000000" for digit in "13579bdf"]


def rows(*ids: str) -> list[Row]:
    raw = msgspec.Raw(b"{}")
    return [Row(raw=raw, key=(row_id,), at=None, sent=None) for row_id in ids]


def page(*ids: str, following: str | None = None) -> Page:
    return Page(rows(*ids), [following] if following else None, "2026-01-01T00:00:00.000Z")


def sorted_list(cursor: str) -> str | None:
    """Answer as an API does that has all of `IDS`, sorted."""
    return next((row_id for row_id in IDS if row_id >= cursor), None)


def test_a_sorted_list_can_be_divided() -> None:
    assert divisible(rows(*IDS[:3]), IDS[3], sorted_list)
    assert divisible(rows(IDS[0], "legacy-1", *IDS[1:3]), IDS[3], sorted_list)


def test_not_a_list_of_one_page_or_without_two_uuids_in_a_row() -> None:
    assert not divisible(rows(*IDS[:3]), None, sorted_list)
    assert not divisible(rows("legacy-1", "legacy-2"), IDS[3], sorted_list)
    assert not divisible(rows(IDS[0], "legacy-1", IDS[1]), IDS[3], sorted_list)
    assert not divisible([], IDS[3], sorted_list)


def test_not_a_page_that_is_not_sorted() -> None:
    assert not divisible(rows(IDS[0], IDS[2], IDS[1]), IDS[3], sorted_list)


@pytest.mark.parametrize("answer", [None, IDS[0], IDS[2], "legacy-1"])
def test_not_where_a_cursor_between_two_rows_means_something_else(answer: str | None) -> None:
    def first_id(cursor: str) -> str | None:
        return sorted_list(cursor) if cursor.endswith("000") else answer

    assert not divisible(rows(*IDS[:3]), IDS[3], first_id)


@pytest.mark.parametrize(("answer", "good"), [(None, True), ("legacy-1", True), (IDS[3], False)])
def test_not_where_the_middle_lies_before_the_middle(answer: str | None, *, good: bool) -> None:
    def first_id(cursor: str) -> str | None:
        return answer if cursor.startswith("8") else sorted_list(cursor)

    assert divisible(rows(*IDS[:3]), IDS[3], first_id) == good


def test_shards_begin_where_the_ones_before_end() -> None:
    spans = [span_of(Shard(number, 3), sorted_list) for number in (1, 2, 3)]
    assert spans[0] == Span("start", spans[1].begin, IDS[3])
    assert spans[1].end == spans[2].begin
    assert (spans[2].end, spans[2].stop) == (None, None)


def test_a_page_is_cut_where_the_next_shard_begins() -> None:
    span = Span("start", IDS[4], "legacy-9")
    assert [row.key[0] for row in span.within(page(*IDS), "start", "orders").rows] == IDS[:4]
    cut = span.within(page(IDS[0], "legacy-1", "legacy-9", "zzz"), "start", "orders")
    assert [row.key[0] for row in cut.rows] == [IDS[0], "legacy-1"]
    assert cut.next is None


def test_no_page_is_asked_for_that_begins_in_the_next_shard() -> None:
    span = Span("start", IDS[4], "legacy-9")
    for following, wanted in ((IDS[2], True), (IDS[4], False), ("legacy-9", False), ("a", True)):
        cut = span.within(page(*IDS[:2], following=following), "start", "orders")
        assert (cut.next == [following]) == wanted
        assert len(cut.rows) == 2


def test_the_last_shard_takes_all_that_follows() -> None:
    span = Span(IDS[4], None)
    assert span.within(page(*IDS[4:], following="zzz"), IDS[4], "orders").next == ["zzz"]


def test_rows_that_fall_are_an_error() -> None:
    span = Span(IDS[1], None)
    for ids in ([IDS[0]], [IDS[2], IDS[1]], [IDS[2], "legacy-1", IDS[2]]):
        with pytest.raises(SourceError, match="orders: rows do not come in the order of their ids"):
            span.within(page(*ids), IDS[1], "orders")
