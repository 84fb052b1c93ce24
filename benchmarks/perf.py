"""`./run bench`: how fast the taps are, against a bare loop, SDK defaults and their targets."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import suites
from benchmarks.bench import FULL, QUICK, Bench
from benchmarks.commands import ROOT
from benchmarks.report import introduction, page, plain

SUITES = {
    "others": suites.against_others,
    "drift": suites.drift,
    "growth": suites.growth,
    "latency": suites.requests_in_flight,
    "unchanged": suites.nothing_changed,
}

LOADING = "\n## Loading into PostgreSQL\n"
"""The part of the page that other benchmarks are for; it stays."""


def main() -> None:
    """Measure speed and memory, print tables, and write the page if asked to.

    Whether or not targets are met, this is no failure: the machine may be busy.
    """
    parser = argparse.ArgumentParser(
        prog="./run bench",
        description="Measure speed and memory; without options in less than ten minutes.",
        epilog="Other benchmarks: ./run bench loading, reconcile, shards, soak, soak_deletes.",
    )
    parser.add_argument(
        "--full", action="store_true", help="up to two million records; takes half an hour"
    )
    parser.add_argument(
        "--only", action="append", choices=SUITES, default=[], help="may be repeated"
    )
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument(
        "--other",
        type=Path,
        metavar="CHECKOUT",
        help="in `others`, run tap-commercetools of another checkout in turn with this one",
    )
    options = parser.parse_args()
    load = os.getloadavg()[0]
    checkouts = {suites.TAP: ROOT}
    if options.other:
        checkouts[f"{suites.TAP} of {options.other.name}"] = options.other.resolve()
        # As `./run` has done with ours: a start must not have to.
        packages = map(str, options.other.glob("tap_*"))
        subprocess.run([sys.executable, "-m", "compileall", "-q", *packages], check=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(FULL if options.full else QUICK, Path(folder), checkouts)
        for name, suite in SUITES.items():
            if not options.only or name in options.only:
                suite(bench)
    load = max(load, os.getloadavg()[0])
    print(plain(bench.report.target_section()), flush=True)
    if options.write:
        file = ROOT / "docs" / "performance.md"
        _, heading, loading = file.read_text("utf-8").partition(LOADING)
        text = page(bench.report, introduction(load, full=options.full))
        file.write_text(text + heading + loading, "utf-8")


if __name__ == "__main__":
    main()
