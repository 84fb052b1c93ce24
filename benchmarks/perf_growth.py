"""Whether time grows with the data, and memory does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.perf_commands import Commands
from benchmarks.perf_cpu import BARE, LABELS, TAP
from benchmarks.perf_measure import alternately, once
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
        f"`concurrency` {CONCURRENCY} unless it says otherwise. What a further record takes is the"
        " difference to the size before by the number of records between, so that start-up drops"
        " out. The bare loop, which asks for the same pages one after the other, shows how much of"
        " that is the stand-in's.",
        ("what", "CPU s", "wall s", "further record, µs CPU", "µs wall", "peak MB"),
    )
    for stream, counts in bench.sizes.growth.items():
        found = {count: _read(bench, stream, count) for count in counts}
        for who in (TAP, BARE):
            _add_rows(section, stream, who, {count: each[who] for count, each in found.items()})
        tap = {count: each[TAP] for count, each in found.items()}
        _judge(bench, stream, tap)
        if stream == "products":
            few = counts[0]
            wide = _read(bench, stream, few, concurrency=WIDE)[TAP]
            what = f"{LABELS[stream]}, concurrency {WIDE}"
            section.rows.append((f"{TAP}, {few:,} {what}", *_cells(wide, ("", ""))))
            bench.at_most(f"peak memory, {what}", wide.peak, MOST_PRODUCTS_MB, "MB")
    bench.add(section)


def _add_rows(section: Section, stream: str, who: str, found: dict[int, Figures]) -> None:
    before: tuple[int, Figures] | None = None
    for count, figures in found.items():
        further = ("", "")
        if before is not None:
            rows, less = count - before[0], before[1]
            further = (
                f"{(figures.cpu - less.cpu) / rows * 1e6:.1f}",
                f"{(figures.wall - less.wall) / rows * 1e6:.1f}",
            )
        section.rows.append((f"{who}, {count:,} {LABELS[stream]}", *_cells(figures, further)))
        before = count, figures


def _judge(bench: Bench, stream: str, found: dict[int, Figures]) -> None:
    """Compare what a record takes in the first step and in the last, and memory at both ends."""
    label, counts = LABELS[stream], list(found)
    few, many = counts[0], counts[-1]
    if len(counts) > 2:
        first = _slope(found, few, counts[1])
        last = _slope(found, counts[-2], many)
        what = f"growth {few:,} to {many:,} {label}, CPU of a further record"
        bench.at_most(what, last / first, MOST_GROWTH)
    peaks = found[many].peak / found[few].peak
    bench.at_most(f"growth {few:,} to {many:,} {label}, peak memory", peaks, MOST_GROWTH)
    if stream == "customers":
        bench.at_most(f"peak memory, {label}", found[many].peak, MOST_CUSTOMERS_MB, "MB")


def _slope(found: dict[int, Figures], few: int, many: int) -> float:
    return (found[many].cpu - found[few].cpu) / (many - few)


def _read(
    bench: Bench, stream: str, count: int, concurrency: int = CONCURRENCY
) -> dict[str, Figures]:
    bench.say(f"growth: {count:,} {stream}, concurrency {concurrency}")
    with Source("commercetools", {stream: count}) as source:
        commands = Commands(source, bench.folder)
        source.forget_requests()
        once(commands.tap([stream], concurrency=1))
        loop = commands.bare(stream, source.requests())
        tap = commands.tap([stream], concurrency=concurrency)
        return alternately({TAP: tap, BARE: loop}, bench.sizes.rounds)


def _cells(figures: Figures, further: tuple[str, str]) -> tuple[str, ...]:
    return f"{figures.cpu:.2f}", f"{figures.wall:.2f}", *further, f"{figures.peak:.0f}"
