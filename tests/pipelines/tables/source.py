"""What staging tables must hold, worked out from the records of the source.

Which member a column has, and in which form, is what the description of the column says.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scripts.tables import arrays
from tests.pipelines.marts.expected_commerce7 import cents
from tests.pipelines.marts.expected_commercetools import amount
from tests.pipelines.marts.values import at, localized

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scripts.tables.columns import Column
    from scripts.tables.models import Level, Model

Row = dict[str, Any]


def rows(model: Model, records: Iterable[dict[str, Any]]) -> list[Row]:
    """Return the rows that a model must have, without the marks of deletes and builds."""
    around: list[tuple[arrays.Array, Level]] = []
    if model.parent:
        declared = {each.name: each for each in arrays.ARRAYS[model.platform][model.stream]}
        around = [*zip(chain(model.array, declared), model.levels, strict=True)]
    found = []
    for record in records:
        key = {name: record.get(member) for name, member in model.source_key.items()}
        for place, element in elements(record, around):
            cells = {column.name: cell(column, element) for column in model.columns}
            found.append({**key, **place, **cells})
    return found


def chain(name: str, declared: dict[str, arrays.Array]) -> list[arrays.Array]:
    """Return the arrays on the way to an array, outermost first."""
    array = declared[name]
    return [*(chain(array.inside, declared) if array.inside else []), array]


def elements(holder: Any, around: list[tuple[arrays.Array, Level]]) -> Iterator[tuple[Row, Any]]:
    """Yield the objects inside of arrays inside of arrays, each with the columns of its key."""
    if not around:
        yield {}, holder
        return
    (array, level), *inner = around
    found = [each for path in array.paths for each in ends(holder, path.split("."))]
    for place, element in enumerate(found):
        if isinstance(element, dict):
            name = element.get("id")
            given = str(place if name is None else name) if level.of_element else place
            key = {level.key.name: given} if inner else {"position": place, level.key.name: given}
            for more, innermost in elements(element, inner):
                yield {**key, **more}, innermost


def ends(holder: Any, path: list[str]) -> Iterator[Any]:
    """Yield the elements of the arrays at the end of a path; an object there is the only one."""
    name, *rest = path
    inner = at(holder, name.removesuffix("[]"))
    if rest:
        for each in inner if isinstance(inner, list) else [inner]:
            yield from ends(each, rest)
    elif isinstance(inner, list):
        yield from inner
    elif isinstance(inner, dict):
        yield inner


def cell(column: Column, element: Any) -> Any:
    """Return what a column must have of a record, or of an element of an array."""
    about = column.about
    value = at(element, *about.split("`")[1].rpartition("[].")[2].split("."))
    if value == "" and column.type != "text":
        return None
    if "in minor units" in about:
        value = at(value, "centAmount")
    elif "in major units" in about:
        value = amount(value) if isinstance(value, dict) else cents(value)
    elif about.startswith("Currency of"):
        value = at(value, "currencyCode")
    elif "in the best of the languages" in about:
        value = localized(value)
    return typed(value, column.type)


def typed(value: Any, kind: str) -> Any:
    """Return a value of JSON as a column of a type has it."""
    if value is None or kind == "jsonb":
        return value
    if kind == "text":
        return value if isinstance(value, str) else json.dumps(value, default=str)
    if kind == "bigint":
        return int(Decimal(value))
    if kind == "timestamp":
        time = datetime.fromisoformat(value)
        return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
    makers: dict[str, Any] = {"numeric": Decimal, "date": date.fromisoformat, "boolean": bool}
    return makers[kind](value)


def frozen(value: Any) -> Any:
    """Return JSON that can be counted."""
    if isinstance(value, dict):
        return frozenset((name, frozen(inner)) for name, inner in value.items())
    return tuple(frozen(inner) for inner in value) if isinstance(value, list) else value
