"""Query strings of list requests: what is taken, what is refused, and which records match."""

from __future__ import annotations

import operator
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.commerce7 import errors
from sandbox.commerce7.resources import OBJECT_TYPES, UPDATED_AT, Filter, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.commerce7.options import Options

MAX_LIMIT = 50
OPERATORS = frozenset({"gt", "gte", "lt", "lte", "btw", "in", "nin", "like", "ne"})
GLOBAL_PARAMETERS = frozenset({"q", "page", "limit", "cursor", "populate"})

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter with its operator and its values, the latter comparable with the record's."""

    filter: Filter
    operator: str
    values: tuple[Any, ...]

    def allows(self, value: Any) -> bool:
        """Say whether one value of a record passes; null never does."""
        if value is None:
            return False
        if self.filter.kind == "text":
            value = _as_text(value)
        if self.operator == "in":
            return value in self.values
        if self.operator == "btw":
            return bool(self.values[0] <= value <= self.values[1])
        return _COMPARE[self.operator](value, self.values[0])

    def lowest(self) -> Any:
        """Give the smallest value that may pass, empty if there is no lower bound."""
        return self.values[0] if self.operator in {"", "gt", "gte", "btw"} else ""

    def matches(self, record: dict[str, Any]) -> bool:
        """Say whether any value at the filter's path passes."""
        return any(self.allows(value) for value in _values(record, self.filter.path.split(".")))


@dataclass(frozen=True, slots=True)
class Query:
    """A list request that was understood.

    Attributes:
        cursor: None in page mode, `start` or an id in cursor mode.
        search: Lower-case text of `q` or `searchText`, empty for none.
        updated: Conditions on `updatedAt`, which the index of the collection answers.
        others: Conditions that need the record.
    """

    limit: int
    page: int
    cursor: str | None
    search: str
    updated: tuple[Condition, ...]
    others: tuple[Condition, ...]


def is_cursor_list(resource: Resource, given: Mapping[str, str], options: Options) -> bool:
    """Say whether a request is one for cursor mode; those are exempt from the rate limit."""
    works = resource.cursor or options.cursor_elsewhere == "works"
    # An empty cursor is no cursor: such a request gets a page.
    return works and bool(given.get("cursor"))


def parse(
    resource: Resource,
    argument: str,
    pairs: list[tuple[str, str]],
    options: Options,
) -> Query:
    """Understand a query string or refuse it.

    Args:
        resource: The list that was asked for.
        argument: What stood in the place of `{}` in the path: an object type or a parent's id.
        pairs: Decoded parameters in the order they came.
        options: The build's answers to open questions.

    Raises:
        ApiError: 422 for an unknown parameter, one that came twice, `page` together with `cursor`,
            an operator the field does not take, a value with a colon but no operator.
    """
    filters = allowed_filters(resource, options)
    search_name = "searchText" if resource.parent_field else "q"
    for name, times in Counter(name for name, _ in pairs).items():
        if name not in filters and name != search_name and name not in GLOBAL_PARAMETERS:
            raise errors.unknown_parameter(name)
        if times > 1:
            raise errors.invalid(name, "must be a single value")
    given = dict(pairs)
    conditions = [*_within(resource, argument)]
    conditions += [_condition(filters[name], value) for name, value in pairs if name in filters]
    return Query(
        limit=_limit(given.get("limit", "")),
        page=_page(given.get("page", "1")),
        cursor=_cursor(resource, given, options),
        search=(given.get(search_name) or given.get("q", "")).lower(),
        updated=tuple(found for found in conditions if found.filter.path == UPDATED_AT.path),
        others=tuple(found for found in conditions if found.filter.path != UPDATED_AT.path),
    )


def allowed_filters(resource: Resource, options: Options) -> dict[str, Filter]:
    """List the filters of a resource, the undocumented `updatedAt` included where it is taken."""
    filters = {found.name: found for found in resource.filters}
    accepted = options.undocumented_filters == "accepted" and resource.dated
    seen = options.undocumented_filters == "seen" and resource.updated_at_seen
    if accepted or seen:
        filters.setdefault(UPDATED_AT.name, UPDATED_AT)
    return filters


def _cursor(resource: Resource, given: dict[str, str], options: Options) -> str | None:
    cursor = given.get("cursor")
    if cursor and "page" in given:
        raise errors.invalid(field="cursor", message="page and cursor can not be used together")
    if is_cursor_list(resource, given, options):
        return cursor
    if cursor and options.cursor_elsewhere == "refused":
        raise errors.unknown_parameter(name="cursor")
    return None


def _within(resource: Resource, argument: str) -> Iterator[Condition]:
    """Give what the path itself asks of a record."""
    if resource.partitions:
        found = Filter("objectType", "objectType")
        yield Condition(found, "", (OBJECT_TYPES[argument],))
    elif resource.parent_field:
        found = Filter(resource.parent_field, resource.parent_field)
        yield Condition(found, "", (argument,))


def _limit(text: str) -> int:
    limit = int(text) if text.isdecimal() else 0
    return limit if 1 <= limit <= MAX_LIMIT else MAX_LIMIT


def _page(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise errors.invalid(field="page", message="must be a positive number")
    return int(text)


def _condition(found: Filter, text: str) -> Condition:
    name, colon, rest = text.partition(":")
    if not colon:
        name, rest = "", text
    elif name not in OPERATORS:
        # A time of day without an operator ends here: its hour is read as one.
        raise errors.invalid(found.name, f"invalid operator {name}")
    if name not in found.operators:
        raise errors.invalid(found.name, f"operator {name or 'equals'} is not allowed")
    parts = rest.split("|") if name == "btw" else rest.split(",") if name == "in" else [rest]
    if name == "btw" and len(parts) != 2:
        raise errors.invalid(found.name, "btw takes two values")
    return Condition(found, name, tuple(_operand(found, part) for part in parts))


def _operand(found: Filter, text: str) -> Any:
    try:
        if found.kind == "number":
            return float(text)
        if found.kind == "date":
            return _instant(text)
    except ValueError:
        raise errors.invalid(found.name, f"must be a {found.kind}") from None
    return text


def _instant(text: str) -> str:
    """Bring a date or date-time to the form records have; a date means its first midnight."""
    moment = datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        yield from _values(value.get(path[0]), path[1:])
