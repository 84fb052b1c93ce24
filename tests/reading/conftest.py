"""Fixtures of the tests of reading."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.reading import tools

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def state_per_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a STATE after every page, however small."""
    monkeypatch.setattr("tap_engine.reading.sync.STATE_RECORDS", 1)


@pytest.fixture(params=["tap-commercetools", "tap-commerce7"])
def customers(request: pytest.FixtureRequest) -> Iterator[tools.Source]:
    """Either API with 130 customers: seven pages of commercetools, three of Commerce7."""
    serve = tools.commercetools if request.param == "tap-commercetools" else tools.commerce7
    with serve(rows={"customers": 130}) as source:
        yield source


@pytest.fixture(autouse=True)
def _no_debug_log() -> Iterator[None]:
    """Leave out the SDK's debug messages: formatting them takes longer than the runs."""
    logging.disable(logging.DEBUG)
    yield
    logging.disable(logging.NOTSET)
