"""A stream that may not be read: the others are completed, the end says what is missing (22)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from sandbox.commercetools.auth import Client
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.faults.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Locked:
    """A source whose credentials open a part of the streams.

    Attributes:
        opened: Incremental, readable.
        closed: Incremental, not readable.
        closed_table: Full table, not readable.
        needs: What the message has to name.
    """

    source: Source
    opened: str
    closed: str
    closed_table: str
    needs: str

    def streams(self) -> tuple[str, str, str]:
        """Name them all, a closed one first."""
        return (self.closed, self.opened, self.closed_table)


@pytest.fixture(
    scope="module", params=["commercetools-1", "commercetools-4", "commerce7-401", "commerce7-403"]
)
def locked(request: pytest.FixtureRequest) -> Iterator[Locked]:
    """Serve each API with missing permissions."""
    api, _, variant = request.param.partition("-")
    if api == "commercetools":
        client = Client("demo-client", "demo-secret", ("view_zones", "view_states"))
        stand_in: Any = build_commercetools(size=0.1, clients=[client])
        names = ("states", "customers", "product_selection_products", "scope view_customers")
    else:
        stand_in = build_commerce7(
            size=0.1,
            rate_limit=None,
            permissions=("Note", "Product"),
            forbidden_status=int(variant),
        )
        names = ("notes", "customers", "vendors", "app permission Customer (read)")
    tap = TapCommercetools if api == "commercetools" else TapCommerce7
    concurrency = int(variant) if api == "commercetools" else 1
    with stand_in.serve() as server:
        yield Locked(Source(tap, stand_in, server.url, "", concurrency), *names)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """List the warnings of a run."""
    return [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]


def test_others_are_completed_and_each_refused_one_gets_a_line(
    locked: Locked, errors: Callable[[], list[str]]
) -> None:
    output = locked.source.run(*locked.streams())
    assert output.code == 1
    assert output.latest(locked.opened) == locked.source.truth(locked.opened)
    assert output.records(locked.closed) == output.records(locked.closed_table) == []
    lines = errors()
    assert len(lines) == 2
    first, second = sorted(lines, key=lambda line: locked.closed not in line)
    assert f"stream not read: {locked.closed}: /" in first
    assert locked.needs in first
    assert f"stream not read: {locked.closed_table}: /" in second
    assert "Traceback" not in output.log


def test_no_version_is_activated_for_a_refused_full_table(locked: Locked) -> None:
    output = locked.source.run(*locked.streams())
    assert output.of_type("ACTIVATE_VERSION", locked.closed_table) == []


def test_state_of_a_refused_stream_stays_as_it_was(locked: Locked) -> None:
    before = locked.source.run(locked.opened).state
    entry = {
        "replication_key": "lastModifiedAt" if locked.source.is_commercetools else "updatedAt",
        "replication_key_value": "2024-05-06T07:08:09.010Z",
        "coverage": {"start_date": None},
    }
    before["bookmarks"][locked.closed] = entry
    output = locked.source.run(*locked.streams(), state=before)
    assert output.code == 1
    assert output.state["bookmarks"][locked.closed] == entry
    assert not output.state["bookmarks"].get(locked.closed_table)
    assert output.bookmark(locked.opened)


def test_skip_forbidden_streams_only_warns(
    locked: Locked, errors: Callable[[], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    output = locked.source.run(*locked.streams(), skip_forbidden_streams=True)
    assert output.code == 0
    assert errors() == []
    skipped = [line for line in warnings(caplog) if "stream skipped" in line]
    assert len(skipped) == 2
    assert any(locked.needs in line for line in skipped)
    assert output.latest(locked.opened) == locked.source.truth(locked.opened)
    assert output.of_type("ACTIVATE_VERSION", locked.closed_table) == []


def test_one_line_is_enough_when_no_stream_can_be_read(
    locked: Locked, errors: Callable[[], list[str]]
) -> None:
    assert locked.source.run(locked.closed, locked.closed_table).code == 1
    (line,) = errors()
    assert "none of 2 streams can be read" in line
    assert locked.closed in line


def test_a_single_refused_stream_is_named(locked: Locked, errors: Callable[[], list[str]]) -> None:
    assert locked.source.run(locked.closed).code == 1
    (line,) = errors()
    assert f"stream not read: {locked.closed}: " in line
    assert locked.needs in line


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_in_the_middle_keeps_the_position(
    source: Source, errors: Callable[[], list[str]], status: int
) -> None:
    source.stand_in.faults.add(source.match, "status", times=-1, after=2, status=status)
    first = source.run()
    assert first.code == 1
    assert f"stream not read: {source.stream}: {source.path} answered {status}" in errors()[0]
    assert first.bookmark(source.stream) is None
    source.stand_in.faults.clear()
    second = source.run(state=first.state)
    assert second.code == 0
    assert {**first.latest(source.stream), **second.latest(source.stream)} == source.truth()
    assert second.bookmark(source.stream) is not None


def test_a_missing_endpoint_does_not_stop_the_others(
    source: Source, errors: Callable[[], list[str]]
) -> None:
    other = "zones" if source.is_commercetools else "notes"
    source.stand_in.faults.add(source.match, "status", times=-1, status=404)
    output = source.run(source.stream, other)
    assert output.code == 1
    assert output.latest(other) == source.truth(other)
    (line,) = errors()
    assert f"stream not read: {source.stream}: {source.path} answered 404" in line


WRONG = {"tap-commercetools": "client_secret", "tap-commerce7": "app_secret"}


@pytest.mark.parametrize("skip", [False, True], ids=["strict", "skip"])
@pytest.mark.parametrize("more", [(), ("zones", "notes")], ids=["one-stream", "two-streams"])
def test_wrong_credentials_are_no_missing_permission(
    source: Source,
    errors: Callable[[], list[str]],
    more: tuple[str, ...],
    *,
    skip: bool,
) -> None:
    streams = [source.stream, *more[not source.is_commercetools :][:1]]
    settings: dict[str, Any] = {WRONG[source.tap.name]: "wrong-secret"}
    output = source.run(*streams, skip_forbidden_streams=skip, **settings)
    assert output.code == 1, "nothing was read, so nothing is well"
    assert len(errors()) == 1
    assert "answered 401" in errors()[0]
    assert "secret" in errors()[0]
    assert "wrong-secret" not in output.log
