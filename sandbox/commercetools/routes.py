"""Paths: which collection one leads to, and which of its rows it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from sandbox.commercetools.errors import ApiError, not_found
from sandbox.commercetools.resources import COLLECTIONS, RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.commercetools.resources import Resource
    from sandbox.store import Collection, Row

BY_PATH = {resource.path: resource for resource in COLLECTIONS}
IN_STORE = {resource.path: resource for resource in COLLECTIONS if resource.in_store}

STORE = re.compile(r"in-store/key=([^/]+)/(.+)")
CONTAINER = re.compile(r"custom-objects/([-_~.a-zA-Z0-9]+)")
CHILD_OF_ID = (
    (
        re.compile(r"product-selections/([^/]+)/products"),
        "product_selections",
        "product_selection_products",
    ),
    (
        re.compile(r"products/([^/]+)/product-selections"),
        "products",
        "product_product_selections",
    ),
)
ASSOCIATE = re.compile(
    r"as-associate/([^/]+)/in-business-unit/key=([^/]+)/(approval-flows|approval-rules)"
)


@dataclass(frozen=True)
class Target:
    """Where a path leads.

    Attributes:
        resource: The collection.
        keep: Tells which of its rows belong here; None for all.
        prefix: Identity of the rows starts with it; empty for all.
        store: Key of the store, whose own scopes are enough.
        missing: Path of the parent that does not exist; checked after the scopes.
    """

    resource: Resource
    keep: Callable[[Row], bool] | None = None
    prefix: str = ""
    store: str = ""
    missing: str = ""


class _Keyed(msgspec.Struct):
    key: str = ""


class _Peek(msgspec.Struct):
    """The few members that decide where a row belongs; decoding only them is cheap."""

    key: str = ""
    container: str = ""
    published: bool = False
    staged: bool = False
    businessUnit: _Keyed | None = None  # noqa: N815 - as the API spells it


class _Stores(msgspec.Struct):
    """Says which stores a row is in."""

    store: _Keyed | None = None
    stores: list[_Keyed] = []


PEEK = msgspec.json.Decoder(_Peek)
STORES = msgspec.json.Decoder(_Stores)


def resolve(path: str, collections: dict[str, Collection], *, shared: bool = False) -> Target:
    """Find the target of a path below the project.

    Args:
        path: Path below the project.
        collections: By stream name.
        shared: Lists of a store also show what could be in several stores and is in none.

    Raises:
        ApiError: 404 when there is nothing like it.
    """
    if path in BY_PATH:
        return Target(BY_PATH[path])
    if match := STORE.fullmatch(path):
        return _in_store(match[1], match[2], collections, shared=shared)
    if match := CONTAINER.fullmatch(path):
        container = match[1]
        return Target(
            RESOURCES["custom_objects"],
            keep=lambda row: PEEK.decode(row.body).container == container,
        )
    if match := ASSOCIATE.fullmatch(path):
        return _as_associate(match[1], match[2], match[3], collections)
    for pattern, parents, name in CHILD_OF_ID:
        if match := pattern.fullmatch(path):
            missing = "" if collections[parents].get(match[1]) else path
            return Target(RESOURCES[name], prefix=f"{match[1]}/", missing=missing)
    raise not_found(path)


def published(*, staged: bool) -> Callable[[Row], bool] | None:
    """Tell which product projections there are: unpublished products have a staged one only."""
    return None if staged else lambda row: PEEK.decode(row.body).published


def of_view(*, staged: bool) -> Callable[[Row], bool]:
    """Tell which variant projections there are: each view has its own rows."""
    return lambda row: PEEK.decode(row.body).staged == staged


def _in_store(store: str, path: str, collections: dict[str, Collection], *, shared: bool) -> Target:
    whole = f"in-store/key={store}/{path}"
    missing = "" if _has_key(collections["stores"], store) else whole
    if path == "product-selection-assignments":
        resource = RESOURCES["store_product_selection_assignments"]
        return Target(resource, prefix=f"{store}/", store=store, missing=missing)
    if path not in IN_STORE:
        raise not_found(whole)
    resource = IN_STORE[path]

    def of_store(row: Row) -> bool:
        peek = STORES.decode(row.body)
        if resource.in_store == "store":
            return peek.store is not None and peek.store.key == store
        return any(one.key == store for one in peek.stores) or (shared and not peek.stores)

    keep = None if resource.in_store == "all" else of_store
    return Target(resource, keep=keep, store=store, missing=missing)


def _as_associate(
    associate: str, unit: str, path: str, collections: dict[str, Collection]
) -> Target:
    missing = "" if _has_key(collections["business_units"], unit) else path
    if not missing and collections["customers"].get(associate) is None:
        message = f"Associate '{associate}' has no permission in Business Unit '{unit}'."
        raise ApiError(403, "AssociateMissingPermission", message)

    def of_unit(row: Row) -> bool:
        owner = PEEK.decode(row.body).businessUnit
        return owner is not None and owner.key == unit

    return Target(RESOURCES[path.replace("-", "_")], keep=of_unit, missing=missing)


def _has_key(collection: Collection, key: str) -> bool:
    with collection.lock:
        return any(PEEK.decode(row.body).key == key for row in collection.by_id.values())
