"""What is special about the made-up records of commercetools: members that schemas do not tell.

Each function returns members of the n-th record of a collection.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from sandbox.fake import Plan, fake_id
from sandbox.fake_values import key_of, plural
from sandbox.store import timestamp

if TYPE_CHECKING:
    from sandbox.store import Record

CONTAINERS = ("settings", "loyalty-tiers", "wish_lists")
CLIENT = {"isPlatformClient": False, "type": "external-user", "clientId": "P0aR_k3x-Sandbox"}


@dataclass(frozen=True, kw_only=True)
class ProjectPlan(Plan):
    """What data to make up, and what kind of project it is.

    Attributes:
        project: Key of the project.
        messages: Whether messages are enabled.
        shared_in_store: Whether the lists of a store also have the records that could be in several
            stores and are in none, which the API does not document.
        catalog_model: Product catalog model of the project; None where it does not say.
        classic_status: What lists of variants answer in a Classic project: nobody knows, so 404,
            400 or 200 with an empty list.
        nested_sort: Whether a member of a reference, such as `product.id`, can sort, which the API
            does not document.
    """

    project: str = "demo"
    messages: bool = True
    shared_in_store: bool = False
    catalog_model: str | None = "Modular"
    classic_status: int = 404
    nested_sort: bool = True


def api_client(number: int, plan: ProjectPlan) -> Record:
    """Use ids that are no UUIDs: OAuth client ids, with capitals, `-` and `_`."""
    digest = blake2b(f"{plan.seed}/{number}".encode(), digest_size=18).digest()
    return {
        "id": base64.urlsafe_b64encode(digest).decode(),
        "scope": f"view_orders:{plan.project} view_products:{plan.project}",
    }


def custom_object(number: int, _plan: ProjectPlan) -> Record:
    """Put objects into containers."""
    return {"container": CONTAINERS[number % len(CONTAINERS)]}


def product_projection(number: int, plan: ProjectPlan) -> Record:
    """Use the ids of products, of which some are not published."""
    return {"id": fake_id("products", number, plan.seed), "published": number % 8 != 7}


def variant(number: int, plan: ProjectPlan) -> Record:
    """Number variants so that no product has two with the same number."""
    return {"variantId": 1000 + number, "product": _reference("product", number % 3, plan)}


def variant_projection(number: int, plan: ProjectPlan) -> Record:
    """Use ids that are unique only within a product: two products share each of them.

    Staged and current data are separate rows.
    """
    pair, staged = divmod(number, 2)
    return {
        "id": fake_id("variant_projections", pair // 2, plan.seed),
        "product": _reference("product", pair, plan),
        "staged": bool(staged),
    }


def selected_product(number: int, plan: ProjectPlan) -> Record:
    """Put products into the first three selections."""
    return {
        "_parent": fake_id("product_selections", number % 3, plan.seed),
        "product": _reference("product", number // 3, plan),
    }


def selection_of_product(number: int, plan: ProjectPlan) -> Record:
    """Put each product into three selections."""
    return {
        "_parent": fake_id("products", number // 3, plan.seed),
        "productSelection": _reference("product-selection", number % 3, plan),
    }


def store_assignment(number: int, plan: ProjectPlan) -> Record:
    """Repeat each product, once for every selection that is active in the store."""
    return {
        "_parent": key_of("stores", number // 10 % 3),
        "product": _reference("product", number % 10 // 2, plan),
        "productSelection": _reference("product-selection", number % 2, plan),
    }


def of_business_unit(number: int, _plan: ProjectPlan) -> Record:
    """Spread records over three business units."""
    key = key_of("business_units", number % 3)
    return {"businessUnit": {"typeId": "business-unit", "key": key}}


def business_unit(number: int, plan: ProjectPlan) -> Record:
    """Give most units an associate."""
    role = {"associateRole": {"typeId": "associate-role", "key": key_of("associate_roles", 0)}}
    associate = {
        "associateRoleAssignments": [{**role, "inheritance": "Enabled"}],
        "customer": _reference("customer", number % 3, plan),
    }
    return {"associates": [associate] if number % 5 != 4 else []}


def project(_number: int, plan: ProjectPlan) -> Record:
    """Describe the project."""
    return {
        "key": plan.project,
        "name": "Demo shop",
        "version": 3,
        "countries": ["DE", "US"],
        "currencies": ["EUR", "USD"],
        "languages": ["en", "de-DE"],
        "productCatalogModel": plan.catalog_model,
        "messages": {"enabled": plan.messages, "deleteDaysAfterCreation": 15},
        "carts": {"deleteDaysAfterLastModification": 90, "countryTaxRateFallbackEnabled": False},
    }


def fake_change(number: int, plan: ProjectPlan) -> Record:
    """Record a change in the two years before this one."""
    slot = number // plan.rows_per_timestamp * 7919 % 17_000  # hours, scattered
    begin = datetime(datetime.now(UTC).year - 2, 1, 1, tzinfo=UTC).timestamp()
    resource = _reference("category", number % 40, plan)
    return change(resource, timestamp(begin + slot * 3600 + 0.25), number + 2, "ResourceUpdated")


def change(resource: dict[str, Any], at: str, version: int, kind: str) -> Record:
    """Return the record of the change that gave a resource this version."""
    label = {"type": "StringLabel", "value": resource.get("key", "")}
    set_key = {
        "type": "SetKeyChange",
        "change": "setKey",
        "previousValue": f"key-{version - 1}",
        "nextValue": {"en": f"key-{version}"} if version % 2 else f"key-{version}",
    }
    return {
        "version": version,
        "previousVersion": version - 1,
        "type": kind,
        "modifiedBy": CLIENT,
        "modifiedAt": at,
        "label": label,
        "previousLabel": label,
        "changes": [set_key] if kind == "ResourceUpdated" else [],
        "resource": resource,
        "stores": [],
        "withoutChanges": False,
    }


def _reference(type_id: str, number: int, plan: ProjectPlan) -> dict[str, Any]:
    return {"typeId": type_id, "id": fake_id(plural(type_id), number, plan.seed)}
