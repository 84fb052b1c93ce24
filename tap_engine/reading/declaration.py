"""What a stream declares; everything else is done by pagers and by the run of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from tap_engine.reading.pager import Pager
    from tap_engine.records import json_text
    from tap_engine.state.scan import Context


class Declaration:
    """The attributes that a stream class fills in; what it leaves out has these defaults."""

    name: str
    """Name of the stream, and of its file in `schemas/`."""
    package: ClassVar[str]
    """Package whose `schemas` folder holds the schema."""
    path: ClassVar[str]
    """Path of the list below the API's base URL."""
    full_pager: ClassVar[type[Pager[Any]]]
    """Reads everything: first syncs and full tables."""
    change_pager: ClassVar[type[Pager[Any]]]
    """Reads what changed since a bookmark."""
    keys: tuple[str, ...] = ("id",)
    """Key properties, all of them members of the root."""
    row_key: ClassVar[tuple[str, ...]] = ("id",)
    """Dotted paths of what identifies a row in an answer, before `reshape`."""
    replication_key: str | None = None
    """Member that is bookmarked; None for a stream that is always read in full."""
    api_replication_key: ClassVar[str | None] = None
    """The API's name of the replication key, in rows, filters and sorts, if it is another."""
    permission: ClassVar[str] = ""
    """What a credential needs to read the stream; empty if that is unknown."""
    off_because: ClassVar[str] = ""
    """Why the stream is off unless the user selects it; empty if it is on."""
    may_be_absent: str = ""
    """Why not every source has the stream; a 404 on its whole list is then no failure."""
    source_expires: ClassVar[bool] = False
    """The source removes old records by itself; rows that were loaded must be kept."""
    reshapes: bool = False
    """Records are changed by `reshape` before they are written."""
    can_prefetch: ClassVar[bool] = True
    """First pages may be asked for before the stream's turn; not if naming its lists takes long."""
    shardable: bool = False
    """The setting `shard` divides the stream among processes; otherwise shard 1 reads it alone."""

    @property
    def needs(self) -> str:
        """What a credential needs to read the stream, for messages."""
        return self.permission

    @property
    def row_time(self) -> str | None:
        """The API's name of the replication key."""
        return self.api_replication_key or self.replication_key

    def reshape(self, members: json_text.Members, context: Context) -> json_text.Members:
        """Change the members of a record before it is written; called where `reshapes` is set.

        Args:
            members: The record.
            context: The list that it came from.
        """
        del context
        return members

    @classmethod
    def wrong_filter(cls, value: object) -> str:
        """Return what is wrong with the stream's entry in `stream_filters`; empty if nothing is."""
        del value
        return "this stream takes no filter"
