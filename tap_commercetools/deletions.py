"""Deletes that the platform tells by a message, as a stream of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

from tap_commercetools import query
from tap_commercetools.client import CommercetoolsStream
from tap_commercetools.delete_messages import DELETED
from tap_commercetools.message_keeping import LOST_DELETES
from tap_engine import rawjson
from tap_engine.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_engine.partial import Partial
    from tap_engine.walk import Range, Walk


_COPIED = ("type", "resourceVersion", "resourceUserProvidedIdentifiers", "sequenceNumber")
_NULL = msgspec.Raw(b"null")


class DeletionsStream(CommercetoolsStream):
    """One record per delete, made of the messages about deletes.

    Only what identifies the record is taken over: some of these messages carry all of it, personal
    data included.
    """

    sent_cursor = "createdAt"
    bookmark_at_cut = True
    reshapes = True
    types: ClassVar[tuple[str, ...]] = tuple(DELETED)
    """Types of messages to read."""

    def predicates(self, walk: Walk, piece: Range) -> list[str]:
        """Restrict the walk to messages about deletes."""
        return [query.one_of("type", self.types), *super().predicates(walk, piece)]

    def ask_total(self, walk: Walk) -> None:
        """Ask nothing: with a predicate the total is not exact."""

    def reshape(self, members: rawjson.Members, piece: Range) -> rawjson.Members:
        """Make the record out of a message."""
        del piece
        kind = msgspec.json.decode(members.get("type", _NULL))
        if kind not in self.types:
            msg = (
                f"{self.name}: the API sent a message of type {kind!r:.60}, which was not asked for"
            )
            raise SourceError(msg)
        about = DELETED[kind]
        resource = _members(members.get("resource"))
        type_id = resource.get("typeId", _NULL)
        # Whatever the message is called, it only speaks of a stream's record if it names one.
        named = msgspec.json.decode(type_id) == about.type_id
        return {
            "id": members["id"],
            "deletedAt": members.get("createdAt", _NULL),
            **{name: members[name] for name in _COPIED if name in members},
            "resourceType": type_id,
            "stream": rawjson.literal(about.stream if named else None),
            "resourceId": resource.get("id", _NULL),
            "resourceKey": _key(members, resource, about.inside),
        }

    def complete(self, walk: Walk) -> Iterable[Partial]:
        """Say when the project does not keep what the stream is made of."""
        self.tap.message_keeping.check(self, LOST_DELETES)
        return super().complete(walk)


def _key(members: rawjson.Members, resource: rawjson.Members, inside: str) -> msgspec.Raw:
    """Find the user's key of a deleted record, null when the message does not tell it."""
    identifiers = _members(members.get("resourceUserProvidedIdentifiers"))
    for place in (identifiers, resource, _members(members.get(inside))):
        if "key" in place:
            return place["key"]
    return _NULL


def _members(raw: msgspec.Raw | None) -> rawjson.Members:
    return rawjson.members(raw) if raw is not None and bytes(raw)[:1] == b"{" else {}
