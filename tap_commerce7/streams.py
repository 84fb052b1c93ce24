"""The streams, one short declaration each.

Paths, array keys and permissions are taken from the developer documentation and public clients.
Streams are off by default if they contain secrets or configuration, need one request per parent, or
have never been seen to work as a list. Without an `array_key`, nobody has shown what it is called.
"""

from __future__ import annotations

from tap_commerce7.children import ChildStream
from tap_commerce7.client import Commerce7Stream, CursorStream, TypedStream
from tap_commerce7.endpoint import UpdatedAt
from tap_commerce7.special import SettingsStream, TrashStream
from tap_engine.singer.stream import declared_streams

UNDOCUMENTED = "the vendor does not document this list"
LOYALTY = "only tenants with the loyalty extension have it"


class Customers(CursorStream):
    name = "customers"
    path = "/customer"
    array_key = "customers"
    permission = "Customer"
    updated_at = UpdatedAt.SEEN
    filter_parameters = ("q", "lifetimeValue", "orderCount", "createdAt", "tagId")


class CustomerAddresses(CursorStream):
    name = "customer_addresses"
    path = "/customer-address"
    array_key = "customerAddresses"
    permission = "Customer Address"


class CustomerCreditCards(ChildStream):
    name = "customer_credit_cards"
    path = "/customer/{customerId}/credit-card"
    array_key = "customerCreditCards"
    parent_path = "/customer"
    parent_array = "customers"
    context_key = "customerId"
    filter_parameters = ("customerId",)
    permission = "Customer Credit Card"
    off_because = "cardholder data; one request per customer"


class Orders(CursorStream):
    name = "orders"
    path = "/order"
    array_key = "orders"
    permission = "Order"
    updated_at = UpdatedAt.DOCUMENTED
    filter_parameters = (
        "q",
        "id",
        "customerId",
        "orderTagId",
        "tagId",
        "posProfileId",
        "allocationId",
        "queryId",
        "orderPaidDate",
        "orderFulfilledDate",
        "orderSubmittedDate",
        "fulfillmentStatus",
        "complianceStatus",
        "channel",
        "orderDeliveryMethod",
    )


class Carts(CursorStream):
    name = "carts"
    path = "/cart"
    permission = "Cart"


class Products(CursorStream):
    name = "products"
    path = "/product"
    array_key = "products"
    permission = "Product"
    updated_at = UpdatedAt.DOCUMENTED
    filter_parameters = ("q", "webStatus", "adminStatus", "collectionId")


class Collections(Commerce7Stream):
    name = "collections"
    path = "/collection"
    array_key = "collections"
    permission = "Collection"
    filter_parameters = ("q", "webStatus")


class Departments(Commerce7Stream):
    name = "departments"
    path = "/department"
    array_key = "departments"
    permission = "Department"
    filter_parameters = ("q",)


class Vendors(Commerce7Stream):
    name = "vendors"
    path = "/vendor"
    array_key = "vendors"
    permission = "Vendor"
    filter_parameters = ("q",)


class Inventories(Commerce7Stream):
    name = "inventories"
    path = "/inventory"
    array_key = "inventories"
    permission = "Inventory"
    filter_parameters = ("q",)


class InventoryLocations(Commerce7Stream):
    name = "inventory_locations"
    path = "/inventory-location"
    array_key = "inventoryLocations"


class InventoryTransactions(Commerce7Stream):
    name = "inventory_transactions"
    path = "/inventory-transaction"
    permission = "Inventory"
    may_be_absent = UNDOCUMENTED
    off_because = "not verified as a list"


class Clubs(Commerce7Stream):
    name = "clubs"
    path = "/club"
    array_key = "clubs"
    permission = "Club"
    filter_parameters = ("q",)


class ClubMemberships(CursorStream):
    name = "club_memberships"
    path = "/club-membership"
    array_key = "clubMemberships"
    permission = "Club Membership"
    updated_at = UpdatedAt.SEEN
    filter_parameters = ("q", "clubId")


class ClubShipments(ChildStream):
    name = "club_shipments"
    path = "/club-membership/{clubMembershipId}/shipment"
    array_key = "shipments"
    keys = ("clubMembershipId", "id")
    replication_key = "clubMembershipUpdatedAt"
    parent_path = "/club-membership"
    parent_array = "clubMemberships"
    parent_time = "updatedAt"
    context_key = "clubMembershipId"
    permission = "Club Membership"
    may_be_absent = UNDOCUMENTED
    off_because = "one request per membership that changed; seen at one client only"


