"""Taps as the SDK wants them: an adapter between Singer and the run of a tap."""

from __future__ import annotations

import abc
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

import msgspec
from singer_sdk import Tap
from singer_sdk.helpers._classproperty import classproperty  # public nowhere
from singer_sdk.helpers.capabilities import (
    CapabilitiesEnum,
    PluginCapabilities,
    TapCapabilities,
)
from singer_sdk.plugin_base import PluginBase

from tap_engine.errors import StateError, StreamError
from tap_engine.http.session import Http
from tap_engine.reading.run import Run, explained
from tap_engine.singer import metrics, settings
from tap_engine.singer.writer import RecordWriter
from tap_engine.state import shards
from tap_engine.state.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from tap_engine.http.redaction import Redactor
    from tap_engine.reading.run import ReadSettings
    from tap_engine.singer.stream import EngineStream


class Connection(Protocol):
    """What streams need to ask an API: made once by the tap, of a type of its own in each."""

    @property
    def http(self) -> Http:
        """The session that all streams share."""

    @property
    def settings(self) -> ReadSettings:
        """The settings that reading depends on."""


class EngineTap(Tap):
    """Base class of both taps.

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
        self.needs_schemas = True  # not where only ids and timestamps are compared
        super().__init__(*args, **kwargs)
        for name, definition in self.config_jsonschema["properties"].items():
            if definition.get("secret"):
                self.redactor.add(str(self.config.get(name) or ""))
        self.redactor.guard()

    # What the taps fill in.

    @cached_property
    @abc.abstractmethod
    def connection(self) -> Connection:
        """What streams ask the API with.

        Raises:
            SettingsError: A setting is missing or unusable.
        """

    @property
    @abc.abstractmethod
    def source(self) -> str:
        """The project or tenant that is read."""

    @property
    @abc.abstractmethod
    def redactor(self) -> Redactor:
        """Masks this tap's secrets."""

    @abc.abstractmethod
    def type_custom_fields(self, streams: Sequence[EngineStream]) -> None:
        """Declare the members that the source's users defined in the schemas of streams.

        Raises:
            TapError: The definitions cannot be read.
        """

    # What streams use.

    @cached_property
    def current_run(self) -> Run:
        """What the streams share."""
        connection = self.connection
        filters = {stream.name: stream.wrong_filter for stream in self.stream_types}
        settings.check_filters(self.config, filters)
        return Run(
            connection.settings,
            connection.http,
            version=self.initialized_at // 1000,
            write_state=self.write_state,
            hold=self.writer.signals.held,
            logger=self.logger,
        )

    def make_http(
        self,
        read_error: Callable[[bytes], tuple[str, str]],
        correlation_header: str = "",
    ) -> Http:
        """Make the session; see `Http` for the arguments.

        Raises:
            SettingsError: A setting of the session is unusable.
        """
        config = self.config
        settings.header(config, "user_agent")
        return Http(
            concurrency=int(settings.number(config, "concurrency", 1, settings.MOST_CONCURRENCY)),
            timeout=settings.number(config, "request_timeout", 0.1, 3600),
            retry_max_seconds=settings.number(config, "retry_max_seconds", 0, 86_400),
            user_agent=config.get("user_agent") or f"{self.name}/{self.plugin_version}",
            read_error=read_error,
            redactor=self.redactor,
            logger=self.logger,
            correlation_header=correlation_header,
        )

    @property
    def writer(self) -> RecordWriter:
        """Prints the messages."""
        return cast("RecordWriter", self.message_writer)  # made of `message_writer_class`

    def write_state(self) -> None:
        """Write a STATE message unless nothing changed since the last, or there is none yet."""
        if self.state:
            with self.writer.signals.held():
                self.state_writer.write_state(self.state)

    @property
    def _state_members(self) -> dict[str, Any]:
        """The state; the SDK declares none of its members but the bookmarks."""
        return cast("dict[str, Any]", self.state)

    def note_finished(self, stream: str, *, split: bool) -> None:
        """Note in the state that a shard's scan of a stream is complete."""
        if shards.NAME in self._state_members:
            finished = self._state_members[shards.NAME]["finished"]
            finished[stream] = "split" if split else "whole"

    # What the SDK asks for.

    def discover_streams(self) -> list[EngineStream]:
        """Make the streams; offline unless custom fields are to be typed.

        With a catalog nothing is asked for: what it declares is what a run goes by.

        Raises:
            TapError: The definitions of custom fields cannot be read.
        """
        streams = [stream_type(self) for stream_type in self.stream_types]
        wanted = self.needs_schemas and self.config.get("type_custom_fields")
        if wanted and self.input_catalog is None:
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
        stream.shardable = False  # every shard needs all definitions
        scan = Scan(pager=stream.full_pager.name)
        try:
            for step in stream.reading(scan).pages():
                yield from (row.raw for row in step.page.rows)
        except StreamError as error:
            msg = f"type_custom_fields: {explained(error, stream.needs)}"
            raise type(error)(msg) from None

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
            self._state_members[shards.NAME] = state[shards.NAME]

    @property
    def chosen_streams(self) -> list[EngineStream]:
        """The selected streams; of several shards only the first reads what cannot be divided."""
        shard = self.current_run.settings.shard
        streams = cast("list[EngineStream]", list(self.streams.values()))
        for stream in streams:
            if shard and shard.number > 1 and not stream.shardable:
                stream.selected = False
        return [stream for stream in streams if stream.selected]

    def run(self) -> int:
        """Sync all selected streams.

        Returns:
            The exit code: 0 when every selected stream is complete.
        """
        run, shard = self.current_run, self.current_run.settings.shard
        entry = shards.check_state(self.state, shard, self.name, self.source)
        if entry:
            self._state_members[shards.NAME] = msgspec.to_builtins(entry)
        streams = self.chosen_streams
        run.prefetch_from(streams)
        try:
            self.sync_all()
            self.writer.flush()
        finally:
            metrics.log(run.http.sent, run.http.waited)
        for stream in streams:
            if stream.drift:
                stream.drift.report(stream.name, self.logger)
        return run.report()

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

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop between two lines.

        Overrides a private hook of the SDK, which would write in the middle of a line that is
        being written, and exit with 0.
        """
        del frame
        self.writer.signals.receive(signum)
