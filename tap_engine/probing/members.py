"""Compares what records hold with what the schema declares: paths and JSON types, never values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from tap_engine.records.drift import Drift
from tap_engine.records.user_defined import OF_USERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,60}")


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
    odd = sorted({name for name in _odd_names(rows) if name}, key=len, reverse=True)
    return Members(
        _named(drift.undeclared, odd),
        _named(drift.contradicting, odd),
        unseen if rows else [],
    )


def _named(found: Mapping[str, Iterable[str]], odd: Sequence[str]) -> dict[str, list[str]]:
    """Sort what drift found; of names that could be values only the length is told."""
    named = {}
    for path, types in sorted(found.items()):
        for name in odd:
            whole = rf"(?<![^.]){re.escape(name)}(?=[.\[]|$)"
            path = re.sub(whole, _length(name), path)  # noqa: PLW2901
        parts = path.split(".")
        outer = next(
            (n for n, part in enumerate(parts) if part.strip("[]") in OF_USERS), len(parts)
        )
        shown = [*parts[: outer + 1], *map(_hidden, parts[outer + 1 :])]
        named[".".join(shown)] = sorted(types)
    return named


def _hidden(name: str) -> str:
    # With a parenthesis it is hidden already: a name that begins so is an odd one.
    return name if name.startswith("(") else _length(name)


def _length(name: str) -> str:
    return f"(a name of {len(name)} characters)"


def _odd_names(value: Any) -> Iterator[str]:
    """Yield the names of members that do not look like names."""
    if isinstance(value, dict):
        yield from (name for name in value if not _NAME.fullmatch(name))
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from _odd_names(inner)


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
