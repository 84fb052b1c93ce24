"""The target dies: a short message, exit 1, no traceback; a full disk likewise (broken pipe)."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commercetools.app import build
from tap_commercetools.tap import TapCommercetools
from tests.faults.source import Source
from tests.support import catalog_of, spawned

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 2000


@pytest.fixture(scope="module")
def source() -> Iterator[Source]:
    """Serve more than fits into a pipe."""
    stand_in = build(size=0.05, rows={"customer_groups": ROWS})
    with stand_in.serve() as server:
        yield Source(TapCommercetools, stand_in, server.url, "/demo/customer-groups", 4)


def start(source: Source, folder: Path, **more: Any) -> Any:
    """Start the tap as a process."""
    catalog = catalog_of(source.tap, [source.stream])
    return spawned(source.tap, source.config(), folder, catalog=catalog, **more)


def check(process: Any, words: str) -> None:
    """Check how a process ends that cannot write."""
    error = process.stderr.read().decode()
    process.wait(20)
    assert process.returncode == 1, error
    assert "Traceback" not in error
    assert "Exception ignored" not in error
    lines = [line for line in error.splitlines() if "| ERROR" in line]
    assert len(lines) == 1, error
    assert words in lines[0]


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_a_target_that_dies(source: Source, tmp_path: Path, unbuffered: str) -> None:
    lines = 3 if unbuffered else 0
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with start(source, tmp_path, env=environment) as process:
        for _ in range(lines):
            process.stdout.readline()
        process.stdout.close()
        check(process, "the target stopped reading; stopping too")


def test_a_disk_that_is_full(source: Source, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    with (
        Path("/dev/full").open("wb") as full,
        start(source, tmp_path, env=environment, stdout=full) as process,
    ):
        check(process, "No space left on device")


def test_a_signal_after_the_target_has_died(source: Source, tmp_path: Path) -> None:
    source.stand_in.faults.add(source.match, "slow", times=-1, after=1, seconds=60)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with start(source, tmp_path, env=environment) as process:
        for _ in range(3):  # the schema and records of the only page that comes
            process.stdout.readline()
        process.stdout.close()
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        error = process.stderr.read().decode()
        assert process.wait(10) == 128 + signal.SIGTERM
    source.stand_in.faults.clear()
    assert "Traceback" not in error
