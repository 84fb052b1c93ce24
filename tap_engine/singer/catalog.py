"""What a catalog says about the members of a stream: which are selected."""

from __future__ import annotations

import copy
import functools
import importlib.resources
from typing import TYPE_CHECKING, Any

from tap_engine.records import mixed_types
from tap_engine.records.embedded import Embedded, embedding, secrets_of
from tap_engine.records.pruning import Pruning, attached, compile_pruning, secret_breadcrumbs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from singer_sdk.singerlib import MetadataMapping, SelectionMask

    from tap_engine.records.embedded import Secrets
    from tap_engine.records.pruning import Breadcrumb


def _is_ours(keyword: str) -> bool:
    """Return whether a keyword of a schema file is not printed; `x-sql-...` is the SDK's."""
    return keyword.startswith("x-") and not keyword.startswith("x-sql-")


def selected_schema(
    schema: Mapping[str, Any], metadata: MetadataMapping, config: Mapping[str, Any]
) -> dict[str, Any]:
    """Reduce a stream's schema to the selected members, as if the stream itself were selected.

    The SDK does the same with the whole catalog when the tap starts: for every stream, wanted or
    not, with an empty schema for those that are off by default, and copying each schema four times.
    """
    root = metadata.root
    selected, root.selected = root.selected, True
    try:
        mask = metadata.resolve_selection()
    finally:
        root.selected = selected
    reduced = _selected(schema, mask, ())
    if config.get("mixed_types_as_text"):
        mixed_types.as_text(reduced)
    # With a depth of 0 the SDK flattens nothing.
    if config.get("flattening_enabled") and config.get("flattening_max_depth"):
        mixed_types.as_scalars(reduced)
    if config.get("arrays_as_json"):
        for node in reduced["properties"].values():
            node.pop("items", None)
    return reduced


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
        elif not _is_ours(keyword):
            result[keyword] = copy.copy(value)
    if "required" in result:
        result["required"] = [name for name in result["required"] if name in result["properties"]]
    return result


@functools.cache
def secrets_of_package(package: str) -> Secrets:
    """Return the secrets of a tap, by what all of its schema files mark."""
    files = importlib.resources.files(package).joinpath("schemas").iterdir()
    return secrets_of({file.name.removesuffix(".json"): file.read_bytes() for file in files})


def deselected(schema: Mapping[str, Any], package: str) -> Iterator[Breadcrumb]:
    """List what is left out of a stream unless it is selected: secrets, also of other records."""
    yield from secret_breadcrumbs(schema)
    for at in embedding(schema):
        for path in secrets_of_package(package).paths():
            yield (*at, *(crumb for name in path for crumb in ("properties", name)))


def pruning_of(
    schema: Mapping[str, Any],
    mask: Mapping[Breadcrumb, bool],
    metadata: MetadataMapping,
    keep: Collection[str],
    package: str,
) -> Pruning:
    """Compile a stream's selection of members; secrets stay out unless they are selected.

    Args:
        schema: Schema of the stream.
        mask: Selection by breadcrumb.
        metadata: What the catalog says about each breadcrumb.
        keep: Members that stay whatever the selection says.
        package: Package of the tap, all of whose schemas say what a secret is.
    """
    secrets = secret_breadcrumbs(schema)
    selected = dict(mask)
    for breadcrumb in secrets:
        chosen = metadata.get(breadcrumb)
        wanted = bool(chosen and chosen.selected)
        selected[breadcrumb] = wanted and selected.get(breadcrumb, True)
    pruning = compile_pruning(schema, selected, frozenset(secrets), keep)
    for at in embedding(schema):
        paths = [
            tuple(crumb for crumb in breadcrumb[len(at) :] if crumb not in {"properties", "items"})
            for breadcrumb, said in metadata.items()
            if said.selected and len(breadcrumb) > len(at) and breadcrumb[: len(at)] == at
        ]
        embedded = Embedded(secrets=secrets_of_package(package).without(paths))
        pruning = attached(pruning, at, embedded)
    return pruning.settle()
