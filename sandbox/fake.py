"""Made-up records: deterministic, and valid for a JSON schema.

A record consists of one of `VARIANTS` patterns of its stream and of members that are unique to it
(id, key, times and so on). Pattern 0 has every declared member; the others lack optional ones.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.fake_values import key_of, number_value, object_value, open_value, string_value
from sandbox.store import Row, timestamp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sandbox.store import Record

Schema = dict[str, Any]

VARIANTS = 16
FIRST_SECOND = 1_546_300_800  # 2019-01-01
SPAN_MS = 200_000_000_000  # a good six years
SCATTER = 0x9E37_79B9_7F4A_7C15  # multiplying by it spreads neighbours over the whole span
UPDATE_MEMBERS = ("lastModifiedAt", "updatedAt")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What data to make up.

    Attributes:
        size: Factor on the number of rows; 1 makes a few hundred in each large collection.
        seed: Of the data set; the same seed makes the same records.
        rows: Number of rows by stream name, instead of the usual one.
        rows_per_timestamp: How many records share each update time.
        small: Records have little more than an id and times, so that millions of them fit.
    """

    size: float = 1
    seed: int = 7
    rows: Mapping[str, int] = field(default_factory=dict)
    rows_per_timestamp: int = 1
    small: bool = False


def fake_id(stream: str, number: int, seed: int) -> str:
    """Return the UUID of the n-th record of a stream. Ids say nothing about times."""
    digest = blake2b(f"{seed}/{stream}/{number}".encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


def fake_time(
    stream: str, number: int, seed: int, rows_per_timestamp: int = 1, *, days_before: int = 0
) -> str:
    """Return the update time of the n-th record, somewhere in the past.

    Args:
        stream: Name of the stream.
        number: Number of the record.
        seed: Of the data set.
        rows_per_timestamp: How many records share each millisecond.
        days_before: Return an earlier time, for the creation of the record.
    """
    slot = number // rows_per_timestamp + seed + sum(stream.encode())
    moment = FIRST_SECOND + (slot * SCATTER % SPAN_MS) / 1000
    return timestamp(moment - days_before * 86_400)


def small_rows(
    stream: str, count: int, plan: Plan, times: tuple[str, ...], **more: Any
) -> Iterator[Row]:
    """Yield rows with an id, times and constant members, cheap enough for millions of them.

    They come in the order of their ids: neighbours in memory are put on pages several times faster.
    """
    for row_id, number in sorted((fake_id(stream, n, plan.seed), n) for n in range(count)):
        at = fake_time(stream, number, plan.seed, plan.rows_per_timestamp)
        record = {"id": row_id, **dict.fromkeys(times, at), **more}
        yield Row(row_id, at, msgspec.json.encode(record))


def load_schemas(package: str) -> dict[str, Schema]:
    """Return the schemas that a tap is packaged with, by stream name.

    Args:
        package: Directory name of the tap, next to `sandbox`.
    """
    directory = Path(__file__).parent.parent / package / "schemas"
    return {path.stem: json.loads(path.read_text("utf-8")) for path in directory.glob("*.json")}


class Faker:
    """Makes the records of one stream.

    Args:
        schema: JSON schema of a record. Members whose name starts with `_` are left out.
        seed: Of the data set.
        stream: Name of the stream; ids and keys depend on it.
        rows_per_timestamp: How many records share each update time.
        nulls: Whether optional members without a value are null instead of missing.
        skip: Top-level members that the API does not send.
        always: Top-level members that every record has, besides those the schema requires.
        streams: Names of the streams that references can lead to.
    """

    def __init__(  # noqa: PLR0913 - all but the first three are rare and given by keyword
        self,
        schema: Schema,
        seed: int,
        stream: str,
        *,
        rows_per_timestamp: int = 1,
        nulls: bool = False,
        skip: tuple[str, ...] = (),
        always: tuple[str, ...] = ("version",),
        streams: Collection[str] = (),
    ) -> None:
        members = {
            name: member
            for name, member in schema.get("properties", {}).items()
            if not name.startswith("_") and name not in skip
        }
        required = [*schema.get("required", ()), *always]
        self._schema = {**schema, "properties": members, "required": required}
        self._seed = seed
        self._stream = stream
        self._rows_per_timestamp = rows_per_timestamp
        self._nulls = nulls
        self._streams = streams
        self._patterns: dict[int, bytes] = {}

    def record(self, number: int) -> Record:
        """Return the n-th record of the stream, a new copy each time."""
        variant = number % VARIANTS
        if variant not in self._patterns:
            rng = random.Random(f"{self._seed}/{self._stream}/{variant}")
            maker = _Maker(rng, self._seed, self._streams, complete=variant == 0, nulls=self._nulls)
            self._patterns[variant] = msgspec.json.encode(maker.members(self._schema, 0))
        record: Record = msgspec.json.decode(self._patterns[variant])
        self._make_unique(record, number)
        return record

    def _make_unique(self, record: Record, number: int) -> None:
        members = self._schema["properties"]
        if isinstance(record.get("id"), str):
            record["id"] = fake_id(self._stream, number, self._seed)
        if isinstance(record.get("key"), str):
            record["key"] = key_of(self._stream, number)
        if isinstance(record.get("email"), str):
            record["email"] = record["email"].replace("@", f".{number}@")
        for member, value in record.items():
            if member.endswith(("Number", "sku", "slug")) and isinstance(value, str):
                record[member] = f"{value}-{number}"
        time = partial(fake_time, self._stream, number, self._seed, self._rows_per_timestamp)
        updated = [member for member in UPDATE_MEMBERS if member in members]
        for member in updated:
            record[member] = time()
        if "createdAt" in members:
            record["createdAt"] = time(days_before=number % 30 if updated else 0)


class _Maker:
    """Fills schemas with values, driven by one random generator."""

    def __init__(
        self,
        rng: random.Random,
        seed: int,
        streams: Collection[str],
        *,
        complete: bool,
        nulls: bool,
    ) -> None:
        self._rng = rng
        self._seed = seed
        self._streams = streams
        self._elements = 0
        self._complete = complete
        self._nulls = nulls

    def members(self, schema: Mapping[str, Any], depth: int) -> Record:
        """Return an object that a schema describes."""
        required = set(schema.get("required", ()))
        filled: Record = {}
        for name, member in schema["properties"].items():
            if self._complete or name in required or self._rng.random() < 0.75:
                filled[name] = self._value(name, member, depth)
            elif self._nulls:
                filled[name] = None
        return filled

    def _value(self, name: str, schema: Mapping[str, Any], depth: int) -> Any:
        kinds = _kinds(schema)
        if not kinds or ("object" in kinds and len(kinds) > 1):
            return open_value(self._rng)
        reference_id = partial(self._reference_id, schema.get("x-relation"))
        match kinds[0]:
            case "object":
                special = object_value(name, schema, self._rng, reference_id)
                return self.members(schema, depth + 1) if special is None else special
            case "array":
                items = schema.get("items", {})
                if "x-relation" in schema:
                    items = {**items, "x-relation": schema["x-relation"]}
                return [self._element(name, items, depth + 1) for _ in range(self._length(depth))]
            case "string":
                return string_value(name, schema.get("format"), self._rng, reference_id)
            case "boolean":
                return self._rng.random() < 0.5
            case kind:
                return number_value(name, kind, self._rng)

    def _element(self, name: str, schema: Schema, depth: int) -> Any:
        """Return an element of an array, with an id of its own if it is no reference."""
        value = self._value(name, schema, depth)
        members = schema.get("properties", {})
        if "string" in _kinds(members.get("id", {})) and "typeId" not in members:
            self._elements += 1
            value["id"] = fake_id(f"element of {name}", self._elements, self._seed)
        return value

    def _length(self, depth: int) -> int:
        if self._complete:
            return 2 if depth < 2 else 1
        return self._rng.choice((0, 1, 2, 3) if depth < 2 else (0, 1, 1))

    def _reference_id(self, relation: str | list[str] | None, named: str) -> str:
        """Return the id of a record of the stream that a reference leads to.

        Args:
            relation: The `x-relation` of its schema.
            named: The stream that its name seems to mean, as `refund_orders` for `refundOrderId`.
        """
        stream = named if relation is None or relation == "none" else relation
        if isinstance(stream, list):
            stream = stream[0]
        if stream not in self._streams:
            parts = stream.split("_")
            ends = ("_".join(parts[start:]) for start in range(len(parts)))
            stream = next((end for end in ends if end in self._streams), stream)
        # Small collections have at least three rows, so that references lead somewhere.
        return fake_id(stream, self._rng.randrange(3), self._seed)


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]
