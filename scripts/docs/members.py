"""Members of the schemas, by path."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripts.declarations import streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_engine.singer.tap import EngineTap


@dataclass(frozen=True)
class Member:
    """One member of a record, at any depth.

    Attributes:
        stream: Name of the stream.
        crumbs: Singer's breadcrumb.
        node: Its JSON schema; for an array that of its elements, plus the array's own marks.
    """

    stream: str
    crumbs: tuple[str, ...]
    node: dict[str, Any]

    @property
    def path(self) -> str:
        """The names joined by dots, with `[]` after arrays: `items[].product.id`."""
        parts: list[str] = []
        crumbs = iter(self.crumbs)
        for crumb in crumbs:  # "items", or "properties" and a name
            if crumb == "items":
                parts[-1] += "[]"
            else:
                parts.append(next(crumbs))
        return ".".join(parts)

    @property
    def names(self) -> list[str]:
        """The names in the path."""
        return self.path.replace("[]", "").split(".")

    @property
    def name(self) -> str:
        """The last name."""
        return self.names[-1]

    @property
    def owner(self) -> tuple[str, ...]:
        """The breadcrumb without trailing `items`, as used in catalogs."""
        crumbs = self.crumbs
        while crumbs[-1] == "items" and crumbs[-2] != "properties":
            crumbs = crumbs[:-1]
        return crumbs


@functools.cache
def members_of(tap: type[EngineTap]) -> tuple[Member, ...]:
    """Return the members of all streams of a tap, outer ones before inner ones."""
    return tuple(
        member for stream in streams(tap) for member in _inside(stream.name, (), stream.schema)
    )


def _inside(stream: str, at: tuple[str, ...], schema: Mapping[str, Any]) -> Iterator[Member]:
    for name, node in schema.get("properties", {}).items():
        here = (*at, "properties", name)
        while "items" in node:
            marks = {key: value for key, value in node.items() if key.startswith("x-")}
            here, node = (*here, "items"), node["items"] | marks  # noqa: PLW2901
        yield Member(stream, here, node)
        yield from _inside(stream, here, node)
