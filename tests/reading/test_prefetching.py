"""What is asked for ahead is limited by its size, not only by its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_engine.reading import run
from tests.reading.tools import Source, commerce7, commercetools

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMERCETOOLS = ("categories", "channels", "customer_groups", "states", "stores", "zones")
COMMERCE7 = ("club_memberships", "customer_addresses", "gift_cards", "notes", "orders", "products")


@pytest.fixture(params=[commercetools, commerce7], ids=["commercetools", "commerce7"])
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    """Several streams of which the first takes many pages."""
    first = "categories" if request.param is commercetools else "club_memberships"
    with request.param(rows={first: 1000}) as source:
        yield source


def asked_meanwhile(source: Source) -> int:
    """Run, and count the other lists that were asked for before the first one ended."""
    streams = COMMERCETOOLS if source.stamp == "lastModifiedAt" else COMMERCE7
    output = source.run(*streams, concurrency=2, verify_counts="off")
    assert output.code == 0
    assert output.latest(streams[0]).keys() == source.rows(streams[0]).keys()
    paths = [each["path"] for each in source.stand_in.requests if "oauth" not in each["path"]]
    first = next(path for path in paths if path.endswith(source.path(streams[0])))
    last = len(paths) - paths[::-1].index(first)
    return len(set(paths[:last])) - 1


def test_small_pages_are_asked_for_ahead(source: Source) -> None:
    assert asked_meanwhile(source) >= 2


def test_large_pages_are_not(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "AHEAD_BYTES", 1)
    # Until the first answer nobody knows how large they are.
    assert asked_meanwhile(source) <= 2
