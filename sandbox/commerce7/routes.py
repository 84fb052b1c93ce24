"""Paths: which list or single record a request is for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.commerce7.errors import not_found
from sandbox.commerce7.resources import OBJECT_TYPES, RESOURCES

if TYPE_CHECKING:
    from sandbox.commerce7.resource import Resource


def find(path: str, *, unverified: bool) -> tuple[Resource, str, str]:
    """Return the list, the value of `{}` in its path, and the id of a single record or "".

    Args:
        path: Path of the request, decoded.
        unverified: Whether the lists exist that nobody has shown to exist.

    Raises:
        ApiError: 404 if the path leads nowhere.
    """
    for pattern, resource in _PATTERNS:
        if (match := pattern.fullmatch(path)) and (unverified or resource.verified):
            found = match.groupdict("")
            return resource, found.get("argument", ""), found["id"]
    raise not_found()


def identity(resource: Resource, argument: str, record_id: str) -> str:
    """Return the identity of a record in its collection."""
    return f"{OBJECT_TYPES[argument]}/{record_id}" if resource.partitions else record_id


def _pattern(resource: Resource) -> re.Pattern[str]:
    argument = "|".join(resource.partitions) or "[^/]+"
    path = resource.path.replace("{}", f"(?P<argument>{argument})")
    return re.compile(f"/v1{path}(?:/(?P<id>[^/]+))?")


_PATTERNS = tuple((_pattern(resource), resource) for resource in RESOURCES)
