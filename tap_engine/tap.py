"""The Singer SDK tap that both taps build on: one session, one cut, one error policy."""

from __future__ import annotations

import abc
import logging
import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._util import load_json
from singer_sdk.helpers.capabilities import (
    CapabilitiesEnum,
    PluginCapabilities,
    TapCapabilities,
)

from tap_engine import settings
from tap_engine.errors import (
    AbortedError,
    RefusedError,
    SettingsError,
    StateError,
    StreamError,
    TapError,
    TerminatedError,
)
from tap_engine.records import RecordWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    import click

    from tap_engine.http import Http
    from tap_engine.redact import Redactor
    from tap_engine.stream import EngineStream


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
        self._queue: list[EngineStream] | None = None
        super().__init__(*args, **kwargs)
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

    @property
    @abc.abstractmethod
    def redactor(self) -> Redactor:
        """What masks this tap's secrets."""

    def all_refused(self) -> str | None:
        """Say what it means when not a single stream could be read; None for the plain list."""
        return None

    # What streams use.

    @cached_property
    def http(self) -> Http:
        """The session that all streams share."""
        return self.make_http()

    @cached_property
    def start_date(self) -> str | None:
        """Lower bound of first syncs in the canonical form."""
        return settings.start_date(self.config)

    @property
    def lookback_seconds(self) -> float:
        """How far before a bookmark reading begins."""
        return float(self.config["lookback_seconds"])

    @property
    def concurrency(self) -> int:
        """Most requests in flight."""
        return int(self.config["concurrency"])

    @property
    def writer(self) -> RecordWriter:
        """What prints the messages."""
        writer = self.message_writer
        assert isinstance(writer, RecordWriter)  # noqa: S101 (set by message_writer_class)
        return writer

    def write_state(self) -> None:
        """Write a STATE message unless nothing changed since the last."""
        with self.writer.signals.held():
            self.state_writer.write_state(self.state)

    def note_failure(self, stream: EngineStream, error: StreamError) -> None:
        """Remember a stream that cannot be read; its state stays as it was."""
        needs = f"; it takes {stream.needs}" if isinstance(error, RefusedError) else ""
        self.failures[stream.name] = type(error)(f"{error}{needs}" if stream.needs else str(error))
        self.logger.info("%s", self.failures[stream.name])

    def note_success(self, stream: EngineStream) -> None:
        """Remember that a stream was read to its end."""
        self.readable.add(stream.name)

    def read_ahead(self, current: EngineStream) -> None:
        """Ask for first pages of coming streams while requests are free.

        At most `concurrency` streams are ahead, so memory holds a few pages and no more.
        """
        if self._queue is None:
            self._queue = [stream for stream in self._engine_streams() if stream.selected]
        if current in self._queue:
            del self._queue[: self._queue.index(current) + 1]
        asking = current.asking
        for stream in self._queue[: self.concurrency]:
            if asking >= self.concurrency or not stream.reads_ahead:
                return
            try:
                stream.prepare()
            except TapError:  # comes again, and is dealt with, when it is the stream's turn
                return
            asking += stream.asking

    def _engine_streams(self) -> Iterable[EngineStream]:
        return self.streams.values()  # type: ignore[return-value]

    def discover_streams(self) -> list[EngineStream]:
        """Make the streams; offline."""
        return [stream_type(self) for stream_type in self.stream_types]

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

    # The run.

    def run(self) -> int:
        """Sync all selected streams.

        Returns:
            The exit code: 0 when every selected stream is complete.
        """
        self.check_settings()
        self.sync_all()
        self.writer.flush()
        return self._report()

    def _report(self) -> int:
        refused = self.failures
        if not refused:
            return 0
        if not self.readable and (summary := self.all_refused()):
            self.logger.error("%s", summary)
            return 1
        forgiven = bool(self.config.get("skip_forbidden_streams"))
        lasting = [
            name
            for name, error in refused.items()
            if not (forgiven and isinstance(error, RefusedError))
        ]
        for name in lasting:
            self.logger.error("stream not read: %s", refused[name])
        for name in sorted(set(refused) - set(lasting)):
            self.logger.warning("stream skipped: %s", name)
        return 1 if lasting else 0

    def check(self) -> int:
        """Try every selected stream and print one line each.

        Returns:
            The exit code: 0 when all are readable.
        """
        self.check_settings()
        failed = 0
        for stream in self._engine_streams():
            if not stream.selected:
                continue
            try:
                result = stream.check()
            except StreamError as error:
                result = f"not readable: {error}"
                failed += 1
            print(f"{stream.name}: {result}")  # noqa: T201 (this is the command's output)
        return 1 if failed else 0

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stop between two lines.

        Overrides a private hook of the SDK, which would write in the middle of a line that is
        being written, and exit with 0.
        """
        self.writer.signals.receive(signum)

    # The command line.

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,
        state: Any = None,
        catalog: Any = None,
    ) -> None:
        """Run the tap as the command line asks for."""
        if about:
            cls.print_about(about_format)
            return
        tap = cls._build(config, state, catalog)
        sys.exit(run_guarded(tap, tap.run))

    @classmethod
    def cb_test(
        cls,
        ctx: click.Context,
        param: click.Option,  # noqa: ARG003 (fixed by click)
        value: str,
    ) -> None:
        """Run the connection check for `--test`, the SDK's own for `--test=schema`."""
        if value == "disabled":
            return
        config = ctx.params.get("config")
        tap = cls._build(config, None, None)
        if value == "schema":
            tap.write_schemas()
            ctx.exit()
        ctx.exit(run_guarded(tap, tap.check))

    @classmethod
    def _build(cls, config: Any, state: Any, catalog: Any) -> EngineTap:
        """Make the tap; everything that is wrong with its input ends here in one line."""
        try:
            return cls(
                config=config.config if config else {},
                state=_read_json("state", state),
                catalog=_read_json("catalog", catalog),
                parse_env_config=bool(config and config.parse_env),
                validate_config=True,
            )
        except ConfigValidationError as error:
            _stop(cls.logger, f"settings: {cls._hide_values(error)}")
        except (TapError, ValueError) as error:
            _stop(cls.logger, str(error))

    @classmethod
    def _hide_values(cls, error: ConfigValidationError) -> str:
        """Join validation errors, without the values of secret settings that they may quote."""
        properties = cls.config_jsonschema["properties"]
        lines = []
        for line in error.errors:
            secret = next(
                (
                    name
                    for name, definition in properties.items()
                    if definition.get("secret") and f"config['{name}']" in line
                ),
                None,
            )
            lines.append(f"{secret} has the wrong type" if secret else line)
        return "; ".join(lines)


