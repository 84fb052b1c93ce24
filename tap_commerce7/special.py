"""Lists of Commerce7 that are not like the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_commerce7.client import Commerce7Stream, CursorStream
from tap_engine.records.pruning import allow_list

if TYPE_CHECKING:
    from tap_engine.records import json_text
    from tap_engine.singer.tap import EngineTap
    from tap_engine.state.scan import Context


class SettingsStream(Commerce7Stream):
    """The tenant's settings, reduced to what the schema lists.

    The raw row also carries keys of other integrations, so nothing undeclared may pass.
    """

    reshapes = True

    def __init__(self, tap: EngineTap) -> None:
        super().__init__(tap)
        self._allowed = allow_list(self.schema).settle()

    def reshape(self, members: json_text.Members, context: Context) -> json_text.Members:
        """Let only declared members through."""
        del context
        return self._allowed.apply_to_members(members)


class TrashStream(CursorStream):
    """Deleted objects: neither the row's shape nor a timestamp is known."""

    replication_key = None
