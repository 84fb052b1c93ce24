"""Warnings and errors about messages that the project does not keep, or not long enough."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commercetools.auth import Client
from tests.reading.tools import Source, bookmarked, commercetools, days_ago

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def shop() -> Iterator[Source]:
    with commercetools(size=0.1, small=False, rows={"messages": 130}) as source:
        yield source


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]


def infos(caplog: pytest.LogCaptureFixture, text: str) -> list[str]:
    return [each.getMessage() for each in caplog.records if text in each.getMessage()]


def bookmark_of(days: float) -> dict[str, Any]:
    return bookmarked("deletions", days_ago(days), key="deletedAt")


def test_a_quiet_source_is_no_warning(shop: Source, caplog: pytest.LogCaptureFixture) -> None:
    state = bookmark_of(100)
    state["bookmarks"]["deletions"]["read_up_to"] = days_ago(1)
    assert shop.run("deletions", state=state).code == 0
    assert warnings(caplog) == []


def test_messages_that_are_switched_off_are_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    with commercetools(small=False, size=0.1, messages=False) as source:
        output = source.run("deletions", "messages")
        assert output.code == 0
        (line,) = warnings(caplog)
        assert "messages are switched off in this project" in line
        asked = [each for each in source.stand_in.requests if each["path"] == "/demo"]
        assert len(asked) == 1


def test_a_bookmark_within_the_retention_is_no_warning(
    shop: Source, caplog: pytest.LogCaptureFixture
) -> None:
    first = shop.run("deletions", "messages")
    shop.run("deletions", "messages", state=first.state)
    shop.run("deletions", state=bookmark_of(14.9))
    assert warnings(caplog) == []
    assert infos(caplog, "could not be checked") == []


@pytest.mark.parametrize(
    ("setting", "days"),
    [
        ({"enabled": True}, 15),
        ({"enabled": True, "deleteDaysAfterCreation": 30}, 30),
        ({"deleteDaysAfterCreation": 2}, 2),
    ],
)
def test_a_bookmark_before_the_retention_is_an_error_once_with_both_dates(
    shop: Source, caplog: pytest.LogCaptureFixture, setting: dict[str, Any], days: int
) -> None:
    shop.stand_in.put("project", {"key": "demo", "messages": setting})
    state = bookmark_of(days + 0.1)
    gap = shop.run("deletions", state=state)
    assert gap.code == 1
    (line,) = errors(caplog)
    assert "stream incomplete: deletions: " in line
    assert state["bookmarks"]["deletions"]["replication_key_value"] in line
    assert f"{days} days, back to {days_ago(days)[:13]}" in line
    assert "reconcile-commercetools" in line
    caplog.clear()
    assert shop.run("deletions", state=gap.state).code == 0
    assert errors(caplog) == []


@pytest.mark.parametrize("stream", ["deletions", "messages"])
def test_a_gap_is_an_error_once_in_full_tables_too(shop: Source, stream: str) -> None:
    catalog = shop.catalog(stream, method="FULL_TABLE")
    state = shop.run(stream).state
    state["bookmarks"][stream]["read_up_to"] = days_ago(16)
    gap = shop.run(stream, state=state, catalog=catalog)
    assert gap.code == 1
    assert "stream incomplete: " in gap.log
    assert shop.run(stream, state=gap.state, catalog=catalog).code == 0
    assert shop.run(stream, state=gap.state).code == 0


def test_a_gap_is_an_error_of_its_stream_alone(shop: Source) -> None:
    state = bookmark_of(16)
    output = shop.run("deletions", "zones", "messages", state=state, skip_forbidden_streams=True)
    assert output.code == 1
    assert output.log.count("stream incomplete: ") == 1
    assert set(output.ids("zones")) == set(shop.rows("zones"))


def test_without_a_bookmark_nothing_is_missing(
    shop: Source, caplog: pytest.LogCaptureFixture
) -> None:
    assert shop.run("deletions", start_date="2019-01-01").code == 0
    assert warnings(caplog) == []


def test_a_project_that_may_not_be_read_is_only_mentioned(caplog: pytest.LogCaptureFixture) -> None:
    client = Client("demo-client", "demo-secret", ("view_messages",))
    with commercetools(small=False, size=0.1, clients=[client]) as source:
        output = source.run("deletions", "messages", state=bookmark_of(100))
        assert output.code == 0
        assert warnings(caplog) == []
        (line,) = infos(caplog, "could not be checked")
        assert "403 insufficient_scope" in line


@pytest.mark.parametrize(
    "answer", [{"messages": {"enabled": "yes"}}, {"messages": {"deleteDaysAfterCreation": "x"}}, {}]
)
def test_a_project_that_says_nothing_usable_is_only_mentioned(
    shop: Source, caplog: pytest.LogCaptureFixture, answer: dict[str, Any]
) -> None:
    shop.stand_in.put("project", {"key": "demo", **answer})
    assert shop.run("deletions", state=bookmark_of(100)).code == 0
    assert warnings(caplog) == []
    assert len(infos(caplog, "could not be checked: the project does not say")) == 1


def test_a_project_that_cannot_be_reached_does_not_fail_the_run(
    shop: Source, caplog: pytest.LogCaptureFixture
) -> None:
    shop.stand_in.faults.add("^/demo$", "status", status=500, times=-1)
    assert shop.run("deletions").code == 0
    assert len(infos(caplog, "could not be checked")) == 1


def test_the_project_is_not_asked_for_other_streams(shop: Source) -> None:
    shop.run("zones")
    assert [each for each in shop.stand_in.requests if each["path"] == "/demo"] == []
