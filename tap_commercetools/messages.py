"""Messages of the project, and deletes as a stream made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from tap_commercetools import query
from tap_commercetools.client import CommercetoolsStream
from tap_commercetools.delete_messages import DELETED
from tap_commercetools.message_keeping import LOST_DELETES, LOST_MESSAGES
from tap_engine.records import json_text
from tap_engine.state.entry import BOOKMARK, READ_UP_TO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_engine.records.rows import Row
    from tap_engine.state.scan import Context, Scan

_COPIED = ("type", "resourceVersion", "resourceUserProvidedIdentifiers", "sequenceNumber")
_REFERENCE = ("typeId", "id")
_NULL = msgspec.Raw(b"null")


class _Type(msgspec.Struct):
    type: Any = None


_type = msgspec.json.Decoder(_Type)


class MessageStream(CommercetoolsStream):
    """What both streams share: old messages expire, and may be gone before they were read."""

    source_expires = True
    reshapes = True
    lost: ClassVar[str]
    """What it means when messages are gone."""

    def complete(self, scan: Scan) -> Iterator[int]:
        """Warn when the project does not keep messages, or not long enough."""
        since = self.stream_state.get(READ_UP_TO) or self.stream_state.get(BOOKMARK)
        connection = self.connection
        connection.message_keeping.check(
            self.name, self.lost, since, connection.http.run_started_at
        )
        yield from super().complete(scan)


class MessagesStream(MessageStream):
    """Messages: the members that all types share as columns, the others in one `payload`.

    The 340 message types would otherwise make thousands of columns.
    """

    lost = LOST_MESSAGES
    columns: ClassVar[frozenset[str]] = frozenset(
        {
            "id",
            "version",
            "versionModifiedAt",
            "createdAt",
            "createdBy",
            "lastModifiedAt",
            "lastModifiedBy",
            "sequenceNumber",
            "resource",
            "resourceVersion",
            "resourceUserProvidedIdentifiers",
            "type",
        }
    )

    def reshape(self, members: json_text.Members, context: Context) -> json_text.Members:
        """Move type-specific members into `payload`."""
        del context
        payload = {name: raw for name, raw in members.items() if name not in self.columns}
        common = {name: raw for name, raw in members.items() if name in self.columns}
        return {**common, "payload": msgspec.Raw(json_text.join(payload))}


class DeletionsStream(MessageStream):
    """One record per delete, made from the messages about deletes.

    Only what identifies the record is copied: some of these messages carry all of it, including
    personal data.
    """

    lost = LOST_DELETES
    api_replication_key = "createdAt"
    restriction = query.one_of("type", DELETED)
    countable = False

    def keep_row(self, row: Row) -> bool:
        """Leave out messages of other types, should the API have sent any."""
        kind = _type.decode(row.raw).type
        return isinstance(kind, str) and kind in DELETED

    def reshape(self, members: json_text.Members, context: Context) -> json_text.Members:
        """Make the record from a message."""
        del context
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
            "stream": json_text.literal(about.stream if named else None),
            "resourceId": resource.get("id", _NULL),
            "resourceKey": _key(members, resource, about.inside),
            **_product(members),
        }


def _key(members: json_text.Members, resource: json_text.Members, inside: str) -> msgspec.Raw:
    """Return the user's key of a deleted record; null when the message does not tell it."""
    identifiers = _members(members.get("resourceUserProvidedIdentifiers"))
    for place in (identifiers, resource, _members(members.get(inside))):
        if "key" in place:
            return place["key"]
    return _NULL


def _product(members: json_text.Members) -> json_text.Members:
    """Return the reference to the product that a deleted variant was part of."""
    product = _members(members.get("product"))
    named: json_text.Members = {name: product[name] for name in _REFERENCE if name in product}
    return {"product": msgspec.Raw(json_text.join(named))} if named else {}


def _members(raw: msgspec.Raw | None) -> json_text.Members:
    return json_text.members(raw) if raw is not None and bytes(raw)[:1] == b"{" else {}
