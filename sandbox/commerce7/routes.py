"""Finds the list or the single record a path means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.commerce7.errors import not_found
from sandbox.commerce7.resources import OBJECT_TYPES, RESOURCES, Resource

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "/v1/"


def find(path: str, *, unverified: bool) -> tuple[Resource, str, str]:
    """Take a request path apart.

    Args:
        path: Path of the request, decoded.
        unverified: Whether the lists nobody has shown to exist do exist.

    Returns:
        The list, what stands for `{}` in its path, and the id of a single record or nothing.

    Raises:
        ApiError: 404 for a path that means nothing.
    """
    if path.startswith(PREFIX):
        parts = path.removeprefix(PREFIX).split("/")
        for pattern, resource in _PATTERNS:
            if not _fits(pattern, parts) or not (unverified or resource.verified):
                continue
            argument = parts[pattern.index("{}")] if "{}" in pattern else ""
            if resource.partitions and argument not in resource.partitions:
                break
            return resource, argument, "/".join(parts[len(pattern) :])
    raise not_found()


def identity(resource: Resource, argument: str, record_id: str) -> str:
    """Give the identity of a record in its collection."""
    return f"{OBJECT_TYPES[argument]}/{record_id}" if resource.partitions else record_id


def _fits(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    """Say whether a path is the list of a pattern or one record of it."""
    if len(parts) - len(pattern) not in {0, 1} or not all(parts):
        return False
    return all(expected in {"{}", part} for expected, part in zip(pattern, parts, strict=False))


# Longer patterns first: a list below a record looks like nothing else.
_PATTERNS: tuple[tuple[tuple[str, ...], Resource], ...] = tuple(
    sorted(
        ((tuple(resource.path.strip("/").split("/")), resource) for resource in RESOURCES),
        key=lambda pair: -len(pair[0]),
    )
)
