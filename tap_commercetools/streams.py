"""The streams, one short declaration each.

Paths, scopes and replication keys are taken from the vendor's API specification. Streams are off by
default if they contain secrets or security metadata, need one request per parent, or duplicate
another stream.
"""

from __future__ import annotations

from tap_commercetools.change_history import ChangeHistoryStream
from tap_commercetools.children import CHILD_STREAMS
from tap_commercetools.client import CommercetoolsStream
from tap_commercetools.in_store import InStoreStream
from tap_commercetools.messages import DeletionsStream, MessagesStream
from tap_commercetools.paging import ByOffset, SingleObject
from tap_commercetools.special import (
    CustomObjectsStream,
    VariantProjectionsStream,
    VariantsStream,
)
from tap_engine.singer.stream import declared_streams


class ApiClients(CommercetoolsStream):
    name = "api_clients"
    path = "api-clients"
    scopes = ("view_api_clients",)
    replication_key = None
    off_because = "security metadata"


class AssociateRoles(CommercetoolsStream):
    name = "associate_roles"
    path = "associate-roles"
    scopes = ("view_associate_roles",)


class AttributeGroups(CommercetoolsStream):
    name = "attribute_groups"
    path = "attribute-groups"
    scopes = ("view_attribute_groups",)


class BusinessUnits(InStoreStream):
    name = "business_units"
    path = "business-units"
    scopes = ("view_business_units",)


class CartDiscounts(InStoreStream):
    name = "cart_discounts"
    path = "cart-discounts"
    scopes = ("view_orders", "view_cart_discounts")


class Carts(InStoreStream):
    name = "carts"
    path = "carts"
    scopes = ("view_orders",)


class Categories(CommercetoolsStream):
    name = "categories"
    path = "categories"
    scopes = ("view_products", "view_categories")


class ChangeHistory(ChangeHistoryStream):
    name = "change_history"
    path = ""  # has a host of its own
    scopes = ("view_audit_log",)
    off_because = "incomplete without an add-on, and its requests are metered"


class Channels(CommercetoolsStream):
    name = "channels"
    path = "channels"
    scopes = ("view_channels", "view_products")


class CustomObjects(CustomObjectsStream):
    name = "custom_objects"
    path = "custom-objects/{container}"
    scopes = ("view_products", "view_orders", "view_customers", "view_key_value_documents")


class CustomerGroups(CommercetoolsStream):
    name = "customer_groups"
    path = "customer-groups"
    scopes = ("view_customers", "view_customer_groups")


class Customers(InStoreStream):
    name = "customers"
    path = "customers"
    scopes = ("view_customers",)


class Deletions(DeletionsStream):
    name = "deletions"
    path = "messages"
    scopes = ("view_messages",)
    replication_key = "deletedAt"


class DiscountCodes(InStoreStream):
    name = "discount_codes"
    path = "discount-codes"
    scopes = ("view_discount_codes",)


class DiscountGroups(CommercetoolsStream):
    name = "discount_groups"
    path = "discount-groups"
    scopes = ("view_cart_discounts",)


class Extensions(CommercetoolsStream):
    name = "extensions"
    path = "extensions"
    scopes = ("manage_extensions",)
    off_because = "needs a manage scope and may contain secrets"


class InventoryEntries(CommercetoolsStream):
    name = "inventory_entries"
    path = "inventory"
    scopes = ("view_products",)


class McpServers(CommercetoolsStream):
    name = "mcp_servers"
    path = "mcp-servers"
    scopes = ("view_mcp_servers",)
    replication_key = None
    full_pager = ByOffset  # does not accept `where`
    shardable = False
    filterable = False
    off_because = "configuration"


class Messages(MessagesStream):
    name = "messages"
    path = "messages"
    scopes = ("view_messages",)
    replication_key = "createdAt"


class Orders(InStoreStream):
    name = "orders"
    path = "orders"
    scopes = ("view_orders",)


