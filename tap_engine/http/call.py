"""One request, as often as it has to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import requests

    from tap_engine.http.error_table import Rule
    from tap_engine.http.rate_limit import RateLimiter


class Authenticator(Protocol):
    """What the session needs of an authenticator besides signing requests."""

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request."""

    def renew(self, rejected: str) -> bool:
        """Replace a rejected `Authorization` header; return False if nothing can be replaced."""


class PageTooBigError(Exception):
    """The API wants a smaller page; the caller asks again with one."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as often as it has to be sent.

    Attributes:
        stream: Name for messages.
        url: Absolute URL without query.
        rules: Error table.
        auth: Signs the request.
        params: Query parameters, in order; a name may repeat.
        limiters: All of them are waited for before every attempt.
        form: Form body; makes the request a POST.
        json: JSON body; makes the request a POST.
        smallest_page: The page cannot get any smaller.
        sets_clock: The answer's `Date`, if it succeeds, may become the start of the run.
        patience: Seconds to try for, if less than the session's budget; None for that.
    """

    stream: str
    url: str
    rules: Sequence[Rule]
    auth: Any
    params: Sequence[tuple[str, str]] = ()
    limiters: Sequence[RateLimiter] = ()
    form: Mapping[str, str] | None = None
    json: Mapping[str, Any] | None = None
    smallest_page: bool = False
    sets_clock: bool = True
    patience: float | None = None

    @property
    def method(self) -> str:
        """HTTP method."""
        return "GET" if self.form is None and self.json is None else "POST"

    @property
    def host(self) -> str:
        """Host and port."""
        return self.url.split("/", 3)[2]
