"""The SDK's tap with whole lines, whole states and plain errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk import Tap
from singer_sdk.exceptions import StreamMapConfigError
from singer_sdk.helpers._classproperty import classproperty  # public nowhere
from singer_sdk.helpers.capabilities import (
    CapabilitiesEnum,
    PluginCapabilities,
    TapCapabilities,
)
from singer_sdk.plugin_base import PluginBase
from singer_sdk.singerlib import StateMessage

from tap_engine.errors import SettingsError
from tap_engine.singer import as_typed, settings
from tap_engine.singer.writer import RecordWriter
from tap_engine.state import document, shards

if TYPE_CHECKING:
    from types import FrameType


class SdkTap(Tap):
    """Everything that uses private names of the SDK's tap, each with its reason."""

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

    @property
    def writer(self) -> RecordWriter:
        """Prints the messages."""
        return cast("RecordWriter", self.message_writer)  # made of `message_writer_class`

    def write_state(self) -> None:
        """Write a STATE message unless nothing changed since the last, or there is none yet."""
        if self.state:
            with self.writer.signals.held():
                self.state_writer.write_state(self.state)

    def write_last_state(self) -> None:
        """Make a STATE message the last line, whether or not anything changed.

        Some loaders (target-jsonl, those of PipelineWise) only keep what follows the last record.
        """
        if self.state and not self.writer.ends_with_state:
            self.writer.write_message(StateMessage(value=self.state))

    @property
    def state_members(self) -> dict[str, Any]:
        """The state; the SDK declares none of its members but the bookmarks."""
        return cast("dict[str, Any]", self.state)

    def setup_mapper(self) -> None:
        """Set up stream maps; streams register their schemas when they are first used.

        Raises:
            SettingsError: An option of all maps is unknown.
        """
        try:
            PluginBase.setup_mapper(self)
        except StreamMapConfigError as error:
            msg = f"setting stream_maps: {error}"
            raise SettingsError(msg) from None

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over a state.

        Raises:
            StateError: It has not the form of a Singer state.
        """
        state = document.unwrap(state)
        super().load_state(state)
        # The SDK takes over the bookmarks only.
        for name in (document.TAP, document.SOURCE, shards.NAME):
            if name in state:
                self.state_members[name] = state[name]

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 (of the class)
        """Settings from the environment.

        Overrides a private property of the SDK, whose errors do not name the variable.
        """
        schema = cls.config_jsonschema
        cls.append_builtin_config(schema)
        return settings.from_environment(schema["properties"], cls._env_var_prefix)

    def override(self, **settings: Any) -> None:
        """Change settings before they are used; the private attribute is all that holds them."""
        self._config = {**self._config, **settings}

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Tidy settings, and validate them only where they matter.

        Overrides a private method of the SDK, which warns of missing settings at `--discover`. The
        private attribute is all that holds the settings, and this runs before anything uses them.

        Raises:
            SettingsError: The stream maps have a form for which the SDK's own schema is wrong.
        """
        self._config, changed = as_typed.tidied(self._config)
        for name in changed:
            self.logger.info("setting %s: white space around it was removed", name)
        if not raise_errors:
            return []
        for sentence in as_typed.unknown(self._config, self.config_jsonschema["properties"]):
            self.logger.warning("%s", sentence)
        try:
            return super()._validate_config(raise_errors=True)
        except AttributeError:
            msg = "setting stream_maps is not of the form {stream: {member: expression}}"
            raise SettingsError(msg) from None

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop between two lines.

        Overrides a private hook of the SDK, which would write in the middle of a line that is
        being written, and exit with 0.
        """
        del frame
        self.writer.signals.receive(signum)
