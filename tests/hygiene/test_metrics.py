"""Every run says at its end what it took of the API, in lines that a program can read."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest

from tap_engine.http import retry

if TYPE_CHECKING:
    from tests.faults.source import Source
    from tests.support import Output


def counters(output: Output, name: str) -> list[float]:
    """Read the values of a counter out of the log."""
    points = [json.loads(text) for text in re.findall(r"METRIC: (.*)", output.log)]
    return [point["value"] for point in points if point["metric"] == name]


@pytest.fixture(autouse=True)
def _setup(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.002)
    monkeypatch.setattr(retry, "LONGEST_WAIT", 0.02)
    source.stand_in.faults.clear()


def test_requests_are_those_that_the_source_got(source: Source) -> None:
    before = len(source.stand_in.requests)
    output = source.run()
    assert output.code == 0
    assert counters(output, "http_requests") == [len(source.stand_in.requests) - before]
    assert counters(output, "http_waits_seconds") == [0]


def test_a_run_that_fails_says_it_too(source: Source) -> None:
    # Own waits are random and may be too short to be counted.
    headers = {"Retry-After": "0.1"}
    source.stand_in.faults.add(source.match, "status", times=-1, status=503, headers=headers)
    before = len(source.stand_in.requests)
    output = source.run(retry_max_seconds=0.5)
    assert output.code == 1
    (requests,) = counters(output, "http_requests")
    assert requests > 1
    # Those that others had begun meanwhile are not waited for.
    deadline = time.monotonic() + 20
    while requests > len(source.stand_in.requests) - before:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    (waited,) = counters(output, "http_waits_seconds")
    assert waited > 0
