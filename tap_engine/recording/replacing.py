"""Replaces values by others of the same type, length and shape, the same value always alike.

The replacements depend on a random key that is never stored. They use letters and digits that are
rare, so that no part of a value shows up in its place by chance.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from tap_engine.ids import UUID
from tap_engine.timestamps import parse_http_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LOWER, UPPER, DIGITS = "jkqvwxz", "JKQVWXZ", "789"
"""What letters and digits are replaced by."""

SPARE = "123456"
"""Further digits, once all numbers of a length out of the first are taken."""

MOST_TRIES = 50
FEW_DIGITS = 3
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
TIME = re.compile(
    r"(?P<second>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?P<rest>(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)",
    re.ASCII,
)


class Replacer:
    """The replacements of one recording.

    Args:
        key: The random key.
        days: By how many days times are moved back.
        ids: All UUIDs that occur; their order is kept.
        texts: Texts that lists are sorted by, in their order, which is kept as well.
    """

    def __init__(
        self, key: bytes, days: int, ids: Iterable[str] = (), texts: Sequence[str] = ()
    ) -> None:
        self._key = key
        self._days = timedelta(days=days)
        self._made: dict[str, str] = {}
        self._taken: set[str] = set()
        known = sorted(set(ids))
        self._made.update(zip(known, sorted(map(self._uuid, known)), strict=True))
        self._made.update(self._ascending(texts))
        self._taken.update(self._made.values())

    def text(self, value: str) -> str:
        """Replace a text: a time is moved, letters and digits are replaced, signs are kept."""
        if value in self._made:
            return self._made[value]
        if TIME.fullmatch(value) and (moved := self.time(value)):
            return moved
        make = self._uuid if UUID.fullmatch(value) else self._shaped
        if DATE.fullmatch(value):
            make = self._date
        return self._distinct(value, make)

    def number(self, value: str) -> str:
        """Replace the digits of a number as JSON spells it; zero stays zero."""
        if not value.strip("-0.eE+"):
            return value
        return self._distinct(value, self._digits, prefix="number ")

    def time(self, value: str) -> str:
        """Move a time; empty if it is none. The first instant, which stands for none, stays."""
        match = TIME.fullmatch(value)
        if match is None:
            return ""
        try:
            moment = datetime.fromisoformat(match["second"]) - self._days
        except OverflowError:
            return value
        except ValueError:
            return ""
        return moment.isoformat(timespec="seconds") + match["rest"]

    def birth(self, value: str) -> str:
        """Replace a text about somebody's birth: a date is not moved, as it would stay too near."""
        make = self._date if DATE.match(value) else self._shaped
        return self._distinct(value, make, prefix="birth ")

    def header_date(self, value: str) -> str:
        """Move the date of an HTTP header; empty if it is none."""
        date = parse_http_date(value)
        return "" if date is None else format_datetime(date - self._days, usegmt=True)

    def _distinct(self, value: str, make: object, prefix: str = "") -> str:
        """Make a replacement that no other value has, as far as its length allows it."""
        key = prefix + value
        if key not in self._made:
            made = ""
            for attempt in range(MOST_TRIES):
                made = make(value, attempt)  # type: ignore[operator]
                if prefix + made not in self._taken and made != value:
                    break
            else:
                made = self._free(value, prefix) or made
            self._taken.add(prefix + made)
            self._made[key] = made
        return self._made[key]

    def _free(self, value: str, prefix: str) -> str:
        """Return a number of a few digits that is left; versions of a record must stay apart."""
        if not value.isdecimal() or len(value) > FEW_DIGITS:
            return ""
        every = range(10 ** (len(value) - 1), 10 ** len(value))
        return next((str(n) for n in every if f"{prefix}{n}" not in self._taken), "")

    def _stream(self, value: str, attempt: int, length: int) -> bytes:
        """Return bytes that depend on the key, a value and an attempt."""
        seed = hmac.digest(
            self._key, f"{attempt} {value}".encode("utf-8", "surrogatepass"), "sha256"
        )
        return hashlib.shake_256(seed).digest(length)

    def _shaped(self, value: str, attempt: int = 0) -> str:
        chosen = self._stream(value, attempt, len(value))
        return "".join(map(_like, value, chosen))

    def _digits(self, value: str, attempt: int = 0) -> str:
        """Replace digits, but for zeros in front and exponents."""
        digits = DIGITS if attempt < MOST_TRIES // 2 else DIGITS + SPARE
        mantissa, sign, exponent = re.match(r"([-\d.]+)([eE]?)(.*)", value).groups()  # type: ignore[union-attr]
        chosen = self._stream(value, attempt, len(mantissa))
        kept = len(mantissa) - len(mantissa.lstrip("-0."))
        made = (
            each if not each.isdigit() or place < kept else digits[byte % len(digits)]
            for place, (each, byte) in enumerate(zip(mantissa, chosen, strict=True))
        )
        return "".join(made) + sign + exponent

    def _uuid(self, value: str, attempt: int = 0) -> str:
        digits = self._stream(value, attempt, 16).hex()
        parts = (digits[:8], digits[8:12], "4" + digits[13:16], "8" + digits[17:20], digits[20:])
        return "-".join(parts)

    def _date(self, value: str, attempt: int = 0) -> str:
        """Return another valid date, with whatever follows it."""
        a, b, c, d, month, day, ten = self._stream(value, attempt, 7)
        year = "".join(DIGITS[byte % 3] for byte in (a, b, c, d))
        return f"{year}-0{DIGITS[month % 3]}-{ten % 2}{DIGITS[day % 3]}{value[10:]}"

    def _ascending(self, texts: Sequence[str]) -> dict[str, str]:
        """Replace texts by others whose order is the same under any collation."""
        width, room = 1, len(LOWER)
        while room < len(texts):
            width, room = width + 1, room * len(LOWER)
        made = {}
        for number, text in enumerate(texts):
            if len(text) >= width:
                place = "".join(LOWER[number // 7**power % 7] for power in reversed(range(width)))
                made[text] = place + LOWER[0] * (len(text) - width)
        # All of them or none: some in order and some not would be neither.
        return made if len(made) == len(texts) else {}


def _like(sign: str, byte: int) -> str:
    """Return a sign of the same kind; those that are neither letters nor digits stay."""
    if sign.isdigit():
        return DIGITS[byte % len(DIGITS)]
    if sign.isalpha():
        letters = UPPER if sign.isupper() else LOWER
        return letters[byte % len(letters)]
    return sign if sign.isascii() else "?"
