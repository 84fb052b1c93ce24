"""Schemas of tap-commerce7 from the listing of fields."""

from __future__ import annotations

from typing import Any

from schemas.nodes import (
    Node,
    any_value,
    array_of,
    object_of,
    open_object,
    scalar,
    stream_schema,
)
from schemas.possible import mark

# The status an app wrote itself on one object: nothing to read in bulk.
_SKIPPED = {"app_syncs"}

# One list per object type; the same id may appear in several of them.
_KEYS = {
    "meta_data_configs": ["objectType", "id"],
    "tags": ["objectType", "id"],
}

# Columns the tap adds to the rows of a list per parent.
_ADDED = {
    "customer_credit_cards": "customerId",
    "meta_data_configs": "objectType",
    "tags": "objectType",
}

# The raw row also carries credentials of other integrations: only listed members may pass.
_LISTED_ONLY = {"settings"}

# Sources disagree on the JSON type of these.
_ANY = {"club_memberships.subscription.frequency"}

# About people, or written by them, which the listing does not mark.
_PERSONAL = {
    "carts.customer",
    "carts.guest",
    "carts.pos.initials",
    "carts.pos.name",
    "carts.shippingInstructions",
    "club_memberships.shippingInstructions",
    "orders.shippingInstructions",
    "reservations.reservationStaff",
    "reservations.secondaryCustomers",
}

# uuid is left out on purpose: a loader would abort on the first id of another shape.
_FORMATS = {"date", "date-time"}

_DESCRIPTIONS = {"cents": "Minor units of the tenant's currency."}


class Fields:
    """The `streams` of the listing, turned into nodes; `ref` and `ref_path` go by name."""

    def __init__(self, streams: dict[str, dict[str, Any]]) -> None:
        self._streams = streams

    def members(self, stream: str) -> dict[str, Node]:
        """Return the members of a record of the stream."""
        return {
            name: self._node(spec, f"{stream}.{name}")
            for name, spec in self._streams[stream]["fields"].items()
        }

    def _node(self, spec: dict[str, Any], path: str) -> Node:
        node = self._shape(spec, path)
        if text := _DESCRIPTIONS.get(spec.get("unit", "")):
            node = node | {"description": text}
        if level := spec.get("sensitive", "pii" if path in _PERSONAL else None):
            node = node | {"x-sensitive": level}
        return node

    def _shape(self, spec: dict[str, Any], path: str) -> Node:
        kind = spec["type"]
        if path in _ANY or kind == "unknown" or isinstance(kind, list):
            return any_value()
        if "ref" in spec:
            return object_of(self.members(spec["ref"]))
        if "ref_path" in spec:
            stream, field = spec["ref_path"].split(".")
            return self._node(self._streams[stream]["fields"][field], path)
        if kind == "object":
            return self._object(spec, path)
        if kind == "array":
            return array_of(self._node(spec["items"], f"{path}[]"))
        format_ = spec.get("format")
        return scalar(kind, format_ if format_ in _FORMATS else None)

    def _object(self, spec: dict[str, Any], path: str) -> Node:
        if spec.get("additional_properties") or "properties" not in spec:
            return open_object()
        return object_of(
            {
                name: self._node(member, f"{path}.{name}")
                for name, member in spec["properties"].items()
            }
        )


def build(listing: dict[str, Any]) -> dict[str, Node]:
    """Return the schema of every stream by stream name.

    Args:
        listing: Content of commerce7-fields.yaml.
    """
    streams = listing["streams"]
    fields = Fields(streams)
    schemas = {}
    for name, stream in streams.items():
        if name in _SKIPPED:
            continue
        members = fields.members(name)
        if added := _ADDED.get(name):
            members = {added: scalar("string")} | members
        schemas[name] = stream_schema(
            members,
            _KEYS.get(name, stream["primary_key"]),
            stream["replication_key"],
            pass_undeclared=name not in _LISTED_ONLY,
        )
    mark("tap-commerce7", schemas)
    return schemas
