"""Which streams belong together: one chapter and one picture each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.declarations import streams

if TYPE_CHECKING:
    from tap_engine.singer.tap import EngineTap

DOMAINS: dict[str, dict[str, tuple[str, ...]]] = {
    "tap-commerce7": {
        "Orders": ("orders", "carts", "gift_cards", "shippings", "taxes", "pos_profiles"),
        "Customers": (
            "customers",
            "customer_addresses",
            "customer_credit_cards",
            "notes",
            "tags",
            "loyalty_transactions",
            "loyalty_tiers",
        ),
        "Clubs": ("club_memberships", "club_packages", "clubs"),
        "Reservations": ("reservations", "reservation_types"),
        "Products": (
            "products",
            "collections",
            "departments",
            "vendors",
            "wine_appellations",
            "wine_varietals",
        ),
        "Inventory": ("inventories", "inventory_transactions", "inventory_locations"),
        "Marketing": ("coupons", "promotions", "promotion_sets"),
        "Configuration": ("meta_data_configs", "settings", "trash", "web_hook_logs", "web_hooks"),
    },
    "tap-commercetools": {
        "Orders": (
            "orders",
            "order_edits",
            "carts",
            "payments",
            "payment_methods",
            "recurring_orders",
            "recurrence_policies",
        ),
        "Quotes": ("quotes", "staged_quotes", "quote_requests"),
        "Customers": ("shopping_lists", "reviews", "customers", "customer_groups"),
        "Business units": (
            "approval_flows",
            "approval_rules",
            "business_units",
            "associate_roles",
        ),
        "Products": (
            "products",
            "variants",
            "product_projections",
            "variant_projections",
            "product_tailoring",
            "product_types",
            "attribute_groups",
            "categories",
        ),
        "Assortment": (
            "product_selection_products",
            "product_product_selections",
            "store_product_selection_assignments",
            "product_selections",
            "stores",
            "channels",
        ),
        "Prices and stock": ("standalone_prices", "inventory_entries"),
        "Discounts": ("discount_codes", "cart_discounts", "discount_groups", "product_discounts"),
        "Shipping and tax": ("shipping_methods", "zones", "tax_categories"),
        "Events": ("messages", "deletions", "change_history"),
        "Configuration": (
            "api_clients",
            "custom_objects",
            "extensions",
            "mcp_servers",
            "project",
            "states",
            "subscriptions",
            "types",
        ),
    },
}


def domains(tap: type[EngineTap]) -> dict[str, tuple[str, ...]]:
    """Give the domains of a tap.

    Raises:
        ValueError: A stream is in none or in several of them, or one of them names no stream.
    """
    chapters = DOMAINS[tap.name]
    listed = sorted(name for names in chapters.values() for name in names)
    declared = [stream.name for stream in streams(tap)]
    if listed != declared:
        wrong = sorted({*listed} ^ {*declared}) or "a stream twice"
        msg = f"scripts/docs/domains.py and the streams of {tap.name} differ: {wrong}"
        raise ValueError(msg)
    return chapters


def domain_of(tap: type[EngineTap], stream: str) -> str:
    """Name the domain of a stream."""
    return next(title for title, names in domains(tap).items() if stream in names)


def picture_of(tap: type[EngineTap], domain: str) -> str:
    """Name the file of a domain's picture below docs/er."""
    return f"{tap.name.removeprefix('tap-')}-{domain.lower().replace(' ', '-')}.svg"
