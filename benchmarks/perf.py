"""`./run bench`: how fast the taps are, against a bare loop, SDK defaults and their targets."""

from __future__ import annotations

import datetime as dt
import os
import platform
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.perf_bench import FULL, QUICK, Bench
from benchmarks.perf_chart import draw
from benchmarks.perf_cpu import against_others
from benchmarks.perf_drift import drift
from benchmarks.perf_growth import growth
from benchmarks.perf_latency import nothing_changed, requests_in_flight
from benchmarks.perf_report import page, plain

if TYPE_CHECKING:
    import argparse

HELP = "measure speed and memory; without options less than ten minutes"
DOCS = Path(__file__).parent.parent / "docs"
PARTS = {
    "others": against_others,
    "drift": drift,
    "growth": growth,
    "latency": requests_in_flight,
    "unchanged": nothing_changed,
}

BUSY = """
**The machine was busy with other work** (load average {load:.0f}): seconds are several times too
high, wall-clock time above all, and what depends on two cores being free (concurrency, latency,
runs in which nothing changed) looks worse than it is. Run it again on a quiet machine.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--full", action="store_true", help="up to two million records; takes half an hour"
    )
    parser.add_argument(
        "--only", action="append", choices=PARTS, default=[], help="may be repeated"
    )
    parser.add_argument(
        "--write", action="store_true", help="write docs/performance.md and docs/performance.svg"
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure, print tables, and write the page if asked to.

    Returns:
        0, whether or not targets are met: the machine may be busy. The table says it.
    """
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(FULL if arguments.full else QUICK, Path(folder))
        for name, part in PARTS.items():
            if not arguments.only or name in arguments.only:
                part(bench)
    load = max(load, os.getloadavg()[0])
    print(plain(bench.report.target_section()), flush=True)
    if arguments.write:
        DOCS.mkdir(exist_ok=True)
        chart = draw(bench.report.panels)
        (DOCS / "performance.svg").write_text(chart, "utf-8")
        text = page(bench.report, introduction(load, full=arguments.full))
        (DOCS / "performance.md").write_text(text, "utf-8")
    return 0


def introduction(load: float, *, full: bool) -> str:
    """Say how and when the figures came about.

    Args:
        load: Average load of the machine, right before or right after.
        full: It was the long run.
    """
    command = "./run bench --full --write" if full else "./run bench --write"
    today = dt.datetime.now(dt.UTC).date()
    cores = os.cpu_count() or 1
    # The run itself keeps one core busy with the stand-in and one with what it measures.
    busy = BUSY.format(load=load) if load > cores + 1 else ""
    return f"""# Performance

![Bars: CPU per record, and records per second with latency](performance.svg)

Measured with `{command}` on {today}: {cores} cores shared with the stand-in, Python
{platform.python_version()}, loopback without TLS and without compression, output to the null
device. Every figure is the median of at least five whole
processes, CPU and memory as the kernel accounts for them. What is compared ran in turn (A, B, C,
A, B, C, ...), so ratios say more than seconds. In the names of targets, `net of start-up` means
that the time of `--version` is taken off both sides.
{busy}"""
