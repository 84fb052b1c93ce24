"""The invented data of a project: which rows each collection starts with."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.commercetools.history import fake_change
from sandbox.commercetools.messages import fake_message, is_about_a_delete
from sandbox.commercetools.resources import RESOURCES
from sandbox.commercetools.routes import resolve
from sandbox.custom_fields import type_record
from sandbox.fake import Faker, fake_id, fake_time, load_schemas
from sandbox.fake_values import key_of
from sandbox.store import Collection, Row, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sandbox.commercetools.resources import Resource
    from sandbox.commercetools.routes import Target
    from sandbox.store import Record

CONTAINERS = ("settings", "loyalty-tiers", "wish_lists")
WITHOUT_SCHEMA = {"messages": fake_message, "change_history": fake_change}
KEYED = ("stores", "business_units", "custom_objects")


@dataclass(frozen=True)
class Plan:
    """What data to invent.

    Attributes:
        project: Key of the project.
        size: Factor on the number of rows of each collection.
        seed: Other seeds give other data.
        rows: Number of rows by stream name, instead of the usual one.
        rows_per_timestamp: So many records share each update time.
        small: Records have little more than id, version and times.
        messages: Whether the project has messages enabled.
        shared_in_store: Whether the lists of a store also show records that can be in several
            stores and are in none, which the API does not document.
    """

    project: str = "demo"
    size: float = 1
    seed: int = 7
    rows: dict[str, int] = field(default_factory=dict)
    rows_per_timestamp: int = 1
    small: bool = False
    messages: bool = True
    shared_in_store: bool = False

    def count(self, resource: Resource) -> int:
        """Give the number of rows a collection starts with."""
        usual = 1 if resource.name == "project" else round(resource.rows * self.size)
        return self.rows.get(resource.name, usual)


class Project:
    """The collections of a project, and what the schemas say about their members."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._schemas = load_schemas("tap_commercetools")
        self.collections = {
            resource.name: Collection(
                resource.name,
                self._loader(resource),
                identity=resource.identity,
                time_fields=resource.time_fields,
                versioned=resource.identity == ("id",) and resource.name != "api_clients",
                seed=plan.seed,
            )
            for resource in RESOURCES.values()
        }
        messages = self.collections["messages"]
        self.collections["deletions"] = View("deletions", messages, is_about_a_delete)

    def find(self, path: str) -> Target:
        """Find the target of a path below the project.

        Raises:
            ApiError: 404 when there is nothing like it.
        """
        return resolve(path, self.collections, shared=self._plan.shared_in_store)

    def known_fields(self, resource: Resource) -> frozenset[str]:
        """Name the top-level members of a collection's records; empty when they are open."""
        if resource.name == "messages":
            return frozenset()
        return frozenset(self._schemas[resource.name]["properties"]) - {*resource.not_sent}

    def _loader(self, resource: Resource) -> Callable[[], Iterable[Row]]:
        if self._plan.small and resource.identity == ("id",) and resource.time_fields:
            return lambda: _small_rows(resource, self._plan)
        return lambda: self._rows(resource)

    def _rows(self, resource: Resource) -> Iterator[Row]:
        collection = self.collections[resource.name]
        for record in self._records(resource):
            yield collection.render(record)

    def _records(self, resource: Resource) -> Iterator[Record]:
        plan, name = self._plan, resource.name
        faker = Faker(
            self._schemas[name],
            plan.seed,
            name,
            rows_per_timestamp=plan.rows_per_timestamp,
            skip=resource.not_sent,
            always=("version", "key") if name in KEYED else ("version",),
        )
        for number in range(plan.count(resource)):
            if name in WITHOUT_SCHEMA:
                yield WITHOUT_SCHEMA[name](number, plan.seed, plan.rows_per_timestamp)
            elif name in ADJUSTMENTS:
                yield {**faker.record(number), **ADJUSTMENTS[name](number, plan)}
            else:
                yield faker.record(number)


