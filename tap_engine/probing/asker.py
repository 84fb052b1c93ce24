"""The requests of a probe: few, each of them once, and with an end whatever the servers do."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_engine.errors import TapError
from tap_engine.http import retry
from tap_engine.http.reply import NoReplyError
from tap_engine.probing.question import UnseenError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

    from tap_engine.http.call import Call
    from tap_engine.http.session import Http

MOST_REQUESTS = 60
MOST_SECONDS = 300.0
"""After this no further request is sent."""

ANSWER_SECONDS = 15.0
"""Longest wait for an answer."""

TOKEN_SECONDS = 15.0
"""Retry budget of what the session sends by itself, such as the request for a token."""

MOST_SILENT = 3
"""So many requests in a row without an answer, and a host is asked no more."""

PAUSE_SECONDS = 2.0
LONGEST_PAUSE = 10.0
"""Pauses before a request that was limited, or met a failing server, is sent a second time."""

TOO_MANY = 429
FAILING = 500
_CODE = re.compile(r"[A-Za-z][A-Za-z_]{0,50}")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a request of a probe.

    Attributes:
        status: HTTP status.
        headers: Its headers; names compare without case.
        body: The body, decoded; None where it is not JSON.
        read_at: The local time when it had been read, in seconds since the epoch.
        took: Seconds from the request to then.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    read_at: float
    took: float

    @property
    def good(self) -> bool:
        """Whether the request was accepted, and answered with a JSON object."""
        return self.status == 200 and isinstance(self.body, dict)  # noqa: PLR2004 (OK)

    @property
    def refuses_query(self) -> bool:
        """Whether the API does not accept the query."""
        return self.status in {400, 422}


class Asker:
    """Sends the requests of a probe; the same one is not sent twice.

    Args:
        http: The session.
        read_error: Returns the API's error code and message from a body.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        http: Http,
        read_error: Callable[[bytes], tuple[str, str]],
        logger: logging.Logger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._read_error = read_error
        self._logger = logger
        self._clock = clock
        self._ends = clock() + MOST_SECONDS
        self._sent_before = http.sent
        self._known: dict[str, Answer | str] = {}
        self._silent: dict[str, int] = {}
        self._closed: dict[tuple[str, bool], str] = {}
        self._over = ""
        self.answers: list[Answer] = []
        http.limit_retries(TOKEN_SECONDS)
        http.transport.limit_wait(ANSWER_SECONDS)

    @property
    def sent(self) -> int:
        """Number of requests sent."""
        return self._http.sent - self._sent_before

    def ask(self, call: Call) -> Answer:
        """Ask, unless it was asked before.

        Raises:
            UnseenError: There is no answer, or asking goes too far.
        """
        key = json.dumps([call.url, list(call.params), call.json])
        if key not in self._known:
            try:
                self._known[key] = self._ask(call)
            except UnseenError as error:
                self._known[key] = str(error)
        known = self._known[key]
        if isinstance(known, str):
            raise UnseenError(known)
        return known

    def describe(self, answer: Answer) -> str:
        """Return the status of an answer with the API's own error code."""
        if answer.status == 200:  # noqa: PLR2004 (OK)
            return "200" if answer.good else "200 without a JSON object"
        code, _ = self._read_error(json.dumps(answer.body).encode())
        # Anything may stand where a code is expected; the report is to be shared.
        return f"{answer.status} {code}" if _CODE.fullmatch(code) else str(answer.status)

    def _ask(self, call: Call) -> Answer:
        answer = self._once(call)
        if answer.status == TOO_MANY or answer.status >= FAILING:
            limited = answer.status == TOO_MANY
            asked = retry.asked_wait(answer.headers, limited=limited)
            self._http.sleep(min(PAUSE_SECONDS if asked is None else asked, LONGEST_PAUSE))
            answer = self._once(call)
        if answer.status == TOO_MANY:
            self._closed[call.host, bool(call.limiters)] = "the API limits requests (429)"
        if answer.status >= FAILING:
            self._note_silence(call, f"the API answers {answer.status}")
        if answer.status == TOO_MANY or answer.status >= FAILING:
            msg = f"answered {answer.status} twice"
            raise UnseenError(msg)
        self._silent[call.host] = 0
        return answer

    def _once(self, call: Call) -> Answer:
        self._check(call)
        began = self._clock()
        try:
            reply = self._http.look(call)
        except NoReplyError as error:
            self._logger.info("probe: %s", error.detail)
            self._note_silence(call, str(error))
            raise UnseenError(str(error)) from None
        except TapError as error:
            # Whatever is asked next would fail likewise: there is no token, or no such host.
            self._logger.error("probe: %s", error)  # noqa: TRY400
            self._over = f"{type(error).__name__.removesuffix('Error')} error, see the log"
            raise UnseenError(self._over) from None
        try:
            body = json.loads(reply.body)
        except (ValueError, RecursionError):
            body = None
        answer = Answer(
            reply.status, reply.headers, body, read_at=time.time(), took=self._clock() - began
        )
        self.answers.append(answer)
        return answer

    def _check(self, call: Call) -> None:
        reason = self._over or self._closed.get((call.host, bool(call.limiters)), "")
        if self.sent >= MOST_REQUESTS:
            reason = f"not asked: {MOST_REQUESTS} requests were sent"
        elif self._clock() > self._ends:
            reason = f"not asked: {MOST_SECONDS:.0f} seconds had passed"
        if reason:
            raise UnseenError(reason)

    def _note_silence(self, call: Call, reason: str) -> None:
        self._silent[call.host] = self._silent.get(call.host, 0) + 1
        if self._silent[call.host] >= MOST_SILENT:
            for counted in (True, False):
                self._closed[call.host, counted] = f"not asked: {reason}, {MOST_SILENT} times"
