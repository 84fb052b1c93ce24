"""The collections of the Commerce7 stand-in and the records they start with."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sandbox.commerce7.records import Linker, references
from sandbox.commerce7.resources import COLLECTIONS, OBJECT_TYPES
from sandbox.fake import Faker, load_schemas, small_rows
from sandbox.fake_values import singular
from sandbox.store import Collection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.commerce7.resource import Resource
    from sandbox.fake import Plan, Schema
    from sandbox.store import Record, Row

# For lists whose fields have not been published.
BARE_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "giftCardId": {"type": "string"},
        "amount": {"type": "integer"},
        "createdAt": {"type": "string", "format": "date-time"},
        "updatedAt": {"type": "string", "format": "date-time"},
    },
    "required": ["id"],
}
TIMES = ("createdAt", "updatedAt")


def make_tables(plan: Plan) -> dict[str, Collection]:
    """Return all collections by name. Each is filled when it is first read.

    Reference lists have the same number of rows at every size.

    Raises:
        ValueError: If the plan has rows for an unknown collection.
    """
    unknown = plan.rows.keys() - COLLECTIONS.keys()
    if unknown:
        msg = f"no such collection: {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    counts = {
        part: plan.rows.get(
            name, max(1, round(each.rows * plan.size)) if each.scales else each.rows
        )
        for name, each in COLLECTIONS.items()
        for part in each.parts
    }
    linker = Linker(counts, plan.seed)
    schemas = load_schemas("tap_commerce7")
    return {
        name: _table(resource, schemas.get(name, BARE_SCHEMA), linker, plan)
        for name, resource in COLLECTIONS.items()
    }


def _table(resource: Resource, schema: Schema, linker: Linker, plan: Plan) -> Collection:
    name = resource.name
    small = plan.small and resource.dated and not resource.partitions
    return Collection(
        name,
        partial(small_rows, name, linker.rows[name], plan, TIMES)
        if small
        else partial(_records, resource, schema, linker, plan),
        identity=("objectType", "id") if resource.partitions else ("id",),
        time_fields=("updatedAt",) if resource.dated else (),
        versioned=False,
        seed=plan.seed,
    )


def _records(
    resource: Resource, schema: Schema, linker: Linker, plan: Plan
) -> Iterator[Row | Record]:
    """Yield whole records; in every other one, members without a value are null, not missing."""
    links = references(schema, singular(resource.name))
    for part in resource.parts:
        fakers = [
            Faker(
                schema,
                plan.seed,
                part,
                rows_per_timestamp=plan.rows_per_timestamp,
                nulls=nulls,
                streams=COLLECTIONS,
            )
            for nulls in (False, True)
        ]
        for number in range(linker.rows[part]):
            record = fakers[number % 2].record(number)
            for member, values in resource.values.items():
                record[member] = values[number % len(values)]
            for path, target in links.items():
                linker.link(record, path, target, number)
            if resource.finish:
                resource.finish(linker, number, record)
            if resource.partitions:
                record["id"] = linker.id_of(part, number)
                record["objectType"] = OBJECT_TYPES[part.partition(".")[2]]
            yield record
