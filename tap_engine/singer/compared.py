"""What comparing a stream with its table needs besides reading it; see `tap_reconcile`."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

from tap_engine.reading.declaration import Declaration
from tap_engine.singer.sdk_stream import SdkStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_engine.reading.pager import Pager
    from tap_engine.state.scan import Scan


class ComparedStream(Declaration, SdkStream, abc.ABC):
    """A stream whose keys can be read alone, where the API has a cheaper way to them."""

    @abc.abstractmethod
    def make_pager(self, kind: type[Pager[Any]], scan: Scan) -> Pager[Any]:
        """Make a pager for a scan."""

    @property
    def stream_filter(self) -> Any:
        """The stream's entry in `stream_filters`; None without."""
        return (self.config.get("stream_filters") or {}).get(self.name)

    def keys_pager(self, scan: Scan) -> Pager[Any]:
        """Make a pager for a scan of which only keys and replication timestamps are needed."""
        return self.make_pager(self.full_pager, scan)

    def existing(self, keys: Sequence[tuple[str, ...]]) -> set[tuple[str, ...]] | None:
        """Return which of some keys the source has; None where only a scan can tell."""
        del keys
        return None

    def filter_for(self, keys: Sequence[tuple[str, ...]]) -> Any:
        """Return an entry for `stream_filters` that lets these keys through; None without one."""
        del keys
        return None

    @property
    def narrowed_by(self) -> str:
        """The setting that leaves records out which the source has; empty if none does.

        Not `start_date`, of which a record itself tells whether it is left out.
        """
        return "" if self.stream_filter is None else "stream_filters"
