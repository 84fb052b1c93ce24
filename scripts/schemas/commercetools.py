"""Schemas of tap-commercetools from the listing of resources and types."""

from __future__ import annotations

from typing import Any

from schemas import commercetools_tables as tables
from schemas.nodes import (
    Node,
    any_value,
    array_of,
    merge,
    merge_members,
    object_of,
    open_object,
    scalar,
    stream_schema,
)
from schemas.possible import mark

# Members of an expanded reference: the tap never expands.
_NEVER = {"obj"}

# int8, int32 and int64 are widths, not formats a loader knows.
_FORMATS = {"date", "date-time"}


class Types:
    """The `types` of the listing, turned into nodes on demand.

    Fields are listed with the inherited ones; `extends`, `subtypes` and map values go by name.
    """

    def __init__(self, types: dict[str, dict[str, Any]]) -> None:
        self._types = types

    def members(self, name: str, parents: tuple[str, ...] = ()) -> dict[str, Node]:
        """Return the members of a type, those of all its subtypes merged in.

        Args:
            name: Name of an object type.
            parents: Types this one is nested in, outermost first.
        """
        merged = self.own_members(name, parents)
        if self._is_reference(name):
            return merged
        for subtype in self._types[name].get("subtypes", {}).values():
            merged = merge_members(merged, self.members(subtype, (*parents, name)))
        return merged

    def own_members(self, name: str, parents: tuple[str, ...] = ()) -> dict[str, Node]:
        """Return the members of a type without those only its subtypes have."""
        own = {
            field: self._field(name, field, spec, (*parents, name))
            for field, spec in self._types[name].get("fields", {}).items()
            if field not in _NEVER
        }
        for ancestor in self._lineage(name):
            own = merge_members(own, tables.UNDOCUMENTED.get(ancestor, {}))
        return own

    def _node(self, spec: dict[str, Any], parents: tuple[str, ...]) -> Node:
        if "ref" in spec:
            return self._named(spec["ref"], parents)
        if "any_of" in spec:
            first, *others = [self._node(choice, parents) for choice in spec["any_of"]]
            for other in others:
                first = merge(first, other)
            return first
        kind = spec["type"]
        if kind == "array":
            return array_of(self._node(spec["items"], parents))
        if kind == "any":
            return any_value()
        if kind == "object":
            return open_object()
        format_ = spec.get("format")
        return scalar(kind, format_ if format_ in _FORMATS else None)

    def _named(self, name: str, parents: tuple[str, ...]) -> Node:
        declared = self._types[name]
        if declared["kind"] == "enum":
            return scalar("string")
        if declared["kind"] == "map":
            return open_object()
        if declared["kind"] == "scalar":
            return any_value() if declared["type"] == "any" else scalar(declared["type"])
        if name in tables.OPEN_TYPES or name in parents:
            return open_object()
        return object_of(self.members(name, parents))

    def _field(
        self, owner: str, field: str, spec: dict[str, Any], parents: tuple[str, ...]
    ) -> Node:
        node = self._node(spec, parents)
        for ancestor in self._lineage(owner):
            if text := tables.DESCRIPTIONS.get(f"{ancestor}.{field}"):
                node = node | {"description": text}
                break
        lineage = self._lineage(owner)
        if any(field in tables.SECRET.get(ancestor, ()) for ancestor in lineage):
            return node | {"x-sensitive": "secret"}
        if any(field in tables.PERSONAL.get(ancestor, ()) for ancestor in lineage):
            return node | {"x-sensitive": "pii"}
        return node

    def _lineage(self, name: str) -> list[str]:
        """Return a type and its ancestors, nearest first; some base types are names only."""
        lineage = [name]
        for ancestor in self._types.get(name, {}).get("extends", []):
            lineage += self._lineage(ancestor)
        return lineage

    def _is_reference(self, name: str) -> bool:
        return "Reference" in self._lineage(name)


def build(listing: dict[str, Any]) -> dict[str, Node]:
    """Return the schema of every stream by stream name.

    Args:
        listing: Content of commercetools-resources.yaml.
    """
    types = Types(listing["types"])
    children = [*listing["child_resources"], *listing["associate_only_resources"]]
    schemas = {}
    for resource in [*listing["resources"], *listing["single_objects"], *children]:
        name = resource["name"]
        if name in tables.SKIPPED_CHILDREN:
            continue
        keys = tables.CHILD_KEYS.get(name, resource["primary_key"])
        members = _record_members(types, resource)
        added = {key: scalar("string") for key in keys if key not in members}
        # A walk below a parent has no bookmark: these streams are full-table.
        bookmark = None if name in tables.CHILD_KEYS else resource["replication_key"]
        schemas[name] = stream_schema(added | members, keys, bookmark)
    schemas |= {"deletions": _deletions(types), "change_history": _change_history(listing)}
    mark("tap-commercetools", schemas)
    return schemas


def _change_history(listing: dict[str, Any]) -> Node:
    """Return the schema of the records of the Change History host."""
    types = {
        name: {"kind": "object", **spec} for name, spec in listing["types_other_hosts"].items()
    }
    members = Types(types).own_members("Record") | tables.CHANGE
    return stream_schema(
        members, ["resourceType", "resourceId", "version", "modifiedAt"], "modifiedAt"
    )


def _deletions(types: Types) -> Node:
    """Return the schema of the stream that the tap makes of the messages about deletes."""
    message = types.own_members("Message")
    taken = {name: message[name] for name in tables.TAKEN_OF_MESSAGES}
    return stream_schema(tables.DELETION | taken, ["id"], "deletedAt")


def _record_members(types: Types, resource: dict[str, Any]) -> dict[str, Node]:
    if resource["name"] == "messages":
        return types.own_members("Message") | tables.MESSAGE_PAYLOAD
    return types.members(resource["resource_type"])
