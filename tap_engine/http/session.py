"""The HTTP session of a tap: retries, error tables, rate limits, the server's clock."""

from __future__ import annotations

import http.cookiejar
import math
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from requests.adapters import HTTPAdapter

from tap_engine import timestamps
from tap_engine.errors import (
    BadBodyError,
    CredentialsError,
    ErrorInBodyError,
    NotFoundError,
    QueryRefusedError,
    RefusedError,
    RequestError,
    SettingsError,
    StoppedError,
    StreamError,
)
from tap_engine.http import retry
from tap_engine.http.call import PageTooBigError
from tap_engine.http.error_table import Action, rule_for
from tap_engine.http.redaction import excerpt

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from tap_engine.http.call import Call
    from tap_engine.http.redaction import Redactor

T = TypeVar("T")

FIRST_CONTACT_SECONDS = 15.0
"""Retry budget for a host that has never answered: a typo should fail quickly."""

CONNECT_SECONDS = 30.0
"""Longest wait for a connection; answers may take longer."""


class _Renewed(Exception):  # noqa: N818 (a signal inside this module, not an error)
    """There is a new token: try again at once."""


class _Again(Exception):  # noqa: N818 (a signal inside this module, not an error)
    """Try again after a pause."""

    def __init__(self, reason: str, *, wait: float | None = None, answered: bool = True) -> None:
        super().__init__(reason)
        self.wait = wait
        self.answered = answered


