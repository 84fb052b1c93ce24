"""Whether a complete scan of a stream activates a table version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_engine.reading.declaration import Declaration
from tap_engine.singer.sdk_stream import SdkStream
from tap_engine.state.shards import read_setting

if TYPE_CHECKING:
    from tap_engine.state.shards import Shard


class VersionedStream(Declaration, SdkStream):
    """A stream that knows whether its rows have versions."""

    @property
    def shard(self) -> Shard | None:
        """The part of the stream that this process reads; None for all of it."""
        shard = read_setting(self.config)
        return shard if shard and shard.is_split and self.shardable else None

    @property
    def activates(self) -> bool:
        """Whether a complete scan activates a table version.

        Unless the setting says so, not the few tables that are always read in full and have a
        column `version`: there target-postgres (0.8.1, with soft deletes) fails at
        ACTIVATE_VERSION. Never those whose source expires records, and never a shard, which does
        not have the rows of the others, nor those of which `start_date` leaves some out.
        """
        return self._would_activate and not self._is_bounded

    @property
    def keeps_version(self) -> bool:
        """Whether it is only `start_date` that keeps a complete scan from activating a version."""
        return self._would_activate and self._is_bounded

    @property
    def _would_activate(self) -> bool:
        wanted = self.config.get("emit_activate_version_messages")
        if wanted is None:
            always_full = type(self).replication_key is None
            wanted = not always_full or "version" not in self.schema["properties"]
        incomplete = self.source_expires or self.shard is not None
        return bool(wanted) and self.is_full_table and not incomplete

    @property
    def _is_bounded(self) -> bool:
        return bool(self.config.get("start_date")) and self.replication_key is not None
