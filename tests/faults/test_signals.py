"""SIGTERM and SIGINT: a valid STATE last, no half line, exit 128 + signal, promptly (23, 15)."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.faults.source import STREAMS, Source
from tests.support import Output, catalog_of, spawned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROWS = 1500
PROMPTLY = 4.0
"""Seconds; the machine may be busy. What is interrupted would take a minute."""


@pytest.fixture(scope="module", params=["commercetools-4", "commerce7-1"])
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    """Serve many pages, slowly enough to be interrupted in the middle."""
    api, _, concurrency = request.param.partition("-")
    commercetools = api == "commercetools"
    tap = TapCommercetools if commercetools else TapCommerce7
    rows = {STREAMS[tap.name]: ROWS}
    stand_in: Any = (
        build_commercetools(size=0.05, rows=rows)
        if commercetools
        else build_commerce7(size=0.05, rows=rows, rate_limit=None)
    )
    path = "/demo/customer-groups" if commercetools else "/v1/customer-address"
    with stand_in.serve() as server:
        yield Source(tap, stand_in, server.url, path, int(concurrency))


@pytest.fixture(autouse=True)
def _healthy(source: Source) -> Iterator[None]:
    source.stand_in.requests.clear()
    yield
    source.stand_in.faults.clear()
    source.stand_in.latency = 0


def start(source: Source, folder: Path, *, unbuffered: bool = False) -> Any:
    """Start the tap as a process, its output unbuffered as in many containers if wanted."""
    catalog = catalog_of(source.tap, [source.stream])
    environment = {**os.environ, "PYTHONUNBUFFERED": "1" if unbuffered else ""}
    return spawned(source.tap, source.config(), folder, catalog=catalog, env=environment)


def ended(process: Any, began: float, before: bytes = b"") -> Output:
    """Read the rest of what a process printed that got a signal."""
    out, err = process.stdout.read(), process.stderr.read()
    process.wait(PROMPTLY)
    assert time.monotonic() - began < PROMPTLY
    text = (before + out).decode()
    assert text == "" or text.endswith("\n"), "no half line"
    return Output(text, err.decode(), process.returncode)


def until(condition: Callable[[], object]) -> None:
    """Wait until something is the case."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def check_stopped(output: Output, signum: int) -> None:
    """Check what every stopped run has in common."""
    assert output.code == 128 + signum, output.log
    assert f"stopped by signal {signum}" in output.log
    assert "Traceback" not in output.log


def check_resumed(source: Source, first: Output, *, already: int) -> None:
    """Go on from the last STATE: nothing is missing, and little is read twice."""
    assert first.messages[-1]["type"] == "STATE"
    source.stand_in.faults.clear()
    source.stand_in.latency = 0
    second = source.run(state=first.state)
    assert second.code == 0
    assert {**first.latest(source.stream), **second.latest(source.stream)} == source.truth()
    assert len(second.ids(source.stream)) <= ROWS - already + 50, "one page may come again"


def test_while_records_are_written(source: Source, tmp_path: Path) -> None:
    signum = signal.SIGTERM if source.is_commercetools else signal.SIGINT
    source.stand_in.latency = 0.05
    with start(source, tmp_path) as process:
        before = b"".join(process.stdout.readline() for _ in range(3))
        began = time.monotonic()
        process.send_signal(signum)
        output = ended(process, began, before)
    check_stopped(output, signum)
    assert output.ids(source.stream)
    check_resumed(source, output, already=len(output.ids(source.stream)))


def test_while_an_answer_takes_its_time(source: Source, tmp_path: Path) -> None:
    source.stand_in.faults.add(source.match, "slow", times=-1, after=1, seconds=60)
    with start(source, tmp_path) as process:
        until(lambda: len(source.asked()) > 1)
        time.sleep(0.3)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        output = ended(process, began)
    check_stopped(output, signal.SIGTERM)
    check_resumed(source, output, already=len(output.ids(source.stream)))


def test_while_a_retry_is_waited_for(source: Source, tmp_path: Path) -> None:
    headers = {"Retry-After": "60"}
    source.stand_in.faults.add(
        source.match, "status", times=-1, after=1, status=429, headers=headers
    )
    signum = signal.SIGINT if source.is_commercetools else signal.SIGTERM
    with start(source, tmp_path) as process:
        until(lambda: any(entry["status"] == 429 for entry in source.asked()))
        time.sleep(0.3)
        began = time.monotonic()
        process.send_signal(signum)
        output = ended(process, began)
    check_stopped(output, signum)
    check_resumed(source, output, already=len(output.ids(source.stream)))


@pytest.mark.parametrize("delay", [0.05, 1.2])
def test_while_the_tap_starts(source: Source, tmp_path: Path, delay: float) -> None:
    if not source.is_commercetools:
        pytest.skip("the API plays no role yet")
    source.stand_in.faults.add("", "slow", times=-1, seconds=60)
    with start(source, tmp_path) as process:
        time.sleep(delay)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        output = ended(process, began)
    # Before Python runs a line of the tap, the signal itself ends the process.
    assert output.code in {128 + signal.SIGTERM, -signal.SIGTERM}
    assert {message["type"] for message in output.messages} <= {"SCHEMA", "STATE"}
    assert "Traceback" not in output.log


def test_while_the_target_does_not_read(source: Source, tmp_path: Path) -> None:
    with start(source, tmp_path, unbuffered=not source.is_commercetools) as process:
        _wait_until_stuck(source)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert process.poll() is None, "it waits: half a line may be in the pipe"
        began = time.monotonic()
        output = ended(process, began)
    check_stopped(output, signal.SIGTERM)
    check_resumed(source, output, already=len(output.ids(source.stream)))


def test_a_second_signal_does_not_wait_for_the_target(source: Source, tmp_path: Path) -> None:
    if not source.is_commercetools:
        pytest.skip("the API plays no role here")
    with start(source, tmp_path) as process:
        _wait_until_stuck(source)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PROMPTLY) == 128 + signal.SIGTERM
        lines = process.stdout.read().split(b"\n")
    assert all(json.loads(line) for line in lines[:-1]), "only the last line may be cut"


def _wait_until_stuck(source: Source) -> None:
    """Wait until a full pipe keeps the tap from asking for more."""
    until(lambda: len(source.asked()) > 1)
    seen = -1
    while seen != len(source.asked()):
        seen = len(source.asked())
        time.sleep(0.3)
    assert seen < ROWS / 50, "the source is not exhausted"
