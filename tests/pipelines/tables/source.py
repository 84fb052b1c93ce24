"""What staging tables must hold, worked out from the records of the source."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scripts.tables import arrays

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scripts.tables.models import Model

DIGITS = {"JPY": 0}


def elements(model: Model, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the records, or the elements of the array that a model is made of."""
    found = [*records]
    if not model.parent:
        return found
    declared = {each.name: each for each in arrays.ARRAYS[model.platform][model.stream]}
    for array in chain(model.array, declared):
        found = [
            inner
            for outer in found
            for path in array.paths
            for inner in values(outer, path.split("."))
            if isinstance(inner, dict)
        ]
    return found


def chain(name: str, declared: dict[str, arrays.Array]) -> list[arrays.Array]:
    """Return the arrays on the way to an array, outermost first."""
    array = declared[name]
    return [*(chain(array.inside, declared) if array.inside else []), array]


def values(holder: Any, path: list[str]) -> Iterator[Any]:
    """Yield what stands at the end of a path, each element of arrays for itself."""
    if isinstance(holder, list):
        for each in holder:
            yield from values(each, path)
    elif not path:
        yield holder
    elif isinstance(holder, dict):
        yield from values(holder.get(path[0].removesuffix("[]")), path[1:])


def amounts(model: Model) -> dict[str, list[str]]:
    """Return the columns with amounts in major units, and the paths of their members."""
    found = {}
    for column in model.columns:
        made = re.match(r"\{\{ (money|cents)\('(\w+)'", column.sql)
        path = column.about.split("`")[1]
        if made:
            start = path.rpartition("[].")[2] if model.parent else path
            found[made[2]] = start.split(".")
    return found


def sums(records: Iterable[dict[str, Any]], path: list[str]) -> dict[str, Decimal]:
    """Add up the amounts at a path by currency; those of Commerce7 have none."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for record in records:
        for amount in values(record, path):
            if isinstance(amount, dict):
                exact = amount.get("preciseAmount")
                minor = amount.get("centAmount") if exact is None else exact
                digits = amount.get("fractionDigits")
                currency = amount.get("currencyCode") or ""
                digits = DIGITS.get(currency, 2) if digits is None else digits
                if minor is not None:
                    totals[currency] += Decimal(minor).scaleb(-digits)
            elif amount is not None:
                totals[""] += Decimal(str(amount)).scaleb(-2)
    return dict(totals)


def ids(found: Iterable[dict[str, Any]]) -> Counter[str]:
    """Count the ids of records or elements."""
    return Counter(str(each["id"]) for each in found if each.get("id") is not None)
