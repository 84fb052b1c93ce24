"""Builds the Commerce7 stand-in."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from starlette.middleware.gzip import GZipMiddleware

from sandbox.commerce7.api import Api
from sandbox.commerce7.options import Options
from sandbox.commerce7.resources import RESOURCES
from sandbox.commerce7.tables import make_tables
from sandbox.standin import StandIn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp

    from sandbox.store import Record

GZIP_FROM_BYTES = 1000
GZIP_LEVEL = 1


def build(  # noqa: PLR0913 - a stand-in is described in one call, by keyword
    size: float = 1.0,
    seed: int = 7,
    *,
    rows: Mapping[str, int] | None = None,
    rows_per_timestamp: int = 1,
    small: bool = False,
    latency: float = 0.0,
    **options: Any,
) -> StandIn:
    """Build a stand-in with data of its own.

    Args:
        size: Factor for the large collections; 1 gives a few hundred rows each.
        seed: Of the data set; the same seed gives the same records.
        rows: Row counts of single collections; of `tags` and `meta_data_configs` per object type.
        rows_per_timestamp: So many records share each millisecond of `updatedAt`.
        small: Give dated records a few members only, so that millions of them fit.
        latency: Seconds added to each answer.
        **options: Fields of `sandbox.commerce7.options.Options`.

    Returns:
        The stand-in; its collections go by stream name. Tags and metadata configurations are
        identified by `ObjectType/id`, everything else by id.
    """
    answers = Options(**options)
    tables = make_tables(size, seed, rows or {}, rows_per_timestamp=rows_per_timestamp, small=small)

    def to_trash(name: str, old: Record | None, new: Record | None) -> None:
        if name == "trash" or old is None or new is not None:
            return
        object_type = old.get("objectType") or _OBJECTS[name]
        row_id = str(uuid.uuid4())
        tables["trash"].upsert({"id": row_id, "objectType": object_type, "objectId": old["id"]})

    def delete(name: str, row_id: str) -> None:
        stand_in.delete(name, row_id)

    api: ASGIApp = Api(tables, answers, delete)
    if answers.gzip:
        api = GZipMiddleware(api, minimum_size=GZIP_FROM_BYTES, compresslevel=GZIP_LEVEL)
    stand_in = StandIn(api, dict(tables), on_change=to_trash, latency=latency)
    return stand_in


# `customer-address` is called `CustomerAddress`, as in the object types that are known.
_OBJECTS = {
    resource.name: resource.path.removesuffix("/{}").rpartition("/")[2].title().replace("-", "")
    for resource in RESOURCES
}
