"""Exchanges as they were, and what of them decides how values are replaced."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from tap_engine.ids import UUID
from tap_engine.recording import kept
from tap_engine.recording.replacing import TIME
from tap_engine.recording.rewriting import read, write


@dataclass
class Exchange:
    """One request and what came of it; as it was, so it never leaves the memory."""

    role: str
    method: str
    path: str
    params: list[tuple[str, str]]
    query: Any
    at: float
    took: float
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


def without_tokens(body: str) -> str:
    """Drop tokens from an answer that holds one."""
    if not any(f'"{name}"' in body for name in kept.TOKENS):
        return body
    try:
        members = read(body)
    except (ValueError, RecursionError):
        return ""
    if isinstance(members, dict):
        members = {name: "token" if name in kept.TOKENS else v for name, v in members.items()}
    return write(members)


def text_of(body: str | bytes | None) -> str:
    """Return the body of a request as text."""
    return body.decode() if isinstance(body, bytes) else str(body or "")


def in_order(sequences: list[list[str]]) -> list[str]:
    """Return the texts of sorted sequences in an order that fits all of them."""
    found = dict.fromkeys(itertools.chain.from_iterable(sequences))
    for order in (str, str.casefold):
        keys = ([order(text) for text in texts] for texts in sequences)
        if all(a <= b for each in keys for a, b in itertools.pairwise(each)):
            return sorted(found, key=order)
    return list(found)


def sorted_by(exchange: Exchange) -> list[str]:
    """Return the values of the first member that a list was sorted by, unless they are UUIDs."""
    path = dict(reversed(exchange.params)).get("sort", "").removesuffix(" asc")
    if not path or exchange.status != 200:  # noqa: PLR2004 (OK)
        return []
    values = []
    try:
        for row in read(exchange.body)["results"]:
            value = row
            for member in path.split("."):
                value = value[member]
            values.append(value)
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    plain = (value for value in values if type(value) is str)
    return [value for value in plain if not UUID.fullmatch(value) and not TIME.fullmatch(value)]
