"""Query strings of list requests: which are accepted, and which records they match."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.commerce7 import errors
from sandbox.commerce7.resource import UPDATED_AT, Filter, Resource
from sandbox.commerce7.resources import OBJECT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.commerce7.options import Options

MAX_LIMIT = 50
GLOBAL_PARAMETERS = frozenset({"q", "page", "limit", "cursor", "populate"})

_TESTS: dict[str, Callable[[Any, tuple[Any, ...]], bool]] = {
    "": lambda value, given: value == given[0],
    "gt": lambda value, given: value > given[0],
    "gte": lambda value, given: value >= given[0],
    "lt": lambda value, given: value < given[0],
    "lte": lambda value, given: value <= given[0],
    "btw": lambda value, given: given[0] <= value <= given[1],
    "in": lambda value, given: value in given,
}
# The others exist, but no filter takes them.
OPERATORS = (_TESTS.keys() - {""}) | {"nin", "like", "ne"}


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter with its operator, and with values that compare with those of records."""

    filter: Filter
    operator: str
    values: tuple[Any, ...]

    def allows(self, value: Any) -> bool:
        """Return whether one value of a record passes; null never does."""
        if value is None:
            return False
        if self.filter.kind == "text":
            value = str(value).lower() if isinstance(value, bool) else str(value)
        return _TESTS[self.operator](value, self.values)

    def lowest(self) -> Any:
        """Return the smallest value that may pass, empty if there is no lower bound."""
        return self.values[0] if self.operator in {"", "gt", "gte", "btw"} else ""

    def matches(self, record: dict[str, Any]) -> bool:
        """Return whether any value at the path of the filter passes."""
        return any(self.allows(value) for value in _values(record, self.filter.path.split(".")))


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed list request.

    Attributes:
        cursor: None in page mode, `start` or an id in cursor mode.
        search: Lower-case text of `q` or `searchText`, empty for none.
        updated: Conditions on `updatedAt`, which need only the index of the collection.
        others: Conditions that need the record.
    """

    limit: int
    page: int
    cursor: str | None
    search: str
    updated: tuple[Condition, ...]
    others: tuple[Condition, ...]


def is_cursor_list(resource: Resource, given: Mapping[str, str], options: Options) -> bool:
    """Return whether a request is in cursor mode, which is exempt from the rate limit."""
    works = resource.cursor or options.cursor_elsewhere == "works"
    # An empty cursor means page mode.
    return works and bool(given.get("cursor"))


def parse(
    resource: Resource, argument: str, pairs: list[tuple[str, str]], options: Options
) -> Query:
    """Parse a query string.

    Args:
        resource: The list.
        argument: The value of `{}` in the path: an object type or the id of a parent.
        pairs: Decoded parameters in the order of the request.
        options: Answers to open questions.

    Raises:
        ApiError: 422 for an unknown or repeated parameter, `page` together with `cursor`, an
            operator that the field does not have, or a value with a colon but no operator.
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
    """Return the filters of a list, with the undocumented `updatedAt` where it is accepted."""
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
    """Yield the conditions that the path sets."""
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
        # A time of day without an operator fails here: what precedes its colon is taken for one.
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
    """Return a date or date-time as records have it; a date means its first midnight."""
    moment = datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        yield from _values(value.get(path[0]), path[1:])
