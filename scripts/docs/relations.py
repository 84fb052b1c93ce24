"""References from members of records to other streams.

In commercetools a reference is an object with a `typeId`, in Commerce7 a member named `...Id` or
`...Ids`. It refers to the stream that its name ends with, as `refundOrderId` to `orders`. For
exceptions, `x-relation` in the schema names one or more streams, or "none".
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.declarations import streams
from scripts.docs.members import members_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.docs.members import Member
    from tap_engine.singer.tap import EngineTap

# Who changed a record: in nearly every stream, and not followed.
_ACTORS = {"createdBy", "lastModifiedBy"}

# In nearly every stream, or in copies of other records; left out of the diagrams.
_LEFT_OUT = {
    "custom",
    "shippingCustomFields",
    "interfaceInteractions",
    "warnings",
    "customer",
    "posProfile",
    "reservationType",
}


@dataclass(frozen=True)
class Relation:
    """A member that refers to a record of a stream."""

    member: Member
    target: str


@functools.cache
def relations(tap: type[EngineTap]) -> tuple[Relation, ...]:
    """Return all references in the streams of a tap.

    Raises:
        ValueError: A reference or an `x-relation` names a stream that does not exist.
    """
    known = {stream.name for stream in streams(tap)}
    found = []
    for member in members_of(tap):
        leads_to = targets(tap, member, known)
        if unknown := sorted(leads_to - known):
            where = f"{member.stream}.json, {member.path}"
            msg = f"{where}: no stream {' or '.join(unknown)}; see x-relation in CONTRIBUTING.md"
            raise ValueError(msg)
        found += [Relation(member, target) for target in sorted(leads_to)]
    return tuple(found)


def targets(tap: type[EngineTap], member: Member, known: set[str]) -> set[str]:
    """Return the streams that a member refers to; empty if it is not a reference."""
    given = member.node.get("x-relation")
    if given is not None:
        return set() if given == "none" else {given} if isinstance(given, str) else {*given}
    if not is_reference(tap, member) or _ACTORS & {*member.names[:-1]}:
        return set()
    words = re.sub(r"Ids?$", "", member.name)
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", words).lower().split("_")
    ends = [_plural("_".join(parts[start:])) for start in range(len(parts))]
    return {next((end for end in ends if end in known), ends[0])}


def is_reference(tap: type[EngineTap], member: Member) -> bool:
    """Return whether a member has the form of a reference in this API."""
    if tap.name == "tap-commercetools":
        return "typeId" in member.node.get("properties", {})
    return member.name.endswith(("Id", "Ids"))


def _plural(word: str) -> str:
    if word.endswith("ss"):
        return f"{word}es"
    return re.sub("(?<![aeiou])ys$", "ies", f"{word.removesuffix('s')}s")


def shortest(tap: type[EngineTap], stream: str) -> Iterator[Relation]:
    """Yield the shortest reference from a stream to each other stream, in the schema's order.

    References inside copies of other records are left out.
    """
    best: dict[str, Relation] = {}
    for each in relations(tap):
        if each.member.stream != stream or _LEFT_OUT & {*each.member.names[:-1]}:
            continue
        known = best.get(each.target)
        if known is None or _length(each) < _length(known):
            best[each.target] = each
    yield from best.values()


def _length(relation: Relation) -> tuple[int, int]:
    """Return the number of names in the path, then the number of arrays."""
    return len(relation.member.names), relation.member.path.count("[]")
