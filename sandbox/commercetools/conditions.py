"""The parts of a query predicate. Each can test whether a record meets it."""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.store import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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


@dataclass(frozen=True)
class Literal:
    """A value in a predicate.

    Attributes:
        value: String, number or boolean.
        variable: Whether it comes from a `var.` parameter. These are all strings, and take the type
            of what they are compared with.
    """

    value: Any
    variable: bool = False

    @cached_property
    def instant(self) -> str | None:
        """The value in UTC with milliseconds and `Z`, if it is a date-time."""
        if not isinstance(self.value, str) or not INSTANT.fullmatch(self.value):
            return None
        return timestamp(datetime.fromisoformat(self.value).timestamp())

    def like(self, value: Any) -> Any:
        """Return the literal in the form of `value`, to compare them."""
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
class OnField:
    """A condition on one member; if that is a list, on any element of it."""

    field: str

    def test(self, record: dict[str, Any]) -> bool:
        """Return whether a decoded object meets the condition."""
        return self._meets(record.get(self.field))

    def fields(self) -> Iterator[str]:
        """Yield the members of the object that the condition is about."""
        yield self.field

    def _meets(self, member: Any) -> bool:
        return any(map(self._holds, _values(member)))

    def _holds(self, value: Any) -> bool:
        raise NotImplementedError


@dataclass(frozen=True)
class Compare(OnField):
    """`field = value` and so on. Missing members and values of other types meet no comparison."""

    operator: str
    literal: Literal

    def _holds(self, value: Any) -> bool:
        try:
            return value is not None and OPERATORS[self.operator](value, self.literal.like(value))
        except TypeError:
            return False


@dataclass(frozen=True)
class Within(OnField):
    """`field in (...)`, `field contains any (...)`, and with `every` `field contains all (...)`."""

    literals: tuple[Literal, ...]
    every: bool = False

    def _meets(self, member: Any) -> bool:
        values = _values(member)
        found = (any(value == one.like(value) for value in values) for one in self.literals)
        return all(found) if self.every else any(found)


@dataclass(frozen=True)
class Present(OnField):
    """`field is defined`, and with `filled` `field is not empty`."""

    filled: bool = False

    def _meets(self, member: Any) -> bool:
        return member is not None and not (self.filled and member in ([], "", {}))


@dataclass(frozen=True)
class IgnoreCase(OnField):
    """`field matches ignore case "value"`."""

    literal: Literal

    def _holds(self, value: Any) -> bool:
        return str(value).casefold() == str(self.literal.value).casefold()


@dataclass(frozen=True)
class Circle(OnField):
    """`field within circle(longitude, latitude, metres)`, for GeoJSON points."""

    longitude: float
    latitude: float
    metres: float

    def _holds(self, value: Any) -> bool:
        if not isinstance(value, dict) or len(value.get("coordinates", ())) < 2:
            return False
        longitude, latitude = map(math.radians, value["coordinates"][:2])
        center = math.radians(self.latitude)
        angle = math.sin(center) * math.sin(latitude) + math.cos(center) * math.cos(
            latitude
        ) * math.cos(longitude - math.radians(self.longitude))
        return EARTH_METRES * math.acos(max(-1.0, min(1.0, angle))) <= self.metres


@dataclass(frozen=True)
class Nested(OnField):
    """`field(...)`: the inner condition holds within the member."""

    inner: Condition

    def _holds(self, value: Any) -> bool:
        return isinstance(value, dict) and self.inner.test(value)


class Joined:
    """Conditions that are joined to one."""

    join: Callable[[Iterable[bool]], bool]

    def __init__(self, *parts: Condition) -> None:
        self.parts = parts

    def test(self, record: dict[str, Any]) -> bool:
        """Return whether a decoded object meets the condition."""
        return self.join(part.test(record) for part in self.parts)

    def fields(self) -> Iterator[str]:
        """Yield the members of the object that the condition is about."""
        for part in self.parts:
            yield from part.fields()


class All(Joined):
    """Conditions joined with `and`."""

    join = staticmethod(all)


class Either(Joined):
    """Conditions joined with `or`."""

    join = staticmethod(any)


class Not(Joined):
    """`not(...)` and the negative forms of other conditions."""

    join = staticmethod(lambda tests: not any(tests))


Condition: TypeAlias = OnField | Joined


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
