"""Schemas for members that the users of a source define: custom fields, metadata.

A value of another kind than the one in the definition must neither get lost nor break a load. So a
type list names what is expected, then `null`, then everything else: what stands behind `null` is
tolerated. Loaders accept every value, the drift report says when one was not expected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Node = dict[str, Any]
Members = dict[str, Node]
Path = tuple[str, ...]

SCALARS = ("string", "number", "integer", "boolean")
KINDS = ("object", "array", *SCALARS)


def member(*expected: str, properties: Members | None = None, description: str = "") -> Node:
    """Make the schema of a member that should be of some JSON types.

    Args:
        expected: JSON types; none of them when nothing is known.
        properties: Members of an object.
        description: What the source calls it.
    """
    tolerated = [kind for kind in KINDS if kind not in expected]
    node: Node = {"type": [*expected, "null", *tolerated] if expected else [*KINDS, "null"]}
    if properties:
        node["properties"] = properties
    return node | ({"description": description} if description else {})


def agreed(one: Node, other: Node) -> Node:
    """Make one schema of two definitions of a member; open where they contradict each other."""
    names = [node["description"] for node in (one, other) if node.get("description")]
    description = " or ".join(dict.fromkeys(" or ".join(names).split(" or ")))
    same = one["type"] == other["type"] and one.get("properties") == other.get("properties")
    made = member() if not same else {name: one[name] for name in one if name != "description"}
    return made | ({"description": description} if description else {})


def union(*definitions: Mapping[str, Node]) -> Members:
    """Put definitions together, name by name, in alphabetical order."""
    together: Members = {}
    for definition in definitions:
        for name, node in definition.items():
            together[name] = agreed(together[name], node) if name in together else node
    return dict(sorted(together.items()))


def expected_types(node: Mapping[str, Any]) -> Sequence[str] | None:
    """Name the JSON types that a schema expects, without those that it merely tolerates."""
    types: str | Sequence[str] | None = node.get("type")
    if types is None or isinstance(types, str):
        return None if types is None else [types]
    return types[: types.index("null") + 1] if "null" in types else types


def objects(schema: Mapping[str, Any], at: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Walk through the members of a schema, those of array elements included.

    Yields:
        Names on the way, without a step for array elements, and the schema of the member.
    """
    for name, node in schema.get("properties", {}).items():
        yield (*at, name), node
        yield from objects(node, (*at, name))
    if isinstance(schema.get("items"), dict):
        yield from objects(schema["items"], at)


def adopt(schema: Node, given: Mapping[str, Any]) -> None:
    """Take over the members that a catalog declares where a stream's own schema leaves them open.

    Args:
        schema: Schema of the stream, which is changed.
        given: Schema out of the catalog.
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
    """Narrow types that mix scalars with objects or arrays, because flattening is on.

    The SDK makes a text of what may be an object or array, but leaves numbers and booleans in it as
    they are, which no loader accepts as text. Here, what should be a number or boolean becomes just
    that, and every other mixture a list of all scalars, which loaders take for text. What lies
    deeper than the flattening goes becomes text as a whole.

    Args:
        schema: Schema at one level, which is changed.
    """
    for node in schema.get("properties", {}).values():
        expected = expected_types(node)
        kinds = set(node["type"]) if expected and isinstance(node["type"], list) else set()
        if node.get("properties"):
            columns(node)
        elif expected and kinds & {"object", "array"} and kinds & set(SCALARS):
            plain = [*expected] in ([kind, "null"] for kind in ("number", "integer", "boolean"))
            node["type"] = list(expected) if plain else [*SCALARS, "null"]
