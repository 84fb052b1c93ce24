"""The collections of the commercetools stand-in: one declaration each."""

from __future__ import annotations

from sandbox.commercetools import records
from sandbox.commercetools.messages import fake_message
from sandbox.commercetools.resource import Resource
from sandbox.custom_fields import type_record

PRODUCTS = ("view_products", "view_published_products")

COLLECTIONS = (
    Resource("api_clients", time_fields=(), members=records.api_client),
    Resource("associate_roles", delete_message=True, history=True),
    Resource("attribute_groups"),
    Resource(
        "business_units",
        rows=30,
        in_store="stores",
        keyed=True,
        delete_message=True,
        history=True,
        members=records.business_unit,
    ),
    Resource(
        "cart_discounts",
        ("view_orders", "view_cart_discounts"),
        rows=20,
        in_store="stores",
        delete_message=True,
        history=True,
    ),
    Resource("carts", ("view_orders",), rows=250, in_store="store"),
    Resource("categories", ("view_products", "view_categories"), rows=40, history=True),
    Resource("channels", ("view_channels", "view_products"), history=True),
    Resource(
        "custom_objects",
        ("view_products", "view_orders", "view_customers", "view_key_value_documents"),
        rows=60,
        type_id="key-value-document",
        keyed=True,
        history=True,
        members=records.custom_object,
    ),
    Resource("customer_groups", ("view_customers", "view_customer_groups"), history=True),
    Resource("customers", rows=300, in_store="stores", delete_message=True, history=True),
    Resource("discount_codes", rows=40, in_store="stores", delete_message=True, history=True),
    Resource("discount_groups", ("view_cart_discounts",), delete_message=True),
    Resource("extensions", ("manage_extensions",)),
    Resource(
        "inventory_entries",
        ("view_products",),
        rows=250,
        path="inventory",
        delete_message=True,
        history=True,
    ),
    Resource("mcp_servers", ("manage_mcp_servers", "view_mcp_servers"), where=False),
    Resource(
        "messages",
        ("view_messages", "view_orders"),
        rows=400,
        time_fields=("createdAt", "lastModifiedAt"),
        members=fake_message,
        complete=True,
    ),
    Resource("orders", rows=300, in_store="store", delete_message=True, history=True),
    Resource("order_edits", rows=20, path="orders/edits"),
    Resource("payment_methods", rows=30, delete_message=True),
    Resource("payments", rows=200, history=True),
    Resource("product_discounts", ("view_product_discounts", "view_products"), history=True),
    Resource("product_projections", PRODUCTS, rows=120, members=records.product_projection),
    Resource("product_selections", delete_message=True, history=True),
    Resource(
        "product_tailoring",
        ("view_products",),
        rows=20,
        in_store="store",
        total=False,
        delete_message=True,
    ),
    Resource("product_types", ("view_product_types", "view_products"), history=True),
    Resource("products", PRODUCTS, rows=120, delete_message=True, history=True),
    Resource("quote_requests", rows=20, in_store="store", delete_message=True, history=True),
    Resource("quotes", rows=20, in_store="store", delete_message=True, history=True),
    Resource("recurrence_policies"),
    Resource("recurring_orders", rows=20, delete_message=True),
    Resource("reviews", ("view_products",), rows=60, history=True),
    Resource(
        "shipping_methods",
        ("view_orders", "view_shipping_methods", "manage_my_orders"),
        history=True,
    ),
    Resource("shopping_lists", rows=60, in_store="store", history=True),
    Resource("staged_quotes", rows=20, in_store="store", delete_message=True, history=True),
    Resource("standalone_prices", rows=250, delete_message=True, history=True),
    Resource("states", history=True),
    Resource("stores", keyed=True, delete_message=True, history=True),
    Resource("subscriptions", ("manage_subscriptions",)),
    Resource("tax_categories", ("view_products", "view_tax_categories"), history=True),
    Resource("types", history=True, members=lambda number, _plan: type_record(number)),
    Resource(
        "variant_projections",
        PRODUCTS,
        rows=60,
        in_store="all",
        identity=("product.id", "id", "staged"),
        time_fields=(),
        not_sent=("productId",),
        members=records.variant_projection,
    ),
    Resource("variants", ("view_products",), rows=60, delete_message=True, members=records.variant),
    Resource("zones", ("view_zones", "view_orders"), history=True),
)

# Reached through a parent only.
CHILDREN = (
    Resource(
        "product_selection_products",
        ("view_product_selections",),
        rows=30,
        path="product-selections/{}/products",
        parent="product_selections",
        total=False,
        identity=("_parent", "product.id"),
        time_fields=(),
        not_sent=("productSelectionId", "productId"),
        members=records.selected_product,
    ),
    Resource(
        "product_product_selections",
        ("view_product_selections",),
        rows=30,
        path="products/{}/product-selections",
        parent="products",
        total=False,
        identity=("_parent", "productSelection.id"),
        time_fields=(),
        not_sent=("productSelectionId", "productId"),
        members=records.selection_of_product,
    ),
    Resource(
        "store_product_selection_assignments",
        ("view_product_selections",),
        rows=30,
        path="in-store/key={}/product-selection-assignments",
        parent="stores",
        sort=False,
        total=False,
        identity=("_parent", "product.id", "productSelection.id"),
        time_fields=(),
        not_sent=("storeKey", "productId", "productSelectionId"),
        members=records.store_assignment,
    ),
    Resource(
        "approval_flows",
        rows=12,
        path="as-associate/{}/in-business-unit/key={}/approval-flows",
        parent="business_units",
        not_sent=("businessUnitKey",),
        members=records.of_business_unit,
    ),
    Resource(
        "approval_rules",
        rows=12,
        path="as-associate/{}/in-business-unit/key={}/approval-rules",
        parent="business_units",
        not_sent=("businessUnitKey",),
        members=records.of_business_unit,
    ),
)

PROJECT = Resource(
    "project",
    ("view_project_settings",),
    rows=1,
    identity=("key",),
    time_fields=(),
    members=records.project,
)

# On a host of its own, see `sandbox.commercetools.history`.
HISTORY = Resource(
    "change_history",
    ("view_audit_log",),
    rows=60,
    identity=("resource.typeId", "resource.id", "version", "modifiedAt"),
    time_fields=("modifiedAt",),
    not_sent=("resourceType", "resourceId"),
    members=records.fake_change,
    complete=True,
)

RESOURCES = {resource.name: resource for resource in (*COLLECTIONS, *CHILDREN, PROJECT, HISTORY)}
