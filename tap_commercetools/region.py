"""The platform's regions, in the forms in which people write them."""

from __future__ import annotations

import re

from tap_engine.errors import SettingsError

REGIONS = (
    "europe-west1.gcp",
    "us-central1.gcp",
    "us-east-2.aws",
    "eu-central-1.aws",
    "australia-southeast1.gcp",
)
"""Those that the vendor's specification lists; there may be others by now."""

_HOST = re.compile(r"(?:https?://)?(?:[\w-]+\.)?([\w-]+\.\w+)\.commercetools\.com(?:[:/].*)?")
_REGION = re.compile(r"[a-z0-9-]+\.[a-z0-9]+")


def read_region(text: str) -> str:
    """Return a region, given as such or as a host name or URL of the platform.

    Raises:
        SettingsError: It is neither.
    """
    given = text.lower()
    host = _HOST.fullmatch(given)
    region = host[1] if host else given
    if not _REGION.fullmatch(region):
        msg = (
            f"setting region: {text!r:.60} is not a region; use one of {', '.join(REGIONS)}, or set"
            " api_url and auth_url instead"
        )
        raise SettingsError(msg)
    return region
