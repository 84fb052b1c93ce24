"""One token for all threads, renewed ahead of its end (21, concurrency safety)."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tap_commercetools.auth import CommercetoolsAuthenticator
from tap_engine.errors import BadBodyError, CredentialsError, RequestError
from tap_engine.http.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable


class TokenHost:
    """Stands where the session stands and hands out numbered tokens, slowly."""

    def __init__(self) -> None:
        self.fetched = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.expires_in: Any = 1000
        self.fails = False

    def send(self, call: Any, parse: Callable[[bytes], Any]) -> Any:
        """Answer a token request."""
        assert call.form == {"grant_type": "client_credentials"}
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        time.sleep(0.01)
        self.in_flight -= 1
        if self.fails:
            raise RequestError
        self.fetched += 1
        return parse(
            b'{"access_token": "token-%d", "expires_in": %d}' % (self.fetched, self.expires_in)
        )


@pytest.fixture
def host() -> TokenHost:
    return TokenHost()


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def authenticator(host: TokenHost, clock: list[float]) -> CommercetoolsAuthenticator:
    return CommercetoolsAuthenticator(
        auth_url="https://auth.example",
        client_id="id",
        client_secret="secret-secret",
        scopes=(),
        http=host,  # type: ignore[arg-type]
        redactor=Redactor(),
        clock=lambda: clock[0],
    )


def signed(authenticator: CommercetoolsAuthenticator) -> str:
    """Sign a request and give its header."""
    request = requests.Request("GET", "https://api.example").prepare()
    return str(authenticator(request).headers["Authorization"])


def together(work: Callable[[], Any], threads: int = 16) -> list[Any]:
    """Do the same in many threads at the same moment."""
    gate = threading.Barrier(threads)

    def task(_number: int) -> Any:
        gate.wait()
        return work()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(task, range(threads)))


def test_sixteen_threads_fetch_one_token(
    authenticator: CommercetoolsAuthenticator, host: TokenHost
) -> None:
    assert set(together(lambda: signed(authenticator))) == {"Bearer token-1"}
    assert (host.fetched, host.most_in_flight) == (1, 1)


def test_threads_that_see_the_end_together_fetch_one_new_token(
    authenticator: CommercetoolsAuthenticator, host: TokenHost, clock: list[float]
) -> None:
    signed(authenticator)
    clock[0] = 950
    assert set(together(lambda: signed(authenticator))) == {"Bearer token-2"}
    assert (host.fetched, host.most_in_flight) == (2, 1)


def test_threads_that_are_rejected_together_fetch_one_new_token(
    authenticator: CommercetoolsAuthenticator, host: TokenHost
) -> None:
    rejected = signed(authenticator)

    def again() -> str:
        authenticator.renew(rejected)
        return signed(authenticator)

    assert set(together(again)) == {"Bearer token-2"}
    assert host.fetched == 2


def test_a_late_rejection_of_the_old_token_keeps_the_new_one(
    authenticator: CommercetoolsAuthenticator, host: TokenHost
) -> None:
    old = signed(authenticator)
    authenticator.renew(old)
    assert signed(authenticator) == "Bearer token-2"
    authenticator.renew(old)
    assert signed(authenticator) == "Bearer token-2"
    assert host.fetched == 2


@pytest.mark.parametrize(
    ("expires_in", "still_good", "renewed"),
    [(1000, 899, 901), (172_800, 172_499, 172_501), (10, 8.9, 9.1)],
)
def test_is_renewed_ahead_of_its_end(  # noqa: PLR0917
    authenticator: CommercetoolsAuthenticator,
    host: TokenHost,
    clock: list[float],
    expires_in: int,
    still_good: float,
    renewed: float,
) -> None:
    host.expires_in = expires_in
    signed(authenticator)
    clock[0] = still_good
    assert signed(authenticator) == "Bearer token-1"
    clock[0] = renewed
    assert signed(authenticator) == "Bearer token-2"


@pytest.mark.parametrize("expires_in", [0, -5])
def test_a_token_that_is_born_old_is_used_once(
    authenticator: CommercetoolsAuthenticator, host: TokenHost, expires_in: int
) -> None:
    host.expires_in = expires_in
    assert [signed(authenticator) for _ in range(3)] == [f"Bearer token-{n}" for n in (1, 2, 3)]


def test_a_failed_fetch_leaves_the_lock_open(
    authenticator: CommercetoolsAuthenticator, host: TokenHost
) -> None:
    host.fails = True
    with pytest.raises(CredentialsError):
        authenticator.token()
    host.fails = False
    assert authenticator.token().access_token == "token-1"


def test_learns_every_token_as_a_secret(authenticator: CommercetoolsAuthenticator) -> None:
    authenticator.token()
    assert authenticator._redactor("got token-1") == "got ***"


@pytest.mark.parametrize(
    ("body", "lifetime"),
    [
        (b'{"access_token": "t"}', 172_800),
        (b'{"access_token": "t", "expires_in": "60"}', 60),
        (b'{"access_token": "t", "expires_in": 60.5, "unknown": [1]}', 60.5),
    ],
)
def test_reads_the_answers_of_the_token_endpoint(body: bytes, lifetime: float) -> None:
    assert CommercetoolsAuthenticator._parse(body).expires_in == lifetime


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b'{"access_token": 7}', b"\xff"])
def test_what_is_no_token_is_asked_for_again(body: bytes) -> None:
    with pytest.raises(BadBodyError):
        CommercetoolsAuthenticator._parse(body)
