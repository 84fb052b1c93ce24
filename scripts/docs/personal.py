"""Personal data besides what the schemas mark (`x-sensitive: pii`), and which of it identifies.

Tables go by the end of a member's path, with the stream's name as its first part.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.declarations import streams
from scripts.docs.members import look_up, members_of
from tap_engine.selection import SENSITIVE

if TYPE_CHECKING:
    from scripts.docs.members import Member
    from tap_engine.tap import EngineTap

MAY_HOLD: dict[str, dict[str, str]] = {
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
"""What holds personal data only if somebody puts it there, and why it might."""

ONLY_WITH_PEOPLE = frozenset({"appData", "appSync", "custom", "externalId", "metaData"})
"""Fields that nearly every record has: counted where a stream certainly holds personal data."""

HASHED: dict[str, dict[str, tuple[str, ...]]] = {
    "tap-commerce7": {
        "carts": ("email",),
        "customers": ("emails[].email",),
        "gift_cards": ("recipientEmail",),
    },
    "tap-commercetools": {
        "business_units": ("contactEmail",),
        "carts": ("customerEmail",),
        "customers": ("email", "customerNumber"),
        "orders": ("customerEmail",),
        "recurring_orders": ("customerEmail",),
    },
}
"""What identifies a person and may be hashed instead: top-level texts, or a text in a list."""

NOTHING: dict[str, frozenset[str]] = {
    "tap-commerce7": frozenset(
        {
            "club_packages",
            "clubs",
            "collections",
            "coupons",
            "departments",
            "inventories",
            "inventory_locations",
            "loyalty_tiers",
            "meta_data_configs",
            "pos_profiles",
            "products",
            "promotion_sets",
            "promotions",
            "reservation_types",
            "shippings",
            "taxes",
            "trash",
            "vendors",
            "web_hooks",
            "wine_appellations",
            "wine_varietals",
        }
    ),
    "tap-commercetools": frozenset(
        {
            "api_clients",
            "product_product_selections",
            "product_projections",
            "product_selection_products",
            "store_product_selection_assignments",
            "variant_projections",
        }
    ),
}
"""Streams without any: a new stream belongs here, or some of its members into a table."""


@dataclass(frozen=True)
class Personal:
    """A member that holds or may hold personal data.

    Attributes:
        may: Why it may; empty where it certainly does.
    """

    member: Member
    may: str

    @property
    def hashable(self) -> bool:
        """Whether it identifies a person and can be hashed by a stream map."""
        return any(
            self.member.path in paths.get(self.member.stream, ()) for paths in HASHED.values()
        )


@functools.cache
def personal(tap: type[EngineTap]) -> tuple[Personal, ...]:
    """List the personal data of a tap's streams; what is inside a listed member is not repeated.

    Raises:
        ValueError: A stream was not reviewed, or a table names what does not exist.
    """
    table = MAY_HOLD[tap.name]
    ends = {end: end for end in table}
    people = {each.stream for each in members_of(tap) if each.node.get(SENSITIVE) == "pii"}
    found: dict[tuple[str, tuple[str, ...]], Personal] = {}
    used = set()
    for member in members_of(tap):
        end = look_up(ends, member)
        used.add(end)
        if member.node.get(SENSITIVE) == "pii":
            end = ""
        elif end is None or (end in ONLY_WITH_PEOPLE and member.stream not in people):
            continue
        if not any(
            (member.stream, member.crumbs[:to]) in found for to in range(len(member.crumbs))
        ):
            found[member.stream, member.crumbs] = Personal(member, table.get(end, ""))
    with_some = {each.member.stream for each in found.values()}
    without = {stream.name for stream in streams(tap)} - with_some
    wrong = sorted({*table} - {*filter(None, used)}) + sorted(without ^ NOTHING[tap.name])
    if wrong:
        msg = f"scripts/docs/personal.py: review {', '.join(wrong)} of {tap.name}"
        raise ValueError(msg)
    return tuple(found.values())
