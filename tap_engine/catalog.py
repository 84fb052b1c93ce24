"""What a catalog says about a stream: selection of members, replication method and keys."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tap_engine import typed_members
from tap_engine.errors import SettingsError
from tap_engine.selection import Pruning, compile_pruning, secret_breadcrumbs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_sdk.singerlib import SelectionMask

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
    not, with an empty schema for those that are off by default, and copying each schema four times.
    """
    root = stream.metadata.root
    selected, root.selected = root.selected, True
    try:
        mask = stream.metadata.resolve_selection()
    finally:
        root.selected = selected
    schema = _selected(stream.effective_schema, mask, ())
    # With a depth of 0 the SDK flattens nothing.
    if stream.config.get("flattening_enabled") and stream.config.get("flattening_max_depth"):
        typed_members.columns(schema)
    return schema


def _selected(
    schema: Mapping[str, Any], mask: SelectionMask | None, at: tuple[str, ...]
) -> dict[str, Any]:
    """Copy what is selected, without our own keywords.

    Args:
        schema: JSON schema at a breadcrumb.
        mask: Selection; None inside arrays, whose elements the SDK does not look into.
        at: The breadcrumb.
    """
    result: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword == "properties":
            crumbs = {name: (*at, "properties", name) for name in value}
            result[keyword] = {
                name: _selected(value[name], mask, crumb)
                for name, crumb in crumbs.items()
                if mask is None or mask[crumb]
            }
        elif keyword == "items":
            result[keyword] = _selected(value, None, ())
        elif not keyword.startswith("x-") or keyword.startswith("x-sql-"):  # of the SDK
            result[keyword] = copy.copy(value)
    if "required" in result:
        result["required"] = [name for name in result["required"] if name in result["properties"]]
    return result


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
