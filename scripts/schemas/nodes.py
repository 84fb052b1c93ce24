"""The building blocks of every schema file, shaped by what loaders can take.

A node is one JSON Schema (draft 7) of a property. Nodes never hold `enum`, `pattern`, bounds,
`oneOf` or `$ref`: a loader that validates would abort on the first value the API adds.
"""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"

# Loaders map a type list that holds object or array to a JSON column, which takes every value.
ANY_TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"]

_FACTS = ("description", "x-sensitive")


def scalar(kind: str, format_: str | None = None) -> Node:
    """Return a nullable string, integer, number or boolean."""
    node: Node = {"type": [kind, "null"]}
    if format_:
        node["format"] = format_
    return node


def any_value() -> Node:
    """Return a node that accepts every JSON value."""
    return {"type": list(ANY_TYPES)}


def open_object() -> Node:
    """Return an object whose members are not declared (free maps, cut recursion)."""
    return {"type": ["object", "null"]}


def object_of(properties: dict[str, Node]) -> Node:
    """Return an object with declared members, an open one when there are none."""
    if not properties:
        return open_object()
    return {"type": ["object", "null"], "properties": properties}


def array_of(items: Node) -> Node:
    """Return an array.

    `items` is left out for open objects, values of any type and nested arrays: the Singer SDK
    fails on items without `properties`, target-postgres on ragged arrays.
    """
    kind = items["type"][0]
    if kind == "array" or (kind == "object" and "properties" not in items):
        return {"type": ["array", "null"]}
    return {"type": ["array", "null"], "items": items}


def merge(left: Node, right: Node) -> Node:
    """Return a node that accepts what either node accepts.

    The order of the arguments does not change what is accepted; members of `left` come first.
    """
    facts = _merge_facts(left, right)
    left = {key: value for key, value in left.items() if key not in _FACTS}
    right = {key: value for key, value in right.items() if key not in _FACTS}
    return _merge_shapes(left, right) | facts


def _merge_shapes(left: Node, right: Node) -> Node:
    if left == right:
        return left
    if left["type"] != right["type"]:
        kinds = {left["type"][0], right["type"][0]}
        return scalar("number") if kinds == {"integer", "number"} else any_value()
    kind = left["type"][0]
    if kind == "object" and "properties" in left and "properties" in right:
        return object_of(merge_members(left["properties"], right["properties"]))
    if kind == "array" and "items" in left and "items" in right:
        return array_of(merge(left["items"], right["items"]))
    # An open shape beats a declared one, a plain string beats one with a format.
    return {"type": left["type"]}


def merge_members(left: dict[str, Node], right: dict[str, Node]) -> dict[str, Node]:
    """Merge two sets of members name by name."""
    merged = dict(left)
    for name, node in right.items():
        merged[name] = merge(merged[name], node) if name in merged else node
    return merged


def _merge_facts(left: Node, right: Node) -> Node:
    facts = {}
    if left.get("description") == right.get("description") and "description" in left:
        facts["description"] = left["description"]
    levels = {left.get("x-sensitive"), right.get("x-sensitive")} - {None}
    if levels:
        facts["x-sensitive"] = "secret" if "secret" in levels else "pii"
    return facts


def stream_schema(
    properties: dict[str, Node],
    keys: list[str],
    replication_key: str | None,
    *,
    pass_undeclared: bool = True,
) -> Node:
    """Return the schema of a stream: keys first, keys and replication key never null.

    Args:
        properties: Members of the record.
        keys: Key properties, all of them required.
        replication_key: Replication key, None for full-table streams.
        pass_undeclared: Whether members the API adds later reach the target.

    Raises:
        KeyError: A key or the replication key is not among the properties.
    """
    ordered = {key: properties[key] for key in keys} | properties
    for name in {*keys, *([replication_key] if replication_key else [])}:
        ordered[name] = ordered[name] | {"type": ordered[name]["type"][0]}
    schema: Node = {
        "$schema": DRAFT,
        "type": "object",
        "properties": ordered,
        "required": list(keys),
    }
    if pass_undeclared:
        schema["additionalProperties"] = True
    return schema
