"""The last line of every run says what became of its streams."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import pytest

from tap_engine.reading.run import listed
from tests.faults.source import ROWS

if TYPE_CHECKING:
    from tests.faults.source import Source

OTHER = {"tap-commercetools": "zones", "tap-commerce7": "notes"}


@pytest.fixture
def line(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Give the log with everything from INFO on."""
    caplog.set_level(logging.INFO)
    return caplog


def summary(caplog: pytest.LogCaptureFixture) -> str:
    """Return the last line below ERROR: that of a run that is broken off stands behind it."""
    lines = [each.getMessage() for each in caplog.records if each.levelno < logging.ERROR]
    return lines[-1]


def test_a_complete_run(source: Source, line: pytest.LogCaptureFixture) -> None:
    source.run()
    requests = len(source.stand_in.requests)
    assert summary(line) == (
        f"1 of 1 streams complete, {ROWS} records, {requests} requests, waited 0 s"
    )


def test_streams_that_were_not_read(source: Source, line: pytest.LogCaptureFixture) -> None:
    body = {"statusCode": 403, "errors": [{"code": "insufficient_scope"}]}
    source.stand_in.faults.add(source.match, "status", times=-1, status=403, body=body)
    other = OTHER[source.tap.name]
    assert source.run(source.stream, other).code == 1
    text = summary(line)
    assert text.startswith("1 of 2 streams complete, ")
    assert text.endswith(f"; not read: {source.stream}")
    assert source.run(source.stream, other, skip_forbidden_streams=True).code == 0
    assert summary(line).endswith(f"; skipped: {source.stream}")


def test_a_run_that_is_broken_off(source: Source, line: pytest.LogCaptureFixture) -> None:
    secret: dict[str, Any] = (
        {"client_secret": "wrong"} if source.is_commercetools else {"app_secret": "wrong"}
    )
    source.run(source.stream, OTHER[source.tap.name], **secret)
    assert re.search("^0 of 2 streams complete, 0 records, ", summary(line))
    end = "not finished" if source.is_commercetools else "not read"
    assert f"; {end}: {source.stream}" in summary(line)


def test_long_lists_of_names_are_cut() -> None:
    names = [f"s{number}" for number in range(12)]
    assert listed(names) == "s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 and 2 more"
    assert listed(names[:10]).endswith("s9")
