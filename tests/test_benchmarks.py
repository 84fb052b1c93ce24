"""The measurements: their arithmetic, their rendering, and that what is compared does the same."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from benchmarks import perf_data
from benchmarks.perf_chart import draw
from benchmarks.perf_commands import Commands
from benchmarks.perf_measure import FailedError, Sample, medians, once
from benchmarks.perf_report import Panel, Report, Section, Target, page, plain
from benchmarks.perf_source import Source
from sandbox.commercetools.app import build

if TYPE_CHECKING:
    from pathlib import Path


def test_medians() -> None:
    figures = medians([Sample(1, 10, 5), Sample(3, 20, 7), Sample(2, 60, 6)])
    assert (figures.cpu, figures.wall, figures.peak, figures.spread) == (2, 20, 6, 3)


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


def test_the_longest_bar_is_the_largest_value() -> None:
    panel = Panel("Speed & more", (("tap", 4.0), ("loop", 1.0)), frozenset({"tap"}))
    root = ET.fromstring(draw([panel]))  # noqa: S314 (it was made one line above)
    widths = [float(each.attrib["width"]) for each in root if each.tag.endswith("rect")]
    assert widths[1] == pytest.approx(4 * widths[2])


@pytest.mark.parametrize(
    ("platform", "stream", "size"),
    [
        ("commercetools", "products", 18_000),
        ("commercetools", "customers", 800),
        ("commerce7", "customers", 800),
    ],
)
def test_records_have_the_size_they_are_named_after(platform: str, stream: str, size: int) -> None:
    make = perf_data.MAKERS[platform, stream]
    sizes = [len(json.dumps(make(random.Random(n)), separators=(",", ":"))) for n in range(16)]
    assert 0.8 * size < sum(sizes) / len(sizes) < 1.2 * size


def test_rows_begin_with_what_no_object_inside_begins_with() -> None:
    stand_in = build(rows={"products": 0})
    perf_data.fill(stand_in, "commercetools", {"products": 20})
    rows = [row.body for row in stand_in.collections["products"].by_id.values()]
    first = ("{" + perf_data.FIRST_MEMBERS["commercetools"]).encode()
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

    with Source("commercetools", {"customers": 600}) as source:
        commands = Commands(source, tmp_path)
        source.forget_requests()
        by_tap = records(commands.tap(["customers"], concurrency=1))
        asked = source.requests()
        assert len(asked) == 3  # two pages, and the count
        assert by_tap == records(commands.bare("customers", asked))
        plain_records = [
            json.loads(line + b"}") for line in records(commands.sdk_defaults("customers"))
        ]
    assert len(by_tap) == len(plain_records) == 600
    assert {each["record"]["id"] for each in plain_records} == {
        json.loads(line + b"}")["record"]["id"] for line in by_tap
    }
