"""Messages: those a project starts with, and those that deletions leave."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.fake import fake_id, fake_time
from sandbox.fake_values import plural
from sandbox.store import timestamp

if TYPE_CHECKING:
    from sandbox.commercetools.records import ProjectPlan
    from sandbox.commercetools.resource import Resource
    from sandbox.store import Record, Row

CLIENT = {"clientId": "P0aR_k3x-Sandbox", "isPlatformClient": False}
MONEY = {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 1999, "fractionDigits": 2}
QUANTITIES = {
    "sku": "CAB-1",
    "oldQuantityOnStock": 5,
    "newQuantityOnStock": 3,
    "oldAvailableQuantity": 5,
    "newAvailableQuantity": 3,
}
VARIANT = {"variant": {"id": 2, "sku": "CAB-2"}, "removedImageUrls": [], "staged": True}
PROJECTION = {
    "productType": {"typeId": "product-type", "id": "0"},
    "name": {"en": "Cabernet"},
    "slug": {"en": "cabernet"},
    "categories": [],
    "masterVariant": {"id": 1, "sku": "CAB-1", "prices": [], "attributes": []},
    "variants": [],
}
PUBLISHED = {"removedImageUrls": [], "productProjection": PROJECTION, "scope": "All"}

# Type, type id of the resource, and the members that only this type has.
KINDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("CustomerCreated", "customer", {"customer": {"email": "ada@example.com", "addresses": []}}),
    ("CustomerEmailChanged", "customer", {"email": "ada@example.com", "oldEmail": "a@example.com"}),
    ("OrderCreated", "order", {"order": {"orderState": "Open", "totalPrice": MONEY}}),
    ("OrderStateChanged", "order", {"orderState": "Complete", "oldOrderState": "Open"}),
    ("ProductPublished", "product", PUBLISHED),
    ("ProductUnpublished", "product", {}),
    (
        "PaymentStatusInterfaceCodeSet",
        "payment",
        {"paymentId": "8a1c", "interfaceCode": "SUCCESS-42"},
    ),
    ("InventoryEntryQuantitySet", "inventory-entry", QUANTITIES),
    ("CategorySlugChanged", "category", {"slug": {"en": "red"}, "oldSlug": {"en": "wine"}}),
    ("StandalonePriceValueChanged", "standalone-price", {"value": MONEY, "staged": False}),
    ("CustomerDeleted", "customer", {"email": "gone@example.com"}),
    ("StoreDeleted", "store", {}),
    ("ProductVariantDeleted", "product", VARIANT),
)


def fake_message(number: int, plan: ProjectPlan) -> Record:
    """Return the n-th message; those about deletions name resources that do not exist."""
    kind, type_id, members = KINDS[number % len(KINDS)]
    stream = plural(type_id)
    gone = 1_000_000 if kind.endswith("Deleted") and kind != "ProductVariantDeleted" else 0
    at = fake_time("messages", number, plan.seed, plan.rows_per_timestamp)
    return {
        "id": fake_id("messages", number, plan.seed),
        "version": 1,
        "sequenceNumber": number // len(KINDS) + 1,
        "resource": {"typeId": type_id, "id": fake_id(stream, gone + number % 40, plan.seed)},
        "resourceVersion": number % 9 + 1,
        "resourceUserProvidedIdentifiers": {"key": f"{type_id}-{number % 40}"},
        "type": kind,
        **members,
        "createdAt": at,
        "lastModifiedAt": at,
        "createdBy": CLIENT,
        "lastModifiedBy": CLIENT,
    }


class _Typed(msgspec.Struct):
    type: str = ""


_typed = msgspec.json.Decoder(_Typed)


def is_about_a_delete(row: Row) -> bool:
    """Return whether a message is about a delete."""
    return _typed.decode(row.body).type.endswith("Deleted")


def deleted_message(resource: Resource, record: Record) -> Record | None:
    """Return the message about a deleted record, None if its collection has no such messages."""
    if not resource.deleted:
        return None
    now = timestamp()
    identifiers = _copy(record, "key", "sku")
    message: Record = {
        "id": str(uuid.uuid4()),
        "version": 1,
        "sequenceNumber": record.get("lastMessageSequenceNumber", 0) + 1,
        "resource": {"typeId": resource.type_id, "id": record["id"]},
        "resourceVersion": record.get("version", 1),
        "type": resource.deleted,
        **_members(resource, record),
        "createdAt": now,
        "lastModifiedAt": now,
    }
    if identifiers:
        message["resourceUserProvidedIdentifiers"] = identifiers
    return message


def _members(resource: Resource, record: Record) -> Record:
    """Return what the message has of the deleted record."""
    carried = {
        "OrderDeleted": {"order": record},
        "PaymentMethodDeleted": {"paymentMethod": record},
        "RecurringOrderDeleted": {"recurringOrder": record},
        "CustomerDeleted": _copy(record, "email"),
        "InventoryEntryDeleted": _copy(record, "sku", "supplyChannel"),
        "StandalonePriceDeleted": _copy(record, "sku"),
        "ProductTailoringDeleted": _copy(record, "store", "product"),
        "VariantDeleted": _copy(record, "product"),
        "ProductDeleted": {"removedImageUrls": [], **_projection(record)},
    }
    return carried.get(resource.deleted, {})


def _copy(record: Record, *members: str) -> Record:
    return {member: record[member] for member in members if member in record}


def _projection(product: Record) -> Record:
    current = product.get("masterData", {}).get("current")
    if not current:
        return {}
    return {"currentProjection": {**_copy(product, "id", "version", "productType"), **current}}
