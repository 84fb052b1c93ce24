"""Unpleasant JSON values: what hypothesis makes, how a server spells it, what has to come out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

ODD = '\x00\ud800\udbff\udc00\udfff\u2028\x85\x1f\n\r\t"\\/\ufeff\uffff\U0001f600u0'


@dataclass(frozen=True)
class Spelled:
    """A number as the server spells it."""

    text: str

    @property
    def value(self) -> int | Decimal:
        """The number, exactly."""
        return int(self.text) if re.fullmatch(r"-?\d+", self.text) else Decimal(self.text)


def cleaned(value: Any) -> Any:
    """Give the value that has to come out: no NUL, no half of a surrogate pair."""
    if isinstance(value, str):
        joined = json.loads(json.dumps(value))  # two halves that meet are one character
        return re.sub("[\ud800-\udfff]", "\ufffd", joined).replace("\x00", "")
    if isinstance(value, Spelled):
        return value.value
    if isinstance(value, dict):
        return {cleaned(name): cleaned(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [cleaned(inner) for inner in value]
    return value


def exact(value: Any) -> Any:
    """Make values comparable down to type and digits: 1, 1.0, 1.00 and true all differ."""
    if isinstance(value, dict):
        return {name: exact(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [exact(inner) for inner in value]
    return value if isinstance(value, str) else repr(value)


def rendered(value: Any, style: str) -> str:
    """Spell a value as JSON.

    Args:
        value: Of the strategies below.
        style: `ascii` (escapes), `utf8` or `pretty` (with line breaks between tokens).
    """
    if isinstance(value, Spelled):
        return value.text
    if isinstance(value, str):
        halves = re.search("[\ud800-\udfff]", value)
        return json.dumps(value, ensure_ascii=style == "ascii" or halves is not None)
    gap = "\r\n  " if style == "pretty" else ""
    if isinstance(value, dict):
        parts = [
            f"{rendered(name, style)}:{gap}{rendered(inner, style)}"
            for name, inner in value.items()
        ]
        return "{" + f",{gap}".join(parts) + gap + "}"
    if isinstance(value, list):
        return f"[{gap}" + f",{gap}".join(rendered(inner, style) for inner in value) + "]"
    return json.dumps(value)


strings = st.text(st.one_of(st.characters(), st.sampled_from(ODD)), max_size=12)
numbers = st.one_of(
    st.sampled_from(
        ["1.10", "1e400", "1E-400", "-0.0", "0", "123456789.123456789", "18446744073709551616"]
    ),
    st.integers(-(10**40), 10**40).map(str),
    st.builds("{}.{:03}".format, st.integers(-(10**25), 10**25), st.integers(0, 10**20)),
    st.builds("{}.{}E{:+}".format, st.integers(-9, 9), st.integers(0, 9), st.integers(-999, 999)),
).map(Spelled)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), strings, numbers),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(strings, inner, max_size=4)
    ),
    max_leaves=12,
)


def _distinct(record: dict[str, Any]) -> bool:
    """Say whether all names stay different when they are cleaned, at every level."""
    return _size(record) == _size(cleaned(record))


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_size(inner) for inner in value.values())
    return sum(_size(inner) for inner in value) if isinstance(value, list) else 0


records = st.dictionaries(strings, values, max_size=6).filter(_distinct)
styles = st.sampled_from(["ascii", "utf8", "pretty"])
