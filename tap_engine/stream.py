"""The Singer SDK stream that both taps build on: walks instead of a record loop."""

from __future__ import annotations

import abc
import importlib.resources
import json
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, Metadata

from tap_engine import filters, records, typed_members
from tap_engine.catalog import check_replication, selected_schema
from tap_engine.drift import Drift
from tap_engine.errors import (
    AbortedError,
    FilterRefusedError,
    QueryRefusedError,
    StreamError,
    TapError,
)
from tap_engine.partial import declare
from tap_engine.reading import Reading
from tap_engine.selection import secret_breadcrumbs, sensitive_in_arrays
from tap_engine.walk import Page, Range, Walk, whole

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from concurrent.futures import Future

    from singer_sdk.helpers.types import Context as SingerContext
    from singer_sdk.mapper import StreamMap
    from singer_sdk.singerlib import MetadataMapping

    from tap_engine import rawjson
    from tap_engine.checkpoint import ReadWith
    from tap_engine.partial import Partial
    from tap_engine.shards import Shard
    from tap_engine.tap import EngineTap
    from tap_engine.walk import Context, Position


class EngineStream(Stream):
    """A stream that is read by walks and whose every STATE is a safe point to start from.

    Declarations fill in the class attributes; the client of each API fills in `fetch`.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    package: ClassVar[str]
    """Package whose `schemas` folder holds the stream's schema."""
    path: ClassVar[str]
    """Path of the list below the API's base URL."""
    keys: tuple[str, ...] = ("id",)
    """Key properties, all of them members of the root."""
    row_key: ClassVar[tuple[str, ...]] = ("id",)
    """Dotted paths of what tells rows apart in an answer, before any reshaping."""
    cursor_field: ClassVar[str | None] = None
    """Replication key."""
    sent_cursor: ClassVar[str | None] = None
    """Member that the API sends the replication key in, where that has another name."""
    bookmark_at_cut: ClassVar[bool] = False
    """A complete walk moves the bookmark to its cut, whatever it found; else to the last change.

    For records that never change, so that an old bookmark only means that nobody read since.
    """
    source_forgets: ClassVar[bool] = False
    """The platform removes old records by itself, and copies are to keep them."""
    permission: ClassVar[str] = ""
    """What opens the stream at the platform; empty when it is unknown."""
    off_because: ClassVar[str] = ""
    """Why the stream is off unless the user selects it; empty when it is on."""
    full_order: ClassVar[str]
    """Order of a walk over everything."""
    reshapes: bool = False
    """Records are changed by `reshape` before they go out."""
    reads_ahead: ClassVar[bool] = True
    """First pages may be asked for before the stream's turn; not if naming its lists takes time."""
    splits: bool = False
    """The setting `shard` divides the stream among processes; else shard 1 reads it alone."""

    def __init__(self, tap: EngineTap) -> None:
        schema = importlib.resources.files(self.package) / "schemas" / f"{self.name}.json"
        super().__init__(tap, schema=json.loads(schema.read_text(encoding="utf-8")))
        self.tap = tap
        if self.off_because:
            self.selected_by_default = False
        self.primary_keys = self.keys
        self.replication_key = self.cursor_field
        self.schema["properties"].update(self.added_properties)
        self.rows = records.RowReader(self.name, self.row_key, self.api_cursor)
        self.drift = Drift(self.schema)
        self.records_written = 0
        self._reading: Reading | None = None

    # What the client of an API declares.

    @property
    def needs(self) -> str:
        """Name what a credential needs to read the stream, for messages."""
        return self.permission

    @property
    def api_cursor(self) -> str | None:
        """Name of the replication key at the API: in its rows, filters and sorts."""
        return self.sent_cursor or self.cursor_field

    @property
    def shard(self) -> Shard | None:
        """The part of the stream that this process reads; None for all of it."""
        shard = self.tap.shard
        return shard if shard and shard.divides and self.splits else None

    def begin_anew(self) -> None:
        """Forget what a walk left behind in memory, because another begins."""

    @abc.abstractmethod
    def fetch(self, walk: Walk, piece: Range) -> Page:
        """Read the page at the position of a range; runs in a worker thread."""

    def lists(self) -> Iterable[Context]:
        """Name the lists that make up the stream, in a stable order."""
        return ({},)

    def change_order(self) -> str:
        """Name the order of a walk over what changed since a bookmark."""
        return self.full_order

    def split(self, piece: Range, page: Page) -> tuple[Range, ...]:
        """Cut the rest of a range into several, where the API allows it."""
        return whole(piece, page)

    def width(self, walk: Walk) -> int:  # noqa: ARG002
        """Tell how many ranges of a walk may be open at once."""
        return 1

    def fits(self, walk: Walk, position: Position) -> bool:  # noqa: ARG002
        """Tell whether a position out of a state has the form that `fetch` gives to one."""
        return len(position) == 1

    def reshape(self, members: rawjson.Members, piece: Range) -> rawjson.Members:  # noqa: ARG002
        """Change the members of a record before it goes out; called where `reshapes` is set."""
        return members

    def fallback_order(self, order: str) -> str | None:  # noqa: ARG002
        """Name the order to fall back to when the API refuses the query of another."""
        return None

    def can_count(self, walk: Walk) -> bool:  # noqa: ARG002
        """Tell whether the API counts exactly what a walk reads."""
        return False

    @property
    def count_waits(self) -> bool:
        """Whether asking for the count would wait for a rate limit."""
        return False

    def count(self, since: str | None = None) -> int | None:  # noqa: ARG002
        """Ask how many records there are; called only where `can_count` says so.

        Args:
            since: Only those that changed at this moment or later.

        Returns:
            Their number, None when the API does not tell.

        Raises:
            QueryRefusedError: The API does not count by time.
        """
        return None

    def ask_total(self, walk: Walk) -> Future[int | None] | None:
        """Begin to ask how long the list is, if that takes no waiting."""
        if not self.can_count(walk) or self.count_waits:
            return None
        return self.tap.http.submit(self.count)

    def complete(self, walk: Walk) -> Iterable[Partial]:  # noqa: ARG002
        """Do what is left when the last page is written and the bookmark not yet set.

        Returns:
            Records to be written now, with a few members only.
        """
        return ()

    def order_after(self, error: QueryRefusedError, order: str, *, resumed: bool) -> str | None:
        """Name the order in which to begin anew after a refusal; None to give up."""
        del error
        return order if resumed else self.fallback_order(order)

    @classmethod
    def wrong_filter(cls, value: object) -> str:
        """Say what is wrong with a filter of the setting `stream_filters`; empty if nothing is."""
        del value
        return "this stream takes no filter"

    @property
    def stream_filter(self) -> Any:
        """What the setting `stream_filters` asks of the stream's records; None without."""
        return (self.config.get(filters.NAME) or {}).get(self.name)

    def check_filter(self, piece: Range) -> None:
        """Find out, after a refusal, whether it is the user's filter that the API does not take.

        Raises:
            FilterRefusedError: It refuses the filter alone as well.
        """
        if self.stream_filter is None:
            return
        try:
            self.probe(Walk(order=self.full_order), piece)
        except QueryRefusedError as error:
            msg = f"{error}; the API refuses what {filters.NAME} says of {self.name}"
            raise FilterRefusedError(msg) from None

    def read_with(self) -> ReadWith:
        """Collect the settings that decide what lies below a bookmark."""
        settings: ReadWith = {}
        if self.tap.start_date is not None:
            settings["start_date"] = self.tap.start_date
        if self.stream_filter is not None:
            settings["filter"] = filters.fingerprint(self.stream_filter)
        return settings

    def refiltered(self, before: ReadWith) -> bool:
        """Tell whether today's filter is another than the one a bookmark was reached with."""
        return before.get("filter") != self.read_with().get("filter")

    def widened(self, before: ReadWith) -> bool:
        """Tell whether today's settings ask for more than those a bookmark was reached with."""
        started, now = before.get("start_date"), self.tap.start_date
        return started is not None and (now is None or now < started)

    @property
    def added_properties(self) -> Mapping[str, Mapping[str, Any]]:
        """Declare properties that records may have besides those in the schema file.

        They go out whatever a catalog says, which may not know them; see `tap_engine.partial`.
        """
        return {}

    # What the SDK asks for.

    @property
    def metadata(self) -> MetadataMapping:
        """Selection metadata, with secrets deselected by default.

        The SDK lists no members inside of arrays, and Meltano deselects only what is listed.
        """
        fresh = self._metadata is None
        mapping = super().metadata
        if fresh and not (
            self._tap_input_catalog and self._tap_input_catalog.get_stream(self.name)
        ):
            for breadcrumb in sensitive_in_arrays(self.schema):
                mapping[breadcrumb].inclusion = Metadata.InclusionType.AVAILABLE
            for breadcrumb in secret_breadcrumbs(self.schema):
                mapping[breadcrumb].selected_by_default = False
        return mapping

    @property
    def stream_maps(self) -> list[StreamMap]:
        """Stream maps; the schema they start from is registered on first use."""
        mapper = self.tap.mapper
        if self.name not in mapper.stream_maps:
            mapper.register_raw_stream_schema(self.name, selected_schema(self), self.primary_keys)
            for each in mapper.stream_maps[self.name]:
                declare(self, each)
        return super().stream_maps

    @property
    def emit_activate_version_messages(self) -> bool:
        """Keep the SDK from activating a version before the first record; see `_finish`."""
        return False

    @property
    def activates(self) -> bool:
        """Tell whether a complete walk of the stream activates a table version.

        Unless the setting says so, not the few tables that are always read in full and have a
        column `version`: there target-postgres (0.8.1, with soft deletes) fails at
        ACTIVATE_VERSION. Never those that the source forgets by itself, and never a shard, which
        does not have the rows of the others.
        """
        wanted = self.config.get("emit_activate_version_messages")
        if wanted is None:
            wanted = self.cursor_field is not None or "version" not in self.schema["properties"]
        partial = self.source_forgets or self.shard is not None
        return bool(wanted) and self.is_full_table and not partial

    @property
    def is_full_table(self) -> bool:
        """Tell whether every run reads everything."""
        return self.replication_method == REPLICATION_FULL_TABLE

    @property
    def selected(self) -> bool:
        """Tell whether this process reads the stream."""
        return super().selected and (self.splits or self.tap.reads_whole)

    @selected.setter
    def selected(self, value: bool | None) -> None:
        self.metadata.root.selected = value
        self._mask = self.metadata.resolve_selection()

    @property
    def partitions(self) -> None:
        """Keep the SDK from making partitions out of whatever an old state holds."""
        return

    def get_replication_key_signpost(self, context: SingerContext | None = None) -> None:  # noqa: ARG002
        """Write no signpost: the cut of the walk takes its place."""
        return

    def get_records(self, context: SingerContext | None = None) -> Iterator[dict[str, Any]]:  # noqa: ARG002
        """Yield the records of one walk, decoded; state is left alone."""
        yield from Reading(self).records()

    # The walk.

    def prepare(self) -> None:
        """Ask for the first pages ahead of the stream's turn."""
        if self._reading is None:
            self._reading = Reading(self)
            self._reading.begin()

    @property
    def asking(self) -> int:
        """Number of pages in flight or waiting to be written."""
        return self._reading.asking if self._reading else 0

    def _sync_records(
        self,
        context: SingerContext | None = None,
        *,
        write_messages: bool = True,
    ) -> Generator[dict[str, Any], Any, Any]:
        """Read the stream and write it out.

        Overrides the SDK's record loop, which is private: it moves bookmarks record by record and
        knows no position inside a page. There is no public hook at this level.
        """
        del context, write_messages
        counter, timer = self.get_record_counter(), self.get_sync_timer()
        try:
            with counter, timer:
                reading = self._reading = self._reading or Reading(self)
                reading.run(counter.increment)
            self.tap.note_success(self)
        except StreamError as error:
            self.tap.note_failure(self, error)
        except (TapError, OSError) as error:
            raise AbortedError(error) from None
        finally:
            if self._reading:
                self._reading.close()
                self._reading = None
        yield from ()

    def check_limit(self) -> None:
        """Stop a dry run of the SDK after its number of records."""
        most = self.ABORT_AT_RECORD_COUNT
        if most is not None and self.records_written >= most:
            self._check_max_record_limit(current_record_index=most)

    def write_decoded(self, record: dict[str, Any], version: int | None) -> None:
        """Write one record through stream maps and flattening.

        Uses the SDK's private record writer: the public way to it is the record loop.
        """
        self._stream_version = version
        self._write_record_message(record)

    def activate(self, version: int) -> None:
        """Tell the target that the rows of this version are all there are."""
        self._write_activate_version_message(version)

    def lists_after(self, opened: Context | None) -> Iterable[Context]:
        """Name the lists behind one, all of them behind None."""
        names = list(self.lists())
        return names if opened is None else names[names.index(opened) + 1 :]

    def has_list(self, context: Context) -> bool:
        """Tell whether a list that an old state names is still one of the stream's."""
        return context in self.lists()

    def apply_catalog(self, catalog: Any) -> None:
        """Take over selection and replication method from a catalog.

        Raises:
            SettingsError: The catalog asks for a replication key that the stream does not have.
        """
        super().apply_catalog(catalog)
        check_replication(self)
        typed_members.adopt(self.schema, self.effective_schema)

    def check(self) -> str:
        """Try to read the stream without reading more than needed.

        Returns:
            "readable".

        Raises:
            StreamError: The credentials do not reach it.
        """
        walk = Walk(order=self.full_order, first=True)
        context = next(iter(self.lists()), None)
        if context is not None:
            self.check_list(walk, Range(of=context))
        return "readable"

    def check_list(self, walk: Walk, piece: Range) -> None:
        """Try one list.

        Raises:
            StreamError: The credentials do not reach it, or the API refuses the user's filter.
        """
        try:
            self.probe(walk, piece)
        except QueryRefusedError:
            self.check_filter(piece)
            raise

    def probe(self, walk: Walk, piece: Range) -> None:
        """Ask, with the user's filter, for as little of a list as shows that it can be read."""
        self.fetch(walk, piece)
