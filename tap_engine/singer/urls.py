"""URLs in settings."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from tap_engine.errors import SettingsError


def base_url(name: str, value: str) -> str:
    """Check a base URL and strip its trailing slash.

    Raises:
        SettingsError: It is not a URL, contains credentials, or is plain `http://` to another
            machine.
    """
    try:
        parts = urlsplit(value.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        msg = f"setting {name} is not a URL of the form https://host/path"
        raise SettingsError(msg)
    if parts.username or parts.password:
        msg = f"setting {name} must not contain credentials"
        raise SettingsError(msg)
    if parts.scheme == "http" and not _is_loopback(host):
        msg = (
            f"setting {name}: plain http:// is only for this machine (loopback); credentials would"
            f" be sent unencrypted to {host}, use https://"
        )
        raise SettingsError(msg)
    return value.strip().rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
