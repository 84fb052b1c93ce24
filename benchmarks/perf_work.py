"""CPU, wall time and memory: against the bare loop, against SDK defaults, and with growing data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.perf_commands import Commands, tap_program
from benchmarks.perf_measure import alternately, once
from benchmarks.perf_report import Panel, Section
from benchmarks.perf_source import Source

if TYPE_CHECKING:
    from benchmarks.perf_bench import Bench
    from benchmarks.perf_measure import Command, Figures

MOST_BARE = {"products": 1.5, "customers": 4.0}
LEAST_SDK = {"products": 10.0, "customers": 3.5}
LABELS = {"products": "18 kB products", "customers": "0.8 kB customers"}
TAP, BARE, SDK = "tap-commercetools", "bare loop", "SDK defaults"


def against_others(bench: Bench) -> None:
    """Compare the tap with a bare loop and with SDK defaults, one request in flight for all."""
    start = _start_up(bench)
    sizes = {"products": bench.sizes.products, "customers": bench.sizes.customers}
    section = Section(
        "CPU, wall time and memory against a bare loop and against SDK defaults",
        "Whole processes, start-up included, `concurrency` 1. The bare loop replays the tap's own"
        " requests with `requests` and writes the same RECORD bytes without parsing anything; its"
        " figures are a floor. `net` is the ratio with the start-up of both taken off, which is"
        f" {start['tap'].cpu:.2f} s of CPU for the tap (`--version`) and {start['bare'].cpu:.2f} s"
        " for the bare loop (no requests).",
        ("what", "CPU s", "wall s", "peak MB", "CPU by bare", "net", "CPU of SDK defaults by it"),
    )
    for stream, count in sizes.items():
        with Source("commercetools", {stream: count}) as source:
            found = alternately(_competitors(bench, source, stream), bench.sizes.rounds)
        _compare(bench, section, stream, found, start)
    bench.add(section)


def _start_up(bench: Bench) -> dict[str, Figures]:
    bench.say("start-up")
    with Source("commercetools", {}) as source:
        commands = {
            "tap": [*tap_program("commercetools"), "--version"],
            "bare": Commands(source, bench.folder).bare("customers", []),
        }
        return alternately(commands, bench.sizes.rounds)


def _competitors(bench: Bench, source: Source, stream: str) -> dict[str, Command]:
    bench.say(f"CPU: {LABELS[stream]}")
    commands = Commands(source, bench.folder)
    tap = commands.tap([stream], concurrency=1)
    source.forget_requests()
    once(tap)
    return {
        TAP: tap,
        BARE: commands.bare(stream, source.requests()),
        SDK: commands.sdk_defaults(stream),
    }


def _compare(
    bench: Bench, section: Section, stream: str, found: dict[str, Figures], off: dict[str, Figures]
) -> None:
    count = bench.sizes.products if stream == "products" else bench.sizes.customers
    tap, bare, sdk = found[TAP], found[BARE], found[SDK]
    ratio, gain = tap.cpu / bare.cpu, sdk.cpu / tap.cpu
    net = (tap.cpu - off["tap"].cpu) / max(bare.cpu - off["bare"].cpu, 0.001)
    label = LABELS[stream]
    for name, figures in found.items():
        own = (f"{ratio:.2f} x", f"{net:.2f} x", f"{gain:.1f} x") if name == TAP else ("",) * 3
        cells = f"{figures.cpu:.2f}", f"{figures.wall:.2f}", f"{figures.peak:.0f}"
        section.rows.append((f"{name}, {count:,} {label}", *cells, *own))
    bench.at_most(f"CPU, {label}, against the bare loop", ratio, MOST_BARE[stream])
    bench.at_most(f"CPU, {label}, the same net of start-up", net, MOST_BARE[stream])
    bench.at_least(f"CPU of SDK defaults against the tap, {label}", gain, LEAST_SDK[stream])
    bars = tuple((name, figures.cpu / count * 1e6) for name, figures in found.items())
    bench.report.panels.append(
        Panel(f"CPU per record, {label}: microseconds", bars, frozenset({TAP}))
    )


def growth(bench: Bench) -> None:
    """See whether time grows with the data, and memory does not."""
    section = Section(
        "Growth",
        "`concurrency` 4. `per record` is wall time without start-up (`--version`), so that it can"
        " be compared between sizes.",
        ("what", "CPU s", "wall s", "per record µs", "peak MB"),
    )
    start = alternately({"start": [*tap_program("commercetools"), "--version"]}, 5)["start"]
    for stream, counts in (
        ("customers", bench.sizes.many_customers),
        ("products", bench.sizes.many_products),
    ):
        found = {count: _grown(bench, stream, count) for count in counts}
        each = {n: (figures.wall - start.wall) / n * 1e6 for n, figures in found.items()}
        for count, figures in found.items():
            cells = f"{figures.cpu:.2f}", f"{figures.wall:.2f}", f"{each[count]:.1f}"
            name = f"{count:,} {LABELS[stream]}"
            section.rows.append((name, *cells, f"{figures.peak:.0f}"))
        few, many = counts[0], counts[-1]
        what = f"growth {few:,} to {many:,} {LABELS[stream]}"
        bench.at_most(f"{what}: time per record", each[many] / each[few], 1.1)
        bench.at_most(f"{what}: peak memory", found[many].peak / found[few].peak, 1.1)
        if stream == "customers":
            bench.at_most(f"peak memory, {LABELS[stream]}", found[many].peak, 90, "MB")
    figures = _grown(bench, "products", bench.sizes.products, concurrency=8)
    cells = f"{figures.cpu:.2f}", f"{figures.wall:.2f}", "", f"{figures.peak:.0f}"
    section.rows.append((f"{bench.sizes.products:,} 18 kB products, concurrency 8", *cells))
    bench.at_most("peak memory, 18 kB products, concurrency 8", figures.peak, 250, "MB")
    bench.add(section)


def _grown(bench: Bench, stream: str, count: int, concurrency: int = 4) -> Figures:
    bench.say(f"growth: {count:,} {stream}")
    with Source("commercetools", {stream: count}) as source:
        tap = Commands(source, bench.folder).tap([stream], concurrency=concurrency)
        return alternately({"tap": tap}, bench.sizes.rounds)["tap"]
