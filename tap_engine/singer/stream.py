"""Streams as the SDK wants them: an adapter between Singer and the reading of a stream."""

from __future__ import annotations

import abc
import importlib.resources
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from singer_sdk.mapper import SameRecordTransform

from tap_engine.errors import AbortedError, AbsentError, SourceError, StreamError, TapError
from tap_engine.reading import plan
from tap_engine.reading.run import explained
from tap_engine.reading.sync import StreamSync
from tap_engine.records import mixed_types
from tap_engine.records.drift import Drift
from tap_engine.records.rows import decode
from tap_engine.singer import maps
from tap_engine.singer.catalog import pruning_of
from tap_engine.singer.compared import ComparedStream
from tap_engine.singer.output import Output
from tap_engine.singer.versioned import VersionedStream
from tap_engine.state.coverage import Coverage, digest, fingerprint
from tap_engine.state.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context as SingerContext
    from singer_sdk.mapper import PluginMapper, StreamMap

    from tap_engine.http.redaction import Redactor
    from tap_engine.reading.pager import Pager
    from tap_engine.reading.run import Run
    from tap_engine.records import json_text
    from tap_engine.records.pruning import Pruning
    from tap_engine.singer.writer import RecordWriter
    from tap_engine.state.scan import Context


class Host(Protocol):
    """What a stream needs of its tap."""

    current_run: Run
    connection: Any
    mapper: PluginMapper
    writer: RecordWriter
    redactor: Redactor

    def note_finished(self, stream: str, *, split: bool) -> None:
        """Note in the state that a shard's scan of a stream is complete."""


