"""Invented records: deterministic, and in the shape a JSON schema declares.

A record is made from one of `VARIANTS` patterns of its stream plus members that are unique to it
(id, key, times, ...). Pattern 0 has every declared member; the others leave optional ones out.
"""

from __future__ import annotations

import json
import random
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.fake_values import key_of, number_value, object_value, open_value, string_value
from sandbox.store import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, Any]

VARIANTS = 16
FIRST_SECOND = 1_546_300_800  # 2019-01-01
SPAN_MS = 200_000_000_000  # a good six years
SCATTER = 0x9E37_79B9_7F4A_7C15  # multiplying by it spreads neighbours over the whole span
UPDATE_MEMBERS = ("lastModifiedAt", "updatedAt")


def fake_id(stream: str, number: int, seed: int) -> str:
    """Give the UUID of the n-th record of a stream; ids are in no relation to dates."""
    digest = blake2b(f"{seed}/{stream}/{number}".encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


def fake_time(
    stream: str, number: int, seed: int, rows_per_timestamp: int = 1, *, days_before: int = 0
) -> str:
    """Give the update time of the n-th record, somewhere in the past.

    Args:
        stream: Name of the stream.
        number: Number of the record.
        seed: Of the data set.
        rows_per_timestamp: So many records share each millisecond.
        days_before: Give an earlier time instead, for the creation of the record.
    """
    slot = number // rows_per_timestamp + seed + sum(stream.encode())
    moment = FIRST_SECOND + (slot * SCATTER % SPAN_MS) / 1000
    return timestamp(moment - days_before * 86_400)


def load_schemas(package: str) -> dict[str, Schema]:
    """Read the schemas a tap is packaged with.

    Args:
        package: Directory name of the tap, next to `sandbox`.

    Returns:
        Schemas by stream name.
    """
    directory = Path(__file__).parent.parent / package / "schemas"
    return {path.stem: json.loads(path.read_text("utf-8")) for path in directory.glob("*.json")}


def fake_record(  # noqa: PLR0913 - all but the first three are rare options, given by keyword
    schema: Schema,
    number: int,
    seed: int,
    *,
    stream: str = "",
    rows_per_timestamp: int = 1,
    missing: str = "omit",
) -> dict[str, Any]:
    """Make one record; use a `Faker` for many."""
    faker = Faker(schema, seed, stream, rows_per_timestamp=rows_per_timestamp, missing=missing)
    return faker.record(number)


class Faker:
    """Makes the records of one stream.

    Args:
        schema: JSON schema of a record. Members whose name starts with `_` are not filled.
        seed: Of the data set.
        stream: Name of the stream; ids and keys depend on it.
        rows_per_timestamp: So many records share each update time.
        missing: What optional members without a value do: `omit` leaves them out, `null` sends
            null.
        skip: Top-level members that are not part of what the API sends.
        always: Top-level members that no record lacks, besides those the schema requires.
    """

    def __init__(  # noqa: PLR0913 - all but the first three are rare options, given by keyword
        self,
        schema: Schema,
        seed: int,
        stream: str,
        *,
        rows_per_timestamp: int = 1,
        missing: str = "omit",
        skip: tuple[str, ...] = (),
        always: tuple[str, ...] = ("version",),
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
        self._missing = missing
        self._patterns: dict[int, bytes] = {}

    def record(self, number: int) -> dict[str, Any]:
        """Give the n-th record of the stream, a fresh copy each time."""
        variant = number % VARIANTS
        if variant not in self._patterns:
            self._patterns[variant] = msgspec.json.encode(self._pattern(variant))
        record: dict[str, Any] = msgspec.json.decode(self._patterns[variant])
        self._make_unique(record, number)
        return record

    def _pattern(self, variant: int) -> dict[str, Any]:
        rng = random.Random(f"{self._seed}/{self._stream}/{variant}")
        maker = _Maker(rng, self._seed, complete=variant == 0, missing=self._missing)
        return maker.members(self._schema, 0)

    def _make_unique(self, record: dict[str, Any], number: int) -> None:
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
        ties = self._rows_per_timestamp
        updated = [member for member in UPDATE_MEMBERS if member in members]
        for member in updated:
            record[member] = fake_time(self._stream, number, self._seed, ties)
        if "createdAt" in members:
            days = number % 30 if updated else 0
            record["createdAt"] = fake_time(
                self._stream, number, self._seed, ties, days_before=days
            )


class _Maker:
    """Fills schemas with values, driven by one random generator."""

    def __init__(self, rng: random.Random, seed: int, *, complete: bool, missing: str) -> None:
        self._rng = rng
        self._seed = seed
        self._complete = complete
        self._missing = missing

    def members(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """Fill an object."""
        required = set(schema.get("required", ()))
        filled: dict[str, Any] = {}
        for name, member in schema["properties"].items():
            if self._complete or name in required or self._rng.random() < 0.75:
                filled[name] = self._value(name, member, depth)
            elif self._missing == "null":
                filled[name] = None
        return filled

    def _value(self, name: str, schema: Mapping[str, Any], depth: int) -> Any:
        kinds = _kinds(schema)
        if not kinds or ("object" in kinds and len(kinds) > 1):
            return open_value(self._rng)
        kind = kinds[0]
        if kind == "object":
            return self._object(name, schema, depth)
        if kind == "array":
            items = schema.get("items", {})
            return [self._value(name, items, depth + 1) for _ in range(self._length(depth))]
        if kind == "string":
            return string_value(name, schema.get("format"), self._rng, self._reference_id)
        return (
            self._rng.random() < 0.5 if kind == "boolean" else number_value(name, kind, self._rng)
        )

    def _object(self, name: str, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        special = object_value(name, schema, self._rng, self._reference_id)
        return self.members(schema, depth + 1) if special is None else special

    def _length(self, depth: int) -> int:
        if self._complete:
            return 2 if depth < 2 else 1
        return self._rng.choice((0, 1, 2, 3) if depth < 2 else (0, 1, 1))

    def _reference_id(self, stream: str) -> str:
        # Small collections have three rows or more: references lead somewhere.
        return fake_id(stream, self._rng.randrange(3), self._seed)


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]
