"""Predicates and sorts of a walk: always from a key on, never by offset."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST_PAGE = 500

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
"""A string in a predicate, with what stands behind backslashes."""


def quote(value: str) -> str:
    """Render a string for a predicate."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def compare(path: str, operator: str, value: str) -> str:
    """Compare a member, nested ones in the API's way: `product(id > "x")`."""
    outer, _, inner = path.partition(".")
    if inner:
        return f"{outer}({compare(inner, operator, value)})"
    return f"{outer} {operator} {quote(value)}"


def one_of(path: str, values: Iterable[str]) -> str:
    """Compare a member with several values."""
    return f"{path} in ({', '.join(map(quote, values))})"


def after(paths: Sequence[str], position: Sequence[str]) -> str:
    """Ask for what comes behind a position in the order of `paths`.

    With two paths: `(a > x or (a = x and b > y))`, so that rows with equal `a` are neither lost
    nor read twice at the edge of a page.
    """
    path, value = paths[0], position[0]
    if len(paths) == 1:
        return compare(path, ">", value)
    rest = after(paths[1:], position[1:])
    return f"({compare(path, '>', value)} or ({compare(path, '=', value)} and {rest}))"


def unbalanced(predicate: str) -> str:
    """Say which quote or parenthesis of a predicate has no counterpart; empty if all have one.

    Such a predicate would change the meaning of what it is joined with.
    """
    without_texts = _TEXT.sub("", predicate)
    if '"' in without_texts:
        return "a quote is not closed"
    depth = 0
    for sign in without_texts:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth < 0:
            return "a parenthesis is closed that was not opened"
    return "a parenthesis is not closed" if depth else ""


def conjunction(parts: Sequence[str]) -> list[tuple[str, str]]:
    """Join predicates to one `where` parameter, none when there are none."""
    return [("where", " and ".join(parts))] if parts else []


def sort(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Sort ascending by several members; the parameter is repeated."""
    return [("sort", f"{path} asc") for path in paths]