class EngineStream(ComparedStream, VersionedStream, abc.ABC):
    """Base class of all streams."""

    def __init__(self, tap: Tap) -> None:
        super().__init__(tap, schema=load_schema(self.package, self.name))
        self.host: Host = tap  # type: ignore[assignment] # taps of this engine
        if self.off_because:
            self.selected_by_default = False
        self.primary_keys = self.keys
        self.schema["properties"].update(self.added_properties)
        self.drift = Drift(self.schema)
        self._sync: StreamSync | None = None

    # What the taps fill in, besides `make_pager`.

    @property
    def added_properties(self) -> Mapping[str, Mapping[str, Any]]:
        """Properties that records may have besides those of the schema file.

        They are written whatever a catalog says, which may not know them.
        """
        return {}

    @property
    def coverage(self) -> Coverage:
        """The settings that decide what lies below a bookmark."""
        wanted = self.stream_filter
        mapped = maps.definitions(self.host.mapper, self.name)
        return Coverage(
            start_date=self.host.current_run.settings.start_date,
            filter=None if wanted is None else fingerprint(wanted),
            maps=fingerprint(mapped) if mapped else None,
            left_out=digest(self.pruning.left_out()),
        )

    def why_absent(self) -> str:
        """Return why the source certainly lacks the stream; empty if it may have it."""
        return ""

    def complete(self, scan: Scan) -> Iterable[int]:
        """Do what is left when the last page is written and the bookmark not yet set.

        Yields:
            Numbers of further records that were written.
        """
        del scan
        return ()

    def check(self) -> None:
        """Try to read the stream without reading more than needed.

        Raises:
            StreamError: The credentials do not give access to it, or the source lacks it.
        """
        self.check_presence()
        pager = self.make_pager(self.full_pager, Scan(pager=self.full_pager.name, full=True))
        context = next(iter(pager.lists(None)), None)
        if context is not None:
            pager.check(context)

    def check_presence(self) -> None:
        """Ask whether the source has the stream, where it can tell.

        Raises:
            AbsentError: It does not.
        """
        if reason := self.why_absent():
            msg = f"{self.name}: {reason}"
            raise AbsentError(msg)

    # What a run asks for.

    def note_finished(self) -> None:
        """Note in the state that a shard's scan of the stream is complete."""
        self.host.note_finished(self.name, split=self.shard is not None)

    @property
    def pending(self) -> int:
        """Number of pages in flight or waiting to be written."""
        return self._sync.pending if self._sync else 0

    @property
    def held_bytes(self) -> int:
        """Size of the pages that wait to be written."""
        return self._sync.held_bytes if self._sync else 0

    def prefetch(self) -> None:
        """Ask for the first pages before the SDK reaches this stream."""
        if self._sync is None:
            self._sync = self.reading()
            self._sync.begin()

    def reading(self, pager: Pager[Any] | None = None) -> StreamSync:
        """Return a reading of the stream: what its state asks for, or with another pager."""
        return StreamSync(self, self.host.current_run, pager)

    # What the SDK asks for.

    def _sync_records(
        self, context: SingerContext | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        """Read the stream and write it out.

        Overrides the SDK's record loop, which is private: it moves bookmarks record by record and
        knows no position inside a page. There is no public hook at this level.
        """
        del context, write_messages
        run, counter = self.host.current_run, self.get_record_counter()

        def count(records: int) -> None:
            counter.increment(records)
            run.records += records

        try:
            self.check_presence()
            with counter, self.get_sync_timer():
                self._sync = self._sync or self.reading()
                self._sync.run(self._output, count)
            run.succeeded(self)
        except StreamError as error:
            answered = self._sync is not None and self._sync.answered
            absent = "" if answered else self.may_be_absent
            run.failed(self.name, explained(error, self.needs, absent))
        except (TapError, OSError) as error:
            raise AbortedError(error) from None
        finally:
            if self._sync:
                self._sync.close()
                self._sync = None
        yield from ()

    def get_records(self, context: SingerContext | None = None) -> Iterator[dict[str, Any]]:
        """Yield the records of one scan, decoded; state is left alone."""
        del context
        output, reading = self._output(), self.reading()
        for step in reading.pages():
            yield from map(decode, output.records(step, reading.scan.since))

    @property
    def lets_nothing_out(self) -> bool:
        """Whether stream maps drop every record."""
        return maps.lets_nothing_out(self.stream_maps)

    @property
    def recently_read(self) -> str | None:
        """When the stream was read as a full table, if it need not be read again yet."""
        return plan.recently_read(self, self.host.current_run.settings)

    @property
    def is_mapped(self) -> bool:
        """Whether a stream map changes, drops or renames what is written."""
        found = self.stream_maps
        return len(found) != 1 or type(found[0]) is not SameRecordTransform

    @cached_property
    def pruning(self) -> Pruning:
        """Members that are not selected."""
        return pruning_of(self.schema, self.mask, self.metadata, self.kept, self.package)

    def _output(self) -> Output:
        as_sent = not self.is_mapped and not self.config.get("flattening_enabled")
        as_json_text = self.config.get("mixed_types_as_text")
        return Output(
            self.host.writer,
            self.drift,
            pruning=self.pruning,
            reshape=self._reshaped if self.reshapes else None,
            as_text=mixed_types.mixed(self.effective_schema) if as_json_text else (),
            alias=self.stream_maps[0].stream_alias if as_sent else None,
            write_decoded=self.write_decoded,
        )

    def _reshaped(self, members: json_text.Members, context: Context) -> json_text.Members:
        try:
            return self.reshape(members, context)
        except (AttributeError, KeyError, TypeError, msgspec.MsgspecError) as error:
            msg = f"{self.name}: the API sent a record of another form than is known ({error!r})"
            raise SourceError(msg) from None

    @property
    def stream_maps(self) -> list[StreamMap]:
        """Stream maps; the schema they start from is registered on first use."""
        mapper = self.host.mapper
        if self.name not in mapper.stream_maps:
            mapper.register_raw_stream_schema(self.name, self.selected_schema, self.primary_keys)
        return super().stream_maps


def load_schema(package: str, name: str) -> dict[str, Any]:
    """Read the schema file of a stream."""
    file = importlib.resources.files(package) / "schemas" / f"{name}.json"
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


def declared_streams(namespace: Mapping[str, Any]) -> tuple[type[EngineStream], ...]:
    """Return the stream classes in a module that have a name, in the order of the module."""
    return tuple(
        each
        for each in namespace.values()
        if isinstance(each, type) and issubclass(each, EngineStream) and hasattr(each, "name")
    )