def main(tap: type[EngineTap]) -> None:
    """Run a tap's command line; the console scripts end up here."""
    try:
        tap.cli()
    except TerminatedError as signal:  # before there was anything to write
        sys.exit(128 + signal.signum)
    except OSError as error:  # such as a settings file that is not there
        _stop(tap.logger, str(error))
    except ValueError as error:  # such as a settings file that is no JSON
        _stop(tap.logger, f"cannot read the input: {error}")


def run_guarded(tap: EngineTap, work: Callable[[], int]) -> int:
    """Run, and turn every way to fail into one line and an exit code."""
    try:
        try:
            code: int = work()
        except AbortedError as carrier:
            raise carrier.error from None
    except TerminatedError as signal:
        _leave_after_signal(tap, signal.signum)
    except BrokenPipeError:
        tap.http.stop()
        # Otherwise the interpreter complains once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        tap.logger.error("the target stopped reading; stopped too")  # noqa: TRY400
        return 1
    except SettingsError as error:  # there is no session yet, and no state to keep
        tap.logger.error("%s", error)  # noqa: TRY400
        return 1
    except TapError as error:
        tap.http.stop()
        tap.write_state()
        tap.writer.flush()
        tap.logger.error("%s", error)  # noqa: TRY400
        return 1
    tap.http.stop()
    return code


def _leave_after_signal(tap: EngineTap, signum: int) -> NoReturn:
    """Write the last STATE and leave with 128 + signal.

    Without waiting for worker threads: one may sit in a request for minutes.
    """
    tap.write_state()
    tap.writer.flush()
    tap.logger.error("stopped by signal %d; the state written last is where to go on", signum)
    logging.shutdown()
    sys.stderr.flush()
    os._exit(128 + signum)


def _read_json(name: str, source: Any) -> dict[str, Any] | None:
    if source is None:
        return None
    try:
        value: Any = load_json(source.read())
    except ValueError as error:
        msg = f"the {name} file is no JSON: {error}"
        raise SettingsError(msg) from None
    if not isinstance(value, dict):
        msg = f"the {name} file holds no JSON object"
        raise SettingsError(msg)
    return value


def _stop(logger: logging.Logger, message: str) -> NoReturn:
    logger.error("%s", message)
    sys.exit(1)
