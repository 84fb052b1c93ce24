"""The base classes of Commerce7 streams: URL, filter, permission, pagers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import quote

from tap_commerce7 import parameters
from tap_commerce7.answer import RowsMember
from tap_commerce7.endpoint import Endpoint, UpdatedAt
from tap_commerce7.long_lists import ByPageOrCursor
from tap_commerce7.paging import ByCursor, ByObjectType
from tap_engine.records import json_text
from tap_engine.records.dates import dates_of
from tap_engine.records.rows import RowReader
from tap_engine.singer.stream import EngineStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_commerce7.connection import Connection
    from tap_engine.reading.pager import Pager
    from tap_engine.state.scan import Context, Scan


class Commerce7Stream(EngineStream):
    """A list with numbered pages, or with a cursor that nobody documents."""

    package = "tap_commerce7"
    full_pager: ClassVar[type[Pager[Any]]] = ByPageOrCursor
    change_pager: ClassVar[type[Pager[Any]]] = ByPageOrCursor
    array_key: ClassVar[str | None] = None
    """Member of the answer that holds the rows; None where nobody has shown an answer."""
    updated_at: ClassVar[UpdatedAt] = UpdatedAt.ABSENT
    filter_parameters: ClassVar[tuple[str, ...]] = ()
    """Documented parameters that narrow the list, without those that the tap sends itself."""

    @property
    def connection(self) -> Connection:
        """What the tenant is asked with."""
        return cast("Connection", self.host.connection)

    @property
    def needs(self) -> str:
        """The app permission that opens the stream."""
        return f"app permission {self.permission} (read)" if self.permission else ""

    def url(self, context: Context) -> str:
        """Return the URL of a list."""
        path = self.path.format_map({name: quote(v, safe="") for name, v in context.items()})
        return f"{self.connection.api_url}{path}"

    def contexts(self) -> Sequence[Context]:
        """Return all lists, where they are known beforehand."""
        return ({},)

    @cached_property
    def endpoint(self) -> Endpoint:
        """What the pagers need to know of the stream."""
        return Endpoint(
            stream=self.name,
            connection=self.connection,
            logger=self.logger,
            url=self.url,
            member=RowsMember(self.array_key),
            rows=RowReader(self.name, self.row_key, self.row_time, dates_of(self.schema)),
            contexts=self.contexts(),
            updated_at=self.updated_at,
            user_filter=self.user_filter,
            filtered=self.stream_filter is not None,
        )

    @property
    def user_filter(self) -> list[tuple[str, str]]:
        """The user's query parameters, which go with every query."""
        rendered = parameters.rendered(self.stream_filter)
        odd = [name for name, _ in rendered if name not in self.filter_parameters]
        if odd:
            self.logger.warning(
                "%s: stream_filters: %s is not documented for this list; if the API ignores it,"
                " everything is read",
                self.name,
                ", ".join(odd),
            )
        return rendered

    def make_pager(self, kind: type[Pager[Any]], scan: Scan) -> Pager[Any]:
        """Make a pager for a scan."""
        return kind(scan, self.endpoint)

    @classmethod
    def wrong_filter(cls, value: object) -> str:
        """Check that a filter is made of query parameters."""
        return parameters.wrong(value, cls.filter_parameters)


class CursorStream(Commerce7Stream):
    """A list with a cursor."""

    replication_key: str | None = "updatedAt"
    full_pager = ByCursor
    change_pager = ByCursor
    updated_at = UpdatedAt.UNKNOWN


class TypedStream(Commerce7Stream):
    """One list for each object type, in one stream; the type is part of the key."""

    full_pager = ByObjectType
    change_pager = ByObjectType
    keys = ("objectType", "id")
    reshapes = True
    object_types: Sequence[str]

    def contexts(self) -> Sequence[Context]:
        """Return one list for each object type."""
        return [{"objectType": name} for name in self.object_types]

    def reshape(self, members: json_text.Members, context: Context) -> json_text.Members:
        """Add the object type that was asked for, where the record does not name its own."""
        own = members.get("objectType")
        if own is not None and bytes(own) != b"null":
            return members
        return {**members, "objectType": json_text.literal(context["objectType"])}
