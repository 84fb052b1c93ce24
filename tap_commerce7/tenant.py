"""The tenant ID, in the forms in which people write it."""

from __future__ import annotations

import re

from tap_engine.errors import SettingsError

_ADDRESS = re.compile(r"(?:https?://)?([\w-]+)\.(?:[\w-]+\.)*commerce7\.com(?:[:/?#].*)?")
_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]*")


def read_tenant(text: str) -> str:
    """Return a tenant ID, given as such or as the address of the admin panel; IDs are lower-case.

    Raises:
        SettingsError: It is neither.
    """
    given = text.lower()
    address = _ADDRESS.fullmatch(given)
    tenant = address[1] if address else given
    if not _TENANT.fullmatch(tenant):
        msg = (
            f"setting tenant: {text!r:.60} is not a tenant ID; use the first part of the admin"
            " panel's address, such as my-winery in https://my-winery.admin.platform.commerce7.com"
        )
        raise SettingsError(msg)
    return tenant
