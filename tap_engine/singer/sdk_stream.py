"""The SDK's stream with selection that reaches into arrays, and without what reading replaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, Metadata

from tap_engine.errors import StreamError
from tap_engine.records import pruning
from tap_engine.singer.catalog import deselected, selected_schema
from tap_engine.singer.catalog_check import check_entry, keys_of
from tap_engine.singer.map_check import why_failed

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import MetadataMapping


class SdkStream(Stream):
    """Everything that uses private names of the SDK's stream, each with its reason."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    keys: tuple[str, ...]
    package: ClassVar[str]

    @property
    def is_full_table(self) -> bool:
        """Whether every run reads everything."""
        return self.replication_method == REPLICATION_FULL_TABLE

    @property
    def metadata(self) -> MetadataMapping:
        """Selection metadata, with keys always selected and secrets deselected by default.

        The SDK lists no members inside arrays, and Meltano deselects only what is listed. Only the
        private attributes tell whether the metadata is new and whether it is from a catalog.
        """
        fresh = self._metadata is None
        mapping = super().metadata
        given = self._tap_input_catalog and self._tap_input_catalog.get_stream(self.name)
        if fresh and mapping:  # without any metadata everything is selected
            for name in self.kept:
                mapping["properties", name].inclusion = Metadata.InclusionType.AUTOMATIC
        if fresh and not given:
            for breadcrumb in pruning.sensitive_in_arrays(self.schema):
                mapping[breadcrumb].inclusion = Metadata.InclusionType.AVAILABLE
            for breadcrumb in deselected(self.schema, self.package):
                mapping[breadcrumb].inclusion = Metadata.InclusionType.AVAILABLE
                mapping[breadcrumb].selected_by_default = False
        return mapping

    @property
    def kept(self) -> list[str]:
        """Members that go out whatever is selected: keys and the replication key."""
        names = [*self.keys, *self.primary_keys, self.replication_key]
        return list(dict.fromkeys(name for name in names if name))

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

        Raises:
            StreamError: A stream map fails.
        """
        self._stream_version = version
        try:
            self._write_record_message(record)
        except OSError:  # nothing can be written any more
            raise
        except Exception as error:  # noqa: BLE001 (an expression can raise anything)
            reason = why_failed(error, self.schema["properties"])
            msg = (
                f"{self.name}: stream_maps fail on a record: {reason}; for a member that may be"
                " missing, write record.get('...')"
            )
            raise StreamError(msg) from None

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
        """Take over selection, keys and replication method from a catalog.

        What is wrong with them only matters where the stream is read; see `check_catalog`.
        """
        keys, declared = self.primary_keys, self.replication_key
        super().apply_catalog(catalog)
        self.primary_keys, self.replication_key = keys, declared
        if entry := catalog.get_stream(self.name):
            self.primary_keys = keys_of(entry, keys)
            self._input_schema = self._completed(self._input_schema or {})

    def _completed(self, given: dict[str, Any]) -> dict[str, Any] | None:
        """Return the schema of a catalog with what always goes out; None if it declares nothing."""
        if not given.get("properties"):
            return None
        own = self.schema
        kept = {name: own["properties"][name] for name in self.kept if name in own["properties"]}
        required = [*own["required"], *given.get("required", ())]
        return {
            **given,
            "properties": kept | given["properties"],
            "required": list(dict.fromkeys(required)),
        }

    def check_catalog(self) -> None:
        """Check what the catalog says about the stream.

        Raises:
            SettingsError: It asks for keys or a replication that the stream does not have.
        """
        entry = self._tap_input_catalog and self._tap_input_catalog.get_stream(self.name)
        if entry:
            check_entry(
                entry,
                keys=self.primary_keys,
                replication_key=self.replication_key,
                members=self.schema["properties"],
            )
