"""What `skip_forbidden_streams` forgives: the API's own refusal of a stream's first answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.source import Source

HTML = "<html><title>Attention Required!</title></html>"


def refusal(status: int = 403) -> dict[str, Any]:
    """Answer as either API refuses, with the members of both."""
    code = "insufficient_scope" if status == 403 else "ResourceNotFound"
    return {
        "status": status,
        "body": {
            "statusCode": status,
            "type": "unauthorized",
            "message": "Unauthorized",
            "errors": [{"code": code, "message": "Unauthorized"}],
        },
    }


def other(source: Source) -> tuple[str, str]:
    """Name another stream and its path."""
    return ("zones", "/demo/zones") if source.is_commercetools else ("notes", "/v1/note")


def test_the_api_s_own_refusal_of_the_first_answer_is_forgiven(
    source: Source, errors: Callable[[], list[str]]
) -> None:
    name, path = other(source)
    source.stand_in.faults.add(f"^{path}", "status", times=-1, **refusal())
    output = source.run(source.stream, name, skip_forbidden_streams=True)
    assert output.code == 0
    assert errors() == []
    assert f"stream skipped: {name}: " in output.log
    assert output.latest(source.stream) == source.truth()


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_in_the_middle_is_a_fault(
    source: Source, errors: Callable[[], list[str]], status: int
) -> None:
    source.stand_in.faults.add(source.match, "status", times=-1, after=1, **refusal(status))
    name, _ = other(source)
    output = source.run(source.stream, name, skip_forbidden_streams=True)
    assert output.code == 1
    (line,) = errors()
    assert f"stream not read: {source.stream}: {source.path} answered {status}" in line
    assert "refused in the middle of the stream" in line
    assert output.latest(name) == source.truth(name)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("after", [0, 1], ids=["first", "second"])
def test_a_firewall_in_passing_costs_nothing_but_time(
    source: Source, status: int, after: int
) -> None:
    source.stand_in.faults.add(source.match, "status", after=after, status=status, body=HTML)
    output = source.run(skip_forbidden_streams=True, concurrency=1)
    assert output.code == 0
    assert f"{source.path} answered {status} (no JSON in the body)" in output.log
    assert output.latest(source.stream) == source.truth()


@pytest.mark.parametrize("body", [HTML, {"message": "Forbidden"}], ids=["html", "json"])
@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("after", [0, 1], ids=["first", "second"])
def test_a_firewall_for_good_is_no_missing_permission(
    source: Source, errors: Callable[[], list[str]], status: int, after: int, body: Any
) -> None:
    match = source.match
    source.stand_in.faults.add(match, "status", times=-1, after=after, status=status, body=body)
    name, _ = other(source)
    output = source.run(source.stream, name, skip_forbidden_streams=True, retry_max_seconds=0.1)
    assert output.code == 1
    (line,) = errors()
    assert f"stream not read: {source.stream}: {source.path} answered {status}" in line
    assert "not an answer of the API" in line
    assert output.latest(name) == source.truth(name)


def test_credentials_that_died_in_the_middle_of_the_run_forgive_nothing(
    source: Source, errors: Callable[[], list[str]]
) -> None:
    name, path = other(source)
    source.stand_in.faults.add(f"^{path}", "status", times=-1, **refusal())
    # Once everything is read, the first stream is asked for an empty page or a single row.
    least = rf"^{source.path}\?.*limit=[01]\b"
    source.stand_in.faults.add(least, "status", times=-1, **refusal())
    settings: dict[str, Any] = {"verify_counts": "off", "concurrency": 1}
    output = source.run(source.stream, name, skip_forbidden_streams=True, **settings)
    assert output.latest(source.stream) == source.truth(), "read before the credentials died"
    assert output.code == 1
    assert "the credentials no longer open a stream that was read" in errors()[0]
    assert f"stream not read: {name}: " in errors()[1]
