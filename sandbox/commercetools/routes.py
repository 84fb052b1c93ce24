"""Paths: which collection one leads to, and which of its rows belong there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.commercetools.errors import ApiError, not_found
from sandbox.commercetools.resources import CHILDREN, COLLECTIONS, RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.commercetools.resource import Resource
    from sandbox.store import Collection, Row

BY_PATH = {resource.path: resource for resource in COLLECTIONS}
IN_STORE = {resource.path: resource for resource in COLLECTIONS if resource.in_store}

CHILD = [(re.compile(each.path.replace("{}", "([^/]+)")), each) for each in CHILDREN]
STORE = re.compile(r"in-store/key=([^/]+)/(.+)")
CONTAINER = re.compile(r"custom-objects/([-_~.a-zA-Z0-9]+)")


@dataclass(frozen=True)
class Target:
    """Where a path leads.

    Attributes:
        resource: The collection.
        keep: Whether one of its rows belongs there; None if all do.
        store: Key of the store, whose own scopes are enough.
        missing: Path of the parent if it does not exist; to be checked after the scopes.
    """

    resource: Resource
    keep: Callable[[Row], bool] | None = None
    store: str = ""
    missing: str = ""


class _Keyed(msgspec.Struct):
    key: str = ""


class _Peek(msgspec.Struct):
    """The few members that decide where a row belongs; decoding only them is cheap."""

    key: str = ""
    container: str = ""
    published: bool = False
    staged: Any = False  # a boolean in variant projections, something else elsewhere
    businessUnit: _Keyed | None = None  # noqa: N815 - as the API spells it
    store: _Keyed | None = None
    stores: list[_Keyed] = []


_peek = msgspec.json.Decoder(_Peek)


def resolve(path: str, collections: dict[str, Collection], *, shared: bool = False) -> Target:
    """Return the target of a path below the project.

    Args:
        path: The path.
        collections: By stream name.
        shared: Whether lists of a store also have what could be in several stores and is in none.

    Raises:
        ApiError: 404 if the path leads nowhere.
    """
    if path in BY_PATH:
        return Target(BY_PATH[path])
    for pattern, resource in CHILD:
        if match := pattern.fullmatch(path):
            return _of_parent(resource, path, match.groups(), collections)
    if match := STORE.fullmatch(path):
        return _in_store(match[1], match[2], collections, shared=shared)
    if match := CONTAINER.fullmatch(path):
        container = match[1]
        return Target(
            RESOURCES["custom_objects"],
            keep=lambda row: _peek.decode(row.body).container == container,
        )
    raise not_found(path)


def published(*, staged: bool) -> Callable[[Row], bool] | None:
    """Return which product projections exist: unpublished products have only a staged one."""
    return None if staged else lambda row: _peek.decode(row.body).published


def of_view(*, staged: bool) -> Callable[[Row], bool]:
    """Return which variant projections exist: staged and current data have their own rows."""
    return lambda row: _peek.decode(row.body).staged == staged


def _of_parent(
    resource: Resource, path: str, names: tuple[str, ...], collections: dict[str, Collection]
) -> Target:
    *associates, parent = names
    parents = collections[resource.parent]
    by_key = "key={}" in resource.path
    exists = _has_key(parents, parent) if by_key else parents.get(parent) is not None
    missing = "" if exists else path
    if not associates:
        store = parent if resource.parent == "stores" else ""
        return Target(resource, lambda row: row.id.startswith(f"{parent}/"), store, missing)
    if exists and collections["customers"].get(associates[0]) is None:
        message = f"Associate '{associates[0]}' has no permission in Business Unit '{parent}'."
        raise ApiError(403, "AssociateMissingPermission", message)

    def of_unit(row: Row) -> bool:
        unit = _peek.decode(row.body).businessUnit
        return unit is not None and unit.key == parent

    return Target(resource, keep=of_unit, missing=missing)


def _in_store(store: str, path: str, collections: dict[str, Collection], *, shared: bool) -> Target:
    whole = f"in-store/key={store}/{path}"
    if path not in IN_STORE:
        raise not_found(whole)
    resource = IN_STORE[path]

    def of_store(row: Row) -> bool:
        peek = _peek.decode(row.body)
        if resource.in_store == "store":
            return peek.store is not None and peek.store.key == store
        return any(one.key == store for one in peek.stores) or (shared and not peek.stores)

    keep = None if resource.in_store == "all" else of_store
    missing = "" if _has_key(collections["stores"], store) else whole
    return Target(resource, keep=keep, store=store, missing=missing)


def _has_key(collection: Collection, key: str) -> bool:
    with collection.lock:
        return any(_peek.decode(row.body).key == key for row in collection.by_id.values())
