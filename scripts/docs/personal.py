"""Personal data as the schemas mark it, what of it identifies, and which streams have none."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.declarations import streams
from scripts.docs.members import look_up, members_of
from scripts.schemas.possible import POSSIBLE
from tap_engine.records.pruning import SENSITIVE

if TYPE_CHECKING:
    from scripts.docs.members import Member
    from tap_engine.singer.tap import EngineTap

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
        ValueError: A stream was not reviewed, or a member may be personal without a reason.
    """
    found: dict[tuple[str, tuple[str, ...]], Personal] = {}
    for member in members_of(tap):
        level = member.node.get(SENSITIVE)
        inside = any(
            (member.stream, member.crumbs[:to]) in found for to in range(len(member.crumbs))
        )
        if level not in {"pii", "possible"} or inside:
            continue
        why = "" if level == "pii" else look_up(POSSIBLE[tap.name], member)
        if why is None:
            msg = f"scripts/schemas/possible.py: {member.stream}.{member.path} has no reason"
            raise ValueError(msg)
        found[member.stream, member.crumbs] = Personal(member, why)
    with_some = {each.member.stream for each in found.values()}
    without = {stream.name for stream in streams(tap)} - with_some
    wrong = sorted(without ^ NOTHING[tap.name])
    if wrong:
        msg = f"scripts/docs/personal.py: review {', '.join(wrong)} of {tap.name}"
        raise ValueError(msg)
    return tuple(found.values())
