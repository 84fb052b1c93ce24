"""The start of a run: neither an error's answer nor a wrong clock moves a bookmark too far."""

from __future__ import annotations

import time
from email.utils import formatdate
from itertools import chain, repeat

import pytest

from sandbox.store import timestamp
from tap_engine import timestamps
from tests.reading.tools import LONG_AGO, Source, bookmarked, next_second

AHEAD, BEFORE_THAT = 600, 300


def date_ahead(monkeypatch: pytest.MonkeyPatch, *, answers: int | None = None) -> None:
    """Let the server's clock be ahead, in some answers or in all."""
    ahead = repeat(AHEAD) if answers is None else repeat(AHEAD, answers)
    offsets = chain(ahead, repeat(0))
    monkeypatch.setattr(
        "sandbox.serve.formatdate",
        lambda usegmt: formatdate(time.time() + next(offsets), usegmt=usegmt),
    )


def assert_nothing_is_lost(source: Source) -> None:
    """Read a record of the near future, change another one, and see both."""
    early = {"id": "f" * 8}
    source.stand_in.put("customers", early, at=timestamp(time.time() + BEFORE_THAT))
    first = source.run("customers", lookback_seconds=0, retry_max_seconds=30)
    assert first.code == 0
    assert str(first.bookmark("customers")) <= timestamp()
    changed = min(source.rows("customers"))
    next_second()
    source.stand_in.touch("customers", changed)
    next_second()
    second = source.run("customers", state=first.state, lookback_seconds=0)
    assert {changed, early["id"]} <= set(second.ids("customers"))


def test_an_error_does_not_set_the_start_of_the_run(
    customers: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = customers.path("customers")
    customers.stand_in.faults.add(lists, "status", status=503, times=1, retry_after=1)
    token = 1 if customers.stamp == "lastModifiedAt" else 0
    date_ahead(monkeypatch, answers=token + 1)
    # Or the local clock, being the earlier one, would hide it.
    monkeypatch.setattr("tap_engine.timestamps.now", lambda: timestamp(time.time() + AHEAD))
    assert_nothing_is_lost(customers)


def test_a_server_that_is_ahead(customers: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    date_ahead(monkeypatch)
    assert_nothing_is_lost(customers)


@pytest.mark.parametrize("stream", ["customers"])
def test_a_local_clock_that_is_behind_delays_nothing(
    customers: Source, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    changed = min(customers.rows(stream))
    customers.stand_in.touch(stream, changed)
    next_second()
    late = timestamps.earlier(timestamps.now(), 500 * 86_400)
    monkeypatch.setattr("tap_engine.timestamps.now", lambda: late)
    output = customers.run(stream, state=bookmarked(stream, LONG_AGO, customers.stamp))
    assert output.code == 0
    assert changed in output.ids(stream)
    assert str(output.bookmark(stream)) <= late
