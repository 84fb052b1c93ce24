"""Sources with faults, and retries that take milliseconds."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine.http import retry
from tap_engine.http.session import Http
from tests.faults.source import ROWS, STREAMS, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.serve import Running
    from sandbox.standin import StandIn


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, tuple[StandIn, Running]]]:
    """Serve a small commercetools and a small Commerce7."""
    one = build_commercetools(size=0.05, rows={STREAMS[TapCommercetools.name]: ROWS})
    two = build_commerce7(size=0.05, rows={STREAMS[TapCommerce7.name]: ROWS}, rate_limit=None)
    with one.serve() as first, two.serve() as second:
        yield {TapCommercetools.name: (one, first), TapCommerce7.name: (two, second)}


def _source(
    servers: dict[str, tuple[StandIn, Running]], tap: str, concurrency: int
) -> Iterator[Source]:
    stand_in, server = servers[tap]
    commercetools = tap == TapCommercetools.name
    stand_in.faults.clear()
    stand_in.requests.clear()
    yield Source(
        TapCommercetools if commercetools else TapCommerce7,
        stand_in,
        server.url,
        "/demo/customer-groups" if commercetools else "/v1/customer-address",
        concurrency,
    )
    stand_in.faults.clear()


@pytest.fixture(
    params=[(TapCommercetools.name, 1), (TapCommercetools.name, 4), (TapCommerce7.name, 1)],
    ids=["commercetools-1", "commercetools-4", "commerce7"],
)
def source(
    request: pytest.FixtureRequest, servers: dict[str, tuple[StandIn, Running]]
) -> Iterator[Source]:
    """Each of the two, commercetools also with requests in parallel."""
    yield from _source(servers, *request.param)


@pytest.fixture(params=[1, 4], ids=["one-request", "four-requests"])
def commercetools_source(
    request: pytest.FixtureRequest, servers: dict[str, tuple[StandIn, Running]]
) -> Iterator[Source]:
    """The commercetools one, for what the other does not have."""
    yield from _source(servers, TapCommercetools.name, request.param)


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let retries wait for milliseconds."""
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.002)
    monkeypatch.setattr(retry, "LONGEST_WAIT", 0.02)
    monkeypatch.setattr(retry, "LEAST_WHEN_LIMITED", 0.0)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the pauses between tries instead of sleeping."""
    taken: list[float] = []
    monkeypatch.setattr(Http, "sleep", lambda _http, seconds: taken.append(seconds))
    return taken


@pytest.fixture
def errors(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Give the error lines that a user sees."""
    return lambda: [
        record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR
    ]
