"""HTTP Basic authentication of Commerce7, with a tenant header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests.auth import HTTPBasicAuth

if TYPE_CHECKING:
    import requests


class Commerce7Authenticator(HTTPBasicAuth):
    """Signs requests with app id and secret key, or with e-mail and password of a staff user.

    App credentials work for every tenant that has installed the app; the `tenant` header selects
    one. The vendor rejects staff users for tenants that have been live for more than 60 days.
    """

    def __init__(self, *, user: str, password: str, tenant: str) -> None:
        super().__init__(user.encode(), password.encode())
        self._tenant = tenant

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request."""
        super().__call__(r)  # type: ignore[no-untyped-call]
        r.headers["tenant"] = self._tenant
        return r
