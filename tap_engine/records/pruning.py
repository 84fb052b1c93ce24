"""Field selection on JSON text: leave out members without decoding the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_engine.records import json_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import msgspec

Breadcrumb = tuple[str, ...]

SENSITIVE = "x-sensitive"
"""Keyword of our schemas, not printed: `secret`, `pii`, or `possible` for what may be personal."""


@dataclass(slots=True)
class Pruning:
    """What to leave out at one level of a record.

    Attributes:
        drop: Members to leave out.
        only: When set, the only members to let through: somebody who deselects declared members
            by hand does not want undeclared ones either.
        inside: Prunings of members that stay; of an array they apply to each element.
    """

    drop: set[str] = field(default_factory=set)
    only: set[str] | None = None
    inside: dict[str, Pruning] = field(default_factory=dict)
    _names: tuple[bytes, ...] | None = field(default=None, repr=False, compare=False)

    def settle(self) -> Pruning:
        """Precompute what `apply` looks for; called once the pruning is complete."""
        for pruning in self.inside.values():
            pruning.settle()
        self._names = tuple(f'"{name}"'.encode() for name in sorted(self.drop | set(self.inside)))
        return self

    def __bool__(self) -> bool:
        return bool(self.drop or self.only is not None or self.inside)

    def touches(self, text: bytes) -> bool:
        """Tell whether there may be anything to leave out; quick, and never wrongly False."""
        if self.only is not None or self._names is None:
            return True
        # An escaped spelling of a name would hide from the search.
        return (b"\\" in text and rb"\u" in text) or any(name in text for name in self._names)

    def apply(self, raw: bytes | msgspec.Raw, beside: json_text.Members | None = None) -> bytes:
        """Return the JSON text of a value without what is to be left out.

        Args:
            raw: The value.
            beside: The members of the object that it is in; see `embedded`.
        """
        del beside
        text = bytes(raw)
        if not self.touches(text):
            return text
        if text[:1] == b"[":
            return b"[" + b",".join(map(self.apply, json_text.items(text))) + b"]"
        if text[:1] != b"{":
            return text
        return json_text.join(self.apply_to_members(json_text.members(text)))

    def apply_to_members(self, members: json_text.Members) -> json_text.Members:
        """Do the same to an object that is already split into members."""
        kept = {
            name: value
            for name, value in members.items()
            if name not in self.drop and (self.only is None or name in self.only)
        }
        for name, pruning in self.inside.items():
            if name in kept:
                kept[name] = type(kept[name])(pruning.apply(kept[name], members))
        return kept


def secret_breadcrumbs(schema: Mapping[str, object], at: Breadcrumb = ()) -> list[Breadcrumb]:
    """List the members that a schema marks as secret (`x-sensitive: secret`), as breadcrumbs."""
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
    """List the members inside of arrays that a schema marks, as breadcrumbs."""
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
        selected: Effective selection by breadcrumb; missing ones are selected.
        unselected_by_default: Breadcrumbs that the tap itself deselects: they say nothing about
            what the user thinks of undeclared members.
        keep: Members of this level that stay whatever the selection says (the keys).
        at: Breadcrumb of this level.
    """
    result = Pruning()
    array_items = schema.get("items")
    if isinstance(array_items, dict):
        inner = compile_pruning(array_items, selected, unselected_by_default, at=(*at, "items"))
        # Singer's metadata may name members of array elements with or without the `items` crumb.
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
    """Add what to leave out at a breadcrumb of which no members are declared."""
    names = [crumb for crumb in breadcrumb if crumb not in {"properties", "items"}]
    if not names:  # somebody who deselects members of the record wants no undeclared ones
        inner.drop |= pruning.drop
        return inner if pruning.only is None else pruning
    outer = pruning
    for name in names[:-1]:
        outer = outer.inside.setdefault(name, Pruning())
    outer.inside[names[-1]] = inner
    return pruning


def merge(one: Pruning, two: Pruning) -> Pruning:
    """Leave out what either of two prunings leaves out."""
    only = one.only if two.only is None else two.only if one.only is None else one.only & two.only
    inside = dict(one.inside)
    for name, pruning in two.inside.items():
        inside[name] = merge(inside[name], pruning) if name in inside else pruning
    return Pruning(drop=one.drop | two.drop, only=only, inside=inside)


def allow_list(schema: Mapping[str, object]) -> Pruning:
    """Make a pruning that lets only declared members through, at every declared level."""
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
