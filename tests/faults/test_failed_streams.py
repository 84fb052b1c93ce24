"""One endpoint that keeps failing, one odd row or one odd list ends that stream, and only that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tap_engine.http import hosts
from tap_engine.http.hosts import Contact

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.source import Source

ANSWERED, NOWHERE = Contact.ANSWERED, Contact.NOWHERE

FAILING = [
    ("status", {"status": 500}),
    ("status", {"status": 501}),
    ("status", {"status": 302}),
    ("reset", {}),
    ("html", {}),
    ("slow", {"seconds": 0.5}),
]


def others(source: Source) -> tuple[str, ...]:
    """Name streams besides the one."""
    return ("states", "zones") if source.is_commercetools else ("notes", "vendors")


def check(source: Source, output: Any, lines: list[str]) -> None:
    """Check that all streams but the one were read, and that a later run reads this one too."""
    assert output.code == 1
    (line,) = lines
    assert line.startswith(f"stream not read: {source.stream}: ")
    for name in others(source):
        assert output.latest(name) == source.truth(name)
    source.stand_in.faults.clear()
    second = source.run(source.stream, *others(source), state=output.state)
    assert second.code == 0
    assert {**output.latest(source.stream), **second.latest(source.stream)} == source.truth()


@pytest.mark.parametrize("after", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize(("kind", "options"), FAILING, ids=lambda value: str(value)[:15])
def test_an_endpoint_that_keeps_failing(
    source: Source,
    errors: Callable[[], list[str]],
    kind: str,
    options: dict[str, Any],
    after: int,
) -> None:
    source.stand_in.faults.add(source.match, kind, times=-1, after=after, **options)
    timeout = 0.2 if kind == "slow" else 30
    output = source.run(
        source.stream, *others(source), retry_max_seconds=0.1, request_timeout=timeout
    )
    check(source, output, errors())


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"x": 1}], "without a usable key"),
        ([{"id": 7}], "without a usable key"),
        ([{"id": "a", "lastModifiedAt": 7, "updatedAt": 7}], "without a usable key"),
        ([{"id": "a", "lastModifiedAt": "x", "updatedAt": "x"}], "is not an ISO 8601 timestamp"),
        ([7], "without a usable key"),
        (None, "gave up after"),
    ],
    ids=["no-id", "id-number", "time-number", "time-text", "row-number", "null"],
)
def test_an_odd_row_or_list(
    source: Source, errors: Callable[[], list[str]], rows: Any, words: str
) -> None:
    body = {"count": 1, "limit": 20, "results": rows, "customerAddresses": rows}
    if source.is_commercetools:
        del body["customerAddresses"]
    source.stand_in.faults.add(source.match, "status", times=-1, after=1, status=200, body=body)
    output = source.run(source.stream, *others(source), retry_max_seconds=0.1)
    if rows is None and not source.is_commercetools:
        words = "the response holds no array customerAddresses"
    assert words in errors()[0]
    check(source, output, errors())


def test_an_api_that_is_gone_ends_the_run_after_some_streams(
    source: Source, errors: Callable[[], list[str]]
) -> None:
    all_streams = ("channels", "customer_groups", "states", "stores", "tax_categories", "zones")
    streams = all_streams if source.is_commercetools else (
        "customer_addresses", "departments", "notes", "promotions", "vendors", "wine_varietals"
    )  # fmt: skip
    source.stand_in.faults.add(source.match, "reset", times=-1, after=1)
    source.stand_in.faults.add(r"^/(demo|v1)/(?!custom)", "reset", times=-1)
    if source.is_commercetools:
        source.stand_in.faults.add(r"^/demo/channels", "status", status=200)
    output = source.run(*streams, retry_max_seconds=0.1, concurrency=1)
    assert output.code == 1
    assert f"{hosts.MOST_UNANSWERED} streams in a row got no answer" in errors()[-1]
    assert len(errors()) == 1
    asked = {entry["path"] for entry in source.stand_in.requests}
    assert not any(re.search("zones|varietal", path) for path in asked), "the last was not tried"


def test_every_stream_that_gives_up_leaves_the_next_one_half_the_time() -> None:
    known = hosts.Hosts()
    known.note_success("host")
    budgets = []
    for number in range(8):
        budgets.append(known.budget("host", f"stream-{number}", 600, ANSWERED))
        known.give_up("host", f"stream-{number}")
    assert budgets == [600, 300, 150, 75, 37.5, 18.75, 15, 15]
    assert known.budget("elsewhere", "stream-9", 600, ANSWERED) == 600
    known.note_success("host")
    assert known.budget("host", "stream-9", 600, NOWHERE) == 600


def test_a_budget_below_that_of_the_first_contact_is_not_raised() -> None:
    known = hosts.Hosts()
    known.give_up("host", "stream")
    assert known.budget("host", "other", 5, ANSWERED) == 5
    assert known.budget("host", "other", 5, NOWHERE) == 5
