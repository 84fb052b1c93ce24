"""What a catalog says about a stream: selection of members, replication method and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.helpers._catalog import get_selected_schema  # no public name exists
from singer_sdk.singerlib import Schema

from tap_engine.errors import SettingsError
from tap_engine.selection import Pruning, compile_pruning, secret_breadcrumbs

if TYPE_CHECKING:
    from tap_engine.stream import EngineStream


def check_replication(stream: EngineStream) -> None:
    """Complete and check what an input catalog says about keys and replication.

    Raises:
        SettingsError: The catalog asks for a replication key that the stream does not have.
    """
    if not stream.primary_keys:
        stream.primary_keys = stream.keys
    if stream.replication_key is None:
        if stream.forced_replication_method == "INCREMENTAL" and stream.cursor_field is None:
            msg = f"catalog: stream '{stream.name}' has no replication key, only FULL_TABLE works"
            raise SettingsError(msg)
        stream.replication_key = stream.cursor_field
    if stream.replication_key != stream.cursor_field:
        msg = (
            f"catalog: stream '{stream.name}' replicates on {stream.cursor_field},"
            f" not on {stream.replication_key}"
        )
        raise SettingsError(msg)


def selected_schema(stream: EngineStream) -> dict[str, Any]:
    """Cut a stream's schema to the selected members, as if the stream itself were selected.

    The SDK does the same from the whole catalog when the tap starts: for every stream, wanted or
    not, and with an empty schema for those that are off by default.
    """
    root = stream.metadata.root
    selected, root.selected = root.selected, True
    try:
        mask = stream.metadata.resolve_selection()
    finally:
        root.selected = selected
    # The SDK's own class leaves out what is not JSON schema, such as x-sensitive.
    schema = Schema.from_dict(stream.effective_schema).to_dict()
    return get_selected_schema(stream.name, schema, mask)


def pruning_of(stream: EngineStream) -> Pruning:
    """Compile a stream's selection of fields; secrets stay home unless they are selected."""
    secrets = secret_breadcrumbs(stream.schema)
    selected = dict(stream.mask)
    for breadcrumb in secrets:
        chosen = stream.metadata.get(breadcrumb)
        wanted = bool(chosen and chosen.selected)
        selected[breadcrumb] = wanted and selected.get(breadcrumb, True)
    keep = {*stream.keys, stream.replication_key or ""}
    return compile_pruning(stream.schema, selected, frozenset(secrets), keep).settle()
