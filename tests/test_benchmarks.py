"""The measurements: their arithmetic, their rendering, and that what is compared does the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from benchmarks import data
from benchmarks.commands import serving, tap_program
from benchmarks.measure import FailedError, Figures, medians, once
from benchmarks.report import Report, Section, Target, page, plain
from sandbox.commercetools.app import build

if TYPE_CHECKING:
    from pathlib import Path


def test_medians() -> None:
    figures = medians([Figures(1, 10, 5), Figures(3, 20, 7), Figures(2, 60, 6)])
    assert (figures.cpu, figures.wall, figures.peak) == (2, 20, 6)


def test_a_process_that_fails_is_no_measurement() -> None:
    with pytest.raises(FailedError, match="exited with 3"):
        once(["sh", "-c", "echo why >&2; exit 3"])


@pytest.mark.parametrize(
    ("target", "cells"),
    [
        (Target("a", 1.5, 1.5, at_most=True), ("a", "at most 1.5 x", "1.50 x", "yes")),
        (Target("b", 3.4, 3.5, at_most=False), ("b", "at least 3.5 x", "3.40 x", "NO")),
        (Target("c", 91, 90, at_most=True, unit="MB"), ("c", "at most 90 MB", "91 MB", "NO")),
    ],
)
def test_targets_say_whether_they_are_met(target: Target, cells: tuple[str, ...]) -> None:
    assert target.cells() == cells


def test_tables_are_aligned_on_the_terminal_and_marked_on_the_page() -> None:
    section = Section("Title", "Text.", ("what", "CPU s"), [("a", "1.00"), ("longer", "12.00")])
    assert plain(section).splitlines()[1:] == [
        "Title",
        "what    CPU s",
        "------  -----",
        "a        1.00",
        "longer  12.00",
    ]
    text = page(Report([section]), "# Page\n")
    assert text.startswith("# Page\n\n## Targets")
    assert "| what | CPU s |\n| --- | ---: |\n| a | 1.00 |" in text


@pytest.mark.parametrize(
    ("platform", "stream", "size"),
    [
        ("commercetools", "products", 18_000),
        ("commercetools", "customers", 800),
        ("commerce7", "customers", 800),
    ],
)
def test_records_have_the_size_they_are_named_after(platform: str, stream: str, size: int) -> None:
    sizes = [len(row.body) for row in data.rows(platform, stream, 16)]
    assert 0.8 * size < sum(sizes) / len(sizes) < 1.2 * size


def test_rows_begin_with_what_no_object_inside_begins_with() -> None:
    stand_in = build(rows={"products": 0})
    data.fill(stand_in, "commercetools", {"products": 20})
    rows = [row.body for row in stand_in.collections["products"].by_id.values()]
    first = ("{" + data.FIRST_MEMBERS["commercetools"]).encode()
    assert len(rows) == 20
    assert all(row.startswith(first) and row.count(first) == 1 for row in rows)
    assert all(json.loads(row)["masterData"]["published"] for row in rows)


def test_tap_bare_loop_and_sdk_defaults_write_the_same_records(tmp_path: Path) -> None:
    def records(command: list[str]) -> list[bytes]:
        output = tmp_path / "output.jsonl"
        sample = once(command, output)
        assert sample.cpu > 0
        lines = output.read_bytes().splitlines()
        return [line.split(b',"time_extracted"')[0] for line in lines if b'"RECORD"' in line[:20]]

    with serving("commercetools", {"customers": 600}, tmp_path) as commands:
        commands.stand_in.forget_requests()
        by_tap = records(commands.tap(["customers"], concurrency=1))
        asked = commands.stand_in.requests()
        assert len(asked) == 3  # two pages, and the count
        assert by_tap == records(commands.bare("customers", asked))
        plain_records = [
            json.loads(line + b"}") for line in records(commands.sdk_defaults("customers"))
        ]
    assert len(by_tap) == len(plain_records) == 600
    assert {each["record"]["id"] for each in plain_records} == {
        json.loads(line + b"}")["record"]["id"] for line in by_tap
    }


def test_the_tap_of_another_checkout_is_run(tmp_path: Path) -> None:
    (tmp_path / "tap_commerce7").mkdir()
    (tmp_path / "tap_commerce7" / "__init__.py").touch()
    (tmp_path / "tap_commerce7" / "tap.py").write_text("def main(): print('the other one')")
    once(tap_program("commerce7", tmp_path), tmp_path / "output")
    assert (tmp_path / "output").read_text() == "the other one\n"
