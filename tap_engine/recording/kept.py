"""What a recording keeps as it is; everything else is replaced. docs/reporting.md explains it."""

from __future__ import annotations

import re

CODES = {
    "country": re.compile(r"[A-Z]{2}"),
    "countryCode": re.compile(r"[A-Z]{2}"),
    "defaultCountryCode": re.compile(r"[A-Z]{2}"),
    "currency": re.compile(r"[A-Z]{3}"),
    "currencyCode": re.compile(r"[A-Z]{3}"),
}
"""Codes of countries and currencies, by the member that holds them, wherever it is."""

WORD = re.compile(r"[A-Za-z]{1,40}(?:[ -][A-Za-z]{1,20}){0,2}")
"""What a value of an enumeration looks like."""

ENUMERATIONS = frozenset(
    {
        "adminStatus",
        "applicationMode",
        "autoProcessStatus",
        "cartState",
        "chargeStatus",
        "chargeType",
        "complianceStatus",
        "dataType",
        "discountType",
        "fulfillmentStatus",
        "inventoryMode",
        "lineItemMode",
        "objectType",
        "orderDeliveryMethod",
        "orderState",
        "paymentState",
        "paymentStatus",
        "priceMode",
        "priceRoundingMode",
        "priceSelectionMode",
        "productCatalogModel",
        "purchaseType",
        "quoteRequestState",
        "quoteState",
        "recurringOrderState",
        "referenceTypeId",
        "resourceType",
        "resourceTypeId",
        "shipmentState",
        "shippingMode",
        "shippingStatus",
        "stagedQuoteState",
        "stackingMode",
        "status",
        "taxCalculationMode",
        "taxMode",
        "taxRoundingMode",
        "tenderType",
        "type",
        "typeId",
        "webStatus",
    }
)
"""Members whose values are kept, if they look like words of an enumeration."""

ERROR_WORDS = frozenset({"code", "error", "type"})
"""Members of error answers whose values are kept, if they are single words."""

PAGE_NUMBERS = frozenset({"count", "limit", "offset", "statusCode", "total"})
"""Numbers about a page, in the root of an answer and beside `results`."""

NUMBERS = frozenset({"deleteDaysAfterCreation", "expires_in", "fractionDigits"})
"""Numbers of settings."""

ENVELOPE = frozenset(
    {
        *PAGE_NUMBERS,
        *ERROR_WORDS,
        "access_token",
        "cursor",
        "data",
        "error_description",
        "errors",
        "expires_in",
        "extensions",
        "field",
        "message",
        "results",
        "scope",
        "token_type",
    }
)
"""Names of members around records; those of records are kept where a schema declares them."""

TOKENS = frozenset({"access_token", "id_token", "refresh_token"})
"""Members of an answer that are dropped before it is even held in memory."""

HEADERS = re.compile(r"(?i)content-type|date|retry-after|(?:x-)?rate-?limit[a-z-]{0,30}")
"""Headers of answers that are kept; dates in them are moved as all times are."""

PARAMETERS = frozenset({"expand", "limit", "offset", "page", "sort", "staged", "withTotal"})
"""Query parameters whose values are kept: they hold numbers and names of members."""

SETTINGS = (
    "custom_object_containers",
    "emit_activate_version_messages",
    "full_table_interval_hours",
    "lookback_seconds",
    "page_size",
    "skip_forbidden_streams",
    "start_date",
    "store_keys",
    "stream_filters",
    "use_graphql",
    "verify_counts",
)
"""Settings that decide what is asked for; their values are replaced as those of records are."""
