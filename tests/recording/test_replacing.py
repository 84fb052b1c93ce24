"""Replaced values: the same type, length and shape, always alike, in the same order (2)."""

from __future__ import annotations

import json
import re
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tap_engine.recording.replacing import DATE, Replacer
from tap_engine.recording.rewriting import Rewriter, read, write
from tap_engine.timestamps import parse

KEY = b"a key of thirty-two random bytes"
NAMES = frozenset({"id", "email", "country", "currencyCode", "typeId", "type", "custom", "version"})

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
uuids = st.uuids().map(str)
moments = st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z")
numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)).map(json.dumps)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), texts, uuids, moments),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=20,
)


def rewriter(ids: list[str] | None = None) -> Rewriter:
    replacer = Replacer(KEY, 100, ids or [])
    return Rewriter(replacer, names=NAMES, sensitive=frozenset(), words=frozenset({"customers"}))


def shape(text: str) -> str:
    """What kind of sign stands where."""
    kinds = ((str.isdigit, "9"), (str.isupper, "A"), (str.isalpha, "a"))
    marks = [next((mark for test, mark in kinds if test(sign)), sign) for sign in text]
    return "".join(mark if mark.isascii() else "?" for mark in marks)


@given(texts)
def test_a_text_keeps_its_length_and_shape(text: str) -> None:
    made = Replacer(KEY, 100).text(text)
    assert len(made) == len(text)
    assert shape(made) == shape(text)
    assert Replacer(KEY, 100).text(text) == made


@given(st.text(string.ascii_letters + " .@-", min_size=5, max_size=60))
def test_no_part_of_a_text_stays(text: str) -> None:
    made = Replacer(KEY, 100).text(text)
    rare = re.compile(r"[jkqvwxzJKQVWXZ .@-]{5}")
    parts = (text[start : start + 5] for start in range(len(text) - 4))
    # What has been rare letters before may stand there by chance.
    assert not [part for part in parts if part in made and not rare.fullmatch(part)]


@given(st.lists(texts, unique=True, max_size=60))
def test_different_texts_stay_different(given_: list[str]) -> None:
    replacer = Replacer(KEY, 100)
    long = [text for text in given_ if sum(map(str.isalpha, text)) > 3]
    assert len({replacer.text(text) for text in long}) == len(long)


@given(st.lists(uuids, unique=True, max_size=50))
def test_ids_keep_their_order(ids: list[str]) -> None:
    replacer = Replacer(KEY, 100, ids)
    made = [replacer.text(row_id) for row_id in sorted(ids)]
    assert made == sorted(made)
    assert len(set(made)) == len(ids)
    assert not {*made} & {*ids}


@given(st.lists(st.text(string.ascii_letters, min_size=3), unique=True, max_size=40))
def test_texts_that_sort_lists_keep_their_order(given_: list[str]) -> None:
    replacer = Replacer(KEY, 100, (), sorted(given_, key=str.casefold))
    made = [replacer.text(text) for text in sorted(given_, key=str.casefold)]
    assert made == sorted(made) == sorted(made, key=str.casefold)
    assert [len(text) for text in made] == [len(t) for t in sorted(given_, key=str.casefold)]


@given(numbers)
def test_a_number_stays_a_number(text: str) -> None:
    made = Replacer(KEY, 100).number(text)
    assert len(made) == len(text)
    before, after = json.loads(text), json.loads(made)
    assert type(before) is type(after)
    assert (before < 0) == (after < 0)
    assert (before == 0) == (after == 0)


def test_versions_of_a_record_stay_apart() -> None:
    replacer = Replacer(KEY, 100)
    for low, high in ((1, 10), (10, 100), (100, 400)):
        made = [replacer.number(str(number)) for number in range(low, high)]
        assert len(set(made)) == len(made)


@given(st.lists(moments, min_size=2, max_size=2))
def test_times_are_moved_by_one_constant(given_: list[str]) -> None:
    replacer = Replacer(KEY, 100)
    made = [replacer.text(text) for text in given_]
    if min(parse(text).year for text in given_) > 1:
        (a, b), (c, d) = map(parse, given_), map(parse, made)
        assert b - a == d - c
        assert (a - c).days == 100


def test_the_first_instant_stays() -> None:
    text = "0001-01-01T00:00:00.000Z"
    assert Replacer(KEY, 100).text(text) == text


@given(st.dates().map(str))
def test_a_date_becomes_another_one(text: str) -> None:
    made = Replacer(KEY, 100).text(text)
    assert DATE.fullmatch(made)
    parse(made)
    assert made[:5] != text[:5] or re.match("[789]{4}", text)


def test_a_birth_is_not_moved_as_other_times_are() -> None:
    made = rewriter().value({"birthDate": "1984-05-03T00:00:00.000Z", "dateOfBirth": "1984-05-03"})
    assert "1984-" not in json.dumps(made)
    assert all(parse(value) for value in made.values())


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(values)
def test_json_keeps_its_form(value: Any) -> None:
    made = json.loads(rewriter().body(json.dumps({"results": [value]})))
    _alike({"results": [value]}, made)


