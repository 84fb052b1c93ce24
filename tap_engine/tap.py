"""The Singer SDK tap that both taps build on: one session, one cut, one error policy."""

from __future__ import annotations

import abc
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

import msgspec
from singer_sdk import Tap
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import (
    CapabilitiesEnum,
    PluginCapabilities,
    TapCapabilities,
)
from singer_sdk.plugin_base import PluginBase

from tap_engine import settings, shards, usage
from tap_engine.errors import (
    NotFoundError,
    RefusedError,
    RequestError,
    StateError,
    StreamError,
    TapError,
)
from tap_engine.reading import Reading
from tap_engine.records import RecordWriter
from tap_engine.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import FrameType

    from tap_engine.http import Http
    from tap_engine.redact import Redactor
    from tap_engine.shards import Shard
    from tap_engine.stream import EngineStream


CHECK_SECONDS = 15.0
"""Retry budget of the connection check, where a person waits for the answer."""


class EngineTap(Tap):
    """A tap whose streams share a session, a cut and a policy for streams that fail.

    A stream that cannot be read does not stop the others; the run then ends with one line per such
    stream and exit code 1.
    """

    package_name = "tap-commerce"
    message_writer_class = RecordWriter
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        # BATCH is left out: batch files would bypass field selection and stream maps.
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        TapCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    stream_types: ClassVar[tuple[type[EngineStream], ...]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.failures: dict[str, StreamError] = {}
        self.readable: set[str] = set()
        self.needs_schemas = True  # not where only ids and timestamps are compared
        self._queue: list[EngineStream] | None = None
        super().__init__(*args, **kwargs)
        for name, definition in self.config_jsonschema["properties"].items():
            if definition.get("secret"):
                self.redactor.add(str(self.config.get(name) or ""))
        self.redactor.guard()

    # What each API declares.

    @abc.abstractmethod
    def check_settings(self) -> None:
        """Check what the settings' JSON schema cannot.

        Raises:
            SettingsError: A setting is missing or unusable.
        """

    @abc.abstractmethod
    def make_http(self) -> Http:
        """Set up the session."""

    @abc.abstractmethod
    def type_custom_fields(self, streams: Sequence[EngineStream]) -> None:
        """Declare the members that the source's users defined in the schemas of streams.

        Raises:
            TapError: The definitions cannot be read.
        """

    @property
    @abc.abstractmethod
    def redactor(self) -> Redactor:
        """What masks this tap's secrets."""

    # What streams use.

    @cached_property
    def http(self) -> Http:
        """The session that all streams share."""
        return self.make_http()

    @cached_property
    def start_date(self) -> str | None:
        """Lower bound of first syncs in the canonical form."""
        return settings.start_date(self.config)

    @cached_property
    def shard(self) -> Shard | None:
        """The part of everything that this process reads; None for all of it."""
        return shards.read_setting(self.config)

    @property
    def reads_whole(self) -> bool:
        """Whether this process reads the streams that no shard can have a part of."""
        return self.shard is None or self.shard.number == 1

    @property
    @abc.abstractmethod
    def source(self) -> str:
        """Name the project or tenant that is read."""

    @property
    def lookback_seconds(self) -> float:
        """How far before a bookmark reading begins."""
        return float(self.config["lookback_seconds"])

    @property
    def concurrency(self) -> int:
        """Most requests in flight."""
        return int(self.config["concurrency"])

    @property
    def verify_counts(self) -> str:
        """What to do with the source's own counts; one of `tap_engine.counts.MODES`."""
        return str(self.config["verify_counts"])

    @property
    def writer(self) -> RecordWriter:
        """What prints the messages."""
        writer = self.message_writer
        assert isinstance(writer, RecordWriter)  # noqa: S101 (set by message_writer_class)
        return writer

    def write_state(self) -> None:
        """Write a STATE message unless nothing changed since the last, or there is none yet."""
        if self.state:
            with self.writer.signals.held():
                self.state_writer.write_state(self.state)

    def note_failure(self, stream: EngineStream, error: StreamError) -> None:
        """Remember a stream that cannot be read; its state stays as it was."""
        self.failures[stream.name] = type(error)(self.explain(stream, error))
        self.logger.info("%s", self.failures[stream.name])

    @staticmethod
    def explain(stream: EngineStream, error: StreamError) -> str:
        """Add to a refusal what the stream needs."""
        text = str(error)
        refused = isinstance(error, RefusedError) and not isinstance(error, NotFoundError)
        return f"{text}; it takes {stream.needs}" if refused and stream.needs not in text else text

    @property
    def _members(self) -> dict[str, Any]:
        """The state; the SDK declares none of its members but the bookmarks."""
        return cast("dict[str, Any]", self.state)

    def note_finished(self, stream: EngineStream) -> None:
        """Take down in the state that a shard's walk of a stream is complete."""
        if self.shard:
            part = "split" if stream.shard else "whole"
            self._members[shards.NAME]["finished"][stream.name] = part

    def note_success(self, stream: EngineStream) -> None:
        """Remember that a stream was read to its end."""
        self.readable.add(stream.name)

    def read_ahead(self, current: EngineStream) -> None:
        """Ask for first pages of coming streams while requests are free.

        The session caps what is in flight; the number of streams ahead caps what waits in memory.
        """
        if self._queue is None:
            self._queue = [stream for stream in self._engine_streams() if stream.selected]
        if current in self._queue:
            del self._queue[: self._queue.index(current) + 1]
        asking = current.asking
        most = 2 * self.concurrency
        for stream in [each for each in self._queue if each.reads_ahead][:most]:
            if asking >= most:
                return
            try:
                stream.prepare()
            except TapError:  # comes again, and is dealt with, when it is the stream's turn
                return
            asking += stream.asking

    def _engine_streams(self) -> Iterable[EngineStream]:
        return self.streams.values()  # type: ignore[return-value]

    def discover_streams(self) -> list[EngineStream]:
        """Make the streams; offline unless custom fields are to be typed.

        With a catalog nothing is asked for: what it declares is what a run goes by.

        Raises:
            TapError: The definitions of custom fields cannot be read.
        """
        streams = [stream_type(self) for stream_type in self.stream_types]
        wanted = self.needs_schemas and self.config.get("type_custom_fields")
        if wanted and self.input_catalog is None:
            self.check_settings()
            self.type_custom_fields(streams)
        return streams

    @staticmethod
    def definitions(stream: EngineStream) -> Iterator[bytes]:
        """Read all of a stream that holds definitions of custom fields, whatever its state.

        Yields:
            Records as JSON text.

        Raises:
            TapError: It cannot be read; the message names the setting and what the stream needs.
        """
        stream.splits = False  # each shard needs all definitions
        try:
            for step in Reading(stream, Walk(order=stream.full_order)).pages():
                yield from (row.raw for row in step.page.rows)
        except StreamError as error:
            msg = f"type_custom_fields: {EngineTap.explain(stream, error)}"
            raise type(error)(msg) from None

    def print_catalog(self) -> int:
        """Print the catalog and return the exit code."""
        self.run_discovery()
        return 0

    def print_schemas(self) -> int:
        """Print the SCHEMA messages of the selected streams and return the exit code.

        A target that reads them makes the tables: loaders that start at the same moment, as those
        of shards do, would get into each other's way at that.
        """
        for stream in self._engine_streams():
            if stream.selected:
                stream._write_schema_message()  # noqa: SLF001 (as the SDK's write_schemas)
        self.writer.flush()
        return 0

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 (of the class)
        """Settings from the environment.

        Overrides a private property of the SDK, whose errors do not name the variable.
        """
        schema = cls.config_jsonschema
        cls.append_builtin_config(schema)
        return settings.from_environment(schema["properties"], cls._env_var_prefix)

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Validate settings only where they matter.

        Overrides a private method of the SDK, which warns of missing settings at `--discover`.
        """
        return super()._validate_config(raise_errors=True) if raise_errors else []

    def setup_mapper(self) -> None:
        """Set up stream maps; streams register their schemas when they are first used."""
        PluginBase.setup_mapper(self)

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over a state.

        Raises:
            StateError: It has not the form of a Singer state.
        """
        bookmarks = state.get("bookmarks", {}) if isinstance(state, dict) else None
        if not isinstance(bookmarks, dict) or not all(
            isinstance(entry, dict) for entry in bookmarks.values()
        ):
            msg = 'state is not of the form {"bookmarks": {stream: {...}}}'
            raise StateError(msg)
        super().load_state(state)
        if shards.NAME in state:  # the SDK takes over the bookmarks only
            self._members[shards.NAME] = state[shards.NAME]

    # The run.

    def run(self) -> int:
        """Sync all selected streams.

        Returns:
            The exit code: 0 when every selected stream is complete.
        """
        self.check_settings()
        entry = shards.check_state(self.state, self.shard, self.name, self.source)
        if entry:
            self._members[shards.NAME] = msgspec.to_builtins(entry)
        _ = self.streams
        try:
            self.sync_all()
            self.writer.flush()
        finally:
            usage.log(self.http.sent, self.http.waited)
        for stream in self._engine_streams():
            if stream.drift:
                stream.drift.report(stream.name, self.logger)
        return self._report()

    def _report(self) -> int:
        """Sum up the streams that were not read; one line is enough when it was none at all."""
        failures = self.failures
        forgiven = set()
        # Where nothing at all can be read, the credentials are wrong rather than narrow.
        if self.config.get("skip_forbidden_streams") and self.readable:
            forgiven = {name for name in failures if isinstance(failures[name], RefusedError)}
        lasting = [name for name in failures if name not in forgiven]
        if len(lasting) > 1 and not self.readable:
            first = failures[lasting[0]]
            self.logger.error("none of %d streams can be read; the first: %s", len(lasting), first)
            return 1
        for name in lasting:
            self.logger.error("stream not read: %s", failures[name])
        for name in sorted(forgiven):
            self.logger.warning("stream skipped: %s", failures[name])
        return 1 if lasting else 0

    def check(self) -> int:
        """Try every selected stream and print one line each.

        Returns:
            The exit code: 0 when all are readable.
        """
        self.check_settings()
        self.http.limit_retries(CHECK_SECONDS)
        failed = 0
        for stream in self._engine_streams():
            if not stream.selected:
                continue
            try:
                result = stream.check()
            except StreamError as error:
                result = f"refused: {self.explain(stream, error)}"
                failed += 1
            except RequestError as error:
                if not self.http.reached_anything:
                    raise
                result = f"unreachable: {error}"
                failed += 1
            print(f"{stream.name}: {result}")  # noqa: T201 (this is the command's output)
        return 1 if failed else 0

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stop between two lines.

        Overrides a private hook of the SDK, which would write in the middle of a line that is
        being written, and exit with 0.
        """
        self.writer.signals.receive(signum)
