"""The Commerce7 stand-in, put together."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from starlette.middleware.gzip import GZipMiddleware

from sandbox.commerce7.api import Api
from sandbox.commerce7.options import Options
from sandbox.commerce7.resources import COLLECTIONS
from sandbox.commerce7.tables import make_tables
from sandbox.fake import Plan
from sandbox.standin import StandIn

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sandbox.store import Record

PLANNED = ("rows", "rows_per_timestamp", "small")


def build(size: float = 1.0, seed: int = 7, *, latency: float = 0.0, **options: Any) -> StandIn:
    """Build a stand-in with data of its own.

    Collections go by stream name. The identity of tags and metadata configurations is
    `ObjectType/id`, of all other records their id.

    Args:
        size: Factor on the number of rows.
        seed: Of the data set.
        latency: Seconds added to each answer.
        **options: Other fields of `sandbox.fake.Plan` (`rows` of partitioned lists are for every
            object type), and fields of `sandbox.commerce7.options.Options`.
    """
    planned = {name: options.pop(name) for name in PLANNED if name in options}
    plan = Plan(size=size, seed=seed, **planned)
    answers = Options(**options)
    tables = make_tables(plan)

    def to_trash(name: str, old: Record | None, new: Record | None) -> None:
        if name == "trash" or old is None or new is not None:
            return
        object_type = old.get("objectType") or COLLECTIONS[name].object_type
        row_id = str(uuid.uuid4())
        tables["trash"].upsert({"id": row_id, "objectType": object_type, "objectId": old["id"]})

    def delete(name: str, row_id: str) -> None:
        stand_in.delete(name, row_id)

    api: ASGIApp = Api(tables, answers, delete)
    if answers.gzip:
        api = GZipMiddleware(api, minimum_size=1000, compresslevel=1)
    stand_in = StandIn(api, tables, on_change=to_trash, latency=latency)
    return stand_in
