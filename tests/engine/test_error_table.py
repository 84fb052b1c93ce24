"""What each status means to each tap (20, 21, 22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_commerce7 import error_table as commerce7
from tap_commercetools import error_table as commercetools
from tap_engine.http.error_table import Action, Rule, rule_for

if TYPE_CHECKING:
    from collections.abc import Callable

PASSING = (408, 425, 429, 500, 502, 503, 504, 520, 529, 599)


@pytest.mark.parametrize("status", PASSING)
@pytest.mark.parametrize(
    "rules",
    [commerce7.RULES, commercetools.RULES, commercetools.TOKEN_RULES],
    ids=["c7", "ct", "token"],
)
def test_what_passes_is_tried_again(rules: tuple[Rule, ...], status: int) -> None:
    assert rule_for(rules, status, "").action is Action.RETRY


@pytest.mark.parametrize("status", [201, 204, 301, 302, 304, 402, 405, 409, 410, 414, 451])
@pytest.mark.parametrize("rules", [commerce7.RULES, commercetools.RULES], ids=["c7", "ct"])
def test_what_nobody_expects_fails_at_once(rules: tuple[Rule, ...], status: int) -> None:
    assert rule_for(rules, status, "").action is Action.FAIL


@pytest.mark.parametrize(
    ("status", "code", "action"),
    [
        (400, "QueryTimedOut", Action.SMALLER_PAGE),
        (400, "ContentTooLarge", Action.SMALLER_PAGE),
        (413, "ContentTooLarge", Action.SMALLER_PAGE),
        (400, "InvalidInput", Action.QUERY_REFUSED),
        (400, "", Action.QUERY_REFUSED),
        (401, "invalid_token", Action.NEW_TOKEN),
        (403, "insufficient_scope", Action.REFUSED),
        (404, "ResourceNotFound", Action.NOT_FOUND),
        (404, "", Action.REFUSED),
    ],
)
def test_commercetools(status: int, code: str, action: Action) -> None:
    assert rule_for(commercetools.RULES, status, code).action is action


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (401, Action.REFUSED),
        (403, Action.REFUSED),
        (404, Action.REFUSED),
        (422, Action.QUERY_REFUSED),
        (400, Action.QUERY_REFUSED),
    ],
)
def test_commerce7(status: int, action: Action) -> None:
    assert rule_for(commerce7.RULES, status, "").action is action


def test_commerce7_says_itself_that_something_is_missing() -> None:
    assert rule_for(commerce7.RULES, 404, "notFound").action is Action.NOT_FOUND


@pytest.mark.parametrize("read_error", [commerce7.read_error, commercetools.read_error])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b"[]",
        b"null",
        b"7",
        b'"text"',
        b"\xff\xfe",
        b"{}",
        b'{"errors": "x", "message": 7, "type": [1], "error": null}',
        b'{"errors": [], "message": null}',
        b'{"errors": [7]}',
        b'{"errors": [{"code": null}]}',
        b"[" * 5000,
    ],
)
def test_no_error_body_is_an_error_itself(
    read_error: Callable[[bytes], tuple[str, str]], body: bytes
) -> None:
    code, message = read_error(body)
    assert isinstance(code, str)
    assert isinstance(message, str)


def test_error_bodies_are_read() -> None:
    assert commercetools.read_error(
        b'{"statusCode": 400, "message": "m", "errors": [{"code": "C", "message": "m"}]}'
    ) == ("C", "m")
    assert commercetools.read_error(b'{"error": "invalid_scope", "error_description": "d"}') == (
        "invalid_scope",
        "d",
    )
    assert commerce7.read_error(b'{"statusCode": "422", "type": "t", "message": "m"}') == ("t", "m")
