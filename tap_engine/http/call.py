"""One request, as often as it has to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import requests

    from tap_engine.http.error_table import Rule
    from tap_engine.http.rate_limit import RateLimiter


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
        renew: Discards a rejected `Authorization` header, so that `auth` signs with another; None
            where there is no other.
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
    auth: Callable[[requests.PreparedRequest], requests.PreparedRequest]
    renew: Callable[[str], object] | None = None
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
