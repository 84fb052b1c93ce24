"""Rewrites JSON, predicates, parameters and paths with replaced values."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from tap_engine.recording import kept
from tap_engine.records.user_defined import OF_USERS

if TYPE_CHECKING:
    from tap_engine.recording.replacing import Replacer

LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
"""A quoted text in a predicate or a query."""

_TOKEN = re.compile(
    rf"(?P<text>{LITERAL.pattern})|(?P<number>\d[\d.]*)|(?P<word>[A-Za-z_][\w-]*)", re.DOTALL
)
_OPERATORS = frozenset(
    {
        *("all", "and", "any", "case", "circle", "contains", "defined", "empty", "false", "has"),
        *("ignore", "in", "is", "matches", "not", "or", "true", "within"),
        # Of GraphQL.
        *("count", "limit", "query", "results", "sort", "where"),
    }
)
_OPERATED = re.compile(r"(eq|ne|gt|gte|lt|lte|btw|in|nin|like):(.*)", re.DOTALL)
_SCOPES = re.compile(r"(?:(?:view|manage)_[a-z_]+(?::[^ ]*)?(?: |$))+")
_MODES = frozenset({"", "start", "now", "true", "false"})


class Number(str):
    """A number as JSON spells it."""

    __slots__ = ()


def read(text: str) -> Any:
    """Parse JSON without changing how numbers are spelled.

    Raises:
        ValueError: The text is not JSON.
    """
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def write(value: Any) -> str:
    """Return parsed JSON as text."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{write(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(write, value)) + "]"
    return json.dumps(value)


class Rewriter:
    """Rewrites what was asked and answered.

    Args:
        replacer: Replaces single values.
        names: Names of members that schemas declare.
        sensitive: Those of them whose values may be personal or secret somewhere.
        words: Words in paths of the API.
    """

    def __init__(
        self,
        replacer: Replacer,
        *,
        names: frozenset[str],
        sensitive: frozenset[str],
        words: frozenset[str],
    ) -> None:
        self.replacer = replacer
        self._names = names | kept.ENVELOPE
        self._enumerations = kept.ENUMERATIONS - sensitive
        self._words = words

    def body(self, text: str, *, failed: bool = False) -> str:
        """Rewrite the body of an answer; what is not JSON is replaced letter by letter.

        Args:
            text: The body.
            failed: It is that of an error.
        """
        try:
            return write(self.value(read(text), root=True, error=failed))
        except (ValueError, RecursionError):
            return self.replacer.text(text)

    def value(
        self,
        value: Any,
        name: str = "",
        *,
        root: bool = False,
        error: bool = False,
        free: bool = False,
    ) -> Any:
        """Rewrite a parsed value.

        Args:
            value: The value.
            name: Of the member that it is.
            root: It is a whole answer.
            error: It is, or is inside of, an error.
            free: It is inside of what users define.
        """
        if isinstance(value, dict):
            page = root or isinstance(value.get("results"), list)
            return {
                key if root and _is_list(key, inner) else self.name(key): self._member(
                    key, inner, page=page, error=error, free=free
                )
                for key, inner in value.items()
            }
        if isinstance(value, list):
            return [self.value(inner, name, error=error, free=free) for inner in value]
        if isinstance(value, Number):
            return (
                value if name in kept.NUMBERS and not free else Number(self.replacer.number(value))
            )
        if isinstance(value, str):
            return self._text(value, name, error=error, free=free)
        return value

    def _member(self, key: str, value: Any, *, page: bool, error: bool, free: bool) -> Any:
        if page and key in kept.PAGE_NUMBERS and isinstance(value, Number):
            return value
        return self.value(
            value,
            key,
            error=error or (page and key == "errors"),
            free=free or key in OF_USERS,
        )

    def _text(self, value: str, name: str, *, error: bool, free: bool) -> str:
        if error and name in kept.ERROR_WORDS and re.fullmatch(r"[A-Za-z_]{1,50}", value):
            return value
        if name in kept.CODES and kept.CODES[name].fullmatch(value):
            return value
        if name in self._enumerations and not free and kept.WORD.fullmatch(value):
            return value
        if name == "scope":
            return self.scope(value)
        if "birth" in name.lower():
            return self.replacer.birth(value)
        return self.replacer.text(value)

    def name(self, name: str) -> str:
        """Rewrite the name of a member: users' own names may say something as well."""
        return name if name in self._names else self.replacer.text(name)

    def scope(self, value: str) -> str:
        """Rewrite scopes: their names are kept, projects and stores replaced."""
        if not _SCOPES.fullmatch(value):
            return self.replacer.text(value)
        scopes = (scope.split(":") for scope in value.split(" "))
        return " ".join(":".join([n, *map(self.replacer.text, more)]) for n, *more in scopes)

    def path(self, path: str) -> str:
        """Rewrite a path below the base URL."""
        return "/".join(map(self._segment, path.split("/")))

    def _segment(self, segment: str) -> str:
        if segment in self._words:
            return segment
        name, equals, value = segment.rpartition("=")
        return f"{name}{equals}{quote(self.replacer.text(unquote(value)), safe='')}"

    def parameter(self, name: str, value: str) -> str:
        """Rewrite the value of a query parameter."""
        if name in kept.PARAMETERS or value in _MODES or len(value) == 1:
            return value
        if name == "where":
            return self.predicate(value)
        operated = _OPERATED.fullmatch(value)
        if operated is None:
            return self._operand(value)
        parts = re.split(r"([|,])", operated[2])
        return f"{operated[1]}:{''.join(p if p in '|,' else self._operand(p) for p in parts)}"

    def _operand(self, value: str) -> str:
        return self.replacer.number(value) if value.isdecimal() else self.replacer.text(value)

    def predicate(self, text: str) -> str:
        """Rewrite the literals of a predicate, and users' own names."""
        member, free = "", False

        def rewrite(match: re.Match[str]) -> str:
            nonlocal member, free
            if match["text"] is not None:
                value = _unquoted(match["text"])
                if len(value) == 1:  # such as the tap's own bounds
                    return match["text"]
                return _quoted(self._text(value, member, error=False, free=free))
            if match["number"] is not None:
                return self.replacer.number(match["number"])
            if match["word"] in _OPERATORS:
                return match["word"]
            member = match["word"]
            free |= member in OF_USERS  # to the end: where it closes need not be known
            return self.name(member)

        return _TOKEN.sub(rewrite, text)


def _is_list(name: str, value: Any) -> bool:
    """Return whether a member of an answer may be the one with the rows."""
    return isinstance(value, list) and re.fullmatch(r"[A-Za-z]{1,40}", name) is not None


def _unquoted(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal[1:-1], flags=re.DOTALL)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def literals(text: str) -> list[str]:
    """Return the quoted texts in a predicate or a query."""
    return [_unquoted(match) for match in LITERAL.findall(text)]
