"""Taps as the SDK wants them: an adapter between Singer and the run of a tap."""

from __future__ import annotations

import abc
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

import msgspec

from tap_engine.errors import SettingsError
from tap_engine.http.redaction import SHORTEST
from tap_engine.http.session import Http
from tap_engine.reading.run import Run
from tap_engine.singer import catalog_check, map_check, metrics, settings
from tap_engine.singer.sdk_tap import SdkTap
from tap_engine.state import document, shards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_engine.http.redaction import Redactor
    from tap_engine.probing.asker import Asker
    from tap_engine.probing.source import ProbedSource
    from tap_engine.reading.run import ReadSettings
    from tap_engine.recording.recorder import Recorded
    from tap_engine.singer.stream import EngineStream


class Connection(Protocol):
    """What streams need to ask an API: made once by the tap, of a type of its own in each."""

    @property
    def http(self) -> Http:
        """The session that all streams share."""

    @property
    def settings(self) -> ReadSettings:
        """The settings that reading depends on."""


class EngineTap(SdkTap):
    """Base class of both taps.

    A stream that cannot be read does not stop the others; the run then ends with one line per such
    stream and exit code 1.
    """

    stream_types: ClassVar[tuple[type[EngineStream], ...]]
    read_error: Callable[[bytes], tuple[str, str]]
    """Returns the API's error code and message from a body."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, definition in self.config_jsonschema["properties"].items():
            if definition.get("secret") and (value := str(self.config.get(name) or "")):
                self.redactor.add(value)
                if len(value) < SHORTEST:
                    self.logger.warning(
                        "setting %s: too short to be a secret, so it is not masked in messages",
                        name,
                    )
        self.redactor.add_proxies()
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
    def probed(self, asker: Asker) -> ProbedSource:
        """Return the account as the questions of a probe see it."""

    @abc.abstractmethod
    def recorded(self) -> Recorded:
        """Return what a recording has to know of this tap."""

    def refusal_hint(self) -> str:
        """Return what is probably wrong with the settings if no stream can be read."""
        return ""

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

    def make_http(self, correlation_header: str = "") -> Http:
        """Make the session; see `Http` for the argument.

        Raises:
            SettingsError: A setting of the session is unusable.
        """
        config = self.config
        settings.header(config, "user_agent")
        settings.certificates(os.environ)
        return Http(
            concurrency=int(settings.number(config, "concurrency", 1, settings.MOST_CONCURRENCY)),
            timeout=settings.number(config, "request_timeout", 0.1, 3600),
            retry_max_seconds=settings.number(config, "retry_max_seconds", 0, 86_400),
            user_agent=config.get("user_agent") or f"{self.name}/{self.plugin_version}",
            read_error=self.read_error,
            redactor=self.redactor,
            logger=self.logger,
            correlation_header=correlation_header,
        )

    def stop(self) -> None:
        """End all requests that are still under way."""
        if "connection" in vars(self):  # or there is no session yet
            self.connection.http.stop()

    def note_finished(self, stream: str, *, split: bool) -> None:
        """Note in the state that a shard's scan of a stream is complete."""
        if shards.NAME in self.state_members:
            finished = self.state_members[shards.NAME]["finished"]
            finished[stream] = "split" if split else "whole"

    def _check_state(self) -> shards.ShardEntry | None:
        """Check whose the state is, and return the entry of this shard; None without shards.

        Raises:
            StateError: It is of another tap, source or shard.
        """
        document.check_streams(self.state, self.name, {each.name for each in self.stream_types})
        document.check_source(self.state, self.name, self.source)
        return shards.check_state(self.state, self.current_run.settings.shard)

    def _name_state(self, entry: shards.ShardEntry | None) -> None:
        """Say in the state whose it is."""
        self.state_members.setdefault(document.BOOKMARKS, {})
        self.state_members.update({document.TAP: self.name, document.SOURCE: self.source})
        if entry:
            self.state_members[shards.NAME] = msgspec.to_builtins(entry)

    # What the SDK asks for.

    def discover_streams(self) -> list[EngineStream]:
        """Make the streams, without asking the API."""
        return [stream_type(self) for stream_type in self.stream_types]

    def ready_streams(self) -> list[EngineStream]:
        """Return the streams to read, once nothing is found wrong with catalog and stream maps.

        Raises:
            SettingsError: Something is, or nothing is selected.
        """
        if self.input_catalog is not None:
            catalog_check.check_names(self.input_catalog, self.streams)
        streams = cast("list[EngineStream]", list(self.streams.values()))
        selected = [stream for stream in streams if stream.selected]
        if not selected:
            msg = "nothing is selected: select streams in the catalog (with Meltano: in `select`)"
            raise SettingsError(msg)
        for stream in selected:
            stream.check_catalog()
        map_check.check(self.mapper, self.streams, selected)
        self._deselect_needless(selected)
        return [stream for stream in selected if stream.selected]

    def _deselect_needless(self, streams: Iterable[EngineStream]) -> None:
        """Deselect streams that need not be read, and say why.

        Of several shards only the first reads what cannot be divided.
        """
        shard = self.current_run.settings.shard
        for stream in streams:
            if shard and shard.number > 1 and not stream.shardable:
                stream.selected = False
            elif stream.lets_nothing_out:
                self.logger.info(
                    "%s: not read, because stream_maps let nothing out; its state is left alone",
                    stream.name,
                )
                stream.selected = False
            elif read_at := stream.recently_read:
                self.logger.info(
                    "%s: not read, because it was read at %s; see full_table_interval_hours",
                    stream.name,
                    read_at,
                )
                stream.selected = False

    def run(self) -> int:
        """Sync all selected streams.

        Returns:
            The exit code: 0 when every selected stream is complete.
        """
        run, shard_entry = self.current_run, self._check_state()
        streams = self.ready_streams()
        if bounded := [stream.name for stream in streams if stream.keeps_version]:
            self.logger.warning(
                "start_date leaves out a part of %s: no version is activated, nothing removed",
                ", ".join(bounded),
            )
        run.prefetch_from(streams)
        self._name_state(shard_entry)
        try:
            self.sync_all()
            self.write_last_state()
            self.writer.flush()
            for stream in streams:
                if stream.drift:
                    stream.drift.report(stream.name, self.logger)
            return run.report(self.refusal_hint)
        finally:
            metrics.log(run.http.sent, run.http.waited)
            self.logger.info("%s", run.summary([stream.name for stream in streams]))
