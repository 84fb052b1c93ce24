"""No secret, token or personal data in output, state or log, at DEBUG and in every failure (25)."""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from tap_engine.http import retry

if TYPE_CHECKING:
    from tests.faults.source import Source
    from tests.support import Output

TOKEN = "token-of-the-test-which-nobody-may-see"
SECRETS = {
    "tap-commercetools": ("demo-client", "demo-secret"),
    "tap-commerce7": ("demo-app", "demo-app-secret"),
}
FAILURES: list[tuple[str, dict[str, Any]]] = [
    *(("status", {"status": status}) for status in (400, 401, 403, 503)),
    ("reset", {}),
    ("reset_in_body", {}),
    ("truncate", {}),
    ("html", {}),
    ("slow", {"seconds": 0.5}),
    ("ignore_sort", {}),
]


@pytest.fixture(autouse=True)
def _setup(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue a token that can be looked for, and retry within milliseconds."""
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.002)
    monkeypatch.setattr(retry, "LONGEST_WAIT", 0.02)
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _bytes: TOKEN)
    source.stand_in.faults.clear()


def forms(source: Source) -> list[str]:
    """List what must not show up anywhere."""
    user, secret = SECRETS[source.tap.name]
    basic = base64.b64encode(f"{user}:{secret}".encode()).decode()
    return [secret, basic, TOKEN] if source.is_commercetools else [secret, basic]


def check(source: Source, output: Output) -> None:
    """Look for secrets in everything that a run left behind."""
    everything = output.text + output.log + json.dumps(output.messages, default=str)
    assert "DEBUG" in output.log or len(output.log) > 100, "the log was on"
    for form in forms(source):
        assert form not in everything, everything[max(0, everything.find(form) - 300) :][:600]
    assert "Bearer " not in everything
    assert "Basic " not in everything


def test_a_run_that_goes_well_shows_nothing(source: Source) -> None:
    output = source.run()
    assert output.code == 0
    assert source.path in output.log, "requests are logged at this level"
    check(source, output)


@pytest.mark.parametrize(("kind", "options"), FAILURES, ids=lambda value: str(value)[:15])
def test_no_failure_shows_anything(source: Source, kind: str, options: dict[str, Any]) -> None:
    source.stand_in.faults.add(source.match, kind, times=-1, after=1, **options)
    output = source.run(retry_max_seconds=0.05, request_timeout=0.2 if kind == "slow" else 30)
    if kind != "ignore_sort":
        assert output.code == 1
    check(source, output)


@pytest.mark.parametrize("times", [1, -1], ids=["once", "for ever"])
@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_a_server_that_repeats_the_secrets_is_not_quoted(
    source: Source, status: int, times: int
) -> None:
    text = f"You sent {' and '.join(forms(source))}"
    body = {"message": text, "type": text, "errors": [{"code": text}], "error": text}
    headers = {"X-Correlation-ID": TOKEN}
    source.stand_in.faults.add(
        source.match, "status", times=times, status=status, body=body, headers=headers
    )
    output = source.run(retry_max_seconds=0.05)
    silent = source.is_commercetools and status == 401 and times == 1  # a new token, no words
    assert ("You sent *** and ***" in output.log) is not silent
    check(source, output)


@pytest.mark.parametrize("before", [285, 290, 295])
def test_a_secret_at_the_end_of_an_excerpt_is_not_cut_into_the_open(
    source: Source, before: int
) -> None:
    _, secret = SECRETS[source.tap.name]
    body = {"message": "x" * before + " " + secret + " and so on" * 10}
    source.stand_in.faults.add(source.match, "status", times=-1, status=500, body=body)
    output = source.run(retry_max_seconds=0)
    for length in range(4, len(secret) + 1):
        assert f"x {secret[:length]}" not in output.log


def test_a_token_endpoint_that_repeats_the_secrets_is_not_quoted(source: Source) -> None:
    if not source.is_commercetools:
        pytest.skip("no tokens")
    body = {"error": "invalid_client", "error_description": f"wrong: {' '.join(forms(source)[:2])}"}
    source.stand_in.faults.add("/oauth/token", "status", times=-1, status=401, body=body)
    output = source.run()
    assert output.code == 1
    assert "wrong: ***" in output.log
    check(source, output)


def test_tokens_that_are_half_of_an_answer_are_not_quoted(source: Source) -> None:
    if not source.is_commercetools:
        pytest.skip("no tokens")
    source.stand_in.faults.add("/oauth/token", "truncate", times=-1)
    output = source.run(retry_max_seconds=0.05)
    assert output.code == 1
    assert "the body is not a token" in output.log
    check(source, output)


@pytest.mark.parametrize("kind", ["", "truncate", "ignore_sort", "status"])
def test_no_personal_data_in_the_log(source: Source, kind: str) -> None:
    person = {
        "email": "jane.roe@mail.example",
        "firstName": "Jane-Marguerite",
        "phone": "+49 89 1234567",
    }
    records = source.stand_in.collections[source.stream]
    for row_id in list(records.by_id):
        source.stand_in.put(source.stream, {"id": row_id, **person}, merge=True)
    if kind:
        source.stand_in.faults.add(source.match, kind, times=-1, after=1)
    output = source.run(retry_max_seconds=0.05)
    assert kind or person["email"] in output.text
    for value in person.values():
        assert value not in output.log
