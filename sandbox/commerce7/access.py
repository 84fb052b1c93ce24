"""Who may ask: credentials, tenant and permissions."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from sandbox.commerce7 import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.commerce7.options import Options
    from sandbox.commerce7.resources import Resource


def authenticate(headers: Mapping[str, str], options: Options) -> None:
    """Check Basic credentials and the tenant header.

    Args:
        headers: Request headers, looked up without regard to case.
        options: Holds the app, the staff user and the tenant that are known.

    Raises:
        ApiError: 401 for credentials, the status of the options for the tenant.
    """
    known = ((options.app_id, options.app_key), (options.user, options.user_key))
    if _basic(headers.get("authorization", "")) not in known:
        raise errors.unauthenticated()
    if headers.get("tenant") != options.tenant:
        raise errors.unauthenticated(options.unknown_tenant_status)


def authorize(resource: Resource, options: Options) -> None:
    """Check the permission a list needs.

    Raises:
        ApiError: The permission is missing; 401 or 403, whatever the options say.
    """
    granted = options.permissions
    if granted is None or resource.permission is None or resource.permission in granted:
        return
    raise errors.forbidden(options.forbidden_status)


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, key = base64.b64decode(text).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, key
