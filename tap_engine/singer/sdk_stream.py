"""The SDK's stream with selection that reaches into arrays, and without what reading replaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import (
    REPLICATION_FULL_TABLE,
    REPLICATION_INCREMENTAL,
    Metadata,
)

from tap_engine.errors import SettingsError
from tap_engine.records import pruning
from tap_engine.singer.catalog import selected_schema

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import MetadataMapping


class SdkStream(Stream):
    """Everything that uses private names of the SDK's stream, each with its reason."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    @property
    def is_full_table(self) -> bool:
        """Whether every run reads everything."""
        return self.replication_method == REPLICATION_FULL_TABLE

    @property
    def metadata(self) -> MetadataMapping:
        """Selection metadata, with secrets deselected by default.

        The SDK lists no members inside arrays, and Meltano deselects only what is listed. Only the
        private attributes tell whether the metadata is new and whether it is from a catalog.
        """
        fresh = self._metadata is None
        mapping = super().metadata
        given = self._tap_input_catalog and self._tap_input_catalog.get_stream(self.name)
        if fresh and not given:
            for breadcrumb in pruning.sensitive_in_arrays(self.schema):
                mapping[breadcrumb].inclusion = Metadata.InclusionType.AVAILABLE
            for breadcrumb in pruning.secret_breadcrumbs(self.schema):
                mapping[breadcrumb].selected_by_default = False
        return mapping

    @property
    def selected_schema(self) -> dict[str, Any]:
        """The schema, reduced to the selected members."""
        return selected_schema(self.effective_schema, self.metadata, self.config)

    @property
    def emit_activate_version_messages(self) -> bool:
        """Keep the SDK from activating a version before the first record; see `activate`."""
        return False

    def activate(self, version: int) -> None:
        """Write an ACTIVATE_VERSION message.

        Uses the SDK's private writer: the public way writes it before the first record.
        """
        self._write_activate_version_message(version)

    def write_decoded(self, record: dict[str, Any], version: int | None) -> None:
        """Write one record through stream maps and flattening.

        Uses the SDK's private record writer: the public way to it is the record loop.
        """
        self._stream_version = version
        self._write_record_message(record)

    def write_schema(self) -> None:
        """Write the SCHEMA messages, as the SDK does at the start of a sync, in private."""
        self._write_schema_message()

    @property
    def partitions(self) -> None:
        """Keep the SDK from making partitions out of whatever an old state holds."""
        return

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """Write no signpost: the start of the run takes its place."""
        del context

    def apply_catalog(self, catalog: Any) -> None:
        """Take over selection and replication method from a catalog.

        Raises:
            SettingsError: The catalog asks for a replication key that the stream does not have.
        """
        keys, declared = self.primary_keys, self.replication_key
        super().apply_catalog(catalog)
        self.primary_keys = self.primary_keys or keys
        _check_replication(
            self.name, declared, self.replication_key, self.forced_replication_method
        )
        self.replication_key = declared


def _check_replication(
    stream: str, declared: str | None, wanted: str | None, method: str | None
) -> None:
    if declared is None and wanted is None and method == REPLICATION_INCREMENTAL:
        msg = f"catalog: stream '{stream}' has no replication key, only FULL_TABLE works"
        raise SettingsError(msg)
    if wanted not in (None, declared):
        msg = f"catalog: stream '{stream}' replicates on {declared}, not on {wanted}"
        raise SettingsError(msg)
