"""Field selection on JSON text: removes members without decoding the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from tap_engine.records import json_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

Breadcrumb = tuple[str, ...]

SENSITIVE = "x-sensitive"
"""Keyword of our schemas, never printed: `secret`, `pii`, or `possible` (may be personal)."""


@dataclass(slots=True)
class Pruning:
    """What to leave out at one level of a record.

    Attributes:
        drop: Members to leave out.
        only: If set, the only members to keep: a user who deselects declared members does not want
            undeclared ones either.
        inside: Prunings of the members that stay; those of an array apply to each element.
    """

    drop: set[str] = field(default_factory=set)
    only: set[str] | None = None
    inside: dict[str, Pruning] = field(default_factory=dict)
    _names: tuple[bytes, ...] | None = field(default=None, repr=False, compare=False)
    _cutter: _Cutter | None = field(default=None, repr=False, compare=False)

    def settle(self) -> Pruning:
        """Precompute what `apply` looks for. Call this once the pruning is complete."""
        for pruning in self.inside.values():
            pruning.settle()
        self._names = tuple(f'"{name}"'.encode() for name in sorted(self.drop | set(self.inside)))
        if self.only is None and not self.inside:
            self._cutter = _Cutter(sorted(self.drop))
        return self

    def left_out(self, at: Breadcrumb = ()) -> Iterator[Breadcrumb]:
        """List the declared members that are left out, by their names from the record down."""
        for name in self.drop:
            yield (*at, name)
        for name, pruning in self.inside.items():
            yield from pruning.left_out((*at, name))

    def __bool__(self) -> bool:
        return bool(self.drop or self.only is not None or self.inside)

    def touches(self, text: bytes) -> bool:
        """Return whether there may be anything to leave out; fast, without false negatives."""
        if self.only is not None or self._names is None:
            return True
        # The search would not find a name that is spelled with escapes.
        return (b"\\" in text and rb"\u" in text) or any(name in text for name in self._names)

    def apply(self, raw: bytes | msgspec.Raw, beside: json_text.Members | None = None) -> bytes:
        """Return the JSON text of a value without the pruned members.

        Args:
            raw: The value.
            beside: Members of the object that contains it; they matter in `embedded` only.
        """
        del beside
        text = bytes(raw)
        if self._cutter is not None and text[:1] == b"{":
            rest = self._cutter.cut(text)
            if rest is not None:
                return rest
        if not self.touches(text):
            return text
        if text[:1] == b"[":
            return b"[" + b",".join(map(self.apply, json_text.items(text))) + b"]"
        if text[:1] != b"{":
            return text
        return json_text.join(self.apply_to_members(json_text.members(text)))

    def apply_to_members(self, members: json_text.Members) -> json_text.Members:
        """Prune an object that is already split into members."""
        kept = {
            name: value
            for name, value in members.items()
            if name not in self.drop and (self.only is None or name in self.only)
        }
        for name, pruning in self.inside.items():
            if name in kept:
                kept[name] = type(kept[name])(pruning.apply(kept[name], members))
        return kept


class _Cutter:
    """Cuts members out of an object where they stand; splitting all of it costs thrice as much.

    Args:
        names: The members that are to go.
    """

    def __init__(self, names: Sequence[str]) -> None:
        attributes = [f"member_{number}" for number, _ in enumerate(names)]
        kind = msgspec.Raw | msgspec.UnsetType
        self._decoder = msgspec.json.Decoder(
            msgspec.defstruct(
                "Dropped",
                [(attribute, kind, msgspec.UNSET) for attribute in attributes],
                rename=dict(zip(attributes, names, strict=True)),
            )
        )
        self._members = [
            (attribute, f'"{name}"'.encode())
            for attribute, name in zip(attributes, names, strict=True)
        ]

    def cut(self, text: bytes) -> bytes | None:
        """Return the object without the members; None when it is not plain enough.

        That is with escapes, with spaces around a name, or when a name occurs more than once:
        another one may be further inside.
        """
        if b"\\" in text:
            return None
        found = self._decoder.decode(text)
        for attribute, name in self._members:
            value = getattr(found, attribute)
            if value is msgspec.UNSET:
                continue
            member = name + b":" + value
            begin = text.find(member)
            if begin < 0 or text.count(name) != 1:
                return None
            end = begin + len(member)
            if text[end : end + 1] == b",":
                end += 1
            elif text[begin - 1 : begin] == b",":
                begin -= 1
            text = text[:begin] + text[end:]
        return text


def secret_breadcrumbs(schema: Mapping[str, object], at: Breadcrumb = ()) -> list[Breadcrumb]:
    """Return breadcrumbs of the members that a schema marks as secret (`x-sensitive: secret`)."""
    found: list[Breadcrumb] = []
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for name, inner in properties.items():
            here = (*at, "properties", name)
            if inner.get(SENSITIVE) == "secret":
                found.append(here)
            else:
                found += secret_breadcrumbs(inner, here)
    array_items = schema.get("items")
    if isinstance(array_items, dict):
        found += secret_breadcrumbs(array_items, (*at, "items"))
    return found


def sensitive_in_arrays(schema: Mapping[str, object], at: Breadcrumb = ()) -> Iterator[Breadcrumb]:
    """Yield breadcrumbs of the members inside arrays that a schema marks as sensitive."""
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for name, inner in properties.items():
            here = (*at, "properties", name)
            if "items" in at and SENSITIVE in inner:
                yield here
            yield from sensitive_in_arrays(inner, here)
    array_items = schema.get("items")
    if isinstance(array_items, dict):
        yield from sensitive_in_arrays(array_items, (*at, "items"))


def compile_pruning(
    schema: Mapping[str, object],
    selected: Mapping[Breadcrumb, bool],
    unselected_by_default: Collection[Breadcrumb],
    keep: Collection[str] = (),
    at: Breadcrumb = (),
) -> Pruning:
    """Turn Singer's selection metadata into prunings.

    Args:
        schema: JSON schema at this breadcrumb.
        selected: Effective selection by breadcrumb; breadcrumbs not listed are selected.
        unselected_by_default: Breadcrumbs that the tap itself deselects, which does not mean that
            the user does not want undeclared members.
        keep: Members of this level that stay regardless of the selection (the keys).
        at: Breadcrumb of this level.
    """
    result = Pruning()
    array_items = schema.get("items")
    if isinstance(array_items, dict):
        inner = compile_pruning(array_items, selected, unselected_by_default, at=(*at, "items"))
        # Singer's metadata may name members of array elements with or without `items`.
        if "properties" in array_items:
            direct = compile_pruning(array_items, selected, unselected_by_default, at=at)
            inner = merge(inner, direct)
        return inner
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return result
    for name, inner_schema in properties.items():
        here = (*at, "properties", name)
        if not selected.get(here, True) and name not in keep:
            result.drop.add(name)
            if here not in unselected_by_default:
                result.only = set()
        elif inside := compile_pruning(inner_schema, selected, unselected_by_default, at=here):
            result.inside[name] = inside
    if result.only is not None:
        result.only = set(properties) - result.drop
    return result


def attached(pruning: Pruning, breadcrumb: Breadcrumb, inner: Pruning) -> Pruning:
    """Return a pruning that also prunes what is at a breadcrumb without declared members."""
    names = [crumb for crumb in breadcrumb if crumb not in {"properties", "items"}]
    if not names:  # a user who deselects members of the record does not want undeclared ones
        inner.drop |= pruning.drop
        return inner if pruning.only is None else pruning
    outer = pruning
    for name in names[:-1]:
        outer = outer.inside.setdefault(name, Pruning())
    outer.inside[names[-1]] = inner
    return pruning


def merge(one: Pruning, two: Pruning) -> Pruning:
    """Return a pruning that leaves out what either of two leaves out."""
    only = one.only if two.only is None else two.only if one.only is None else one.only & two.only
    inside = dict(one.inside)
    for name, pruning in two.inside.items():
        inside[name] = merge(inside[name], pruning) if name in inside else pruning
    return Pruning(drop=one.drop | two.drop, only=only, inside=inside)


def allow_list(schema: Mapping[str, object]) -> Pruning:
    """Return a pruning that only keeps declared members, at every level of the schema."""
    array_items = schema.get("items")
    if isinstance(array_items, dict):
        return allow_list(array_items)
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return Pruning()
    inside = {name: allow_list(inner) for name, inner in properties.items()}
    return Pruning(
        only=set(properties), inside={name: inner for name, inner in inside.items() if inner}
    )
