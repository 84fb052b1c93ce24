"""The parts of a query predicate; each can tell whether a record meets it."""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.store import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EARTH_METRES = 6_371_000
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Condition(Protocol):
    """Part of a predicate."""

    def test(self, record: dict[str, Any]) -> bool:
        """Say whether a decoded object meets the condition."""

    def fields(self) -> Iterator[str]:
        """Name the members of the object that are looked at."""


@dataclass(frozen=True)
class Literal:
    """A value in a predicate.

    Attributes:
        value: String, number or boolean.
        variable: It came from a `var.` parameter, where everything is a string: it takes the type
            of what it is compared with.
    """

    value: Any
    variable: bool = False

    @cached_property
    def instant(self) -> str | None:
        """The value as UTC with milliseconds and `Z`, when it is a date-time."""
        if not isinstance(self.value, str) or not INSTANT.fullmatch(self.value):
            return None
        return timestamp(datetime.fromisoformat(self.value).timestamp())

    def like(self, value: Any) -> Any:
        """Give the literal in the form that `value` has, for a comparison."""
        if isinstance(value, str) and INSTANT.fullmatch(value):
            return self.instant or self.value
        if self.variable and isinstance(value, bool):
            return {"true": True, "false": False}.get(self.value, self.value)
        if self.variable and isinstance(value, int | float):
            try:
                return float(self.value)
            except ValueError:
                return self.value
        return self.value


@dataclass(frozen=True)
class Compare:
    """`field = value` and the like."""

    field: str
    operator: str
    literal: Literal

    def test(self, record: dict[str, Any]) -> bool:
        """Compare; a missing member and a value of another type meet no comparison."""
        return any(self._holds(value) for value in _values(record.get(self.field)))

    def fields(self) -> Iterator[str]:
        """Name the member."""
        yield self.field

    def _holds(self, value: Any) -> bool:
        if value is None:
            return False
        try:
            return OPERATORS[self.operator](value, self.literal.like(value))
        except TypeError:
            return False


@dataclass(frozen=True)
class Within:
    """`field in (...)`, `field contains any (...)` and `field contains all (...)`."""

    field: str
    literals: tuple[Literal, ...]
    every: bool = False

    def test(self, record: dict[str, Any]) -> bool:
        """Look the literals up in the member, which may be a list."""
        values = list(_values(record.get(self.field)))
        found = (any(value == one.like(value) for value in values) for one in self.literals)
        return all(found) if self.every else any(found)

    def fields(self) -> Iterator[str]:
        """Name the member."""
        yield self.field


@dataclass(frozen=True)
class Present:
    """`field is defined`, or with `filled`: `field is not empty`."""

    field: str
    filled: bool = False

    def test(self, record: dict[str, Any]) -> bool:
        """Look whether the member is there, and whether there is something in it."""
        value = record.get(self.field)
        return value is not None and not (self.filled and value in ([], "", {}))

    def fields(self) -> Iterator[str]:
        """Name the member."""
        yield self.field


@dataclass(frozen=True)
class IgnoreCase:
    """`field matches ignore case "value"`."""

    field: str
    literal: Literal

    def test(self, record: dict[str, Any]) -> bool:
        """Compare without regard to case."""
        wanted = str(self.literal.value).casefold()
        return any(str(value).casefold() == wanted for value in _values(record.get(self.field)))

    def fields(self) -> Iterator[str]:
        """Name the member."""
        yield self.field


@dataclass(frozen=True)
class Circle:
    """`field within circle(longitude, latitude, metres)` on a GeoJSON point."""

    field: str
    longitude: float
    latitude: float
    metres: float

    def test(self, record: dict[str, Any]) -> bool:
        """Measure the distance on the globe."""
        point = record.get(self.field)
        if not isinstance(point, dict) or len(point.get("coordinates", ())) < 2:
            return False
        longitude, latitude = map(math.radians, point["coordinates"][:2])
        center = math.radians(self.latitude)
        angle = math.sin(center) * math.sin(latitude) + math.cos(center) * math.cos(
            latitude
        ) * math.cos(longitude - math.radians(self.longitude))
        return EARTH_METRES * math.acos(max(-1.0, min(1.0, angle))) <= self.metres

    def fields(self) -> Iterator[str]:
        """Name the member."""
        yield self.field


@dataclass(frozen=True)
class Nested:
    """`field(...)`: the condition holds inside the member, or inside one element of it."""

    field: str
    inner: Condition

    def test(self, record: dict[str, Any]) -> bool:
        """Step into the member."""
        values = _values(record.get(self.field))
        return any(isinstance(value, dict) and self.inner.test(value) for value in values)

    def fields(self) -> Iterator[str]:
        """Name the member."""
        yield self.field


@dataclass(frozen=True)
class All:
    """Conditions joined with `and`."""

    parts: tuple[Condition, ...]

    def test(self, record: dict[str, Any]) -> bool:
        """Test the parts."""
        return all(part.test(record) for part in self.parts)

    def fields(self) -> Iterator[str]:
        """Name the members of all parts."""
        for part in self.parts:
            yield from part.fields()


@dataclass(frozen=True)
class Either:
    """Conditions joined with `or`."""

    parts: tuple[Condition, ...]

    def test(self, record: dict[str, Any]) -> bool:
        """Test the parts."""
        return any(part.test(record) for part in self.parts)

    def fields(self) -> Iterator[str]:
        """Name the members of all parts."""
        for part in self.parts:
            yield from part.fields()


@dataclass(frozen=True)
class Not:
    """`not(...)` and the negative forms of other conditions."""

    inner: Condition

    def test(self, record: dict[str, Any]) -> bool:
        """Turn the answer round."""
        return not self.inner.test(record)

    def fields(self) -> Iterator[str]:
        """Name the members of the inner condition."""
        return self.inner.fields()


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
