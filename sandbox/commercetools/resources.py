"""What collections the API has: one short declaration each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Resource:
    """A collection.

    Attributes:
        name: Name of the stream; also of the packaged schema.
        path: Below the project, or the last part of the path of a child collection.
        scopes: Any one of them opens the collection.
        rows: Number of rows at size 1.
        type_id: In references and messages; empty where there is none.
        deleted: Type of the message a deletion leaves behind; empty where there is none.
        in_store: How a row belongs to a store: by its `store`, its `stores`, `all` rows do; empty
            where there is no in-store variant.
        where: Whether the query parameter `where` exists.
        sort: Whether the query parameter `sort` exists.
        total: Default of the query parameter `withTotal`.
        identity: Members that identify a row, see `sandbox.store.Collection`.
        time_fields: Members with the time of the last update.
        not_sent: Members of the packaged schema that the tap adds and the API does not send.
    """

    name: str
    path: str
    scopes: tuple[str, ...]
    rows: int = 6
    type_id: str = ""
    deleted: str = ""
    in_store: str = ""
    where: bool = True
    sort: bool = True
    total: bool = True
    identity: tuple[str, ...] = ("id",)
    time_fields: tuple[str, ...] = ("lastModifiedAt",)
    not_sent: tuple[str, ...] = ()


PRODUCTS = ("view_products", "view_published_products")

COLLECTIONS = (
    Resource("api_clients", "api-clients", ("view_api_clients",), time_fields=()),
    Resource(
        "associate_roles",
        "associate-roles",
        ("view_associate_roles",),
        type_id="associate-role",
        deleted="AssociateRoleDeleted",
    ),
    Resource(
        "attribute_groups",
        "attribute-groups",
        ("view_attribute_groups",),
        type_id="attribute-group",
    ),
    Resource(
        "business_units",
        "business-units",
        ("view_business_units",),
        rows=30,
        type_id="business-unit",
        deleted="BusinessUnitDeleted",
        in_store="stores",
    ),
    Resource(
        "cart_discounts",
        "cart-discounts",
        ("view_orders", "view_cart_discounts"),
        rows=20,
        type_id="cart-discount",
        deleted="CartDiscountDeleted",
        in_store="stores",
    ),
    Resource("carts", "carts", ("view_orders",), rows=250, type_id="cart", in_store="store"),
    Resource(
        "categories",
        "categories",
        ("view_products", "view_categories"),
        rows=40,
        type_id="category",
    ),
    Resource("channels", "channels", ("view_channels", "view_products"), type_id="channel"),
    Resource(
        "custom_objects",
        "custom-objects",
        ("view_products", "view_orders", "view_customers", "view_key_value_documents"),
        rows=60,
        type_id="key-value-document",
    ),
    Resource(
        "customer_groups",
        "customer-groups",
        ("view_customers", "view_customer_groups"),
        type_id="customer-group",
    ),
    Resource(
        "customers",
        "customers",
        ("view_customers",),
        rows=300,
        type_id="customer",
        deleted="CustomerDeleted",
        in_store="stores",
    ),
    Resource(
        "discount_codes",
        "discount-codes",
        ("view_discount_codes",),
        rows=40,
        type_id="discount-code",
        deleted="DiscountCodeDeleted",
        in_store="stores",
    ),
    Resource(
        "discount_groups",
        "discount-groups",
        ("view_cart_discounts",),
        type_id="discount-group",
        deleted="DiscountGroupDeleted",
    ),
    Resource("extensions", "extensions", ("manage_extensions",), type_id="extension"),
    Resource(
        "inventory_entries",
        "inventory",
        ("view_products",),
        rows=250,
        type_id="inventory-entry",
        deleted="InventoryEntryDeleted",
    ),
    Resource(
        "mcp_servers",
        "mcp-servers",
        ("manage_mcp_servers", "view_mcp_servers"),
        where=False,
    ),
    Resource(
        "messages",
        "messages",
        ("view_messages", "view_orders"),
        rows=400,
        time_fields=("createdAt", "lastModifiedAt"),
    ),
    Resource(
        "orders",
        "orders",
        ("view_orders",),
        rows=300,
        type_id="order",
        deleted="OrderDeleted",
        in_store="store",
    ),
    Resource("order_edits", "orders/edits", ("view_order_edits",), rows=20, type_id="order-edit"),
    Resource(
        "payment_methods",
        "payment-methods",
        ("view_payment_methods",),
        rows=30,
        type_id="payment-method",
        deleted="PaymentMethodDeleted",
    ),
    Resource("payments", "payments", ("view_payments",), rows=200, type_id="payment"),
    Resource(
        "product_discounts",
        "product-discounts",
        ("view_product_discounts", "view_products"),
        type_id="product-discount",
    ),
    Resource("product_projections", "product-projections", PRODUCTS, rows=120),
    Resource(
        "product_selections",
        "product-selections",
        ("view_product_selections",),
        type_id="product-selection",
        deleted="ProductSelectionDeleted",
    ),
    Resource(
        "product_tailoring",
        "product-tailoring",
        ("view_products",),
        rows=20,
        type_id="product-tailoring",
        deleted="ProductTailoringDeleted",
        in_store="store",
        total=False,
    ),
    Resource(
        "product_types",
        "product-types",
        ("view_product_types", "view_products"),
        type_id="product-type",
    ),
    Resource(
        "products", "products", PRODUCTS, rows=120, type_id="product", deleted="ProductDeleted"
    ),
    Resource(
        "quote_requests",
        "quote-requests",
        ("view_quote_requests",),
        rows=20,
        type_id="quote-request",
        deleted="QuoteRequestDeleted",
        in_store="store",
    ),
    Resource(
        "quotes",
        "quotes",
        ("view_quotes",),
        rows=20,
        type_id="quote",
        deleted="QuoteDeleted",
        in_store="store",
    ),
    Resource(
        "recurrence_policies",
        "recurrence-policies",
        ("view_recurrence_policies",),
        type_id="recurrence-policy",
    ),
    Resource(
        "recurring_orders",
        "recurring-orders",
        ("view_recurring_orders",),
        rows=20,
        type_id="recurring-order",
        deleted="RecurringOrderDeleted",
    ),
    Resource("reviews", "reviews", ("view_products",), rows=60, type_id="review"),
    Resource(
        "shipping_methods",
        "shipping-methods",
        ("view_orders", "view_shipping_methods", "manage_my_orders"),
        type_id="shipping-method",
    ),
    Resource(
        "shopping_lists",
        "shopping-lists",
        ("view_shopping_lists",),
        rows=60,
        type_id="shopping-list",
        in_store="store",
    ),
    Resource(
        "staged_quotes",
        "staged-quotes",
        ("view_staged_quotes",),
        rows=20,
        type_id="staged-quote",
        deleted="StagedQuoteDeleted",
        in_store="store",
    ),
    Resource(
        "standalone_prices",
        "standalone-prices",
        ("view_standalone_prices",),
        rows=250,
        type_id="standalone-price",
        deleted="StandalonePriceDeleted",
    ),
    Resource("states", "states", ("view_states",), type_id="state"),
    Resource("stores", "stores", ("view_stores",), type_id="store", deleted="StoreDeleted"),
    Resource("subscriptions", "subscriptions", ("manage_subscriptions",), type_id="subscription"),
    Resource(
        "tax_categories",
        "tax-categories",
        ("view_products", "view_tax_categories"),
        type_id="tax-category",
    ),
    Resource("types", "types", ("view_types",), type_id="type"),
    Resource(
        "variant_projections",
        "variant-projections",
        PRODUCTS,
        rows=60,
        in_store="all",
        identity=("product.id", "id", "staged"),
        time_fields=(),
        not_sent=("productId",),
    ),
    Resource(
        "variants",
        "variants",
        ("view_products",),
        rows=60,
        type_id="variant",
        deleted="VariantDeleted",
    ),
    Resource("zones", "zones", ("view_zones", "view_orders"), type_id="zone"),
)

# Reached through a parent only. `_parent` is the id of the parent (the key of the store).
CHILDREN = (
    Resource(
        "product_selection_products",
        "products",
        ("view_product_selections",),
        rows=30,
        total=False,
        identity=("_parent", "product.id"),
        time_fields=(),
        not_sent=("productSelectionId", "productId"),
    ),
    Resource(
        "product_product_selections",
        "product-selections",
        ("view_product_selections",),
        rows=30,
        total=False,
        identity=("_parent", "productSelection.id"),
        time_fields=(),
        not_sent=("productSelectionId", "productId"),
    ),
    Resource(
        "store_product_selection_assignments",
        "product-selection-assignments",
        ("view_product_selections",),
        rows=30,
        sort=False,
        total=False,
        identity=("_parent", "product.id", "productSelection.id"),
        time_fields=(),
        not_sent=("storeKey", "productId", "productSelectionId"),
    ),
    Resource(
        "approval_flows",
        "approval-flows",
        ("view_approval_flows",),
        rows=12,
        not_sent=("businessUnitKey",),
    ),
    Resource(
        "approval_rules",
        "approval-rules",
        ("view_approval_rules",),
        rows=12,
        not_sent=("businessUnitKey",),
    ),
)

PROJECT = Resource(
    "project", "", ("view_project_settings",), rows=1, identity=("key",), time_fields=()
)

# On a host of its own, see `sandbox.commercetools.history`.
HISTORY = Resource(
    "change_history",
    "",
    ("view_audit_log",),
    rows=60,
    identity=("resource.typeId", "resource.id", "version", "modifiedAt"),
    time_fields=("modifiedAt",),
    not_sent=("resourceType", "resourceId"),
)

RESOURCES = {resource.name: resource for resource in (*COLLECTIONS, *CHILDREN, PROJECT, HISTORY)}
