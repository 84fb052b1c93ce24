"""The collections of the Commerce7 stand-in and the records they begin with."""

from __future__ import annotations

import zlib
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from sortedcontainers import SortedList

from sandbox.commerce7.links import Linker
from sandbox.commerce7.resources import RESOURCES, Resource
from sandbox.commerce7.values import FIXED_ROWS, SCALED_ROWS
from sandbox.fake import Faker, fake_id, fake_time, load_schemas
from sandbox.store import Collection, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.store import Record

# For lists whose fields nobody has published.
BARE_SCHEMA = {
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
SMALL_MEMBERS = 8


class Table(Collection):
    """A collection that also has the order of page mode: undefined, but the same while one reads.

    A row keeps its place relative to the others, so rows that come or go shift those behind them.
    """

    _by_chance: SortedList | None = None

    @property
    def by_chance(self) -> SortedList:
        """Pairs `(number, id)` of all rows in the order of page mode; built on first use."""
        with self.lock:
            if self._by_chance is None:
                self._by_chance = SortedList(_place(row_id) for row_id in self.by_id)
            return self._by_chance

    def upsert(self, record: Record) -> Row:
        """Store a record as it is, replacing the one with the same identity."""
        with self.lock:
            new = self.identify(record) not in self.by_id
            row = super().upsert(record)
            if new and self._by_chance is not None:
                self._by_chance.add(_place(row.id))
            return row

    def delete(self, row_id: str) -> Row | None:
        """Remove a row; None when there was none."""
        with self.lock:
            row = super().delete(row_id)
            if row is not None and self._by_chance is not None:
                self._by_chance.remove(_place(row_id))
            return row


def make_tables(
    size: float,
    seed: int,
    rows: Mapping[str, int],
    *,
    rows_per_timestamp: int = 1,
    small: bool = False,
) -> dict[str, Table]:
    """Declare all collections; each is filled when it is first read.

    Args:
        size: Factor for the collections that grow; reference lists keep their size.
        seed: Of the data set.
        rows: Row counts that replace the usual ones, for partitioned lists per object type.
        rows_per_timestamp: So many records share each millisecond of `updatedAt`.
        small: Give dated records a few plain members only and no relations, for very large data.

    Raises:
        ValueError: When `rows` names an unknown collection.
    """
    counts = _counts(size, rows)
    linker = Linker(counts, seed)
    schemas = load_schemas("tap_commerce7")
    tables: dict[str, Table] = {}
    for resource in RESOURCES:
        if resource.collection:
            continue
        loader = _Loader(resource, schemas.get(resource.name, BARE_SCHEMA), seed, linker, counts)
        plain = small and resource.dated and not resource.partitions
        tables[resource.name] = Table(
            resource.name,
            partial(loader.small_rows if plain else loader.rows, rows_per_timestamp),
            identity=("objectType", "id") if resource.partitions else ("id",),
            time_fields=("updatedAt",) if resource.dated else (),
            versioned=False,
            seed=seed,
        )
    return tables


class _Loader:
    """Makes the first rows of one collection."""

    def __init__(
        self,
        resource: Resource,
        schema: dict[str, object],
        seed: int,
        linker: Linker,
        counts: Mapping[str, int],
    ) -> None:
        self._resource = resource
        self._schema = schema
        self._seed = seed
        self._linker = linker
        self._counts = counts

    def rows(self, rows_per_timestamp: int) -> Iterator[Row]:
        """Make whole records; in every other one members without a value are null, not absent."""
        for name in _names(self._resource):
            makers = [
                Faker(
                    self._schema,
                    self._seed,
                    name,
                    rows_per_timestamp=rows_per_timestamp,
                    missing=missing,
                )
                for missing in ("omit", "null")
            ]
            for number in range(self._counts[name]):
                record = makers[number % 2].record(number)
                yield self._row(self._linker.finish(name, number, record))

    def small_rows(self, rows_per_timestamp: int) -> Iterator[Row]:
        """Make records of a few plain members without decoding or encoding any but the first."""
        name = self._resource.name
        first = Faker(self._schema, self._seed, name).record(0)
        plain = [pair for pair in first.items() if isinstance(pair[1], (str, int))]
        constant = dict(plain[:SMALL_MEMBERS])
        for member in ("id", "createdAt", "updatedAt"):
            constant.pop(member, None)
        tail = msgspec.json.encode(constant)[1:]
        tail = b"," + tail if constant else tail
        for number in range(self._counts[name]):
            row_id = fake_id(name, number, self._seed)
            at = fake_time(name, number, self._seed, rows_per_timestamp)
            head = f'{{"id":"{row_id}","createdAt":"{at}","updatedAt":"{at}"'
            yield Row(row_id, at, head.encode() + tail)

    def _row(self, record: Record) -> Row:
        row_id = record["id"]
        if self._resource.partitions:
            row_id = f"{record['objectType']}/{row_id}"
        at = record["updatedAt"] if self._resource.dated else ""
        return Row(row_id, at, msgspec.json.encode(record))


def _counts(size: float, rows: Mapping[str, int]) -> dict[str, int]:
    usual = {resource.name: 6 for resource in RESOURCES if not resource.collection}
    usual |= {name: max(1, round(count * size)) for name, count in SCALED_ROWS.items()}
    usual |= FIXED_ROWS
    unknown = rows.keys() - usual.keys()
    if unknown:
        msg = f"no such collection: {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    usual.update(rows)
    for resource in RESOURCES:
        for name in _names(resource):
            usual.setdefault(name, usual[resource.collection or resource.name])
    return usual


def _names(resource: Resource) -> list[str]:
    if resource.partitions:
        return [f"{resource.name}.{partition}" for partition in resource.partitions]
    return [resource.name]


def _place(row_id: str) -> tuple[int, str]:
    return zlib.crc32(row_id.encode()), row_id
