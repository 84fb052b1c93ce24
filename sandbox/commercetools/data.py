"""The collections of a project and the records they start with."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sandbox.commercetools.messages import is_about_a_delete
from sandbox.commercetools.resources import PROJECT, RESOURCES
from sandbox.fake import Faker, load_schemas, small_rows
from sandbox.store import Collection, View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.commercetools.records import ProjectPlan
    from sandbox.commercetools.resource import Resource
    from sandbox.fake import Schema
    from sandbox.store import Record, Row

TIMES = ("createdAt", "lastModifiedAt")


class Project:
    """The data of a project.

    Attributes:
        collections: By stream name. Each is filled when it is first read.
        known: Top-level members that records of a stream can have; empty if there is no telling.
    """

    def __init__(self, plan: ProjectPlan) -> None:
        schemas = load_schemas("tap_commercetools")
        self.collections = {
            name: _collection(each, schemas[name], plan) for name, each in RESOURCES.items()
        }
        messages = self.collections["messages"]
        self.collections["deletions"] = View("deletions", messages, is_about_a_delete)
        self.known = {
            name: frozenset(() if each.complete else schemas[name]["properties"]) - {*each.not_sent}
            for name, each in RESOURCES.items()
        }


def _collection(resource: Resource, schema: Schema, plan: ProjectPlan) -> Collection:
    usual = resource.rows if resource is PROJECT else round(resource.rows * plan.size)
    count = plan.rows.get(resource.name, usual)
    versioned = resource.identity == ("id",) and bool(resource.time_fields)
    load = (
        partial(small_rows, resource.name, count, plan, TIMES, version=1)
        if plan.small and versioned
        else partial(_records, resource, schema, count, plan)
    )
    return Collection(
        resource.name,
        load,
        identity=resource.identity,
        time_fields=resource.time_fields,
        versioned=versioned,
        seed=plan.seed,
    )


def _records(
    resource: Resource, schema: Schema, count: int, plan: ProjectPlan
) -> Iterator[Record | Row]:
    faker = Faker(
        schema,
        plan.seed,
        resource.name,
        rows_per_timestamp=plan.rows_per_timestamp,
        skip=resource.not_sent,
        always=("version", "key") if resource.keyed else ("version",),
        streams=RESOURCES,
    )
    for number in range(count):
        record = {} if resource.complete else faker.record(number)
        yield record | resource.members(number, plan) if resource.members else record
