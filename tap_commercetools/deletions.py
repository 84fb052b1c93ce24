"""Deletes that the platform tells by a message, as a stream of its own.

Every delete is a hard delete, and 20 types of resource leave a message behind (commercetools API
specification, types `*DeletedMessage`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

import msgspec

from tap_commercetools import query
from tap_commercetools.client import CommercetoolsStream
from tap_commercetools.message_keeping import LOST_DELETES
from tap_engine import rawjson
from tap_engine.errors import SourceError

if TYPE_CHECKING:
    from tap_engine.walk import Range, Walk


class Deleted(NamedTuple):
    """What a message about a delete is about.

    Attributes:
        stream: Stream that held the record, None where no stream has it as a record.
        type_id: `typeId` of the reference to it.
        inside: Member of the message that holds the last state of the record, if one does.
    """

    stream: str | None
    type_id: str
    inside: str = ""


DELETED = {
    "AssociateRoleDeleted": Deleted("associate_roles", "associate-role"),
    "BusinessUnitDeleted": Deleted("business_units", "business-unit"),
    "CartDiscountDeleted": Deleted("cart_discounts", "cart-discount"),
    "CustomerDeleted": Deleted("customers", "customer"),
    "DiscountCodeDeleted": Deleted("discount_codes", "discount-code"),
    "DiscountGroupDeleted": Deleted("discount_groups", "discount-group"),
    "InventoryEntryDeleted": Deleted("inventory_entries", "inventory-entry"),
    "OrderDeleted": Deleted("orders", "order", inside="order"),
    "PaymentMethodDeleted": Deleted("payment_methods", "payment-method", inside="paymentMethod"),
    "ProductDeleted": Deleted("products", "product", inside="currentProjection"),
    "ProductSelectionDeleted": Deleted("product_selections", "product-selection"),
    "ProductTailoringDeleted": Deleted("product_tailoring", "product-tailoring"),
    # A variant inside a product: the message names the product, which is still there.
    "ProductVariantDeleted": Deleted(None, "product"),
    "QuoteDeleted": Deleted("quotes", "quote"),
    "QuoteRequestDeleted": Deleted("quote_requests", "quote-request"),
    "RecurringOrderDeleted": Deleted("recurring_orders", "recurring-order", "recurringOrder"),
    "StagedQuoteDeleted": Deleted("staged_quotes", "staged-quote"),
    "StandalonePriceDeleted": Deleted("standalone_prices", "standalone-price"),
    "StoreDeleted": Deleted("stores", "store"),
    "VariantDeleted": Deleted("variants", "variant"),
}
"""Type of message -> what it is about."""

_COPIED = ("type", "resourceVersion", "resourceUserProvidedIdentifiers", "sequenceNumber")
_NULL = msgspec.Raw(b"null")


class DeletionsStream(CommercetoolsStream):
    """One record per delete, made of the messages about deletes.

    Only what identifies the record is taken over: some of these messages carry all of it, personal
    data included.
    """

    sent_cursor = "createdAt"
    bookmark_at_cut = True
    reshapes = True
    types: ClassVar[tuple[str, ...]] = tuple(DELETED)
    """Types of messages to read."""

    def predicates(self, walk: Walk, piece: Range) -> list[str]:
        """Restrict the walk to messages about deletes."""
        return [query.one_of("type", self.types), *super().predicates(walk, piece)]

    def ask_total(self, walk: Walk) -> None:
        """Ask nothing: with a predicate the total is not exact."""

    def reshape(self, members: rawjson.Members, piece: Range) -> rawjson.Members:
        """Make the record out of a message."""
        del piece
        kind = msgspec.json.decode(members.get("type", _NULL))
        if kind not in self.types:
            msg = (
                f"{self.name}: the API sent a message of type {kind!r:.60}, which was not asked for"
            )
            raise SourceError(msg)
        about = DELETED[kind]
        resource = _members(members.get("resource"))
        type_id = resource.get("typeId", _NULL)
        # Whatever the message is called, it only speaks of a stream's record if it names one.
        named = msgspec.json.decode(type_id) == about.type_id
        return {
            "id": members["id"],
            "deletedAt": members.get("createdAt", _NULL),
            **{name: members[name] for name in _COPIED if name in members},
            "resourceType": type_id,
            "stream": rawjson.literal(about.stream if named else None),
            "resourceId": resource.get("id", _NULL),
            "resourceKey": _key(members, resource, about.inside),
        }

    def complete(self, walk: Walk) -> None:
        """Say when the project does not keep what the stream is made of."""
        super().complete(walk)
        self.tap.message_keeping.check(self, LOST_DELETES)


def _key(members: rawjson.Members, resource: rawjson.Members, inside: str) -> msgspec.Raw:
    """Find the user's key of a deleted record, null when the message does not tell it."""
    identifiers = _members(members.get("resourceUserProvidedIdentifiers"))
    for place in (identifiers, resource, _members(members.get(inside))):
        if "key" in place:
            return place["key"]
    return _NULL


def _members(raw: msgspec.Raw | None) -> rawjson.Members:
    return rawjson.members(raw) if raw is not None and bytes(raw)[:1] == b"{" else {}
