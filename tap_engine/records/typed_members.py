"""Schemas for members that are defined by users of the source: custom fields and metadata.

A value whose type differs from its definition must neither get lost nor break a load. So a type
list names the expected types, then `null`, then all others, which are tolerated: loaders accept any
value, and the drift report shows unexpected ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Node = dict[str, Any]
Members = dict[str, Node]
Path = tuple[str, ...]

OF_USERS = frozenset(
    {
        "appData",
        "attributes",
        "attributesMap",
        "custom",
        "fields",
        "metaData",
        "transitions",
        "value",
    }
)
"""Members whose inside users define, names included."""

SCALARS = ("string", "number", "integer", "boolean")
KINDS = ("object", "array", *SCALARS)


def member(*expected: str, properties: Members | None = None, description: str = "") -> Node:
    """Return the schema of a member for which some JSON types are expected.

    Args:
        expected: The JSON types; empty if nothing is known.
        properties: Members of an object.
        description: What the source calls the type.
    """
    tolerated = [kind for kind in KINDS if kind not in expected]
    node: Node = {"type": [*expected, "null", *tolerated] if expected else [*KINDS, "null"]}
    if properties:
        node["properties"] = properties
    return node | ({"description": description} if description else {})


def agreed(one: Node, other: Node) -> Node:
    """Merge two definitions of a member; allow any type if they conflict."""
    names = [node["description"] for node in (one, other) if node.get("description")]
    description = " or ".join(dict.fromkeys(" or ".join(names).split(" or ")))
    same = one["type"] == other["type"] and one.get("properties") == other.get("properties")
    made = member() if not same else {name: one[name] for name in one if name != "description"}
    return made | ({"description": description} if description else {})


def union(*definitions: Mapping[str, Node]) -> Members:
    """Merge definitions by name, in alphabetical order."""
    together: Members = {}
    for definition in definitions:
        for name, node in definition.items():
            together[name] = agreed(together[name], node) if name in together else node
    return dict(sorted(together.items()))


def expected_types(node: Mapping[str, Any]) -> Sequence[str] | None:
    """Return the JSON types that a schema expects, without those it merely tolerates."""
    types: str | Sequence[str] | None = node.get("type")
    if types is None or isinstance(types, str):
        return None if types is None else [types]
    return types[: types.index("null") + 1] if "null" in types else types


def objects(schema: Mapping[str, Any], at: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield the members of a schema at any depth, including those of array elements.

    Yields:
        The names on the path to a member, with nothing for array elements, and its schema.
    """
    for name, node in schema.get("properties", {}).items():
        yield (*at, name), node
        yield from objects(node, (*at, name))
    if isinstance(schema.get("items"), dict):
        yield from objects(schema["items"], at)


def adopt(schema: Node, given: Mapping[str, Any]) -> None:
    """Copy members that the catalog declares where the stream's own schema is open.

    Args:
        schema: Schema of the stream; changed in place.
        given: Schema in the catalog.
    """
    if "properties" not in schema and "object" in schema.get("type", ()):
        if given.get("properties"):
            schema["properties"] = given["properties"]
        return
    for name, node in schema.get("properties", {}).items():
        adopt(node, given.get("properties", {}).get(name, {}))
    if isinstance(schema.get("items"), dict) and isinstance(given.get("items"), dict):
        adopt(schema["items"], given["items"])


def columns(schema: Node) -> None:
    """Narrow types that mix scalars with objects or arrays, for flattening.

    The SDK declares what may be an object or array as text, but leaves numbers and booleans in it
    as they are, which no loader accepts as text. So a member expected to be a number or boolean
    becomes just that, and every other mixture a list of all scalars, which loaders treat as text.
    Members below the flattening depth become text as a whole.

    Args:
        schema: Schema at one level; changed in place.
    """
    for node in schema.get("properties", {}).values():
        expected = expected_types(node)
        kinds = set(node["type"]) if expected and isinstance(node["type"], list) else set()
        if node.get("properties"):
            columns(node)
        elif expected and kinds & {"object", "array"} and kinds & set(SCALARS):
            plain = [*expected] in ([kind, "null"] for kind in ("number", "integer", "boolean"))
            node["type"] = list(expected) if plain else [*SCALARS, "null"]
