"""What is printed, and the exit code."""

from __future__ import annotations

import json

import pytest

from tap_reconcile.compare import Bounds, Comparison, compare
from tap_reconcile.report import Report
from tap_reconcile.streams import Result

EARLY, LATE = "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"
EQUAL = Result("notes", Comparison(source=1200, table=1200))
REFUSED = Result("orders", reason="orders: 403")
ABSENT = Result("tiers", reason="tiers: 404", absent=True)


def differing() -> Result:
    source = [(("a", "x\ny"), LATE), (("b", "ü\u2028"), LATE), (("c", ""), LATE), (("d", ""), LATE)]
    return Result("tags", compare(source, [(("b", "ü\u2028"), EARLY)], Bounds(show=2)))


def report(*results: Result, asked_until: bool = False) -> Report:
    return Report("tap-commerce7", "shop", list(results), LATE, asked_until, None)


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([EQUAL], 0),
        ([EQUAL, differing()], 1),
        ([EQUAL, REFUSED], 2),
        ([REFUSED, differing()], 2),
        ([EQUAL, ABSENT], 0),
        ([ABSENT], 2),
        ([], 2),
    ],
)
def test_not_to_know_weighs_most(results: list[Result], code: int) -> None:
    assert report(*results).code == code
    assert json.loads(report(*results).as_json())["exit_code"] == code


def test_table() -> None:
    lines = report(EQUAL, differing(), REFUSED).as_text().splitlines()
    assert lines == [
        "stream  source  table  missing  extra  stale  newer  verdict",
        "notes    1,200  1,200        0      0      0      0  equal",
        "tags         4      1        3      0      1      0  differs",
        "orders       -      -        -      -      -      -  not compared",
        rf"tags: missing: a/x\ny (source {LATE})",
        f"tags: missing: c/ (source {LATE})",
        "tags: missing: and 1 more",
        rf"tags: stale: b/ü\u2028 (source {LATE}, table {EARLY})",
        "orders: not compared: orders: 403",
        "3 streams of tap-commerce7 in schema shop: 1 equal, 1 differs, 1 not compared",
        f"compared up to {LATE} (when this comparison began); later changes count as newer",
        "to set aside changes since the last load, pass the time at which it began as --until",
    ]


def test_with_until_there_is_nothing_more_to_advise() -> None:
    (*_, last) = report(differing(), asked_until=True).as_text().splitlines()
    assert last == f"compared up to {LATE} (--until); later changes count as newer"


def test_json() -> None:
    found = json.loads(report(differing(), REFUSED).as_json())
    assert (found["tap"], found["schema"], found["until"]) == ("tap-commerce7", "shop", LATE)
    # Standard output may be of an encoding that lacks some signs of a key.
    assert report(differing()).as_json().isascii()
    tags, orders = found["streams"]
    assert (tags["missing"], tags["stale"], tags["verdict"]) == (3, 1, "differs")
    assert tags["examples"]["stale"] == [{"key": ["b", "ü\u2028"], "source": LATE, "table": EARLY}]
    assert orders == {"stream": "orders", "verdict": "not compared", "reason": "orders: 403"}