def _small_rows(resource: Resource, plan: Plan) -> Iterator[Row]:
    name, seed, ties = resource.name, plan.seed, plan.rows_per_timestamp
    ids = [(fake_id(name, number, seed), number) for number in range(plan.count(resource))]
    # Rendered in the order of the ids, neighbours lie next to each other in memory: pages of
    # millions of rows are put together several times faster.
    for row_id, number in sorted(ids):
        at = fake_time(name, number, seed, ties)
        record = {"id": row_id, "version": 1, "createdAt": at, "lastModifiedAt": at}
        yield Row(row_id, at, msgspec.json.encode(record))


def _api_client(number: int, plan: Plan) -> Record:
    # These ids are OAuth client ids: not UUIDs, upper and lower case, `-` and `_`.
    digest = blake2b(f"{plan.seed}/{number}".encode(), digest_size=18).digest()
    return {
        "id": base64.urlsafe_b64encode(digest).decode(),
        "scope": f"view_orders:{plan.project} view_products:{plan.project}",
    }


def _custom_object(number: int, _plan: Plan) -> Record:
    return {"container": CONTAINERS[number % len(CONTAINERS)]}


def _product_projection(number: int, plan: Plan) -> Record:
    return {"id": fake_id("products", number, plan.seed), "published": number % 8 != 7}


def _variant_projection(number: int, plan: Plan) -> Record:
    # The id is unique inside one product only: two products share each of them, and staged and
    # current data make a row each.
    pair, staged = divmod(number, 2)
    return {
        "id": fake_id("variant_projections", pair // 2, plan.seed),
        "product": _reference("product", "products", pair, plan),
        "staged": bool(staged),
    }


def _selected_product(number: int, plan: Plan) -> Record:
    return {
        "_parent": fake_id("product_selections", number % 3, plan.seed),
        "product": _reference("product", "products", number // 3, plan),
    }


def _selection_of_product(number: int, plan: Plan) -> Record:
    return {
        "_parent": fake_id("products", number // 3, plan.seed),
        "productSelection": _reference("product-selection", "product_selections", number, plan, 3),
    }


def _store_assignment(number: int, plan: Plan) -> Record:
    # A product repeats, once per selection that is active in the store.
    return {
        "_parent": key_of("stores", number // 10 % 3),
        "product": _reference("product", "products", number % 10 // 2, plan),
        "productSelection": _reference("product-selection", "product_selections", number, plan, 2),
    }


def _of_business_unit(number: int, _plan: Plan) -> Record:
    return {
        "businessUnit": {"typeId": "business-unit", "key": key_of("business_units", number % 3)}
    }


def _business_unit(number: int, plan: Plan) -> Record:
    # Some units have nobody.
    role = {"associateRole": {"typeId": "associate-role", "key": key_of("associate_roles", 0)}}
    associate = {
        "associateRoleAssignments": [{**role, "inheritance": "Enabled"}],
        "customer": _reference("customer", "customers", number, plan, 3),
    }
    return {"associates": [associate] if number % 5 != 4 else []}


def _project(_number: int, plan: Plan) -> Record:
    return {
        "key": plan.project,
        "name": "Demo shop",
        "version": 3,
        "countries": ["DE", "US"],
        "currencies": ["EUR", "USD"],
        "languages": ["en", "de-DE"],
        "messages": {"enabled": plan.messages, "deleteDaysAfterCreation": 15},
        "carts": {"deleteDaysAfterLastModification": 90, "countryTaxRateFallbackEnabled": False},
    }


def _type(number: int, _plan: Plan) -> Record:
    return type_record(number)


def _reference(
    type_id: str, stream: str, number: int, plan: Plan, modulo: int = 0
) -> dict[str, Any]:
    return {
        "typeId": type_id,
        "id": fake_id(stream, number % modulo if modulo else number, plan.seed),
    }


ADJUSTMENTS: dict[str, Callable[[int, Plan], Record]] = {
    "api_clients": _api_client,
    "custom_objects": _custom_object,
    "product_projections": _product_projection,
    "variant_projections": _variant_projection,
    "product_selection_products": _selected_product,
    "product_product_selections": _selection_of_product,
    "store_product_selection_assignments": _store_assignment,
    "business_units": _business_unit,
    "approval_flows": _of_business_unit,
    "approval_rules": _of_business_unit,
    "project": _project,
    "types": _type,
}
