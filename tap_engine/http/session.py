"""The HTTP session of a tap: retries, error tables, rate limits, the server's clock."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests

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
    TapError,
    UnreachableError,
)
from tap_engine.http import retry
from tap_engine.http.call import PageTooBigError
from tap_engine.http.deadline import LateError
from tap_engine.http.error_table import FOREIGN, Action, rule_for
from tap_engine.http.hosts import MOST_UNANSWERED, Contact, Hosts
from tap_engine.http.redaction import excerpt
from tap_engine.http.reply import NoReplyError, Reply
from tap_engine.http.retry import Again, Renewed, Tries
from tap_engine.http.transport import Transport, cause, contact, is_unknown_host
from tap_engine.http.workers import Workers

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from concurrent.futures import Future

    from tap_engine.http.call import Call
    from tap_engine.http.redaction import Redactor

T = TypeVar("T")

MOST_TOKENS = 4
"""New tokens for one request, where tokens have been accepted before; otherwise one."""


ERRORS = {
    Action.REFUSED: RefusedError,
    Action.NOT_FOUND: NotFoundError,
    Action.QUERY_REFUSED: QueryRefusedError,
}
"""The error of an action; of others, the status decides."""


class Http:
    """Sends requests for all streams of a tap; safe to use from several threads.

    Args:
        concurrency: Most requests in flight at once.
        timeout: Seconds to wait for a connection, and between two reads.
        retry_max_seconds: Budget of one request in seconds, pauses included.
        read_error: Returns the API's error code and message from a body.
        correlation_header: Response header with the id that the vendor's support asks for.

    Attributes:
        transport: Sends single requests; what observes it sees all of them.
        run_started_at: When the run began, by the earlier of the server's clock and this one; None
            before the first answer. No bookmark goes beyond it.
        read_until: The same by the later clock. What is read in the order of time ends here.
        waited: Seconds spent waiting because of the API, in all threads together.
        longest_body: Size of the largest answer so far, in bytes.
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
        self._budget = retry_max_seconds
        self._read_error = read_error
        self._redact = redactor
        self._logger = logger
        self._correlation_header = correlation_header
        self._hosts = Hosts()
        self._has_read = False
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._workers = Workers(concurrency)
        self.transport = Transport(
            user_agent=user_agent, connections=concurrency + 2, timeout=timeout
        )
        self.run_started_at: str | None = None
        self.read_until: str | None = None
        self._first_sent: float | None = None
        self._sent: Counter[str] = Counter()
        self.waited = 0.0
        self.longest_body = 0

    def submit(self, work: Callable[..., T], *args: Any) -> Future[T]:
        """Run something, normally the request for a page, in a worker thread."""
        return self._workers.submit(work, *args)

    def stop(self) -> None:
        """End all waiting, here and in the workers, with StoppedError."""
        self._stopping.set()
        self.transport.stop()
        self._workers.stop()

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

    def name_host(self, url: str, setting: str) -> None:
        """Note which setting the host of a URL comes from, for messages."""
        self._hosts.name(urlsplit(url).netloc, setting)

    @property
    def reached_anything(self) -> bool:
        """Whether any host has answered yet."""
        return self._hosts.reached_any

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
            CredentialsError: New tokens are rejected, or the token endpoint refused.
            RefusedError: The credentials do not give access to this stream.
            QueryRefusedError: The API does not accept the query.
            StreamError: Another answer that rejects this request.
            PageTooBigError: The API wants a smaller page.
            RequestError: The retry budget is spent, or the failure is final.
            UnreachableError: There is no such host, or it is gone.
            StoppedError: The run is being stopped.
        """
        tries = Tries()
        while True:
            if self._stopping.is_set():
                raise StoppedError
            tries.count += 1
            try:
                return self._once(call, parse, tries)
            except Renewed:
                pass
            except Again as again:
                pause = again.wait or max(next(tries.pauses), again.least)
                most = self._budget if call.patience is None else min(self._budget, call.patience)
                budget = self._hosts.budget(call.host, call.stream, most, again.contact)
                if tries.seconds + pause > budget:
                    raise self._given_up(call, again, tries) from None
                self._logger.warning("%s; trying again in %.1f s", again, pause)
                self.note_wait(pause)
                self.sleep(pause)

    def look(self, call: Call) -> Reply:
        """Send a request once and return the answer; NoReplyError or TapError if there is none."""
        for limiter in call.limiters:
            self.note_wait(limiter.wait())
        try:
            response, body = self._exchange(call)
        except Again as again:
            raise NoReplyError(again.contact, str(again)) from None
        return Reply(response.status_code, response.headers, body)

    def _given_up(self, call: Call, again: Again, tries: Tries) -> TapError:
        """Return the error for a request whose budget is spent."""
        text = f"{again} (gave up after {tries.count} tries in {tries.seconds:.0f} s)"
        gone = self._hosts.give_up(call.host, call.stream)
        if gone and again.contact < Contact.ANSWERED:
            return UnreachableError(f"{text}; {MOST_UNANSWERED} streams in a row got no answer")
        # Until there was an answer to a request for data, it is the address that is wrong.
        silent = self._hosts.silent(call.host) and self.run_started_at is None
        nowhere = again.contact is Contact.NOWHERE and silent
        return UnreachableError(text) if nowhere else RequestError(text)

    def _once(self, call: Call, parse: Callable[[bytes], T], tries: Tries) -> T:
        before = time.monotonic()
        for limiter in call.limiters:
            self.note_wait(limiter.wait())
        tries.began += time.monotonic() - before
        response, body = self._exchange(call)
        if response.status_code == requests.codes.ok:
            try:
                result = parse(body)
            except BadBodyError as error:
                self._hosts.note_answer(call.host)
                raise Again(self._describe(call, response, str(error))) from None
            except ErrorInBodyError:
                pass  # dealt with like an error status
            else:
                self._hosts.note_success(call.host)
                self._has_read |= call.form is None
                if call.sets_clock:
                    self._note_start(response)
                return result
        self._fail(call, response, body, tries)
        raise AssertionError  # pragma: no cover (_fail always raises)

    def _exchange(self, call: Call) -> tuple[requests.Response, bytes]:
        try:
            self._note_first(call)
            request = self.transport.prepare(call)
            with self._lock:
                self._sent[call.stream] += 1
            response, body = self.transport.exchange(request)
        except (
            LateError,
            requests.exceptions.ConnectionError,
            requests.exceptions.Timeout,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            reason = self._redact(f"{call.stream}: {call.method} {call.url} failed: {cause(error)}")
            reason += self._hosts.origin(call.host)
            if self._hosts.silent(call.host) and is_unknown_host(error):
                raise SettingsError(reason) from None
            if "CERTIFICATE_VERIFY_FAILED" in reason:  # asking again does not make it trusted
                raise UnreachableError(reason) from None
            raise Again(reason, contact=contact(error)) from None
        except (requests.exceptions.RequestException, ValueError) as error:
            # Without its words: they may quote a part of a proxy's password.
            msg = (
                f"{call.stream}: cannot ask {call.url}: {type(error).__name__}; check the URLs of"
                " the API and of the proxy, if there is one: special characters in its password"
                " have to be percent-encoded"
            )
            raise SettingsError(self._redact(msg)) from None
        self.longest_body = max(self.longest_body, len(body))
        return response, body

    def _note_first(self, call: Call) -> None:
        """Note when the first request for data began, the wait for its token included."""
        with self._lock:
            if self._first_sent is None and call.sets_clock:
                self._first_sent = time.monotonic()

    def _note_start(self, response: requests.Response) -> None:
        """Take the start of the run from the first answer that succeeds.

        `Date` says when the answer was made; the data in it may be as old as the request, and so
        may that of other requests that were sent at the same time. So the time since the first
        request was sent is subtracted. Either clock may be wrong: no bookmark goes beyond the
        earlier one, and what is read ends at the later one.
        """
        with self._lock:
            if self.run_started_at is None and self._first_sent is not None:
                date = timestamps.parse_http_date(response.headers.get("Date", ""))
                took = time.monotonic() - self._first_sent
                took = math.ceil(took * 1000) / 1000
                began = timestamps.earlier(timestamps.now(), took)
                server = timestamps.earlier(timestamps.render(date), took) if date else began
                self.run_started_at, self.read_until = min(began, server), max(began, server)

    def _fail(self, call: Call, response: requests.Response, body: bytes, tries: Tries) -> None:
        code, message = self._read_error(body)
        status = response.status_code
        rule = rule_for(call.rules, status, code)
        text = self._describe(call, response, message, code, rule.meaning)
        # A refusal by something in between does not show that the API is there.
        foreign = code == FOREIGN and status < 500  # noqa: PLR2004
        if not foreign:
            self._hosts.note_answer(call.host)
        if rule.action is Action.SMALLER_PAGE and not call.smallest_page:
            raise PageTooBigError
        if rule.action in {Action.RETRY, Action.SMALLER_PAGE}:
            limited = status == requests.codes.too_many_requests
            raise Again(
                text,
                wait=retry.asked_wait(response.headers, limited=limited) or None,
                least=retry.LEAST_WHEN_LIMITED if limited else 0.0,
                contact=Contact.FOREIGN if foreign else Contact.ANSWERED,
            )
        if rule.action is Action.NEW_TOKEN:
            self._renew(call, response, text, tries)
        at_fault = 400 <= status < 500  # noqa: PLR2004 (the request, not the server)
        error = ERRORS.get(rule.action, StreamError if at_fault else RequestError)(text)
        error.status = status
        error.reason = f"{code} {message.replace(urlsplit(call.url).path, '')} {rule.meaning}"
        raise error

    def _renew(self, call: Call, response: requests.Response, text: str, tries: Tries) -> None:
        """Have a rejected token replaced: at once for the first time, then after pauses."""
        rejected = str(response.request.headers.get("Authorization", ""))
        most = MOST_TOKENS if self._has_read else 1
        if tries.tokens >= most or call.renew is None:
            raise CredentialsError(text)
        call.renew(rejected)
        tries.tokens += 1
        if tries.tokens == 1:
            raise Renewed
        raise Again(text)

    def _describe(
        self,
        call: Call,
        response: requests.Response,
        message: str,
        code: str = "",
        meaning: str = "",
    ) -> str:
        text = f"{call.stream}: {urlsplit(call.url).path} answered {response.status_code}"
        # Masked before they are shortened: half a secret would no longer be recognised.
        if code and code != FOREIGN:
            text += f" {excerpt(self._redact(code), 80)}"
        if message:
            text += f" ({excerpt(self._redact(message))})"
        correlation = response.headers.get(self._correlation_header, "")
        if correlation:
            text += f", correlation id {excerpt(self._redact(correlation), 80)}"
        if meaning:
            text += f": {meaning}"
        return self._redact(text)
