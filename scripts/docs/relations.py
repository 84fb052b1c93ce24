"""Which member leads to a record of which stream.

Both tables go by the end of a member's path, with the stream's name as its first part; the longest
end wins. A member without a target leads to what is no stream, or to records of any stream.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.declarations import streams
from scripts.docs.members import look_up, members_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.docs.members import Member
    from tap_engine.singer.tap import EngineTap

Targets = tuple[str, ...]

FOREIGN_KEYS: dict[str, dict[str, Targets]] = {
    # Targets are those of the API's reference types; the keys of child rows come from their paths.
    "tap-commercetools": {
        "ancestors": ("categories",),
        "associate": ("customers",),
        "associateRole": ("associate_roles",),
        "businessUnit": ("business_units",),
        "businessUnitKey": ("business_units",),
        "cart": ("carts",),
        "cartDiscounts": ("cart_discounts",),
        "categories": ("categories",),
        "channel": ("channels",),
        "customer": ("customers",),
        "customerGroup": ("customer_groups",),
        "customerId": ("customers",),
        "defaultVariant": ("variants",),
        "dependencies": ("extensions",),
        "discount": ("cart_discounts",),
        "discounted.discount": ("product_discounts",),
        "discountCode": ("discount_codes",),
        "discountGroup": ("discount_groups",),
        "distributionChannel": ("channels",),
        "distributionChannels": ("channels",),
        "inheritedStores": ("stores",),
        "inventory_entries.sku": ("products", "variants"),
        "myBusinessUnitAssociateRoleOnCreation": ("associate_roles",),
        "order": ("orders",),
        "order_edits.resource": ("orders",),
        "originOrder": ("orders",),
        "parent": ("categories",),
        "parentUnit": ("business_units",),
        "payments": ("payments",),
        "product": ("products",),
        "product_projections.id": ("products",),
        "productId": ("products",),
        "productSelection": ("product_selections",),
        "productSelectionId": ("product_selections",),
        "productType": ("product_types",),
        "quotationCart": ("carts",),
        "quote": ("quotes",),
        "quoteRequest": ("quote_requests",),
        "recurrencePolicies": ("recurrence_policies",),
        "recurrencePolicy": ("recurrence_policies",),
        "recurringOrder": ("recurring_orders",),
        "references": (),
        "refusedGifts": ("cart_discounts",),
        "reservation": (),
        "resource": (),
        "shippingMethod": ("shipping_methods",),
        "source": ("business_units",),
        "stagedQuote": ("staged_quotes",),
        "standalone_prices.sku": ("products", "variants"),
        "state": ("states",),
        "store": ("stores",),
        "storeKey": ("stores",),
        "stores": ("stores",),
        "supplyChannel": ("channels",),
        "supplyChannels": ("channels",),
        "target": ("products", "channels"),
        "taxCategory": ("tax_categories",),
        "topLevelUnit": ("business_units",),
        "transitions": ("states",),
        "type": ("types",),
        "typeReference": ("product_types",),
        "user": (),
        "zone": ("zones",),
    },
    # From the vendor's documentation and samples.
    "tap-commerce7": {
        "accountId": (),
        "allocationId": (),
        "appliesToObjectIds": (),
        "authorizationId": (),
        "availableToObjectIds": (),
        "billToCustomerAddressId": ("customer_addresses",),
        "carryOutInventoryLocationId": ("inventory_locations",),
        "cartContainsObjectIds": (),
        "cartId": ("carts",),
        "clubId": ("clubs",),
        "clubMembershipId": ("club_memberships",),
        "clubPackageId": ("club_packages",),
        "collectionIds": ("collections",),
        "products.collections.id": ("collections",),
        "couponId": ("coupons",),
        "currentWebCartId": ("carts",),
        "customerAddressId": ("customer_addresses",),
        "customerCreditCardId": ("customer_credit_cards",),
        "customerId": ("customers",),
        "customers.tags.id": ("tags",),
        "club_memberships.tags.id": ("tags",),
        "orders.tags.id": ("tags",),
        "defaultReservationLocationId": (),
        "departmentId": ("departments",),
        "excludeObjectIds": (),
        "facebookId": (),
        "inventoryLocationId": ("inventory_locations",),
        "lastOrderId": ("orders",),
        "loyaltyTierId": ("loyalty_tiers",),
        "objectId": (),
        "orderId": ("orders",),
        "originalOrderTenderId": (),
        "pickupInventoryLocationId": ("inventory_locations",),
        "posProfileId": ("pos_profiles",),
        "previousOrderId": ("orders",),
        "previousTenderId": (),
        "productId": ("products",),
        "productTemplateId": (),
        "productTenantId": (),
        "productVariantId": ("products",),
        "promotionId": ("promotions",),
        "promotionSets.id": ("promotion_sets",),
        "purchasedOnOrderId": ("orders",),
        "refundId": (),
        "refundOrderId": ("orders",),
        "reservationLocationId": (),
        "reservationLocationTableId": (),
        "reservationStaffId": (),
        "reservationThirdPartyId": (),
        "reservationTypeId": ("reservation_types",),
        "reservationTypeOptionId": ("reservation_types",),
        "reservationTypeTimeSlotId": (),
        "shipInventoryLocationId": ("inventory_locations",),
        "shipToCustomerAddressId": ("customer_addresses",),
        "shippingServiceId": ("shippings",),
        "tenantIds": (),
        "transactionId": (),
        "userId": (),
        "vendorId": ("vendors",),
    },
}

# Keys at commercetools that are no references but plain texts.
_PLAIN = {
    "businessUnitKey",
    "customerId",
    "id",
    "productId",
    "productSelectionId",
    "sku",
    "storeKey",
}

# The same in nearly every stream, or inside a copy of another record: left out of the pictures.
_LEFT_OUT = {
    "createdBy",
    "lastModifiedBy",
    "custom",
    "shippingCustomFields",
    "interfaceInteractions",
    "warnings",
    "customer",
    "posProfile",
    "reservationType",
}


@dataclass(frozen=True)
class Relation:
    """A member that leads to a record of a stream."""

    member: Member
    target: str


@functools.cache
def relations(tap: type[EngineTap]) -> tuple[Relation, ...]:
    """List all foreign keys of a tap's streams.

    Raises:
        ValueError: A member looks like a foreign key and is in no table, or a table names what
            does not exist.
    """
    table = FOREIGN_KEYS[tap.name]
    found, used = [], set()
    for member in members_of(tap):
        if not _is_key(tap, member):
            continue
        end = look_up({end: end for end in table}, member)
        if end is None:
            msg = f"scripts/docs/relations.py: {member.stream}.{member.path} has no target"
            raise ValueError(msg)
        used.add(end)
        found += [Relation(member, target) for target in table[end]]
    names = {stream.name for stream in streams(tap)}
    wrong = sorted({*table} - used) + sorted({each.target for each in found} - names)
    if wrong:
        msg = f"scripts/docs/relations.py: {tap.name} has no {', '.join(wrong)}"
        raise ValueError(msg)
    return tuple(found)


def _is_key(tap: type[EngineTap], member: Member) -> bool:
    """Tell whether a member is a reference, is named like a key, or is declared as one."""
    if tap.name == "tap-commercetools":
        reference = "typeId" in member.node.get("properties", {})
        return reference or (member.name in _PLAIN and _declared(tap, member))
    return member.name.endswith(("Id", "Ids")) or (member.name == "id" and _declared(tap, member))


def _declared(tap: type[EngineTap], member: Member) -> bool:
    return look_up(FOREIGN_KEYS[tap.name], member) is not None


def shortest(tap: type[EngineTap], stream: str) -> Iterator[Relation]:
    """Give the shortest way from a stream to each stream it leads to, in the schema's order.

    What copies of other records lead to inside a record is left out where a shorter way exists.
    """
    best: dict[str, Relation] = {}
    for each in relations(tap):
        names = each.member.path.split(".")
        if each.member.stream != stream or _LEFT_OUT & {
            name.removesuffix("[]") for name in names[:-1]
        }:
            continue
        known = best.get(each.target)
        if known is None or _length(each) < _length(known):
            best[each.target] = each
    yield from best.values()


def _length(relation: Relation) -> tuple[int, int]:
    """Measure a way: names, then arrays on it."""
    return relation.member.depth, relation.member.path.count("[]")
