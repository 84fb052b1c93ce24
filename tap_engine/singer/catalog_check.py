"""What can be wrong with a catalog; only what is selected counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.singerlib.catalog import (
    REPLICATION_FULL_TABLE,
    REPLICATION_INCREMENTAL,
    StreamMetadata,
)

from tap_engine.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from singer_sdk.singerlib import Catalog, CatalogEntry

METHODS = (None, REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL)


def check_names(catalog: Catalog, known: Collection[str]) -> None:
    """Check that the tap has every stream of which a catalog selects something.

    Raises:
        SettingsError: Names those that it does not have.
    """
    missing = [
        f"'{entry.tap_stream_id}'"
        for entry in catalog.streams
        if entry.tap_stream_id not in known and _selects_anything(entry)
    ]
    if missing:
        msg = (
            f"catalog: there is no stream {', '.join(missing)} (any more): deselect it, or discover"
            " the catalog anew (with Meltano: --refresh-catalog)"
        )
        raise SettingsError(msg)


def check_entry(
    entry: CatalogEntry,
    *,
    keys: Sequence[str],
    replication_key: str | None,
    members: Collection[str],
) -> None:
    """Check what a catalog says about a stream that is read.

    Args:
        entry: The stream in the catalog.
        keys: Key properties of the stream, with what the catalog makes of them.
        replication_key: Replication key that the stream has.
        members: Declared members of the stream.

    Raises:
        SettingsError: The catalog asks for keys, or a replication, that the stream does not have.
    """
    name, root = entry.tap_stream_id, _root(entry)
    method = entry.replication_method or root.forced_replication_method
    if method not in METHODS:
        msg = (
            f"catalog: stream '{name}': there is no replication method {method!r:.60}, only"
            " INCREMENTAL and FULL_TABLE"
        )
        raise SettingsError(msg)
    wanted = entry.replication_key or root.replication_key
    if replication_key is None and wanted is None and method == REPLICATION_INCREMENTAL:
        msg = f"catalog: stream '{name}' has no replication key, only FULL_TABLE works"
        raise SettingsError(msg)
    if wanted not in (None, replication_key):
        msg = f"catalog: stream '{name}' replicates on {replication_key}, not on {wanted}"
        raise SettingsError(msg)
    if unknown := [key for key in keys if key not in members]:
        msg = f"catalog: stream '{name}' has no member {', '.join(unknown)} that could be a key"
        raise SettingsError(msg)


def keys_of(entry: CatalogEntry, declared: Sequence[str]) -> Sequence[str]:
    """Return the key properties that a catalog gives a stream.

    It has two places for them, and discovery fills both. Whoever changes one of them means it.

    Args:
        entry: The stream in the catalog.
        declared: The stream's own keys.
    """
    given = (entry.key_properties, _root(entry).table_key_properties)
    changed = (keys for keys in given if keys and list(keys) != list(declared))
    return next(changed, declared)


def _root(entry: CatalogEntry) -> StreamMetadata:
    """Return the metadata of a stream; made by the SDK, it would deselect what has none."""
    found = entry.metadata.get(())
    return found if isinstance(found, StreamMetadata) else StreamMetadata()


def _selects_anything(entry: CatalogEntry) -> bool:
    mask = entry.metadata.resolve_selection()
    members = [selected for breadcrumb, selected in mask.items() if breadcrumb]
    return mask[()] and (not members or any(members))
