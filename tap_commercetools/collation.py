"""The order of text ids: the API does not say how it sorts them, so any usual way will do."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_DIGITS = re.compile(r"(\d+)")
_HEX = b"0123456789abcdef-"


def _base(text: str) -> str:
    """Return a text in lower case and without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in parts if not unicodedata.combining(each))


def _locale(text: str) -> list[tuple[int, str]]:
    """Sort punctuation before digits before letters, as locales do."""
    return [((2 if each.isalpha() else each.isdigit()), each) for each in _base(text)]


def _without_punctuation(text: str) -> str:
    return "".join(filter(str.isalnum, _base(text)))


def _natural(text: str) -> list[tuple[str, int]]:
    """Sort numbers inside of text by their value."""
    parts = _DIGITS.split(_base(text))
    numbers = [*map(int, parts[1::2]), 0]
    return list(zip(parts[::2], numbers, strict=True))


_COLLATIONS: tuple[Callable[[str], Any], ...] = (
    str,
    str.lower,
    str.upper,
    _locale,
    _without_punctuation,
    _natural,
)


class TextOrder:
    """The order of the text ids of one scan, judged by all pairs of neighbours so far.

    Threads may share it.
    """

    def __init__(self) -> None:
        self._broken: set[Callable[[str], Any]] = set()

    def follows(self, before: str, here: str) -> bool:
        """Return whether there is a collation left that sorts all pairs up to this one."""
        for collation in _COLLATIONS:
            if collation not in self._broken and collation(before) > collation(here):
                self._broken.add(collation)
        return len(self._broken) < len(_COLLATIONS)


def is_plain(texts: Iterable[str]) -> bool:
    """Return whether texts have only the characters of UUIDs, which all collations sort alike."""
    return not "".join(texts).encode().translate(None, _HEX)
