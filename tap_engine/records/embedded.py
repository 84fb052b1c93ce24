"""Secrets of whole records inside of members that are open, such as the payloads of messages.

What is inside of such a member is not declared, so secrets are told by their names: those that the
schemas of the tap give to secrets only, and others inside of the member that makes them one, such
as `uri` in `destination`.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from tap_engine.records import json_text
from tap_engine.records.pruning import SENSITIVE, Pruning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_engine.records.pruning import Breadcrumb

EMBEDS = "x-embeds"
"""Keyword of our schemas, not printed: `records` marks what holds other records of the tap."""

SUBJECTS = ("type", "change", "action", "path", "object", "objectType")
"""Members that say what an object is about: a message about a token, the change of a password."""

VALUES = frozenset({"value", "nextValue", "previousValue"})
"""Members that are secret in an object that is about a secret."""

_NONE: frozenset[str] = frozenset()
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, eq=False)
class Secrets:
    """The names of a tap's secrets.

    Attributes:
        names: Names that nothing else has.
        inside: By the name of a member, what is only secret inside of it.
    """

    names: frozenset[str]
    inside: Mapping[str, frozenset[str]]

    def paths(self) -> Iterator[tuple[str, ...]]:
        """List all of them."""
        for name in sorted(self.names):
            yield (name,)
        for outer, names in sorted(self.inside.items()):
            for name in sorted(names):
                yield (outer, name)

    def without(self, chosen: Iterable[tuple[str, ...]]) -> Secrets:
        """Return those that somebody has not asked for.

        Args:
            chosen: Names on the way to what is wanted; what is before the last one or two may be
                left out.
        """
        names, inside = set(self.names), {outer: set(each) for outer, each in self.inside.items()}
        for path in chosen:
            names -= set(path)
            for outer, each in inside.items():
                if path[-2:] in {(outer, path[-1]), path[-1:]}:
                    each.discard(path[-1])
        kept = {outer: frozenset(each) for outer, each in inside.items() if each}
        return Secrets(frozenset(names), kept)


class _Node(msgspec.Struct):
    """The little of a schema that matters here: a tap's schemas are a megabyte of JSON."""

    properties: dict[str, _Node] = {}
    items: _Node | None = None
    sensitive: str | None = msgspec.field(default=None, name=SENSITIVE)

    @property
    def is_secret(self) -> bool:
        """Whether it is marked, or holds nothing but secrets."""
        if self.sensitive == "secret":
            return True
        inner = (self.items or self).properties
        return bool(inner) and all(each.is_secret for each in inner.values())


def secrets_of(files: Mapping[str, bytes]) -> Secrets:
    """Collect the secrets that schemas mark.

    Args:
        files: All schema files of a tap by the names of their streams.
    """
    schemas = {stream: _schema.decode(text) for stream, text in files.items()}
    found: set[tuple[str, str]] = set()
    others: set[str] = set()
    for stream, schema in schemas.items():
        _collect(schema, stream, found, others)
    names = frozenset(name for _, name in found) - others
    inside: dict[str, set[str]] = defaultdict(set)
    for outer, name in found:
        if name not in names:
            for each in _spellings(outer) if outer in schemas else (outer,):
                inside[each].add(name)
    return Secrets(names, {outer: frozenset(each) for outer, each in inside.items()})


def embedding(schema: Mapping[str, Any], at: Breadcrumb = ()) -> Iterator[Breadcrumb]:
    """List the members that hold other records, as breadcrumbs."""
    if EMBEDS in schema:
        yield at
    for name, inner in schema.get("properties", {}).items():
        yield from embedding(inner, (*at, "properties", name))
    if "items" in schema:
        yield from embedding(schema["items"], (*at, "items"))


