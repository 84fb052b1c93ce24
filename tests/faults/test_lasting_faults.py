"""A fault that lasts ends the run: exit 1, one line that says it all, nothing lost later (20)."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from tap_engine.http import hosts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.source import Source

KINDS: list[tuple[str, dict[str, Any], str]] = [
    *(("status", {"status": status}, f"answered {status}") for status in (408, 429, 520)),
    ("status", {"status": 503, "body": "<html>x</html>"}, "answered 503 (no JSON in the body)"),
    ("reset", {}, "failed:"),
    ("reset_in_body", {}, "failed:"),
    ("truncate", {}, "answered 200 (the body is not"),
    ("html", {}, "answered 200 (the body is not"),
    ("slow", {"seconds": 1}, "failed:"),
]


def _name(value: Any) -> str:
    return str(value.get("status", "")) if isinstance(value, dict) else value[:12]


@pytest.mark.parametrize(("kind", "options", "words"), KINDS, ids=_name)
def test_ends_with_one_line_and_a_state_to_go_on_from(
    source: Source,
    errors: Callable[[], list[str]],
    kind: str,
    options: dict[str, Any],
    words: str,
) -> None:
    source.stand_in.faults.add(source.match, kind, times=-1, after=2, **options)
    slow = kind == "slow"
    first = source.run(request_timeout=0.2 if slow else 30, retry_max_seconds=0.1)
    assert first.code == 1
    assert len(errors()) == 1, errors()
    (line,) = errors()
    assert line.startswith(f"stream not read: {source.stream}: ")
    assert source.path in line
    assert words in line
    assert re.search(r"gave up after \d+ tries in \d+ s", line)
    assert "Traceback" not in first.log
    if source.is_commercetools and "answered" in words:
        assert "correlation id projects-" in line
    source.stand_in.faults.clear()
    second = source.run(state=first.state)
    assert second.code == 0
    assert {**first.latest(source.stream), **second.latest(source.stream)} == source.truth()


def test_gives_up_within_its_budget(source: Source) -> None:
    source.stand_in.faults.add(source.match, "status", times=-1, status=503)
    began = time.monotonic()
    assert source.run(retry_max_seconds=0.5).code == 1
    assert time.monotonic() - began < 2
    assert len(source.asked()) > 3


def test_no_budget_means_no_second_try(source: Source) -> None:
    source.stand_in.faults.add(source.match, "status", times=-1, status=503)
    assert source.run(retry_max_seconds=0, concurrency=1).code == 1
    assert len(source.asked()) == 1


def test_names_the_error_code_of_the_api(source: Source, errors: Callable[[], list[str]]) -> None:
    body = {
        "statusCode": 500,
        "type": "overloaded",
        "message": "come\nback  later",
        "errors": [{"code": "overloaded"}],
    }
    source.stand_in.faults.add(source.match, "status", times=-1, status=500, body=body)
    source.run(retry_max_seconds=0)
    assert f"{source.path} answered 500 overloaded (come back later)" in errors()[0]


def test_quotes_no_more_than_an_excerpt_of_a_body(
    source: Source, errors: Callable[[], list[str]]
) -> None:
    body = {"statusCode": 500, "message": "long " * 2000}
    source.stand_in.faults.add(source.match, "status", times=-1, status=500, body=body)
    source.run(retry_max_seconds=0)
    assert len(errors()[0]) < 700


@pytest.mark.parametrize("status", [400, 405, 410, 422])
def test_what_no_retry_helps_against_is_not_retried(
    source: Source, errors: Callable[[], list[str]], status: int
) -> None:
    source.stand_in.faults.add(source.match, "status", times=-1, status=status)
    output = source.run()
    assert output.code == 1
    assert output.records(source.stream) == []
    assert "trying again" not in output.log
    assert f"{source.path} answered {status}" in errors()[-1]


def test_a_host_that_never_answered_is_given_up_soon(
    source: Source, errors: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "FIRST_CONTACT_SECONDS", 0.2)
    source.url = "http://127.0.0.1:1"
    began = time.monotonic()
    output = source.run(retry_max_seconds=600)
    assert time.monotonic() - began < 5
    assert output.code == 1
    assert len(errors()) == 1
    assert "Connection refused" in errors()[0]
    assert "http://127.0.0.1:1/" in errors()[0]


def test_a_host_that_answered_once_gets_the_whole_budget(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "FIRST_CONTACT_SECONDS", 0.0)
    source.stand_in.faults.add(source.match, "reset", after=2, times=5)
    output = source.run(retry_max_seconds=30)
    assert output.code == 0
    assert output.latest(source.stream) == source.truth()
