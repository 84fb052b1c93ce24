"""Hypothesis without time limits (the machine may be busy) and with the same examples each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.faults.source import STREAMS, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")


@pytest.fixture(scope="module", params=["commercetools", "commerce7"])
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    """Serve each of the two anew for every module, which may change the data."""
    if request.param == "commercetools":
        one = build_commercetools(size=0.05, rows={STREAMS[TapCommercetools.name]: 60})
        with one.serve() as server:
            yield Source(TapCommercetools, one, server.url, "/demo/customer-groups", 4)
    else:
        two = build_commerce7(size=0.05, rows={STREAMS[TapCommerce7.name]: 160}, rate_limit=None)
        with two.serve() as server:
            yield Source(TapCommerce7, two, server.url, "/v1/customer-address", 1)
