"""Deletes that the platform tells by a message, as a stream of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from tap_commercetools import query
from tap_commercetools.client import CommercetoolsStream
from tap_commercetools.delete_messages import DELETED
from tap_commercetools.message_keeping import LOST_DELETES
from tap_engine import rawjson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_engine.partial import Partial
    from tap_engine.walk import Page, Range, Walk


_COPIED = ("type", "resourceVersion", "resourceUserProvidedIdentifiers", "sequenceNumber")
_NULL = msgspec.Raw(b"null")


class _Type(msgspec.Struct):
    type: Any = None


_type = msgspec.json.Decoder(_Type)


class DeletionsStream(CommercetoolsStream):
    """One record per delete, made of the messages about deletes.

    Only what identifies the record is taken over: some of these messages carry all of it, personal
    data included.
    """

    sent_cursor = "createdAt"
    bookmark_at_cut = True
    source_forgets = True
    reshapes = True
    types: ClassVar[tuple[str, ...]] = tuple(DELETED)
    """Types of messages to read."""

    def predicates(self, walk: Walk, piece: Range) -> list[str]:
        """Restrict the walk to messages about deletes."""
        return [query.one_of("type", self.types), *super().predicates(walk, piece)]

    def fetch(self, walk: Walk, piece: Range) -> Page:
        """Read a page, without messages of other types should the API have sent any."""
        page = super().fetch(walk, piece)
        page.rows = [row for row in page.rows if _type.decode(row.raw).type in self.types]
        return page

    def can_count(self, walk: Walk) -> bool:  # noqa: ARG002
        """Say no: with a predicate the total is not exact."""
        return False

    def reshape(self, members: rawjson.Members, piece: Range) -> rawjson.Members:
        """Make the record out of a message."""
        del piece
        about = DELETED[msgspec.json.decode(members["type"])]
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