class OrderEdits(CommercetoolsStream):
    name = "order_edits"
    path = "orders/edits"
    scopes = ("view_order_edits",)


class PaymentMethods(CommercetoolsStream):
    name = "payment_methods"
    path = "payment-methods"
    scopes = ("view_payment_methods",)


class Payments(CommercetoolsStream):
    name = "payments"
    path = "payments"
    scopes = ("view_payments",)


class ProductDiscounts(CommercetoolsStream):
    name = "product_discounts"
    path = "product-discounts"
    scopes = ("view_product_discounts", "view_products")


class ProductProjections(CommercetoolsStream):
    name = "product_projections"
    path = "product-projections"
    scopes = ("view_products", "view_published_products")
    off_because = "duplicates products"


class ProductSelections(CommercetoolsStream):
    name = "product_selections"
    path = "product-selections"
    scopes = ("view_product_selections",)


class ProductTailoring(InStoreStream):
    name = "product_tailoring"
    path = "product-tailoring"
    scopes = ("view_products",)


class ProductTypes(CommercetoolsStream):
    name = "product_types"
    path = "product-types"
    scopes = ("view_product_types", "view_products")


class Products(CommercetoolsStream):
    name = "products"
    path = "products"
    scopes = ("view_products", "view_published_products")


class QuoteRequests(InStoreStream):
    name = "quote_requests"
    path = "quote-requests"
    scopes = ("view_quote_requests",)


class Quotes(InStoreStream):
    name = "quotes"
    path = "quotes"
    scopes = ("view_quotes",)


class RecurrencePolicies(CommercetoolsStream):
    name = "recurrence_policies"
    path = "recurrence-policies"
    scopes = ("view_recurrence_policies",)


class RecurringOrders(CommercetoolsStream):
    name = "recurring_orders"
    path = "recurring-orders"
    scopes = ("view_recurring_orders",)


class Reviews(CommercetoolsStream):
    name = "reviews"
    path = "reviews"
    scopes = ("view_products",)


class ShippingMethods(CommercetoolsStream):
    name = "shipping_methods"
    path = "shipping-methods"
    scopes = ("view_orders", "view_shipping_methods")


class ShoppingLists(InStoreStream):
    name = "shopping_lists"
    path = "shopping-lists"
    scopes = ("view_shopping_lists",)


class StagedQuotes(InStoreStream):
    name = "staged_quotes"
    path = "staged-quotes"
    scopes = ("view_staged_quotes",)


class StandalonePrices(CommercetoolsStream):
    name = "standalone_prices"
    path = "standalone-prices"
    scopes = ("view_standalone_prices",)


class States(CommercetoolsStream):
    name = "states"
    path = "states"
    scopes = ("view_states",)


class Stores(CommercetoolsStream):
    name = "stores"
    path = "stores"
    scopes = ("view_stores",)


class Subscriptions(CommercetoolsStream):
    name = "subscriptions"
    path = "subscriptions"
    scopes = ("manage_subscriptions",)
    off_because = "needs a manage scope and may contain secrets"


class TaxCategories(CommercetoolsStream):
    name = "tax_categories"
    path = "tax-categories"
    scopes = ("view_products", "view_tax_categories")


class Types(CommercetoolsStream):
    name = "types"
    path = "types"
    scopes = ("view_types",)


class VariantProjections(VariantProjectionsStream):
    name = "variant_projections"
    path = "variant-projections"
    scopes = ("view_products", "view_published_products")
    off_because = "duplicates variants"


class Variants(VariantsStream):
    name = "variants"
    path = "variants"
    scopes = ("view_products",)


class Zones(CommercetoolsStream):
    name = "zones"
    path = "zones"
    scopes = ("view_zones", "view_orders")


class Project(CommercetoolsStream):
    name = "project"
    path = ""
    keys = ("key",)
    row_key = ("key",)
    scopes = ("view_project_settings",)
    replication_key = None
    full_pager = SingleObject
    shardable = False
    filterable = False


STREAMS = (*declared_streams(globals()), *CHILD_STREAMS)
