"""Answers with status 200 that are not the list that was asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.reading.tools import LONG_AGO, Rewritten, bookmarked, commerce7, commercetools

if TYPE_CHECKING:
    from tests.reading.tools import Source

ERROR = {"statusCode": 500, "type": "unknown", "message": "x", "errors": []}
DETAILED = {**ERROR, "errors": [{"field": "a", "message": "b"}]}
COMMERCETOOLS_ERROR = {
    "statusCode": 500,
    "message": "x",
    "errors": [{"code": "General", "message": "x"}],
}


def answer(source: Source, path: str, body: Any, **options: Any) -> None:
    """Answer with status 200 and some body."""
    source.stand_in.faults.add(path, "status", status=200, body=body, **options)


@pytest.mark.parametrize("body", [ERROR, DETAILED, {"club": [], "total": 0}, {"clubs": None}, {}])
def test_a_body_without_the_documented_array_is_no_empty_list(body: dict[str, Any]) -> None:
    with commerce7(rows={"clubs": 30}) as source:
        answer(source, "/club", body, times=-1)
        output = source.run("clubs")
        assert output.code == 1
        assert "the response holds no array clubs" in output.log
        assert output.of_type("ACTIVATE_VERSION") == []


@pytest.mark.parametrize("stream", ["clubs", "customers", "trash", "carts"])
def test_such_a_body_in_passing_only_costs_a_retry(
    stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_engine.http.retry.FIRST_WAIT", 0.001)
    with commerce7(rows={stream: 70}) as source:
        answer(source, source.path(stream), ERROR)
        output = source.run(stream, retry_max_seconds=5)
        assert output.code == 0, output.log[-1000:]
        assert set(output.ids(stream)) == set(source.rows(stream))


@pytest.mark.parametrize("count", [0, 30, 50, 100, 120])
@pytest.mark.parametrize(
    ("stream", "name"), [("taxes", b"taxes"), ("loyalty_tiers", b"loyaltyTiers")]
)
def test_another_name_is_learned_from_rows(stream: str, name: bytes, count: int) -> None:
    with commerce7(rows={stream: count}, gzip=False) as source:
        other = name[:-1] + b"X"
        source.stand_in._api = Rewritten(source.stand_in._api, b'{"%b":' % name, b'{"%b":' % other)
        output = source.run(stream)
        learned = count > 0 or stream == "loyalty_tiers"
        assert output.code == (0 if learned else 1), output.log[-1000:]
        assert set(output.ids(stream)) == set(source.rows(stream))


@pytest.mark.parametrize("count", [0, 70])
def test_a_list_whose_name_nobody_knows(count: int) -> None:
    with commerce7(rows={"trash": count, "carts": count}, trash_key="deletedThings") as source:
        output = source.run("trash", "carts")
        assert output.code == 0
        for stream in ("trash", "carts"):
            assert set(output.ids(stream)) == set(source.rows(stream))


@pytest.mark.parametrize("body", [ERROR, DETAILED, {"statusCode": "500", "rows": []}])
def test_an_error_is_no_list_whose_name_nobody_knows(body: dict[str, Any]) -> None:
    with commerce7(rows={"trash": 30}) as source:
        answer(source, "/trash", body, times=-1)
        output = source.run("trash")
        assert output.code == 1
        assert output.of_type("ACTIVATE_VERSION") == []


def test_rows_are_not_taken_from_an_error() -> None:
    with commerce7(rows={"carts": 3}) as source:
        errors = [{"id": "00000000-0000-4000-a000-000000000001", "message": "x"}]
        answer(source, "/cart", {"errors": errors}, times=-1)
        output = source.run("carts", state=bookmarked("carts", LONG_AGO, "updatedAt"))
        assert output.code == 1
        assert output.ids("carts") == []


@pytest.mark.parametrize("match", ["/customers", "/customers.*limit=0"])
def test_an_error_body_of_commercetools(match: str) -> None:
    with commercetools(rows={"customers": 30}) as source:
        answer(source, match, COMMERCETOOLS_ERROR, times=-1)
        output = source.run("customers")
        counted = "limit=0" in match
        assert output.code == (0 if counted else 1)
        assert ("could not be compared" in output.log) == counted
        assert json.dumps(COMMERCETOOLS_ERROR) not in output.text
