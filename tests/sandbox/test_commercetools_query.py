"""Predicates, sorting and paging of the stand-in of commercetools."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from sandbox.commercetools.app import build
from sandbox.commercetools.errors import ApiError
from sandbox.commercetools.paging import Pager
from sandbox.commercetools.predicate import parse_predicate
from sandbox.commercetools.query import Query, parse_query
from sandbox.commercetools.resources import RESOURCES
from sandbox.commercetools.span import span
from sandbox.store import Collection

RECORD = {
    "id": "m",
    "version": 3,
    "key": 'say "hi"',
    "on": True,
    "lastModifiedAt": "2024-02-01T00:00:00.000Z",
    "roles": ["A", "B"],
    "empty": [],
    "name": {"en": "Red", "de-DE": "Rot"},
    "addresses": [{"country": "DE", "city": "Berlin"}, {"country": "US", "city": "Napa"}],
    "geo": {"type": "Point", "coordinates": [13.4, 52.5]},
}


def matches(text: str, **variables: list[str]) -> bool:
    return parse_predicate(text, variables).test(RECORD)


@pytest.mark.parametrize(
    "text",
    [
        'id = "m"',
        'id > "a" and id <= "m"',
        'id <> "n" and id != "n"',
        "version >= 3 and version < 3.5 and version > -1",
        "on = true",
        'key = "say \\"hi\\""',
        'lastModifiedAt = "2024-02-01T00:00:00Z"',
        'lastModifiedAt > "2024-02-01T00:00:00.000+01:00"',
        'id in ("x", "m")',
        'id not in ("x", "y")',
        'roles contains any ("B", "C")',
        'roles contains all ("A", "B")',
        "key is defined and nothing is not defined",
        "empty is empty and roles is not empty",
        'name(en = "Red")',
        'name(`de-DE` = "Rot" and fr is not defined)',
        'addresses(country = "US" and city = "Napa")',
        'not(id = "x")',
        'id = "x" or id = "m" and version = 3',
        '(id = "x" or id = "m") and (version = 3)',
        'name(en matches ignore case "RED")',
        "geo within circle(13.37770, 52.51627, 5000)",
    ],
)
def test_predicates_that_hold(text: str) -> None:
    assert matches(text)


@pytest.mark.parametrize(
    "text",
    [
        'version = "3"',
        'missing = "x"',
        'missing != "x"',
        'addresses(country = "DE" and city = "Napa")',
        'roles contains all ("A", "C")',
        'id = "m" and version = 4 or id = "x"',
        'not(id = "m")',
        "geo within circle(13.37770, 52.51627, 500)",
    ],
)
def test_predicates_that_do_not_hold(text: str) -> None:
    assert not matches(text)


def test_placeholders() -> None:
    assert matches("id = :id and version = :v and on = :on", id=["m"], v=["3"], on=["true"])
    assert matches("id in :ids", ids=["a", "m"])
    assert matches("lastModifiedAt >= :t", t=["2024-02-01T00:00:00.000Z"])
    with pytest.raises(ApiError, match=r"var\.id"):
        matches("id = :id")


@pytest.mark.parametrize(
    "text",
    ["", "id", "id =", "id = 'm'", "id = m", 'id == "m"', "a.b = 1", 'id = "m" and', 'id in "m"'],
)
def test_wrong_syntax(text: str) -> None:
    with pytest.raises(ApiError, match="Malformed parameter: where: ") as caught:
        matches(text)
    assert caught.value.status == 400
    assert caught.value.body["errors"][0]["code"] == "InvalidInput"


def test_dates_must_be_dates() -> None:
    with pytest.raises(ApiError, match="date-time"):
        matches('lastModifiedAt > "yesterday"')


KEYSET = '(lastModifiedAt > "{t}" or (lastModifiedAt = "{t}" and id > "{i}"))'


@pytest.mark.parametrize(
    ("text", "by_id", "by_time"),
    [
        ('id > "a"', True, False),
        ('id > "a" and id <= "b"', True, False),
        ('lastModifiedAt >= "2024-01-01T00:00:00.000Z"', False, True),
        (KEYSET.format(t="2024-01-01T00:00:00.000Z", i="x"), False, True),
        (
            KEYSET.format(t="2024-01-01T00:00:00.000Z", i="x")
            + ' and lastModifiedAt <= "2025-01-01T00:00:00.000Z"',
            False,
            True,
        ),
        ('id > "a" and lastModifiedAt >= "2024-01-01T00:00:00.000Z"', False, False),
        ('id = "a" or id = "c"', False, False),
        ('key = "a"', False, False),
    ],
)
def test_spans_know_when_they_are_exact(text: str, *, by_id: bool, by_time: bool) -> None:
    condition = parse_predicate(text, {})
    assert span(condition, ("id",)).exact is by_id
    assert span(condition, ("lastModifiedAt",)).exact is by_time


def small(size: int = 60, ties: int = 7) -> Collection:
    rows = Collection("things")
    for n in range(size):
        at = f"2024-01-01T00:00:0{n * 5 % size // ties % 10}.000Z"
        rows.upsert({"id": f"{n * 37 % size:03d}", "lastModifiedAt": at, "n": n})
    return rows


PREDICATES = [
    None,
    'id > "010" and id <= "040"',
    'id >= "010" and id < "010"',
    'id in ("003", "030", "999")',
    'id = "003" or id = "030"',
    'lastModifiedAt > "2024-01-01T00:00:02.000Z"',
    'lastModifiedAt = "2024-01-01T00:00:02Z" and id >= "020" and id < "050"',
    KEYSET.format(t="2024-01-01T00:00:02.000Z", i="030"),
    KEYSET.format(t="2024-01-01T00:00:02.000Z", i="030")
    + ' and lastModifiedAt <= "2024-01-01T00:00:05.000Z"',
    'id > "010" and lastModifiedAt >= "2024-01-01T00:00:03.000Z"',
    'not(id > "010") or n > 50',
    "n >= 10 and n < 20",
]
SORTS: list[tuple[tuple[str, bool], ...]] = [
    (("id", False),),
    (("id", True),),
    (("lastModifiedAt", False), ("id", False)),
    (("lastModifiedAt", True), ("id", True)),
    (("lastModifiedAt", False), ("id", True)),
    (("n", True),),
]


@pytest.mark.parametrize("text", PREDICATES)
@pytest.mark.parametrize("sort", SORTS)
def test_indexes_agree_with_plain_evaluation(
    text: str | None, sort: tuple[tuple[str, bool], ...]
) -> None:
    rows = small()
    where = parse_predicate(text, {}) if text else None
    records = [json.loads(row.body) for row in rows.by_id.values()]
    expected = [record for record in records if where is None or where.test(record)]
    for path, descending in reversed(sort):
        expected.sort(key=lambda record: record[path], reverse=descending)
    bodies, total = Pager(rows).page(Query(where, sort, limit=500))
    assert [json.loads(body) for body in bodies] == expected
    assert total == len(expected)
    part, _ = Pager(rows).page(Query(where, sort, limit=3, offset=2))
    assert part == bodies[2:5]
    shuffled, _ = Pager(rows).page(Query(where, limit=500))
    assert sorted(shuffled) == sorted(bodies)


def test_ties_without_a_second_key_come_in_any_order() -> None:
    rows = small()
    query = Query(sort=(("lastModifiedAt", False),), limit=500)
    orders = [[json.loads(body) for body in Pager(rows).page(query)[0]] for _ in range(3)]
    times = [[record["lastModifiedAt"] for record in order] for order in orders]
    assert times[0] == times[1] == times[2] == sorted(times[0])
    assert orders[0] != orders[1] or orders[1] != orders[2]


def test_totals_with_a_predicate_are_capped() -> None:
    stand_in = build(rows={"customers": 10_050}, small=True)
    pager = Pager(stand_in.collections["customers"])
    assert pager.page(Query())[1] == 10_050
    for text in ('id > ""', "version = 1"):
        assert pager.page(Query(parse_predicate(text, {})))[1] == 10_000


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=501", "between 0 and 500"),
        ("limit=-1", "between 0 and 500"),
        ("limit=x", "between 0 and 500"),
        ("offset=10001", "between 0 and 10000"),
        ("withTotal=maybe", "neither true nor false"),
        ("sort=id+down", "sort"),
        ("sort=nope", "'nope' does not exist"),
        ("where=nope+is+defined", "'nope' does not exist"),
    ],
)
def test_refused_parameters(query: str, message: str) -> None:
    with pytest.raises(ApiError, match=message) as caught:
        parse_query(query, RESOURCES["customers"], frozenset({"id"}))
    assert caught.value.status == 400


def test_defaults_and_repeated_parameters() -> None:
    plain = parse_query("expand=x&priceCurrency=EUR&foo=1", RESOURCES["customers"], frozenset())
    assert plain == Query()
    assert not parse_query("", RESOURCES["product_tailoring"], frozenset()).total
    both = "where=id+%3E+%22a%22&where=id+%3C+%22c%22&sort=a.b+desc&sort=id"
    query = parse_query(both, RESOURCES["customers"], frozenset())
    assert query.sort == (("a.b", True), ("id", False))
    assert query.where is not None
    assert [query.where.test({"id": one}) for one in "abc"] == [False, True, False]


def test_a_deep_keyset_page_costs_as_little_as_the_first() -> None:
    stand_in = build(rows={"customers": 100_000}, rows_per_timestamp=50, small=True)
    rows = stand_in.collections["customers"]
    at, row_id = rows.by_time[90_000]
    query: dict[str, Any] = {"sort": (("lastModifiedAt", False), ("id", False)), "total": False}
    where = parse_predicate(KEYSET.format(t=at, i=row_id), {})
    started = time.perf_counter()
    for _ in range(20):
        bodies, _ = Pager(rows).page(Query(where, limit=500, **query))
    assert time.perf_counter() - started < 1
    assert json.loads(bodies[0])["id"] == rows.by_time[90_001][1]
