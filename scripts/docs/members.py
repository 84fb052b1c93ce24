"""Members of the schemas by their path, and tables that go by the end of a path."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from scripts.declarations import streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_engine.singer.tap import EngineTap

Value = TypeVar("Value")


@dataclass(frozen=True)
class Member:
    """One member of a record, at any depth.

    Attributes:
        stream: Name of the stream.
        crumbs: Singer's breadcrumb.
        node: Its JSON schema.
    """

    stream: str
    crumbs: tuple[str, ...]
    node: dict[str, Any]

    @property
    def path(self) -> str:
        """Dotted names, `[]` behind those of arrays: `items[].product.id`."""
        parts: list[str] = []
        crumbs = iter(self.crumbs)
        for crumb in crumbs:  # "items", or "properties" and a name
            if crumb == "items":
                parts[-1] += "[]"
            else:
                parts.append(next(crumbs))
        return ".".join(parts)

    @property
    def owner(self) -> tuple[str, ...]:
        """The breadcrumb without `items` at its end, as catalogs have it."""
        crumbs = self.crumbs
        while crumbs[-1] == "items" and crumbs[-2] != "properties":
            crumbs = crumbs[:-1]
        return crumbs

    @property
    def depth(self) -> int:
        """Number of names in the path."""
        return self.path.count(".") + 1

    @property
    def name(self) -> str:
        """The last name."""
        return self.path.rsplit(".", 1)[-1].removesuffix("[]")


@functools.cache
def members_of(tap: type[EngineTap]) -> tuple[Member, ...]:
    """List the members of all streams of a tap, outer ones before inner ones."""
    return tuple(
        member for stream in streams(tap) for member in _walk(stream.name, (), stream.schema)
    )


def _walk(stream: str, at: tuple[str, ...], schema: Mapping[str, Any]) -> Iterator[Member]:
    for name, node in schema.get("properties", {}).items():
        here = (*at, "properties", name)
        while "items" in node:
            here, node = (*here, "items"), node["items"] | _facts(node)  # noqa: PLW2901
        yield Member(stream, here, node)
        yield from _walk(stream, here, node)


def _facts(node: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is said about an array as a whole and holds for its elements too."""
    return {key: node[key] for key in ("x-sensitive",) if key in node}


def look_up(table: Mapping[str, Value], member: Member) -> Value | None:
    """Find the entry of the longest end of a member's path; None when there is none."""
    parts = f"{member.stream}.{member.path}".replace("[]", "").split(".")
    ends = (".".join(parts[start:]) for start in range(len(parts)))
    return next((table[end] for end in ends if end in table), None)
