"""What `./run scale` makes of Dagster's runs: its table, and when it is done."""

from __future__ import annotations

import pytest

from scripts.scale import report
from scripts.scale.__main__ import done
from scripts.scale.server import DagsterError, Run

NUMBERS = {"records": 1000.0, "requests": 20.0, "waited_seconds": 0.0, "duration_seconds": 10.0}


def run(
    partition: str, status: str, queued: float, asset: str = "first_sync", **numbers: float
) -> Run:
    made = NUMBERS | numbers if status == "SUCCESS" else {}
    return Run(
        partition + str(queued), partition, asset, status, queued, queued + 5, queued + 16, made
    )


RUNS = [
    run("shop|2/2", "SUCCESS", 101),
    run("shop|1/2", "FAILURE", 100),
    run("shop|1/2", "SUCCESS", 120),
    run("shop", "SUCCESS", 150, "incremental", records=7),
]


def test_each_attempt_has_a_line() -> None:
    lines = report.rows_of(RUNS)
    assert [line[:5] for line in lines] == [
        ("shop|1/2", "1", "killed", "5", "11"),
        ("shop|1/2", "2", "complete", "5", "11"),
        ("shop|2/2", "1", "complete", "5", "11"),
        ("shop incremental", "1", "complete", "5", "11"),
    ]
    assert lines[0][5:] == ("", "", "", "", "")
    assert lines[1][5:] == ("1.0", "1,000", "100", "20", "0")
    assert all(len(line) == len(report.HEADS) for line in lines)


def test_the_summary_is_of_first_syncs() -> None:
    assert report.summary(RUNS) == (
        "2,000 records in 36 s, 56 a second; the engine added 1.0 s to each partition (median)"
    )


def test_done_when_each_partition_was_made_once() -> None:
    partitions = ["shop|1/2", "shop|2/2"]
    assert done(RUNS, "first_sync", partitions)
    assert not done(RUNS[:2], "first_sync", partitions)
    assert not done(RUNS, "merged_state", ["shop"])


def test_what_fails_again_and_again_is_an_error() -> None:
    failures = [run("shop|1/2", "FAILURE", at) for at in (1, 2, 3, 4)]
    assert not done(failures[:3], "first_sync", ["shop|1/2"])
    with pytest.raises(DagsterError, match="failed 4 times"):
        done(failures, "first_sync", ["shop|1/2"])
