"""Custom fields: schemas for `custom.fields` from the types of the project.

Source: the API specification (Type, FieldDefinition, ResourceTypeId). Product attributes are left
as they are: they are lists of `{name, value}`, where a schema cannot distinguish the names.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import msgspec

from tap_engine.errors import SourceError
from tap_engine.records.typed_members import Members, Node, Path, member, objects, union

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_engine.singer.stream import EngineStream

# What may have custom fields: records, by stream ...
ROOTS: dict[str, tuple[str, ...]] = {
    "approval_flows": ("approval-flow",),
    "approval_rules": ("approval-rule",),
    "associate_roles": ("associate-role",),
    "business_units": ("business-unit",),
    "cart_discounts": ("cart-discount",),
    "carts": ("order",),
    "categories": ("category",),
    "channels": ("channel",),
    "customer_groups": ("customer-group",),
    "customers": ("customer",),
    "discount_codes": ("discount-code",),
    "inventory_entries": ("inventory-entry",),
    "order_edits": ("order-edit",),
    "orders": ("order",),
    "payment_methods": ("payment-method",),
    "payments": ("payment",),
    "product_selections": ("product-selection",),
    "quote_requests": ("quote",),
    "quotes": ("quote",),
    "recurring_orders": ("recurring-order",),
    "reviews": ("review",),
    "shipping_methods": ("shipping-method",),
    "shopping_lists": ("shopping-list",),
    "staged_quotes": ("quote",),
    "standalone_prices": ("standalone-price",),
    "stores": ("store",),
}

# A selected price may be embedded in the product or standalone.
_PRICE = ("product-price", "standalone-price")

# ... and objects inside them, by the name of the member that holds them.
HOLDERS: dict[str, tuple[str, ...]] = {
    "address": ("address",),
    "addresses": ("address",),
    "assets": ("asset",),
    "billingAddress": ("address",),
    "customLineItems": ("custom-line-item",),
    "deliveries": ("order-delivery",),
    "itemShippingAddresses": ("address",),
    "items": ("order-return-item",),
    "lineItems": ("line-item",),
    "parcels": ("order-parcel",),
    "paymentMethodInfo": ("payment-method-info",),
    "price": _PRICE,
    "prices": _PRICE,
    "recurrencePrices": _PRICE,
    "rules": ("approval-rule",),
    "scopedPrice": _PRICE,
    "shippingAddress": ("address",),
    "textLineItems": ("shopping-list-text-line-item",),
    "transactions": ("transaction",),
}

# Members that are custom fields themselves. It is not documented whether those of a shipping are
# defined for `shipping` or for its method, so both count.
OWN_NAMES: dict[str, tuple[str, ...]] = {
    "interfaceInteractions": ("payment-interface-interaction",),
    "shippingCustomFields": ("shipping", "shipping-method"),
}


class _FieldDefinition(msgspec.Struct):
    name: str
    type: dict[str, Any]


class _Type(msgspec.Struct, rename="camel"):
    resource_type_ids: list[str] = []
    field_definitions: list[_FieldDefinition] = []


_type = msgspec.json.Decoder(_Type)

_REFERENCE: Members = {name: member("string") for name in ("typeId", "id", "key")}
_MONEY: Members = {
    "type": member("string"),
    "currencyCode": member("string"),
    "centAmount": member("integer"),
    "preciseAmount": member("integer"),
    "fractionDigits": member("integer"),
}


def read_types(raws: Iterable[bytes]) -> dict[str, Members]:
    """Return the fields that types define.

    Args:
        raws: Records of `types` as JSON text.

    Returns:
        Schemas by field name, for each resource type id.

    Raises:
        SourceError: A type does not match the specification.
    """
    found: dict[str, Members] = {}
    for raw in raws:
        try:
            kind = _type.decode(raw)
        except msgspec.DecodeError as error:
            msg = f"type_custom_fields: cannot parse a type ({error})"
            raise SourceError(msg) from None
        fields = union(*({each.name: node_of(each.type)} for each in kind.field_definitions))
        for name in kind.resource_type_ids:
            found[name] = union(found.get(name, {}), fields)
    return found


def node_of(field_type: Mapping[str, Any]) -> Node:
    """Return the schema of a field; it allows any type if the kind is unknown.

    Dates have no `format`: if the type changes, a loader would reject values that do not match.
    """
    kind = str(field_type.get("name"))
    if kind == "Set":
        element = field_type.get("elementType")
        inner = element.get("name") if isinstance(element, dict) else None
        return member("array", description=f"Set of {inner}")
    properties = {"Money": _MONEY, "Reference": _REFERENCE}.get(kind)
    return member(*_JSON_TYPES.get(kind, ()), properties=properties, description=kind)


_JSON_TYPES = {
    "Boolean": ("boolean",),
    "Date": ("string",),
    "DateTime": ("string",),
    "Enum": ("string",),
    "LocalizedEnum": ("string",),
    "LocalizedString": ("object",),
    "Money": ("object",),
    "Number": ("number",),
    "Reference": ("object",),
    "String": ("string",),
    "Time": ("string",),
}


def resource_types(stream: str, path: Path) -> tuple[str, ...]:
    """Return the ids of the resource types that define the fields at a path.

    Args:
        stream: Name of the stream.
        path: Path to the member that holds `type` and `fields`.
    """
    *way, name = path
    if name in OWN_NAMES:
        return OWN_NAMES[name]
    return HOLDERS.get(way[-1], ()) if way else ROOTS.get(stream, ())


def places(schema: Mapping[str, Any]) -> list[tuple[Path, Node]]:
    """Return the members of a schema that hold custom fields, with their paths."""
    return [
        (path, node)
        for path, node in objects(schema)
        if (node.get("items") or node).get("properties", {}).keys() == {"type", "fields"}
    ]


def apply(streams: Sequence[EngineStream], defined: Mapping[str, Members]) -> None:
    """Declare the defined fields wherever records have custom fields."""
    for stream in streams:
        for path, node in places(stream.schema):
            ids = resource_types(stream.name, path)
            fields = union(*(defined.get(name, {}) for name in ids))
            if fields:
                (node.get("items") or node)["properties"]["fields"]["properties"] = copy.deepcopy(
                    fields
                )
