"""What streams need to ask Commerce7 about a tenant; made once by the tap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_commerce7.auth import Commerce7Authenticator
    from tap_engine.http.rate_limit import RateLimiter
    from tap_engine.http.session import Http
    from tap_engine.reading.run import ReadSettings


@dataclass(frozen=True)
class Connection:
    """Session, credentials, limits and URL of one tenant.

    Attributes:
        limiter: Throttle of the requests that the vendor counts.
        deep_page_limiter: Throttle of numbered pages beyond the hundredth.
        api_url: Base URL of the API.
    """

    http: Http
    settings: ReadSettings
    authenticator: Commerce7Authenticator
    limiter: RateLimiter
    deep_page_limiter: RateLimiter
    api_url: str