def _alike(before: Any, after: Any) -> None:
    assert type(before) is type(after)
    if isinstance(before, dict):
        # Of names that users gave, two may become one only if they are too short.
        assert len(after) <= len(before)
        if len(after) == len(before):
            for one, other in zip(before.values(), after.values(), strict=True):
                _alike(one, other)
    elif isinstance(before, list):
        assert len(before) == len(after)
        for one, other in zip(before, after, strict=True):
            _alike(one, other)
    elif isinstance(before, bool) or before is None:
        assert before == after


def test_what_is_kept() -> None:
    body = {
        "limit": 20,
        "count": 1,
        "total": 1234,
        "results": [
            {
                "id": "Some-Id",
                "country": "DE",
                "currencyCode": "EUR",
                "typeId": "customer",
                "type": "Ada Augusta Lovelace of Byron",
                "total": 1234,
                "active": True,
                "gone": None,
                "zero": 0,
                "custom": {"type": "wealthy", "country": "DE", "country name": "Germany"},
            }
        ],
    }
    made = json.loads(rewriter().body(json.dumps(body)))
    assert {name: made[name] for name in ("limit", "count", "total")} == {
        "limit": 20,
        "count": 1,
        "total": 1234,
    }
    row = made["results"][0]
    assert (row["country"], row["currencyCode"], row["typeId"]) == ("DE", "EUR", "customer")
    assert "Ada" not in row["type"]
    assert row["custom"]["type"] != "wealthy"
    assert "Germany" not in json.dumps(made)
    assert 1234 not in row.values(), "in a record it may be a price"
    assert [each for each in row.values() if each in (True, None, 0)] == [True, None, 0]


def test_numbers_are_spelled_as_they_were() -> None:
    text = '{"a":12.50,"b":-0.001,"c":1e5,"d":123456789012345678901234567890}'
    made = rewriter().body(text)
    assert shape(made.split('"', 2)[2]).replace("a", "") == shape(text.split('"', 2)[2]).replace(
        "a", ""
    )
    assert write(read(text)) == text


def test_predicates() -> None:
    rewrite = rewriter(["0b7d4f1e-1111-4222-8333-444455556666"])
    text = (
        '(id > "0b7d4f1e-1111-4222-8333-444455556666" and email = "ada@example.com")'
        ' or typeId in ("customer") or custom(nickname = "Countess" and version > 17)'
    )
    made = rewrite.predicate(text)
    assert rewrite.replacer.text("0b7d4f1e-1111-4222-8333-444455556666") in made
    assert rewrite.replacer.text("ada@example.com") in made
    assert 'typeId in ("customer")' in made
    for word in ("ada", "example", "Countess", "nickname", "17"):
        assert word not in made
    assert made.count("(") == text.count("(")


def test_predicates_on_fields_that_users_defined() -> None:
    rewrite = rewriter()
    text = 'type = "Order" and custom(fields(type = "Lovelace" or country = "Ada"))'
    made = rewrite.predicate(text)
    assert made.startswith('type = "Order" and ')
    assert "Lovelace" not in made
    assert rewrite.replacer.text("Lovelace") in made


def test_a_quoted_quote() -> None:
    rewrite = rewriter()
    assert rewrite.predicate(r'email = "a\"b\\" and id = "c"').count(" and ") == 1


def test_paths_and_parameters() -> None:
    rewrite = rewriter()
    assert rewrite.path("/customers/Ada%20L/customers").startswith("/customers/")
    assert "Ada" not in rewrite.path("/customers/Ada%20L")
    assert rewrite.path("/key=winery") == f"/key={rewrite.replacer.text('winery')}"
    assert rewrite.parameter("limit", "50") == "50"
    assert rewrite.parameter("cursor", "start") == "start"
    made = rewrite.parameter("updatedAt", "btw:2026-01-01T00:00:00.000Z|2026-02-01T00:00:00.000Z")
    assert made == "btw:2025-09-23T00:00:00.000Z|2025-10-24T00:00:00.000Z"
    assert rewrite.parameter("q", "Lovelace") == rewrite.replacer.text("Lovelace")


def test_errors_keep_their_codes_and_nothing_else() -> None:
    body = {
        "statusCode": 400,
        "message": "Ada may not.",
        "errors": [{"code": "InvalidInput", "message": "Ada!", "detail": "Lovelace"}],
    }
    made = rewriter().body(json.dumps(body), failed=True)
    assert "InvalidInput" in made
    assert '"statusCode":400' in made
    assert "Ada" not in made
    assert "Lovelace" not in made


def test_a_body_that_is_no_json_is_replaced_letter_by_letter() -> None:
    made = rewriter().body("<html>Ada Lovelace</html>")
    assert "Ada" not in made
    assert made.startswith("<")
    assert len(made) == len("<html>Ada Lovelace</html>")


@pytest.mark.parametrize("depth", [400, 800, 5000])
def test_a_body_that_is_too_deep(depth: int) -> None:
    text = '{"a":' + "[" * depth + '"Lovelace"' + "]" * depth + "}"
    made = rewriter().body(text)
    assert len(made) == len(text)
    assert "Lovelace" not in made
