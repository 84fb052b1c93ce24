"""Whether time grows with the data, and memory does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.perf_commands import Commands
from benchmarks.perf_cpu import LABELS
from benchmarks.perf_measure import alternately
from benchmarks.perf_report import Section
from benchmarks.perf_source import Source

if TYPE_CHECKING:
    from benchmarks.perf_bench import Bench
    from benchmarks.perf_measure import Figures

CONCURRENCY = 4
MOST_GROWTH = 1.1
MOST_CUSTOMERS_MB, MOST_PRODUCTS_MB = 90, 250
WIDE = 8


def growth(bench: Bench) -> None:
    """Read the same list at several lengths."""
    section = Section(
        "Growth",
        f"`concurrency` {CONCURRENCY} unless it says otherwise. The time per record is wall time"
        " less that of the same run over a single record, so that sizes compare.",
        ("what", "CPU s", "wall s", "per record µs", "peak MB"),
    )
    for stream, counts in bench.sizes.growth.items():
        one = _read(bench, stream, 1)
        found = {count: _read(bench, stream, count) for count in counts}
        each = {count: (found[count].wall - one.wall) / count * 1e6 for count in counts}
        for count, figures in found.items():
            name = f"{count:,} {LABELS[stream]}"
            section.rows.append((name, *_cells(figures, f"{each[count]:.1f}")))
        few, many = counts[0], counts[-1]
        what = f"growth {few:,} to {many:,} {LABELS[stream]}"
        bench.at_most(f"{what}, time per record", each[many] / each[few], MOST_GROWTH)
        bench.at_most(f"{what}, peak memory", found[many].peak / found[few].peak, MOST_GROWTH)
        if stream == "customers":
            what = f"peak memory, {LABELS[stream]}"
            bench.at_most(what, found[many].peak, MOST_CUSTOMERS_MB, "MB")
        else:
            wide = _read(bench, stream, few, concurrency=WIDE)
            what = f"{LABELS[stream]}, concurrency {WIDE}"
            section.rows.append((f"{few:,} {what}", *_cells(wide, "")))
            bench.at_most(f"peak memory, {what}", wide.peak, MOST_PRODUCTS_MB, "MB")
    bench.add(section)


def _read(bench: Bench, stream: str, count: int, concurrency: int = CONCURRENCY) -> Figures:
    bench.say(f"growth: {count:,} {stream}, concurrency {concurrency}")
    with Source("commercetools", {stream: count}) as source:
        tap = Commands(source, bench.folder).tap([stream], concurrency=concurrency)
        return alternately({"tap": tap}, bench.sizes.rounds)["tap"]


def _cells(figures: Figures, each: str) -> tuple[str, ...]:
    return f"{figures.cpu:.2f}", f"{figures.wall:.2f}", each, f"{figures.peak:.0f}"
