"""The control API of a stand-in: what tests and the demo do to its data, over loopback HTTP.

All paths are below `/_control`, all bodies are JSON. Errors: 404 for an unknown collection or
record, 400 with a message for an invalid body.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import FaultRule
from sandbox.platform import Hook

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.platform import Platform
    from sandbox.store import Collection

Body = TypeVar("Body")


def control_app(platform: Platform) -> Starlette:
    """Return the control API of a stand-in."""
    control = _Control(platform)
    record = "/collections/{name}/records/{row_id:path}"
    routes = (
        ("GET", "/collections", control.counts),
        ("GET", "/collections/{name}/ids", control.ids),
        ("GET", record, control.read),
        ("PUT", record, control.write),
        ("DELETE", record, control.delete),
        ("POST", "/faults", control.add_faults),
        ("DELETE", "/faults", partial(_clear, platform.faults)),
        ("GET", "/requests", control.requests),
        ("DELETE", "/requests", partial(_clear, platform.requests)),
        ("POST", "/latency", control.latency),
        ("POST", "/hooks", control.add_hook),
        ("DELETE", "/hooks", partial(_clear, platform.hooks)),
    )
    return Starlette(
        routes=[Route(f"/_control{path}", do, methods=[method]) for method, path, do in routes]
    )


class _Control:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def counts(self, _request: Request) -> Response:
        """Return the number of rows of each collection."""
        return _json({name: len(rows) for name, rows in self._platform.collections.items()})

    async def ids(self, request: Request) -> Response:
        """Return `[id, at]` of all rows, by id."""
        collection = self._collection(request)
        with collection.lock:
            return _json([[row.id, row.at] for row in collection.by_id.values()])

    async def read(self, request: Request) -> Response:
        """Return one record as the API would serve it."""
        row = self._collection(request).get(request.path_params["row_id"])
        if row is None:
            raise HTTPException(404, "no such record")
        return Response(row.body, media_type="application/json")

    async def write(self, request: Request) -> Response:
        """Replace or insert a record; `?merge=1` patches it, `?at=` sets the update time.

        The identity comes from the path unless the body has it.
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
            return _json(self._platform.put(collection.name, record, merge=merge, at=at))
        except KeyError as error:
            raise HTTPException(400, f"the record lacks {error}") from error

    async def delete(self, request: Request) -> Response:
        """Delete a record for good."""
        name = self._collection(request).name
        if not self._platform.delete(name, request.path_params["row_id"]):
            raise HTTPException(404, "no such record")
        return _json({})

    async def add_faults(self, request: Request) -> Response:
        """Add rules: a list of `{match, kind, times?, after?, options?}`."""
        self._platform.faults.extend(await _body(request, list[FaultRule]))
        return _json({})

    async def requests(self, _request: Request) -> Response:
        """Return the log of requests to the API, oldest first."""
        return _json(self._platform.requests)

    async def latency(self, request: Request) -> Response:
        """Set the seconds added to each answer of the API: `{"seconds": x}`."""
        self._platform.latency = (await _body(request, dict[str, float]))["seconds"]
        return _json({})

    async def add_hook(self, request: Request) -> Response:
        """Add a hook, see `sandbox.platform.Hook`."""
        hook = await _body(request, Hook)
        if hook.collection not in self._platform.collections:
            raise HTTPException(404, "no such collection")
        self._platform.hooks.append(hook)
        return _json({})

    def _collection(self, request: Request) -> Collection:
        name = request.path_params["name"]
        if name not in self._platform.collections:
            raise HTTPException(404, "no such collection")
        return self._platform.collections[name]


async def _clear(things: Any, _request: Request) -> Response:
    things.clear()
    return _json({})


async def _body(request: Request, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.MsgspecError as error:
        raise HTTPException(400, str(error)) from error


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
