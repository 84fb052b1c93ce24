"""The request allowance of a tenant."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING

from sandbox.commerce7.errors import too_many_requests

if TYPE_CHECKING:
    from sandbox.commerce7.options import Options

DEEP_PAGE = 100


class Allowance:
    """Counts requests: so many in a sliding window, and few for deep pages.

    Refused requests do not count.
    """

    def __init__(self, options: Options) -> None:
        self._limit = options.rate_limit
        self._deep_page_seconds = options.deep_page_seconds
        self._retry_after = options.retry_after
        self._granted: deque[float] = deque()
        self._next_deep_page = 0.0

    def spend(self, page: int) -> None:
        """Count one request.

        Args:
            page: Number of the page, 1 where there are no pages.

        Raises:
            ApiError: 429 if nothing is left.
        """
        if self._limit is None:
            return
        now = time.monotonic()
        count, seconds = self._limit
        while self._granted and self._granted[0] <= now - seconds:
            self._granted.popleft()
        if len(self._granted) >= count:
            oldest = self._granted[0] if self._granted else now
            self._refuse(oldest + seconds - now)
        if page > DEEP_PAGE:
            if now < self._next_deep_page:
                self._refuse(self._next_deep_page - now)
            self._next_deep_page = now + self._deep_page_seconds
        self._granted.append(now)

    def _refuse(self, wait: float) -> None:
        raise too_many_requests(math.ceil(wait) if self._retry_after else None)
