"""OAuth 2.0 client credentials flow of commercetools."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import msgspec
from requests.auth import AuthBase, HTTPBasicAuth

from tap_commercetools import error_table
from tap_engine.errors import BadBodyError, CredentialsError, StreamError
from tap_engine.http.call import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import requests

    from tap_engine.http.redaction import Redactor
    from tap_engine.http.session import Http

LEEWAY_SECONDS = 300.0
DEFAULT_LIFETIME_SECONDS = 172_800


class Token(msgspec.Struct):
    """Response of the token endpoint.

    Attributes:
        access_token: The bearer token.
        expires_in: Lifetime in seconds; configurable for each API client (3600 to 604800).
        scope: Granted scopes, separated by spaces.
    """

    access_token: str
    expires_in: float = DEFAULT_LIFETIME_SECONDS
    scope: str = ""


class CommercetoolsAuthenticator(AuthBase):
    """Signs requests with a token shared by all streams and threads of a run.

    The token is replaced before it expires, or when the API rejects it.

    Args:
        auth_url: Base URL of the token host.
        scopes: Scopes to request; if empty, the token has all scopes of the API client.
        http: Sends the token requests.

    Attributes:
        url: Base URL of the token host.
    """

    def __init__(  # noqa: PLR0913
        self,
        *,
        auth_url: str,
        client_id: str,
        client_secret: str,
        scopes: Sequence[str],
        http: Http,
        redactor: Redactor,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = auth_url.removesuffix("/oauth/token")
        self._url = f"{self.url}/oauth/token"
        self._basic = HTTPBasicAuth(client_id.encode(), client_secret.encode())
        self._scopes = " ".join(scopes)
        self._http = http
        self._redactor = redactor
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._renew_at = 0.0

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request, fetching a new token if the current one is about to expire."""
        r.headers["Authorization"] = f"Bearer {self.token().access_token}"
        return r

    def token(self) -> Token:
        """Return a valid token, with at most one token request in flight.

        Raises:
            CredentialsError: The token endpoint rejects the client, secret or scopes, or it keeps
                failing: without a token no stream can be read.
            UnreachableError: There is no such host.
        """
        with self._lock:
            if self._token is None or self._clock() >= self._renew_at:
                self._fetch()
            return self._token  # type: ignore[return-value]

    def renew(self, rejected: str) -> None:
        """Discard the token if it is the rejected one; another thread may have replaced it."""
        with self._lock:
            if self._token and rejected == f"Bearer {self._token.access_token}":
                self._token = None

    def granted(self) -> frozenset[str] | None:
        """Return the scopes of the token, or None if the endpoint did not name them."""
        scope = self.token().scope
        return frozenset(scope.split()) if scope else None

    def _fetch(self) -> None:
        form = {"grant_type": "client_credentials"}
        if self._scopes:
            form["scope"] = self._scopes
        asked_at = self._clock()
        call = Call(
            stream="token",
            url=self._url,
            rules=error_table.TOKEN_RULES,
            auth=self._basic,
            form=form,
            sets_clock=False,
        )
        try:
            token = self._http.send(call, self._parse)
        except StreamError as error:
            raise CredentialsError(str(error)) from None
        self._redactor.add(token.access_token)
        leeway = min(LEEWAY_SECONDS, token.expires_in / 10)
        self._renew_at = asked_at + token.expires_in - leeway
        self._token = token

    @staticmethod
    def _parse(body: bytes) -> Token:
        try:
            # strict=False: some proxies send the lifetime as a string.
            return msgspec.json.decode(body, type=Token, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError):
            msg = "the body is not a token"
            raise BadBodyError(msg) from None
