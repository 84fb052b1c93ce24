"""Query predicates and sorts, for paging by key instead of offset."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST_PAGE = 500

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
"""A string literal in a predicate, including escape sequences."""


def quote(value: str) -> str:
    """Quote a string for a predicate."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def compare(path: str, operator: str, value: str) -> str:
    """Return a comparison of a member; a nested one is written `product(id > "x")`."""
    outer, _, inner = path.partition(".")
    if inner:
        return f"{outer}({compare(inner, operator, value)})"
    return f"{outer} {operator} {quote(value)}"


def one_of(path: str, values: Iterable[str]) -> str:
    """Return a comparison of a member, which may be a nested one, with several values."""
    outer, _, inner = path.partition(".")
    if inner:
        return f"{outer}({one_of(inner, values)})"
    return f"{path} in ({', '.join(map(quote, values))})"


def after(paths: Sequence[str], position: Sequence[str]) -> str:
    """Return the predicate for rows after a position, sorted by `paths`.

    With two paths: `(a > x or (a = x and b > y))`, so that rows with equal `a` are neither lost
    nor read twice at a page boundary.
    """
    path, value = paths[0], position[0]
    if len(paths) == 1:
        return compare(path, ">", value)
    rest = after(paths[1:], position[1:])
    return f"({compare(path, '>', value)} or ({compare(path, '=', value)} and {rest}))"


def unbalanced(predicate: str) -> str:
    """Return which quote or parenthesis of a predicate is unbalanced; empty if none is.

    Such a predicate would change the meaning of those it is combined with.
    """
    without_texts = _TEXT.sub("", predicate)
    if '"' in without_texts:
        return "a quote is not closed"
    depth = 0
    for sign in without_texts:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth < 0:
            return "a closing parenthesis has no opening one"
    return "a parenthesis is not closed" if depth else ""


def conjunction(parts: Sequence[str]) -> list[tuple[str, str]]:
    """Combine predicates into a `where` parameter, or none if there are no predicates."""
    return [("where", " and ".join(parts))] if parts else []


def sort(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Return parameters that sort by several members, ascending; `sort` may be repeated."""
    return [("sort", f"{path} asc") for path in paths]