class Http:
    """Sends requests for all streams of a tap; safe to use from several threads.

    Args:
        concurrency: Most requests in flight at once.
        timeout: Seconds to wait for a connection, and between two reads.
        retry_max_seconds: Budget of one request in seconds, pauses included.
        read_error: Returns the API's error code and message from a body.
        correlation_header: Response header with the id that the vendor's support asks for.
    """

    def __init__(  # noqa: PLR0913
        self,
        *,
        concurrency: int,
        timeout: float,
        retry_max_seconds: float,
        user_agent: str,
        read_error: Callable[[bytes], tuple[str, str]],
        redactor: Redactor,
        logger: logging.Logger,
        correlation_header: str = "",
    ) -> None:
        self._timeout = timeout
        self._budget = retry_max_seconds
        self._read_error = read_error
        self._redact = redactor
        self._logger = logger
        self._correlation_header = correlation_header
        self._answered: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._workers = ThreadPoolExecutor(concurrency, thread_name_prefix="request")
        self.run_started_at: str | None = None
        self._first_sent: float | None = None
        self._sent: Counter[str] = Counter()
        self.waited = 0.0
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent
        self._session.headers["Accept"] = "application/json"
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=concurrency + 2)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def submit(self, work: Callable[..., T], *args: Any) -> Future[T]:
        """Run something, normally the request for a page, in a worker thread."""
        return self._workers.submit(work, *args)

    def stop(self) -> None:
        """End all waiting, here and in the workers, with StoppedError."""
        self._stopping.set()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def limit_retries(self, seconds: float) -> None:
        """Lower the retry budget."""
        self._budget = min(self._budget, seconds)

    def sent_for(self, stream: str) -> int:
        """Return the number of requests sent for a stream, including failed ones."""
        return self._sent[stream]

    @property
    def sent(self) -> int:
        """Number of requests sent, including failed ones."""
        return self._sent.total()

    def note_wait(self, seconds: float) -> None:
        """Add to the time spent waiting because of the API."""
        with self._lock:
            self.waited += seconds

    @property
    def reached_anything(self) -> bool:
        """Return whether any host has answered yet."""
        return bool(self._answered)

    def sleep(self, seconds: float) -> None:
        """Sleep unless the run is being stopped.

        Raises:
            StoppedError: The run is being stopped.
        """
        if self._stopping.wait(max(0.0, seconds)):
            raise StoppedError

    def send(self, call: Call, parse: Callable[[bytes], T]) -> T:
        """Send a request until it succeeds or trying again makes no sense.

        Args:
            call: The request.
            parse: Turns the body into the result; raises BadBodyError for a body of another form,
                which counts as a failed attempt, and ErrorInBodyError for an error of the API.

        Raises:
            CredentialsError: 401 again with a new token, or the token endpoint refused.
            RefusedError: The credentials do not give access to this stream.
            QueryRefusedError: The API does not accept the query.
            StreamError: Another answer that rejects this request.
            PageTooBigError: The API wants a smaller page.
            RequestError: The retry budget is spent, or the failure is final.
            StoppedError: The run is being stopped.
        """
        began = time.monotonic()
        pauses = retry.waits()
        renewed = False
        tries = 0
        while True:
            if self._stopping.is_set():
                raise StoppedError
            tries += 1
            try:
                return self._once(call, parse, renewed=renewed)
            except _Renewed:
                renewed = True
            except _Again as again:
                pause = again.wait or next(pauses)
                budget = self._budget
                if not again.answered and self._host(call) not in self._answered:
                    budget = min(budget, FIRST_CONTACT_SECONDS)
                elapsed = time.monotonic() - began
                if elapsed + pause > budget:
                    msg = f"{again} (gave up after {tries} tries in {elapsed:.0f} s)"
                    raise RequestError(msg) from None
                self._logger.warning("%s; trying again in %.1f s", again, pause)
                self.note_wait(pause)
                self.sleep(pause)

    def _once(self, call: Call, parse: Callable[[bytes], T], *, renewed: bool) -> T:
        for limiter in call.limiters:
            self.note_wait(limiter.wait())
        response, body = self._exchange(call)
        if response.status_code == requests.codes.ok:
            try:
                return parse(body)
            except BadBodyError as error:
                raise _Again(self._describe(call, response, str(error))) from None
            except ErrorInBodyError:
                pass  # dealt with like an error status
        self._fail(call, response, body, renewed=renewed)
        raise AssertionError  # pragma: no cover (_fail always raises)

    def _exchange(self, call: Call) -> tuple[requests.Response, bytes]:
        host = self._host(call)
        with self._lock:
            self._sent[call.stream] += 1
            if self._first_sent is None and call.sets_clock:
                self._first_sent = time.monotonic()
        try:
            response = self._session.request(
                call.method,
                call.url,
                params=list(call.params),
                data=call.form,
                json=call.json,
                auth=call.auth,
                timeout=(min(self._timeout, CONNECT_SECONDS), self._timeout),
                allow_redirects=False,
                stream=True,
            )
            # In one piece: `content` reads 10 kB at a time, which costs more than all that is done
            # with a large page afterwards.
            body = b"".join(response.iter_content(None))
        except (
            requests.exceptions.ConnectionError,
            requests.exceptions.Timeout,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            reason = self._redact(
                f"{call.stream}: {call.method} {call.url} failed: {_cause(error)}"
            )
            if "CERTIFICATE_VERIFY_FAILED" in reason:  # asking again does not make it trusted
                raise RequestError(reason) from None
            raise _Again(reason, answered=False) from None
        except requests.exceptions.RequestException as error:
            msg = f"{call.stream}: cannot ask {call.url}: {_cause(error)}"
            raise SettingsError(self._redact(msg)) from None
        self._answered.add(host)
        if call.sets_clock:
            self._note_start(response)
        return response, body

    def _note_start(self, response: requests.Response) -> None:
        """Take the start of the run, by the server's clock, from the first answer.

        `Date` says when the answer was made; the data in it may be as old as the request, and so
        may that of other requests that were sent at the same time. So the time since the first
        request was sent is subtracted.
        """
        with self._lock:
            if self.run_started_at is None and self._first_sent is not None:
                date = timestamps.parse_http_date(response.headers.get("Date", ""))
                took = time.monotonic() - self._first_sent
                self.run_started_at = timestamps.earlier(
                    timestamps.render(date) if date else timestamps.now(),
                    math.ceil(took * 1000) / 1000,
                )

    def _fail(self, call: Call, response: requests.Response, body: bytes, *, renewed: bool) -> None:
        code, message = self._read_error(body)
        rule = rule_for(call.rules, response.status_code, code)
        text = self._describe(call, response, message, code, rule.meaning)
        if rule.action is Action.SMALLER_PAGE and not call.smallest_page:
            raise PageTooBigError
        if rule.action in {Action.RETRY, Action.SMALLER_PAGE}:
            wait = retry.asked_wait(response.headers)
            raise _Again(text, wait=wait or None)
        if rule.action is Action.NEW_TOKEN:
            rejected = str(response.request.headers.get("Authorization", ""))
            if not renewed and call.auth.renew(rejected):
                raise _Renewed
            raise CredentialsError(text)
        if rule.action is Action.REFUSED:
            missing = response.status_code == requests.codes.not_found
            raise NotFoundError(text) if missing else RefusedError(text)
        if rule.action is Action.QUERY_REFUSED:
            raise QueryRefusedError(text)
        if 400 <= response.status_code < 500:  # noqa: PLR2004 (the request is at fault)
            raise StreamError(text)
        raise RequestError(text)

    def _describe(
        self,
        call: Call,
        response: requests.Response,
        message: str,
        code: str = "",
        meaning: str = "",
    ) -> str:
        path = requests.utils.urlparse(call.url).path  # type: ignore[attr-defined]
        text = f"{call.stream}: {path} answered {response.status_code}"
        # Masked before they are shortened: half a secret would no longer be recognised.
        if code:
            text += f" {excerpt(self._redact(code), 80)}"
        if message:
            text += f" ({excerpt(self._redact(message))})"
        correlation = response.headers.get(self._correlation_header, "")
        if correlation:
            text += f", correlation id {excerpt(self._redact(correlation), 80)}"
        if meaning:
            text += f": {meaning}"
        return self._redact(text)

    @staticmethod
    def _host(call: Call) -> str:
        return call.url.split("/", 3)[2]


def _cause(error: BaseException) -> str:
    """Return the innermost reason; the outer ones repeat URLs and object addresses."""
    seen: list[BaseException] = []
    inner: BaseException | None = error
    while inner is not None and inner not in seen:
        seen.append(inner)
        reason = getattr(inner, "reason", None)
        argument = next((a for a in inner.args if isinstance(a, BaseException)), None)
        inner = reason if isinstance(reason, BaseException) else argument or inner.__cause__
    last = seen[-1]
    text = str(last).rsplit(">: ", 1)[-1] or type(last).__name__
    return excerpt(text, 200)
