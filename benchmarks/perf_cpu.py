"""CPU, wall time and memory against a bare loop and against SDK defaults."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.perf_commands import Commands, tap_program
from benchmarks.perf_measure import alternately, once
from benchmarks.perf_report import Panel, Section
from benchmarks.perf_source import Source

if TYPE_CHECKING:
    from benchmarks.perf_bench import Bench
    from benchmarks.perf_measure import Command, Figures

LABELS = {"products": "18 kB products", "customers": "0.8 kB customers"}
MOST_BARE = {"products": 1.5, "customers": 4.0}
LEAST_SDK = {"products": 10.0, "customers": 3.5}
TAP, BARE, SDK = "tap-commercetools", "bare loop", "SDK defaults"
HEADER = ("what", "CPU s", "µs CPU per record", "wall s", "peak MB", "ratio of CPU", "net")


def against_others(bench: Bench) -> None:
    """Compare the tap with a bare loop and with SDK defaults, one request in flight for all."""
    start = _start_up(bench)
    _against_bare(bench, start)
    _against_sdk(bench, start)


def _start_up(bench: Bench) -> dict[str, Figures]:
    bench.say("start-up")
    with Source("commercetools", {}) as source:
        commands = {
            TAP: [*tap_program("commercetools"), "--version"],
            BARE: Commands(source, bench.folder).bare("customers", []),
            SDK: [sys.executable, "-m", "benchmarks.sdk_defaults", "--version"],
            "import singer_sdk": [sys.executable, "-c", "import singer_sdk"],
        }
        found = alternately(commands, bench.sizes.rounds)
    section = Section(
        "Start-up",
        "`--version` of the tap and of the plain SDK tap, the bare loop without requests, and what"
        " importing the SDK takes by itself.",
        ("what", "CPU s", "wall s"),
        [(name, f"{each.cpu:.2f}", f"{each.wall:.2f}") for name, each in found.items()],
    )
    bench.add(section)
    return found


def _against_bare(bench: Bench, start: dict[str, Figures]) -> None:
    section = Section(
        "Against a bare loop",
        "Whole processes, `concurrency` 1. The bare loop replays the tap's own requests with"
        " `requests` and writes the same RECORD bytes without parsing anything: a floor rather than"
        " a rival. `net` is the ratio after start-up is taken off both.",
        HEADER,
    )
    for stream, count in bench.sizes.against_bare.items():
        label = LABELS[stream]
        bench.say(f"against the bare loop: {count:,} {label}")
        with Source("commercetools", {stream: count}) as source:
            commands = Commands(source, bench.folder)
            tap = commands.tap([stream], concurrency=1)
            source.forget_requests()
            once(tap)
            rivals = {TAP: tap, BARE: commands.bare(stream, source.requests())}
            found = alternately(rivals, bench.sizes.rounds)
        ratio = found[TAP].cpu / found[BARE].cpu
        net = _net(found, start, TAP, BARE)
        _add_rows(section, f"{count:,} {label}", count, found, (ratio, net))
        bench.at_most(f"CPU, {label}, against the bare loop", ratio, MOST_BARE[stream])
        bench.at_most(f"CPU, {label}, the same net of start-up", net, MOST_BARE[stream])
    bench.add(section)


def _against_sdk(bench: Bench, start: dict[str, Figures]) -> None:
    section = Section(
        "Against SDK defaults",
        "Whole processes, `concurrency` 1, the same streams, schemas, pages. The ratio is CPU of"
        " the SDK's defaults by CPU of the tap.",
        HEADER,
    )
    for stream, count in bench.sizes.against_sdk.items():
        label = LABELS[stream]
        bench.say(f"against SDK defaults: {count:,} {label}")
        with Source("commercetools", {stream: count}) as source:
            commands = Commands(source, bench.folder)
            rivals: dict[str, Command] = {
                TAP: commands.tap([stream], concurrency=1),
                SDK: commands.sdk_defaults(stream),
            }
            found = alternately(rivals, bench.sizes.rounds)
        ratio = found[SDK].cpu / found[TAP].cpu
        net = _net(found, start, SDK, TAP)
        _add_rows(section, f"{count:,} {label}", count, found, (ratio, net))
        bench.at_least(f"CPU of SDK defaults by the tap's, {label}", ratio, LEAST_SDK[stream])
        bench.at_least(f"the same net of start-up, {label}", net, LEAST_SDK[stream])
        bars = tuple((name, each.cpu / count * 1e6) for name, each in found.items())
        title = f"{count:,} {label}: microseconds of CPU per record, less is better"
        bench.report.panels.append(Panel(title, bars, frozenset({TAP})))
    bench.add(section)


def _net(found: dict[str, Figures], start: dict[str, Figures], above: str, below: str) -> float:
    over, under = found[above].cpu - start[above].cpu, found[below].cpu - start[below].cpu
    return over / max(under, 0.001)


def _add_rows(
    section: Section,
    what: str,
    count: int,
    found: dict[str, Figures],
    ratios: tuple[float, float],
) -> None:
    for name, figures in found.items():
        each = f"{figures.cpu / count * 1e6:,.1f}"
        cells = f"{figures.cpu:.2f}", each, f"{figures.wall:.2f}", f"{figures.peak:.0f}"
        last = tuple(f"{ratio:.2f} x" for ratio in ratios) if name == TAP else ("", "")
        section.rows.append((f"{name}, {what}", *cells, *last))
