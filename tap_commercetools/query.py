"""Predicates and sorts of a walk: always from a key on, never by offset."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST_PAGE = 500


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


def conjunction(parts: Sequence[str]) -> list[tuple[str, str]]:
    """Join predicates to one `where` parameter, none when there are none."""
    return [("where", " and ".join(parts))] if parts else []


def sort(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Sort ascending by several members; the parameter is repeated."""
    return [("sort", f"{path} asc") for path in paths]