@dataclass(slots=True)
class Embedded(Pruning):
    """Leaves out secrets at every depth of a value."""

    secrets: Secrets = field(kw_only=True)
    _names_somewhere: re.Pattern[bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.drop |= self.secrets.names
        # In what says what an object is about, a name may be a part, and its words may be apart.
        names = sorted(self.secrets.names | set(self.secrets.inside))
        patterns = [_spaced(name).replace(" ", "[ _-]?") for name in names]
        self._names_somewhere = re.compile("|".join(patterns or ["(?!)"]).encode())

    def left_out(self, at: Breadcrumb = ()) -> Iterator[Breadcrumb]:
        """List what is left out, wherever it is below."""
        for path in {*self.secrets.paths(), *((name,) for name in self.drop)}:
            yield (*at, *path)

    def settle(self) -> Pruning:
        """Do nothing: all that `apply` looks for is known from the start."""
        return self

    def touches(self, text: bytes) -> bool:
        """Tell whether there may be anything to leave out; quick, and never wrongly False."""
        escaped = b"\\" in text and rb"\u" in text
        return escaped or self._names_somewhere.search(text.lower()) is not None

    def apply(self, raw: bytes | msgspec.Raw, beside: json_text.Members | None = None) -> bytes:
        """Return the JSON text of a value without secrets."""
        here, values = self._told_by(beside or {})
        return self._apply(bytes(raw), here | values)

    def apply_to_members(self, members: json_text.Members) -> json_text.Members:
        """Do the same to an object that is already split into members."""
        return self._without(members, _NONE)

    def _apply(self, text: bytes, more: frozenset[str]) -> bytes:
        if not more and not self.touches(text):
            return text
        if text[:1] == b"[":
            inner = (self._apply(bytes(each), more) for each in json_text.items(text))
            return b"[" + b",".join(inner) + b"]"
        if text[:1] != b"{":
            return text
        return json_text.join(self._without(json_text.members(text), more))

    def _without(self, members: json_text.Members, more: frozenset[str]) -> json_text.Members:
        here, values = self._told_by(members)
        dropped = self.drop | more | here
        kept: json_text.Members = {}
        for name, value in members.items():
            if name not in dropped:
                inside = self.secrets.inside.get(name, _NONE)
                if name in VALUES:
                    inside |= values
                kept[name] = msgspec.Raw(self._apply(bytes(value), inside))
        return kept

    def _told_by(self, members: json_text.Members) -> tuple[frozenset[str], frozenset[str]]:
        """Return what to leave out of an object, and of its values, because of what it is about."""
        here = values = _NONE
        for name in SUBJECTS:
            subject = members.get(name)
            if subject is not None:
                told, inside = _about(self.secrets, bytes(subject))
                here, values = here | told, values | inside
        return here, values


@functools.lru_cache(maxsize=4096)
def _about(secrets: Secrets, subject: bytes) -> tuple[frozenset[str], frozenset[str]]:
    if subject[:1] != b'"':
        return _NONE, _NONE
    said = f" {_spaced(msgspec.json.decode(subject))} "
    here = values = _NONE
    if any(f" {_spaced(name)} " in said for name in secrets.names):
        here = VALUES
    for outer, names in secrets.inside.items():
        if f" {_spaced(outer)} " in said:
            here, values = here | names, values | names
    return here, values


def _spaced(name: str) -> str:
    """Write a name in small letters with spaces: `setAccessKey` is `set access key`."""
    return " ".join(_WORD.findall(name)).lower()


def _spellings(stream: str) -> tuple[str, str]:
    """Return what members are called that hold records of a stream, or one of them."""
    first, *rest = stream.split("_")
    plural = first + "".join(word.capitalize() for word in rest)
    return plural, f"{plural[:-3]}y" if plural.endswith("ies") else plural.removesuffix("s")


def _collect(schema: _Node, outer: str, found: set[tuple[str, str]], others: set[str]) -> None:
    """Collect secrets with the name of what they are in, and the names of all other members."""
    for name, node in schema.properties.items():
        if node.is_secret:
            found.add((outer, name))
        else:
            others.add(name)
            _collect(node, name, found, others)
    if schema.items is not None:
        _collect(schema.items, outer, found, others)


_schema = msgspec.json.Decoder(_Node)
