"""Metadata: schemas for `metaData` from the tenant's metadata configurations.

Source: a maintained public client, which knows titles, codes and data types. The JSON types of the
values are not documented, so strings are expected in addition to any better match.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import msgspec

from tap_commerce7.streams import MetaDataConfigs
from tap_engine.errors import NotFoundError, SourceError
from tap_engine.records.typed_members import Members, Path, member, objects, union

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_commerce7.client import TypedStream
    from tap_engine.singer.stream import EngineStream
    from tap_engine.singer.tap import EngineTap

# Object types of records, by stream; that of carts is not documented.
ROOTS = {
    "club_memberships": "club-membership",
    "collections": "collection",
    "customer_addresses": "customer-address",
    "customers": "customer",
    "orders": "order",
    "products": "product",
    "reservation_types": "experience",
    "reservations": "reservation",
}

# Object types of records inside others, by the member that holds them.
HOLDERS = {"collections": "collection", "customer": "customer", "reservationType": "experience"}

JSON_TYPES: dict[str, tuple[str, ...]] = {
    "Checkbox": ("boolean", "string", "array"),
    "Date Picker": ("string",),
    "HTML": ("string",),
    "Integer": ("integer", "string"),
    "Number": ("number", "string"),
    "Radio": ("string",),
    "Select": ("string", "array"),
    "String": ("string",),
    "TextArea": ("string",),
    "True / False": ("boolean", "string"),
    "Yes / No": ("boolean", "string"),
}


class _Config(msgspec.Struct, rename="camel"):
    code: str | None = None
    data_type: str | None = None


_config = msgspec.json.Decoder(_Config)


def read_configs(
    tap: EngineTap, read: Callable[[EngineStream], Iterator[bytes]]
) -> dict[str, Members]:
    """Read the metadata configurations, one request for each object type that has a stream.

    An object type unknown to the tenant has no configurations.

    Args:
        tap: The tap.
        read: Returns the records of a stream.

    Returns:
        Schemas by code, for each object type.

    Raises:
        NotFoundError: No object type is known, so the endpoint itself is probably missing.
        TapError: The configurations cannot be read.
        SourceError: A configuration does not have the expected form.
    """
    found: dict[str, Members] = {}
    missing: NotFoundError | None = None
    for object_type in sorted({*ROOTS.values(), *HOLDERS.values()}):
        stream: TypedStream = MetaDataConfigs(tap)
        stream.object_types = (object_type,)
        try:
            raws = list(read(stream))
        except NotFoundError as error:
            missing = error
            continue
        found[object_type] = union(*(_members(raw) for raw in raws))
    if missing is not None and not found:
        raise missing
    return found


def _members(raw: bytes) -> Members:
    try:
        config = _config.decode(raw)
    except msgspec.DecodeError as error:
        msg = f"type_custom_fields: cannot parse a metadata configuration ({error})"
        raise SourceError(msg) from None
    if not config.code:
        return {}
    kind = config.data_type or ""
    return {config.code: member(*JSON_TYPES.get(kind, ()), description=kind)}


def object_type_of(stream: str, path: Path) -> str | None:
    """Return the object type whose configurations define the members of a `metaData`.

    Args:
        stream: Name of the stream.
        path: Path to the `metaData`, including its own name.
    """
    *way, _ = path
    return HOLDERS.get(way[-1]) if way else ROOTS.get(stream)


def apply(streams: Sequence[EngineStream], defined: Mapping[str, Members]) -> None:
    """Declare the configured metadata wherever records have `metaData`."""
    for stream in streams:
        for path, node in list(objects(stream.schema)):
            if path[-1] != "metaData":
                continue
            members = defined.get(object_type_of(stream.name, path) or "")
            if members:
                node["properties"] = copy.deepcopy(members)
