"""Marks members that may hold personal data, depending on who fills them in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Node = dict[str, Any]

POSSIBLE: dict[str, dict[str, str]] = {
    "tap-commerce7": {
        "additionalData": "whatever an app puts in",
        "appData": "whatever an app puts in",
        "appSync": "whatever an app puts in",
        "cancellationReason": "free text, if the winery allows it",
        "carrierPickupLocation": "a pickup point near the customer",
        "carts.reservation": "a copy of a reservation",
        "carts.tenders": "names on cards",
        "itemData": "whatever an app puts in",
        "metaData": "fields that the winery defines",
        "notifications.data": "details of a notification",
        "orders.reservation": "a copy of a reservation",
        "reservations.carts": "copies of carts",
        "reservations.flags": "free text by staff",
        "searchText": "text to search by",
        "settings.primaryEmail": "address of the winery or of somebody there",
        "settings.primaryPhone": "number of the winery or of somebody there",
        "systemNote": "text about a reservation",
        "tags.conditions.value": "what to look for in customers",
        "transactionDetails": "free text by staff",
        "web_hook_logs.error": "answer of a receiver",
    },
    "tap-commercetools": {
        "business_units.name": "name of a company, or of its owner",
        "cartPredicate": "a condition may name a customer",
        "comment": "free text by staff",
        "createdBy.externalUserId": "id of a user in your systems",
        "custom": "fields that your organisation defines",
        "custom_objects.key": "may be made of an e-mail or a name",
        "custom_objects.value": "whatever an application puts in",
        "externalId": "id of a person in your systems",
        "interfaceAccount": "account at the payment provider",
        "lastModifiedBy.externalUserId": "id of a user in your systems",
        "payments.interfaceId": "id at the payment provider",
        "purchaseOrderNumber": "free text by a buyer",
        "sellerComment": "free text by staff",
        "shippingCustomFields": "fields that your organisation defines",
        "shopping_lists.slug": "made of the list's name",
        "uniquenessValue": "often made of the customer's id or e-mail",
    },
}
"""What holds personal data only if somebody puts it there, and why it might.

By tap, then by the end of a member's path, with the stream's name as its first part.
"""

ONLY_WITH_PEOPLE = frozenset({"appData", "appSync", "custom", "externalId", "metaData"})
"""Fields that nearly every record has: counted where a stream certainly holds personal data."""


def mark(tap: str, schemas: dict[str, Node]) -> None:
    """Add the mark to the members of all schemas that the table names.

    Args:
        tap: Name of the tap.
        schemas: Schema of each stream, changed in place.

    Raises:
        ValueError: An entry of the table names no member.
    """
    table = POSSIBLE[tap]
    used = set()
    for stream, schema in schemas.items():
        nodes = list(_nested(schema, stream))
        people = any(node.get("x-sensitive") == "pii" for _, node in nodes)
        for path, node in nodes:
            parts = path.split(".")
            ends = (".".join(parts[start:]) for start in range(len(parts)))
            end = next((end for end in ends if end in table), None)
            if end is None or (end in ONLY_WITH_PEOPLE and not people):
                continue
            used.add(end)
            node.setdefault("x-sensitive", "possible")
    if unused := sorted({*table} - used):
        msg = f"scripts/schemas/possible.py: {tap} has no {', '.join(unused)}"
        raise ValueError(msg)


def _nested(schema: Node, path: str) -> Iterator[tuple[str, Node]]:
    """Yield path and node of every member; elements of arrays are at the path of the array."""
    while "items" in schema:
        schema = schema["items"]
    for name, node in schema.get("properties", {}).items():
        yield f"{path}.{name}", node
        yield from _nested(node, f"{path}.{name}")
