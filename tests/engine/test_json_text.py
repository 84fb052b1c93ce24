"""JSON text is cleaned without being decoded (24)."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given

from tap_engine.errors import BadBodyError
from tap_engine.records import json_text
from tests.hygiene.values import Spelled, cleaned, exact, records, rendered, strings, styles


@pytest.mark.parametrize(
    ("body", "tidied"),
    [
        (rb'{"a":"x\u0000y"}', rb'{"a":"xy"}'),
        (rb'{"a\u0000b":1}', rb'{"ab":1}'),
        (rb'{"a":"\\u0000"}', rb'{"a":"\\u0000"}'),
        (rb'{"a":"\\\u0000"}', rb'{"a":"\\"}'),
        (rb'{"a":"\\\\u0000"}', rb'{"a":"\\\\u0000"}'),
        (rb'{"a":"\ud83d\ude00"}', rb'{"a":"\ud83d\ude00"}'),
        (rb'{"a":"\uD83D\uDE00"}', rb'{"a":"\uD83D\uDE00"}'),
        (rb'{"a":"\ud83d"}', rb'{"a":"\ufffd"}'),
        (rb'{"a":"\ude00"}', rb'{"a":"\ufffd"}'),
        (rb'{"a":"\ude00\ud83d"}', rb'{"a":"\ufffd\ufffd"}'),
        (rb'{"a":"\ude00\ude00"}', rb'{"a":"\ufffd\ufffd"}'),
        (rb'{"a":"\ud83d\ud83d\ude00"}', rb'{"a":"\ufffd\ud83d\ude00"}'),
        (rb'{"a":"\ud83d\u0000\ude00"}', rb'{"a":"\ufffd\ufffd"}'),
        (rb'{"a":"\ud83d\\ude00"}', rb'{"a":"\ufffd\\ude00"}'),
        (rb'{"a":"\u0041\ude00"}', rb'{"a":"\u0041\ufffd"}'),
        (b'{\r\n  "a": [\n 1.10,\n 2e400 ]\n}\n', b'{"a":[1.10,2e400]}'),
        (b'{"a": "x\\ny"}', b'{"a": "x\\ny"}'),
        ('{"a":"\u2028\u00e9\u0085"}'.encode(), '{"a":"\u2028\u00e9\u0085"}'.encode()),
    ],
)
def test_only_what_no_loader_takes_is_touched(body: bytes, tidied: bytes) -> None:
    assert json_text.tidy(body) == tidied


@pytest.mark.parametrize(
    "body", [b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b'{\n"a":', b"<html>\n</html>"]
)
def test_what_is_no_json_is_a_bad_body(body: bytes) -> None:
    with pytest.raises(BadBodyError):
        json_text.members(json_text.tidy(body)) if b"\n" not in body else json_text.tidy(body)


@given(strings)
def test_strings_lose_nul_and_broken_pairs_only(text: str) -> None:
    body = json_text.tidy(json.dumps([text]).encode())
    assert json.loads(body) == [cleaned(text)]


@given(records, styles)
def test_values_stay_exact(record: dict[str, object], style: str) -> None:
    body = json_text.tidy(rendered(record, style).encode())
    assert b"\n" not in body
    assert exact(json.loads(body, parse_float=Decimal)) == exact(cleaned(record))


def test_members_and_items_keep_the_spelling() -> None:
    members = json_text.members(b'{"a":1.10,"b":[1E5, -0],"c":"\\u00e9"}')
    assert json_text.join(members) == b'{"a":1.10,"b":[1E5, -0],"c":"\\u00e9"}'
    assert [bytes(item) for item in json_text.items(members["b"])] == [b"1E5", b"-0"]
    assert Spelled("1.10") != Spelled("1.1")
