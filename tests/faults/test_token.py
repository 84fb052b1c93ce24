"""Token endpoint out of order; tokens revoked, expired, refused for ever, short-lived (21)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commercetools.app import build
from sandbox.commercetools.auth import Client, reading_scopes
from tap_commercetools.tap import TapCommercetools
from tap_engine.http import session
from tests.faults.source import narrowed
from tests.support import commercetools_config, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.source import Source
    from tests.support import Output

TOKEN = "/oauth/token"
PASSING: list[tuple[str, dict[str, Any]]] = [
    ("status", {"status": 503}),
    ("status", {"status": 429, "headers": {"Retry-After": "0"}}),
    ("html", {}),
    ("truncate", {}),
    ("reset", {}),
    ("reset_in_body", {}),
    ("slow", {"seconds": 0.6}),
]


def complete(source: Source, output: Output) -> bool:
    """Tell whether a run ended well with everything."""
    return output.code == 0 and output.latest(source.stream) == source.truth()


@pytest.mark.parametrize(("kind", "options"), PASSING, ids=lambda value: str(value)[:15])
def test_a_token_endpoint_that_hiccups_costs_nothing_but_time(
    commercetools_source: Source, kind: str, options: dict[str, Any]
) -> None:
    source = commercetools_source
    source.stand_in.faults.add(TOKEN, kind, **options)
    assert complete(source, source.run(request_timeout=0.3 if kind == "slow" else 30))
    assert len(source.asked(TOKEN)) == 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"client_secret": "wrong-secret"}, "token: /oauth/token answered 401 invalid_client"),
        ({"client_id": "nobody"}, "token: /oauth/token answered 401 invalid_client"),
        ({"scopes": ["view_moon:demo"]}, "token: /oauth/token answered 400 invalid_scope"),
        ({"scopes": ["view_orders:elsewhere"]}, "token: /oauth/token answered 400 invalid_scope"),
    ],
)
def test_wrong_credentials_end_the_run_at_once_with_one_line(
    commercetools_source: Source,
    errors: Callable[[], list[str]],
    settings: dict[str, Any],
    words: str,
) -> None:
    output = commercetools_source.run(**settings)
    assert output.code == 1
    assert output.of_type("RECORD") == []
    (line,) = errors()
    assert line.startswith(words)
    assert "check client_id, client_secret" in line
    assert "correlation id" in line
    assert "trying again" not in output.log
    assert "wrong-secret" not in output.log


@pytest.mark.parametrize("status", [503, 403])
def test_a_token_endpoint_that_stays_away_ends_the_run(
    commercetools_source: Source, errors: Callable[[], list[str]], status: int
) -> None:
    source = commercetools_source
    source.stand_in.faults.add(TOKEN, "status", times=-1, status=status)
    assert source.run(retry_max_seconds=0.1).code == 1
    (line,) = errors()
    assert f"token: /oauth/token answered {status}" in line


def test_a_page_in_the_place_of_the_token_for_ever_ends_the_run(
    commercetools_source: Source, errors: Callable[[], list[str]]
) -> None:
    source = commercetools_source
    source.stand_in.faults.add(TOKEN, "html", times=-1)
    assert source.run(retry_max_seconds=0.1).code == 1
    assert "token: /oauth/token answered 200 (the body is not a token)" in errors()[0]


@pytest.mark.parametrize("kind", ["revoke_token", "expire_token"])
@pytest.mark.parametrize("after", [0, 3], ids=["first", "middle"])
def test_a_token_that_dies_is_replaced_once(
    commercetools_source: Source, kind: str, after: int
) -> None:
    source = commercetools_source
    source.stand_in.faults.add(source.match, kind, after=after)
    assert complete(source, source.run())
    assert len(source.asked(TOKEN)) == 2


def test_tokens_that_die_again_and_again_are_replaced(commercetools_source: Source) -> None:
    source = commercetools_source
    for after in (0, 3, 6):
        source.stand_in.faults.add(source.match, "revoke_token", after=after)
    assert complete(source, source.run(concurrency=1))
    assert len(source.asked(TOKEN)) == 4


def test_tokens_refused_for_ever_end_the_run_and_say_what_it_can_mean(
    commercetools_source: Source, errors: Callable[[], list[str]]
) -> None:
    source = commercetools_source
    source.stand_in.faults.add(source.match, "revoke_token", times=-1, after=2)
    first = source.run(concurrency=1)
    assert first.code == 1
    (line,) = errors()
    assert f"{source.stream}: {source.path} answered 401 invalid_token" in line
    assert "a new token was rejected as well" in line
    assert "different regions" in line
    assert len(source.asked(TOKEN)) == 1 + session.MOST_TOKENS, "then no further ones"
    source.stand_in.faults.clear()
    second = source.run(state=first.state)
    assert {**first.latest(source.stream), **second.latest(source.stream)} == source.truth()


def test_a_401_that_passes_is_answered_with_one_new_token(commercetools_source: Source) -> None:
    source = commercetools_source
    source.stand_in.faults.add(source.match, "status", status=401, after=1)
    assert complete(source, source.run())
    assert len(source.asked(TOKEN)) == 2


@pytest.mark.parametrize(("concurrency", "page_size"), [(1, 10), (8, 1)])
def test_short_lived_tokens_are_renewed_before_they_end(concurrency: int, page_size: int) -> None:
    client = Client("demo-client", "demo-secret", reading_scopes(), lifetime=1)
    stand_in = build(rows={"customer_groups": 100}, clients=[client], latency=0.12)
    with stand_in.serve() as server:
        config = commercetools_config(server.url, page_size=page_size, concurrency=concurrency)
        tap = narrowed(TapCommercetools, ("customer_groups",))
        output = run(tap, config, streams=["customer_groups"])
    assert output.code == 0
    assert len(set(output.ids("customer_groups"))) == 100
    began, ended = stand_in.requests[0]["time"], stand_in.requests[-1]["time"]
    assert ended - began > 1, "the run was longer than the life of a token"
    statuses = {entry["status"] for entry in stand_in.requests}
    assert statuses == {200}, "no request went out with a token that had ended"
    tokens = sum(entry["path"] == TOKEN for entry in stand_in.requests)
    assert 2 <= tokens <= (ended - began) / 0.9 + 1


@pytest.mark.parametrize("concurrency", [1, 8])
def test_all_streams_and_threads_share_one_token(
    commercetools_source: Source, concurrency: int
) -> None:
    source = commercetools_source
    streams = ("customer_groups", "zones", "states", "stores", "tax_categories", "channels")
    output = source.run(*streams, concurrency=concurrency)
    assert output.code == 0
    assert output.streams == set(streams)
    assert len(source.asked(TOKEN)) == 1


def test_a_state_of_the_run_holds_no_token(commercetools_source: Source) -> None:
    source = commercetools_source
    output = source.run()
    stand_in: Any = source.stand_in
    tokens = stand_in.authority.tokens
    assert tokens
    assert not any(token in output.text for token in tokens)


def test_two_tokens_revoked_in_a_row_are_replaced(commercetools_source: Source) -> None:
    source = commercetools_source
    source.stand_in.faults.add(source.match, "revoke_token", after=2, times=2)
    assert complete(source, source.run(concurrency=1))
    assert len(source.asked(TOKEN)) == 3


def test_a_token_that_was_never_accepted_is_replaced_only_once(
    commercetools_source: Source,
) -> None:
    source = commercetools_source
    source.stand_in.faults.add(source.match, "revoke_token", times=-1)
    assert source.run(concurrency=1).code == 1
    assert len(source.asked(TOKEN)) == 2
