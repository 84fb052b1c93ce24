"""The control plane of a stand-in: what tests and the demo do to its data, over loopback HTTP.

All routes are under `/_control` and speak JSON. Errors: 404 for an unknown collection or record,
400 with a message for a body that makes no sense.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import FaultRule

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from sandbox.standin import StandIn
    from sandbox.store import Collection

Shape = TypeVar("Shape")

HOOK_ACTIONS = ("upsert", "delete", "touch")


def control_routes(stand_in: StandIn) -> ASGIApp:
    """Build the control application of a stand-in."""
    control = _Control(stand_in)
    record_path = "/_control/collections/{name}/records/{row_id:path}"
    routes = [
        Route("/_control/collections", control.counts, methods=["GET"]),
        Route("/_control/collections/{name}/ids", control.ids, methods=["GET"]),
        Route(record_path, control.read, methods=["GET"]),
        Route(record_path, control.write, methods=["PUT"]),
        Route(record_path, control.delete, methods=["DELETE"]),
        Route("/_control/faults", control.add_faults, methods=["POST"]),
        Route("/_control/faults", control.clear_faults, methods=["DELETE"]),
        Route("/_control/requests", control.requests, methods=["GET"]),
        Route("/_control/requests", control.forget_requests, methods=["DELETE"]),
        Route("/_control/latency", control.latency, methods=["POST"]),
        Route("/_control/hooks", control.add_hook, methods=["POST"]),
        Route("/_control/hooks", control.clear_hooks, methods=["DELETE"]),
    ]
    return Starlette(routes=routes)


class _Control:
    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    async def counts(self, _request: Request) -> Response:
        """Give the number of rows of each collection."""
        return _json({name: len(rows) for name, rows in self._stand_in.collections.items()})

    async def ids(self, request: Request) -> Response:
        """List `[id, at]` of all rows by id."""
        collection = self._collection(request)
        with collection.lock:
            return _json([[row.id, row.at] for row in collection.by_id.values()])

    async def read(self, request: Request) -> Response:
        """Give one record as the API would serve it."""
        row = self._collection(request).get(request.path_params["row_id"])
        if row is None:
            raise HTTPException(404, "no such record")
        return Response(row.body, media_type="application/json")

    async def write(self, request: Request) -> Response:
        """Replace or insert a record; `?merge=1` patches, `?at=` sets the update time.

        The identity is taken from the path unless the body has it.
        """
        collection = self._collection(request)
        parts = request.path_params["row_id"].split("/")
        record = await _body(request, dict[str, Any])
        for path, value in zip(collection.identity, parts, strict=False):
            if "." not in path:
                record.setdefault(path, value)
        merge = request.query_params.get("merge") == "1"
        at = request.query_params.get("at")
        try:
            return _json(self._stand_in.put(collection.name, record, merge=merge, at=at))
        except KeyError as error:
            raise HTTPException(400, f"the record lacks {error}") from error

    async def delete(self, request: Request) -> Response:
        """Delete a record for good."""
        name = self._collection(request).name
        if not self._stand_in.delete(name, request.path_params["row_id"]):
            raise HTTPException(404, "no such record")
        return _json({})

    async def add_faults(self, request: Request) -> Response:
        """Add rules: a list of `{match, kind, times?, after?, options?}`."""
        try:
            rules = [FaultRule(**rule) for rule in await _body(request, list[dict[str, Any]])]
        except (TypeError, ValueError) as error:
            raise HTTPException(400, str(error)) from error
        self._stand_in.faults.extend(rules)
        return _json({})

    async def clear_faults(self, _request: Request) -> Response:
        """Drop all rules."""
        self._stand_in.faults.clear()
        return _json({})

    async def requests(self, _request: Request) -> Response:
        """Give the log of API requests, oldest first."""
        return _json(self._stand_in.requests)

    async def forget_requests(self, _request: Request) -> Response:
        """Empty the log."""
        self._stand_in.requests.clear()
        return _json({})

    async def latency(self, request: Request) -> Response:
        """Set the seconds added to each API answer: `{"seconds": x}`."""
        self._stand_in.latency = (await _body(request, dict[str, float]))["seconds"]
        return _json({})

    async def add_hook(self, request: Request) -> Response:
        """Add one hook, see `sandbox.standin.Hook`."""
        from sandbox.standin import Hook  # noqa: PLC0415 - standin imports this module

        hook = await _body(request, dict[str, Any])
        if hook.get("action") not in HOOK_ACTIONS or "collection" not in hook:
            raise HTTPException(400, f"action must be one of {HOOK_ACTIONS}, collection is needed")
        if hook["collection"] not in self._stand_in.collections:
            raise HTTPException(404, "no such collection")
        try:
            self._stand_in.hooks.append(Hook(**hook))
        except TypeError as error:
            raise HTTPException(400, str(error)) from error
        return _json({})

    async def clear_hooks(self, _request: Request) -> Response:
        """Drop all hooks that wait."""
        self._stand_in.hooks.clear()
        return _json({})

    def _collection(self, request: Request) -> Collection:
        name = request.path_params["name"]
        if name not in self._stand_in.collections:
            raise HTTPException(404, "no such collection")
        return self._stand_in.collections[name]


async def _body(request: Request, kind: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.MsgspecError as error:
        raise HTTPException(400, str(error)) from error


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
