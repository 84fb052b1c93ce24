"""Single exchanges with a server: a request out, a whole answer back, within a deadline."""

from __future__ import annotations

import http.cookiejar
import socket
import time
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NameResolutionError, ProtocolError, ReadTimeoutError

from tap_engine.http.deadline import ExposedAdapter, LateError, Watch
from tap_engine.http.hosts import Contact
from tap_engine.http.redaction import excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_engine.http.call import Call

CONNECT_SECONDS = 30.0
"""Longest wait for a connection; answers may take longer."""

UNKNOWN_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
"""What name servers say of a host that does not exist; other failures of theirs may pass."""

WHOLE_ANSWER = 3.0
"""A whole answer may take as many times the timeout: parts that drip in reset the timeout."""


class Observer(Protocol):
    """Who wants to know of every exchange; called from several threads."""

    def answered(
        self, request: requests.PreparedRequest, answer: requests.Response, body: bytes, took: float
    ) -> None:
        """Take note of an answer, `took` seconds after its request."""

    def failed(self, request: requests.PreparedRequest, took: float) -> None:
        """Take note of a request that got no whole answer."""


class Transport:
    """A pool of connections; safe to use from several threads.

    Args:
        user_agent: Value of the header.
        connections: Most connections to a host that are kept open.
        timeout: Seconds to wait for each part of an answer.
    """

    def __init__(self, *, user_agent: str, connections: int, timeout: float) -> None:
        self._timeout = (min(timeout, CONNECT_SECONDS), timeout)
        self._deadline = WHOLE_ANSWER * timeout
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent
        self._session.headers["Accept"] = "application/json"
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        adapter = ExposedAdapter(pool_connections=4, pool_maxsize=connections)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._hosts: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._watch = Watch()
        self.observer: Observer | None = None

    def prepare(self, call: Call) -> requests.PreparedRequest:
        """Build and sign a request; signing may have to wait for a token.

        Raises:
            requests.RequestException: The request cannot be built.
        """
        return self._session.prepare_request(
            requests.Request(
                call.method,
                call.url,
                params=list(call.params),
                data=call.form,
                json=call.json,
                auth=call.auth,
            )
        )

    def exchange(self, request: requests.PreparedRequest) -> tuple[requests.Response, bytes]:
        """Send a request and read the whole answer.

        Raises:
            LateError: It took too long as a whole.
            StoppedError: `stop` was called.
            requests.RequestException: It failed.
            ValueError: The URL of a proxy cannot be understood.
        """
        began = time.monotonic()
        try:
            response, body = self._exchange(request)
        except BaseException:
            if self.observer:
                self.observer.failed(request, time.monotonic() - began)
            raise
        if self.observer:
            self.observer.answered(request, response, body, time.monotonic() - began)
        return response, body

    def _exchange(self, request: requests.PreparedRequest) -> tuple[requests.Response, bytes]:
        settings = self._settings(str(request.url))
        with self._watch.over(self._deadline):
            response = self._session.send(
                request, timeout=self._timeout, allow_redirects=False, **settings
            )
            # In one piece: `content` reads 10 kB at a time, which costs more than all that is done
            # with a large page afterwards.
            return response, b"".join(response.iter_content(None))

    def _settings(self, url: str) -> Mapping[str, Any]:
        """Return what the environment says of proxies and certificates for a host.

        It is read once: to do so for every request takes as long as to decode its answer.
        """
        host = urlsplit(url)[:2]
        if host not in self._hosts:
            self._hosts[host] = self._session.merge_environment_settings(url, {}, True, None, None)
        return self._hosts[host]

    def limit_wait(self, seconds: float) -> None:
        """Lower the time that a whole answer may take."""
        connect, part = self._timeout
        self._timeout = (min(connect, seconds), min(part, seconds))
        self._deadline = min(self._deadline, seconds)

    def stop(self) -> None:
        """End all exchanges with StoppedError."""
        self._watch.stop()


def contact(error: BaseException) -> Contact:
    """Return how far a request came that ended with an error."""
    if isinstance(error, LateError | requests.exceptions.ReadTimeout):
        return Contact.LATE
    broken = any(isinstance(inner, ProtocolError | ReadTimeoutError) for inner in error.args)
    closed = isinstance(
        error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError
    )
    return Contact.RESET if broken or closed else Contact.NOWHERE


def is_unknown_host(error: BaseException) -> bool:
    """Return whether name servers say that there is no such host, unless it is the proxy's."""
    last = _innermost(error)
    if isinstance(error, requests.exceptions.ProxyError):
        return False
    reason = last.__cause__ if isinstance(last, NameResolutionError) else last
    return isinstance(reason, socket.gaierror) and reason.errno in UNKNOWN_HOST


def cause(error: BaseException) -> str:
    """Return the innermost reason; the outer ones repeat URLs and object addresses."""
    last = _innermost(error)
    if isinstance(last, NameResolutionError) and isinstance(error, requests.exceptions.ProxyError):
        return "cannot resolve the name of the proxy"  # part of a password, if it has a "#"
    return excerpt(str(last).rsplit(">: ", 1)[-1] or type(last).__name__, 200)


def _innermost(error: BaseException) -> BaseException:
    seen: list[BaseException] = []
    inner: BaseException | None = error
    while inner is not None and inner not in seen:
        seen.append(inner)
        reason = getattr(inner, "reason", None)
        argument = next((a for a in inner.args if isinstance(a, BaseException)), None)
        inner = reason if isinstance(reason, BaseException) else argument or inner.__cause__
    return seen[-1]
