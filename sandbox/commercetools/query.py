"""The query parameters of a collection, checked as the API does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from sandbox.commercetools.conditions import All
from sandbox.commercetools.errors import ApiError, invalid_input
from sandbox.commercetools.predicate import parse_predicate

if TYPE_CHECKING:
    from sandbox.commercetools.conditions import Condition
    from sandbox.commercetools.resource import Resource

DEFAULT_LIMIT = 20
MAX_LIMIT = 500
MAX_OFFSET = 10_000
SORT = re.compile(r"([A-Za-z_][\w.-]*)(?: (asc|desc))?")


@dataclass(frozen=True)
class Query:
    """One read of a collection.

    Attributes:
        where: Predicate; several `where` parameters are joined with `and`.
        sort: Dotted paths, each with whether it is descending.
        limit: Maximum number of rows.
        offset: Number of rows to skip.
        total: Whether to count all rows.
        staged: Whether projections show the staged instead of the current data.
    """

    where: Condition | None = None
    sort: tuple[tuple[str, bool], ...] = ()
    limit: int = DEFAULT_LIMIT
    offset: int = 0
    total: bool = True
    staged: bool = False


def parse_query(query_string: str, resource: Resource, known: frozenset[str]) -> Query:
    """Parse the parameters of a request. Unknown ones are ignored, as by the API.

    Args:
        query_string: As sent.
        resource: The collection.
        known: Top-level members that its records can have; empty if there is no telling.

    Raises:
        ApiError: 400 for an invalid parameter.
    """
    values = parse_qs(query_string, keep_blank_values=True)
    for name, accepted in (("where", resource.where), ("sort", resource.sort)):
        if name in values and not accepted:
            raise invalid_input(name, "the parameter is not supported by this endpoint.")
    return Query(
        where=_where(values, known),
        sort=tuple(_sort(text, known) for text in values.get("sort", ())),
        limit=number(values, "limit", DEFAULT_LIMIT, MAX_LIMIT),
        offset=number(values, "offset", 0, MAX_OFFSET),
        total=_flag(values, "withTotal", default=resource.total),
        staged=_flag(values, "staged", default=False),
    )


def number(values: dict[str, list[str]], name: str, default: int, most: int) -> int:
    """Return a number among the parameters, or refuse it if it is not between 0 and `most`."""
    text = values.get(name, [str(default)])[-1]
    if not re.fullmatch(r"-?\d{1,9}", text) or not 0 <= int(text) <= most:
        raise invalid_input(name, f"'{text}' is not a number between 0 and {most}.")
    return int(text)


def _where(values: dict[str, list[str]], known: frozenset[str]) -> Condition | None:
    variables = {
        name.removeprefix("var."): given
        for name, given in values.items()
        if name.startswith("var.")
    }
    parts = tuple(parse_predicate(text, variables) for text in values.get("where", ()))
    for part in parts:
        for field in part.fields():
            _check_field("where", field, known)
    return All(*parts) if parts else None


def _sort(text: str, known: frozenset[str]) -> tuple[str, bool]:
    match = SORT.fullmatch(text.strip())
    if not match:
        raise invalid_input(parameter="sort", why=f"'{text}' is not 'field [asc|desc]'.")
    path, direction = match.groups()
    _check_field("sort", path.partition(".")[0], known)
    return path, direction == "desc"


def _check_field(parameter: str, field: str, known: frozenset[str]) -> None:
    if known and field not in known:
        message = f"Malformed parameter: {parameter}: The field '{field}' does not exist."
        raise ApiError(400, "InvalidField", message, field=parameter, invalidValue=field)


def _flag(values: dict[str, list[str]], name: str, *, default: bool) -> bool:
    text = values.get(name, [str(default).lower()])[-1]
    if text not in {"true", "false"}:
        raise invalid_input(name, f"'{text}' is neither true nor false.")
    return text == "true"
