"""Single exchanges with a server: a request out, a whole answer back, within a deadline."""

from __future__ import annotations

import contextlib
import http.cookiejar
import threading
from concurrent.futures import Future, InvalidStateError
from queue import SimpleQueue
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NameResolutionError, ProtocolError, ReadTimeoutError

from tap_engine.errors import StoppedError
from tap_engine.http.hosts import Contact
from tap_engine.http.redaction import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_engine.http.call import Call

CONNECT_SECONDS = 30.0
"""Longest wait for a connection; answers may take longer."""

WHOLE_ANSWER = 3.0
"""A whole answer may take as many times the timeout: parts that drip in reset the timeout."""

Answer = tuple[requests.Response, bytes]


class LateError(Exception):
    """The answer was not there by the deadline."""


class Transport:
    """A pool of connections; safe to use from several threads.

    Exchanges run in threads that nobody has to wait for: a socket that is stuck holds up neither
    its request, beyond the deadline, nor the end of the process.

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
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=connections)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._threads = _Threads()

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

    def exchange(self, request: requests.PreparedRequest, sent: Callable[[], None]) -> Answer:
        """Send a request and read the whole answer.

        Args:
            request: The request.
            sent: Called when it goes out.

        Raises:
            LateError: It took too long as a whole.
            StoppedError: `stop` was called.
            requests.RequestException: It failed.
            ValueError: The URL of a proxy cannot be understood.
        """
        begun: list[requests.Response] = []
        future = self._threads.submit(lambda: self._exchange(request, sent, begun))
        try:
            return future.result(self._deadline)
        except TimeoutError:
            for response in begun:  # wakes up the thread that reads it
                getattr(response.raw, "shutdown", response.close)()
            msg = f"no whole answer within {self._deadline:g} s"
            raise LateError(msg) from None

    def _exchange(
        self,
        request: requests.PreparedRequest,
        sent: Callable[[], None],
        begun: list[requests.Response],
    ) -> Answer:
        settings = self._session.merge_environment_settings(request.url, {}, True, None, None)
        sent()
        response = self._session.send(
            request, timeout=self._timeout, allow_redirects=False, **settings
        )
        begun.append(response)
        # In one piece: `content` reads 10 kB at a time, which costs more than all that is done
        # with a large page afterwards.
        return response, b"".join(response.iter_content(None))

    def stop(self) -> None:
        """End all exchanges with StoppedError, without waiting for their sockets."""
        self._threads.stop()


class _Threads:
    """Daemon threads that are used again and again, as many as there is work at the same time."""

    def __init__(self) -> None:
        self._idle: list[SimpleQueue[Callable[[], None] | None]] = []
        self._pending: set[Future[Answer]] = set()
        self._stopped = False
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], Answer]) -> Future[Answer]:
        """Run something in a thread."""
        future: Future[Answer] = Future()
        future.add_done_callback(self._pending.discard)

        def task() -> None:
            with contextlib.suppress(InvalidStateError):  # stopped meanwhile
                try:
                    result = work()
                except BaseException as error:  # noqa: BLE001 (raised again by whoever waits)
                    future.set_exception(error)
                else:
                    future.set_result(result)

        with self._lock:
            if self._stopped:
                raise StoppedError
            self._pending.add(future)
            if self._idle:
                inbox = self._idle.pop()
            else:
                inbox = SimpleQueue()
                threading.Thread(
                    target=self._serve, args=(inbox,), name="exchange", daemon=True
                ).start()
        inbox.put(task)
        return future

    def stop(self) -> None:
        """Fail what is pending and end the threads that are idle."""
        with self._lock:
            self._stopped = True
            for inbox in self._idle:
                inbox.put(None)
        for future in list(self._pending):
            with contextlib.suppress(InvalidStateError):
                future.set_exception(StoppedError())

    def _serve(self, inbox: SimpleQueue[Callable[[], None] | None]) -> None:
        while (task := inbox.get()) is not None:
            task()
            del task  # or an idle thread would keep a whole page in memory
            with self._lock:
                if self._stopped:
                    return
                self._idle.append(inbox)


def contact(error: BaseException) -> Contact:
    """Return how far a request came that ended with an error."""
    if isinstance(error, LateError | requests.exceptions.ReadTimeout):
        return Contact.LATE
    broken = any(isinstance(inner, ProtocolError | ReadTimeoutError) for inner in error.args)
    closed = isinstance(
        error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError
    )
    return Contact.RESET if broken or closed else Contact.NOWHERE


def cause(error: BaseException) -> str:
    """Return the innermost reason; the outer ones repeat URLs and object addresses."""
    seen: list[BaseException] = []
    inner: BaseException | None = error
    while inner is not None and inner not in seen:
        seen.append(inner)
        reason = getattr(inner, "reason", None)
        argument = next((a for a in inner.args if isinstance(a, BaseException)), None)
        inner = reason if isinstance(reason, BaseException) else argument or inner.__cause__
    last = seen[-1]
    if isinstance(last, NameResolutionError) and isinstance(error, requests.exceptions.ProxyError):
        return "cannot resolve the name of the proxy"  # part of a password, if it has a "#"
    text = str(last).rsplit(">: ", 1)[-1] or type(last).__name__
    return excerpt(text, 200)
