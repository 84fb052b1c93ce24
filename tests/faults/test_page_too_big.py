"""Queries that the API finds too big are asked again with smaller pages (20)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tap_commercetools import page_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.source import Source


def limits(source: Source) -> list[int]:
    """List the page sizes that were asked for."""
    return [int(found[1]) for entry in source.asked() if (found := _LIMIT.search(entry["query"]))]


_LIMIT = re.compile(r"limit=(\d+)")


def test_shrinks_until_the_api_is_content(commercetools_source: Source) -> None:
    source = commercetools_source
    source.stand_in.faults.add(source.match, "query_timed_out_above", times=-1, n=7)
    output = source.run()
    assert output.code == 0
    assert output.latest(source.stream) == source.truth()
    assert limits(source)[0] == 20
    assert 10 in limits(source)
    assert limits(source)[-1] == 5


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "QueryTimedOut"), (400, "ContentTooLarge"), (413, "ContentTooLarge")],
)
def test_every_way_to_say_so_is_understood(
    commercetools_source: Source, status: int, code: str
) -> None:
    source = commercetools_source
    body = {"statusCode": status, "message": "m", "errors": [{"code": code, "message": "m"}]}
    source.stand_in.faults.add(source.match, "status", after=1, status=status, body=body)
    output = source.run()
    assert output.code == 0
    assert output.latest(source.stream) == source.truth()
    assert 10 in limits(source)


def test_grows_back_when_the_api_has_recovered(
    commercetools_source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_size, "GROW_AFTER", 2)
    source = commercetools_source
    source.stand_in.faults.add(source.match, "query_timed_out_above", times=2, n=5)
    output = source.run(concurrency=1)
    assert output.code == 0
    assert output.latest(source.stream) == source.truth()
    asked = limits(source)
    assert asked[:3] == [20, 10, 5]
    assert asked[-1] == 20


def test_a_single_row_that_is_too_big_for_ever_ends_the_run(
    commercetools_source: Source, errors: Callable[[], list[str]]
) -> None:
    source = commercetools_source
    source.stand_in.faults.add(source.match, "query_timed_out_above", times=-1, after=1, n=0)
    first = source.run(retry_max_seconds=0.1, concurrency=1)
    assert first.code == 1
    (line,) = errors()
    assert f"{source.stream}: {source.path} answered 400 QueryTimedOut" in line
    assert limits(source)[:7] == [20, 20, 10, 5, 2, 1, 1]
    source.stand_in.faults.clear()
    second = source.run(state=first.state)
    assert {**first.latest(source.stream), **second.latest(source.stream)} == source.truth()


def test_a_size_that_is_refused_again_and_again_is_tried_less_and_less(
    commercetools_source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_size, "GROW_AFTER", 2)
    source = commercetools_source
    source.stand_in.faults.add(source.match, "query_timed_out_above", times=-1, n=2)
    output = source.run(concurrency=1)
    assert output.code == 0
    assert output.latest(source.stream) == source.truth()
    refused = [limit for limit in limits(source) if limit > 2]
    assert len(limits(source)) > 65
    assert refused == [20, 10, 5, 4, 4, 4], "after 2, 8 and 32 good pages"
