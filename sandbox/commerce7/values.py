"""What made-up records need to be plausible: how many, which words, and what refers to what."""

from __future__ import annotations

from sandbox.custom_fields import META_DATA

# Rows of every collection at size 1. The first group grows with the size of the build.
SCALED_ROWS: dict[str, int] = {
    "customers": 240,
    "customer_addresses": 300,
    "customer_credit_cards": 160,
    "orders": 320,
    "carts": 120,
    "products": 110,
    "club_memberships": 130,
    "reservations": 130,
    "notes": 120,
    "inventories": 220,
    "gift_cards": 60,
    "web_hook_logs": 60,
    "loyalty_transactions": 90,
    "trash": 3,
}
FIXED_ROWS: dict[str, int] = {
    "clubs": 5,
    "collections": 12,
    "coupons": 9,
    "promotions": 8,
    "departments": 6,
    "vendors": 5,
    "inventory_locations": 4,
    "reservation_types": 6,
    "shippings": 4,
    "taxes": 51,
    "wine_varietals": 80,
    "wine_appellations": 1235,
    "web_hooks": 4,
    "club_packages": 8,
    "settings": 1,
    "loyalty_tiers": 3,
    "pos_profiles": 3,
    "promotion_sets": 3,
    "inventory_transactions": 20,
    "gift_card_transactions": 10,
    "app_syncs": 0,
    # Of these two, so many for every object type.
    "tags": 5,
    "meta_data_configs": len(META_DATA),
}

# Values a member takes in turn.
CHOICES: dict[str, dict[str, tuple[str | None, ...]]] = {
    "customers": {
        "honorific": ("Mr", "Ms", "Dr", None),
        "countryCode": ("US", "CA"),
        "emailMarketingStatus": ("Subscribed", "Unsubscribed", None),
    },
    "orders": {
        "channel": ("Inbound", "Web", "POS", "Club", "Marketplace"),
        "purchaseType": ("Regular", "Regular", "Regular", "Exchange", "Corporate Order"),
        "paymentStatus": ("Paid", "Authorized", "Paid", "Cancelled"),
        "complianceStatus": ("Compliant", "Not Checked", "No Compliance Required"),
        "fulfillmentStatus": ("Fulfilled", "Not Fulfilled", "Partially Fulfilled"),
        "shippingStatus": ("Not Tracked", "Pending", "In Transit", "Delivered"),
        "orderDeliveryMethod": ("Pickup", "Carry Out", "Ship"),
        "taxSaleType": ("Offsite", "Onsite"),
    },
    "carts": {
        "channel": ("Inbound", "Web", "POS"),
        "orderDeliveryMethod": ("Pickup", "Carry Out", "Ship"),
    },
    "products": {
        "type": ("Wine", "General Merchandise", "Bundle", "Event Ticket"),
        "webStatus": ("Available", "Not Available", "Retired"),
        "adminStatus": ("Available", "Not Available"),
    },
    "club_memberships": {
        "status": ("Active", "Cancelled", "On Hold", "Active", "Planning"),
        "orderDeliveryMethod": ("Pickup", "Ship"),
    },
    "reservations": {
        "channel": ("Web", "Inbound"),
        "status": ("Reserved", "Paid", "Checked In", "Closed Out", "Cancelled", "No Show"),
        "paymentStatus": ("Paid", "Declined", "Pending"),
    },
    "collections": {
        "type": ("Manual", "Dynamic"),
        "webStatus": ("Available", "Not Available"),
    },
    "club_packages": {"status": ("Draft", "Active")},
    "gift_cards": {"status": ("Active", "Cancelled"), "type": ("Virtual", "Physical")},
    "inventories": {"inventoryPolicy": ("Dont Sell", "Sell")},
    "loyalty_tiers": {"qualificationType": ("Lifetime Value", "Club")},
    "loyalty_transactions": {"transactionType": ("Manual", "Order")},
    "meta_data_configs": {
        "code": tuple(code for code, _, _ in META_DATA),
        "dataType": tuple(data_type for _, data_type, _ in META_DATA),
    },
    "tags": {"type": ("Manual", "Dynamic")},
    "web_hook_logs": {
        "object": ("Order", "Customer", "Product"),
        "action": ("Create", "Update", "Bulk Update"),
    },
}

# Dotted paths that hold the id of a record of another collection.
LINKS: dict[str, dict[str, str]] = {
    "customers": {
        "orderInformation.lastOrderId": "orders",
        "clubs.clubId": "clubs",
        "tags.id": "tags.customer",
    },
    "customer_addresses": {"customerId": "customers"},
    "customer_credit_cards": {"customerId": "customers"},
    "orders": {
        "customerId": "customers",
        "customer.id": "customers",
        "cartId": "carts",
        "posProfileId": "pos_profiles",
        "posProfile.id": "pos_profiles",
        "club.clubId": "clubs",
        "club.clubPackageId": "club_packages",
        "items.productId": "products",
        "items.productVariantId": "variants",
        "tags.id": "tags.order",
        "orderTags.id": "tags.order",
    },
    "carts": {
        "customerId": "customers",
        "items.productId": "products",
        "items.productVariantId": "variants",
    },
    "products": {
        "departmentId": "departments",
        "department.id": "departments",
        "vendorId": "vendors",
        "vendor.id": "vendors",
        "collections.id": "collections",
    },
    "club_memberships": {
        "customerId": "customers",
        "customer.id": "customers",
        "clubId": "clubs",
        "club.id": "clubs",
        "billToCustomerAddressId": "customer_addresses",
        "shipToCustomerAddressId": "customer_addresses",
        "customerCreditCardId": "customer_credit_cards",
    },
    "club_packages": {"clubId": "clubs", "club.id": "clubs"},
    "reservations": {
        "customerId": "customers",
        "customer.id": "customers",
        "reservationTypeId": "reservation_types",
        "reservationType.id": "reservation_types",
        "orderId": "orders",
        "inventoryLocationId": "inventory_locations",
    },
    "notes": {"customerId": "customers", "orderId": "orders"},
    "gift_cards": {"customerId": "customers", "customer.id": "customers"},
    "loyalty_transactions": {
        "customerId": "customers",
        "customer.id": "customers",
        "orderId": "orders",
    },
    "inventory_transactions": {
        "inventoryLocationId": "inventory_locations",
        "productVariantId": "variants",
    },
    "gift_card_transactions": {"giftCardId": "gift_cards"},
}

# The raw settings row also holds credentials of other integrations. These are made up: a test
# that finds one of them in the output of a reader has found a leak.
FAKE_CREDENTIALS: dict[str, object] = {
    "avalaraLicenseKey": "fake-credential-avalara-5b1d",
    "quickbooksRefreshToken": "fake-credential-quickbooks-77aa",
    "shipCompliantPassword": "fake-credential-shipcompliant-90fe",
    "integrations": [
        {"vendor": "Mailer", "config": {"apiKey": "fake-credential-mailer-1c2d"}},
        {"vendor": "Gateway", "config": {"privateKey": "fake-credential-gateway-3e4f"}},
    ],
}
