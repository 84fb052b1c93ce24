from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from sandbox.standin import StandIn
from sandbox.store import Collection, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from sandbox.serve import Running

WHEN = "2024-01-01T00:00:00.000Z"


def rows() -> list[Row]:
    return [Row(f"id-{n}", WHEN, b'{"id":"id-%d","version":1}' % n) for n in range(50)]


@pytest.fixture
def things() -> StandIn:
    """A stand-in with one collection and an API that lists it."""
    collection = Collection("things", rows)

    async def listing(request: Request) -> Response:
        fault = getattr(request.state, "fault", None)
        if fault is not None:
            return Response(fault.kind)
        body = b"[" + b",".join(row.body for row in collection.by_id.values()) + b"]"
        return Response(body, media_type="application/json")

    return StandIn(Starlette(routes=[Route("/things", listing)]), {"things": collection})


@pytest.fixture
def served(things: StandIn) -> Iterator[Running]:
    with things.serve() as running:
        yield running
