"""Members that may be scalars as well as objects or arrays, which not every loader can take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SCALARS = ("string", "number", "integer", "boolean")
CONTAINERS = {"object", "array"}


def mixed(schema: Mapping[str, Any]) -> frozenset[str]:
    """Return the members at the root that may be scalars as well as objects or arrays."""
    members: Mapping[str, Any] = schema.get("properties", {})
    return frozenset(name for name, node in members.items() if _is_mixed(node))


def as_text(schema: dict[str, Any]) -> None:
    """Declare mixed members as text, for records in which they are JSON text.

    Args:
        schema: Schema of a stream; changed in place.
    """
    for name in mixed(schema):
        node = schema["properties"][name]
        kept = {keyword: node[keyword] for keyword in ("title", "description") if keyword in node}
        schema["properties"][name] = {"type": ["string", "null"], **kept}


def as_scalars(schema: dict[str, Any]) -> None:
    """Narrow mixed members to scalars, for flattening.

    The SDK flattens objects and arrays into text, but leaves numbers and booleans in such a member
    as they are, which no loader accepts as text; a list of all scalars loaders treat as text.

    Args:
        schema: Schema at one level; changed in place.
    """
    for node in schema.get("properties", {}).values():
        if node.get("properties"):
            as_scalars(node)
        elif _is_mixed(node):
            node["type"] = [*SCALARS, "null"]


def _is_mixed(node: Mapping[str, Any]) -> bool:
    types = node.get("type")
    kinds = set(types) if isinstance(types, list) else set()
    return bool(kinds & CONTAINERS and kinds & set(SCALARS))