class ClubPackages(Commerce7Stream):
    name = "club_packages"
    path = "/club-package"
    array_key = "clubPackages"
    permission = "Club Package"
    may_be_absent = UNDOCUMENTED


class Coupons(Commerce7Stream):
    name = "coupons"
    path = "/coupon"
    array_key = "coupons"
    permission = "Coupon"
    filter_parameters = ("q",)


class Promotions(Commerce7Stream):
    name = "promotions"
    path = "/promotion"
    array_key = "promotions"
    permission = "Promotion"
    filter_parameters = ("q",)


class PromotionSets(Commerce7Stream):
    name = "promotion_sets"
    path = "/promotion-set"
    permission = "Promotion Set"
    may_be_absent = UNDOCUMENTED
    off_because = "not verified as a list"


class GiftCards(Commerce7Stream):
    name = "gift_cards"
    path = "/gift-card"
    array_key = "giftCards"
    permission = "Gift Card"
    filter_parameters = ("q",)


class Tags(TypedStream):
    name = "tags"
    path = "/tag/{objectType}"
    array_key = "tags"
    permission = "Tag"
    object_types = ("customer", "club-membership", "order", "reservation")


class Notes(CursorStream):
    name = "notes"
    path = "/note"
    array_key = "notes"
    permission = "Note"
    filter_parameters = ("q", "customerId", "orderId")


class Reservations(CursorStream):
    name = "reservations"
    path = "/reservation"
    array_key = "reservations"
    permission = "Reservation"
    updated_at = UpdatedAt.DOCUMENTED
    filter_parameters = (
        "q",
        "customerId",
        "reservationTypeId",
        "tagId",
        "createdAt",
        "reservationDate",
        "status",
        "paymentStatus",
        "channel",
    )


class ReservationTypes(Commerce7Stream):
    name = "reservation_types"
    path = "/reservation-type"
    array_key = "reservationTypes"
    permission = "Reservation"
    filter_parameters = ("q", "status", "id")


class Shippings(Commerce7Stream):
    name = "shippings"
    path = "/shipping"
    array_key = "shippings"
    permission = "Shipping"


class Taxes(Commerce7Stream):
    name = "taxes"
    path = "/tax"
    array_key = "taxes"


class WineVarietals(Commerce7Stream):
    name = "wine_varietals"
    path = "/wine-varietal"
    array_key = "wineVarietals"


class WineAppellations(Commerce7Stream):
    name = "wine_appellations"
    path = "/wine-appellation"
    array_key = "wineAppellations"


class WebHooks(Commerce7Stream):
    name = "web_hooks"
    path = "/web-hook"
    array_key = "webHooks"
    permission = "WebHook"
    off_because = "configuration"


class WebHookLogs(Commerce7Stream):
    name = "web_hook_logs"
    path = "/web-hook-log"
    array_key = "webHookLogs"
    permission = "WebHook"
    replication_key = "updatedAt"
    updated_at = UpdatedAt.DOCUMENTED
    filter_parameters = ("object", "action", "isSuccess")
    off_because = "its payloads contain whole records"


class MetaDataConfigs(TypedStream):
    name = "meta_data_configs"
    path = "/meta-data-config/{objectType}"
    array_key = "metaDataConfigs"
    permission = "MetaData Config"
    may_be_absent = UNDOCUMENTED
    object_types = (
        "allocation",
        "club-membership",
        "collection",
        "customer",
        "customer-address",
        "order",
        "product",
        "reservation",
        "experience",
    )


class Settings(SettingsStream):
    name = "settings"
    path = "/setting"
    array_key = "settings"
    permission = "Setting"
    may_be_absent = UNDOCUMENTED
    off_because = "configuration"


class LoyaltyTransactions(Commerce7Stream):
    name = "loyalty_transactions"
    path = "/loyalty-transaction"
    array_key = "loyaltyTransactions"
    may_be_absent = LOYALTY


class LoyaltyTiers(Commerce7Stream):
    name = "loyalty_tiers"
    path = "/loyalty-tier"
    may_be_absent = LOYALTY


class PosProfiles(Commerce7Stream):
    name = "pos_profiles"
    path = "/pos-profile"
    permission = "POS Profile"
    may_be_absent = UNDOCUMENTED
    off_because = "the path is unverified"


class Trash(TrashStream):
    name = "trash"
    path = "/trash"
    may_be_absent = UNDOCUMENTED
    off_because = "unverified"


STREAMS = declared_streams(globals())
