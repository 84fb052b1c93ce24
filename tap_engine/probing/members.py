"""Compares what records hold with what the schema declares: paths and JSON types, never values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from tap_engine.records.drift import Drift

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,60}(\[\])?")


@dataclass(frozen=True, slots=True)
class Members:
    """What differs between records and their schema.

    Attributes:
        undeclared: JSON types by path, of members that the schema does not declare.
        contradicting: The same of members that it declares with other types.
        unseen: Paths that it declares and no record had.
    """

    undeclared: dict[str, list[str]]
    contradicting: dict[str, list[str]]
    unseen: list[str]


def compare(rows: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> Members:
    """Compare records with their schema."""
    drift = Drift(schema)
    for row in rows:
        drift.look([msgspec.json.encode(row)])
    declared = dict.fromkeys(_declared(schema, ""))
    seen = {path for row in rows for path in _seen(row, schema, "")}
    # What is inside of a member that no record had need not be named as well.
    unseen = [
        path for path in declared if path not in seen and (_outer(path) in seen or not _outer(path))
    ]
    return Members(_named(drift.undeclared), _named(drift.contradicting), unseen if rows else [])


def _named(found: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Sort what drift found; of names that could be values only the length is told."""
    return {
        ".".join(map(_shown, path.split("."))): sorted(types)
        for path, types in sorted(found.items())
    }


def _shown(name: str) -> str:
    return name if _NAME.fullmatch(name) else f"(a name of {len(name)} characters)"


def _outer(path: str) -> str:
    """Return the path of the member around one."""
    return path.rpartition(".")[0]


def _declared(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        inside = f"{path}.{name}" if path else name
        yield inside
        yield from _declared(inner, inside)
    if items := schema.get("items"):
        yield from _declared(items, f"{path}[]")


def _seen(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if path:
        yield path
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for name, inner in value.items():
            if name in properties:
                yield from _seen(inner, properties[name], f"{path}.{name}" if path else name)
    elif isinstance(value, list) and schema.get("items"):
        for inner in value:
            yield from _seen(inner, schema["items"], f"{path}[]")
