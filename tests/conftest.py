"""Stand-ins that tests share; tests that change data build their own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.serve import Running
    from sandbox.standin import StandIn


@pytest.fixture(scope="session")
def commercetools() -> Iterator[tuple[StandIn, Running]]:
    """A commercetools stand-in with its data, not to be changed."""
    stand_in = build_commercetools(size=1, seed=7)
    with stand_in.serve() as server:
        yield stand_in, server


@pytest.fixture(scope="session")
def commerce7() -> Iterator[tuple[StandIn, Running]]:
    """A Commerce7 stand-in with its data and without rate limit, not to be changed."""
    stand_in = build_commerce7(size=1, seed=7, rate_limit=None)
    with stand_in.serve() as server:
        yield stand_in, server


@pytest.fixture(autouse=True)
def _quiet_log() -> Iterator[None]:
    """Leave no handlers and filters behind: a tap guards every handler it finds."""
    handlers = list(logging.getLogger().handlers)
    yield
    for handler in handlers:
        handler.filters.clear()
