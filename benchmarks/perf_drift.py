"""What the drift report costs: the first record of every page is compared with the schema."""

from __future__ import annotations

import json
import random
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import tap_commercetools
from benchmarks.perf_commands import Commands
from benchmarks.perf_cpu import LABELS
from benchmarks.perf_data import MAKERS
from benchmarks.perf_measure import alternately
from benchmarks.perf_report import Section
from benchmarks.perf_source import Source
from tap_engine.records.drift import Drift

if TYPE_CHECKING:
    from benchmarks.perf_bench import Bench

PAGE_ROWS = 500
LOOKS = 200
MOST_SHARE = 0.05


def drift(bench: Bench) -> None:
    """Time the comparison by itself, and relate it to the CPU that the tap takes for a page."""
    section = Section(
        "Drift report",
        "CPU of comparing the first record of a page with the schema, by the CPU that the whole run"
        " takes for a page of 500, start-up left out.",
        ("what", "comparison, µs", "page, µs", "share"),
    )
    for stream, count in bench.sizes.against_bare.items():
        bench.say(f"drift: {stream}")
        page = _page_seconds(bench, stream, count)
        look = _look_seconds(stream)
        cells = f"{look * 1e6:,.0f}", f"{page * 1e6:,.0f}", f"{look / page:.1%}"
        section.rows.append((LABELS[stream], *cells))
        bench.at_most(f"drift report, {LABELS[stream]}, share of CPU", look / page, MOST_SHARE)
    bench.add(section)


def _page_seconds(bench: Bench, stream: str, count: int) -> float:
    cpu = []
    for rows in (1, count):
        with Source("commercetools", {stream: rows}) as source:
            tap = Commands(source, bench.folder).tap([stream], concurrency=1)
            cpu.append(alternately({"tap": tap}, bench.sizes.rounds)["tap"].cpu)
    return (cpu[1] - cpu[0]) / count * PAGE_ROWS


def _look_seconds(stream: str) -> float:
    path = Path(tap_commercetools.__file__).parent / "schemas" / f"{stream}.json"
    schema = json.loads(path.read_text("utf-8"))
    report = Drift(schema)
    raws = [
        msgspec.json.encode(MAKERS["commercetools", stream](random.Random(n))) for n in range(16)
    ]
    took = []
    for number in range(LOOKS):
        began = time.process_time()
        report.look([raws[number % len(raws)]])
        took.append(time.process_time() - began)
    return statistics.median(took)
