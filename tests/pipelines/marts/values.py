"""Members of records, and sums of amounts, for what the marts must hold."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Record = dict[str, Any]
Records = dict[str, list[Record]]
Row = dict[str, Any]

ZERO = Decimal(0)


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    """Return the sum of the amounts that are known."""
    return sum((amount for amount in amounts if amount is not None), ZERO)


def moment(text: str | None) -> datetime | None:
    """Return a time in UTC, without a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=None) if text else None


def at(value: Any, *names: str) -> Any:
    """Return what is at the end of a path, and None where the path ends before."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text(value: Any) -> str | None:
    """Return a value as text."""
    return None if value is None else str(value)


def localized(texts: Any) -> str | None:
    """Return a text in the first of the languages that it has, and in the first of all else."""
    if not isinstance(texts, dict):
        return None
    for locale in ("en", "en-US", "en-GB", *sorted(texts)):
        if texts.get(locale) is not None:
            return str(texts[locale])
    return None
