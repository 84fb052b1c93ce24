"""What a distant API costs: requests in flight, reading ahead, and a run that has nothing to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.perf_commands import Commands
from benchmarks.perf_measure import alternately, once
from benchmarks.perf_report import Panel, Section
from benchmarks.perf_source import Source

if TYPE_CHECKING:
    from typing import Any

    from benchmarks.perf_bench import Bench
    from benchmarks.perf_measure import Command, Figures

FAR = 0.15
PAGE_ROWS = {"commercetools": 500, "commerce7": 50}
LEAST_GAIN = {("commercetools", 4): 3.6, ("commercetools", 8): 6.5, ("commerce7", 4): 3.5}
LOOP = "bare loop"


def requests_in_flight(bench: Bench) -> None:
    """Read the same list with more and more requests in flight, from near and far."""
    for platform, rows in PAGE_ROWS.items():
        count = rows * bench.sizes.pages
        section = Section(
            f"Latency and concurrency: tap-{platform}",
            f"{count:,} customers on {bench.sizes.pages} pages; records per second of whole runs,"
            " and in brackets the gain over `concurrency` 1 without start-up (the time of a run"
            " over a single record). The bare loop asks for one page after the other.",
            ("latency", *(f"concurrency {n}" for n in bench.sizes.concurrencies), LOOP),
        )
        bench.say(f"latency: {platform}, start-up")
        with Source(platform, {"customers": 1}) as source:
            commands = _grid(bench, source)
            short = alternately({name: commands[name] for name in ("1", LOOP)}, bench.sizes.rounds)
        start = {name: short[LOOP if name == LOOP else "1"].wall for name in commands}
        with Source(platform, {"customers": count}) as source:
            commands = _grid(bench, source)
            for latency in bench.sizes.latencies:
                bench.say(f"latency: {platform}, {latency * 1000:.0f} ms")
                source.latency(latency)
                found = alternately(commands, bench.sizes.rounds)
                section.rows.append(_row(latency, count, found, start))
        _judge(bench, platform, count, found, start)
        bench.add(section)


def _grid(bench: Bench, source: Source) -> dict[str, Command]:
    commands = Commands(source, bench.folder)
    runs = {
        str(number): commands.tap(["customers"], concurrency=number)
        for number in bench.sizes.concurrencies
    }
    source.forget_requests()
    once(runs["1"])
    return {**runs, LOOP: commands.bare("customers", source.requests())}


def _row(
    latency: float, count: int, found: dict[str, Figures], start: dict[str, float]
) -> tuple[str, ...]:
    cells = [
        f"{count / figures.wall:,.0f} ({_gain(found, start, name):.1f} x)"
        for name, figures in found.items()
    ]
    return f"{latency * 1000:.0f} ms", *cells


def _gain(found: dict[str, Figures], start: dict[str, float], name: str) -> float:
    """Tell how many times faster than one request in flight a run is, start-up left out."""
    one, other = found["1"].wall - start["1"], found[name].wall - start[name]
    return one / max(other, 0.001)


def _judge(
    bench: Bench,
    platform: str,
    count: int,
    far: dict[str, Figures],
    start: dict[str, float],
) -> None:
    """Note targets and bars from the row with the longest latency."""
    for (of, number), limit in LEAST_GAIN.items():
        if of == platform and str(number) in far:
            what = f"throughput at 150 ms, tap-{platform}, concurrency {number} against 1"
            bench.at_least(what, _gain(far, start, str(number)), limit)
    if platform == "commerce7":
        what = "time at 150 ms, tap-commerce7, concurrency 1, against the bare loop"
        bench.at_most(what, _gain(far, start, LOOP), 1.0)
    bars = tuple(
        (name if name == LOOP else f"concurrency {name}", count / figures.wall)
        for name, figures in far.items()
    )
    own = frozenset(name for name, _ in bars if name != LOOP)
    bench.report.panels.append(
        Panel(f"tap-{platform} at 150 ms: records per second, more is better", bars, own)
    )


def nothing_changed(bench: Bench) -> None:
    """Run all streams with the state of a run just before."""
    section = Section(
        "A run in which nothing changed",
        "All streams that are on by default, at 150 ms, with the default `concurrency`, against the"
        " bare loop asking for the same pages one after the other.",
        ("what", "requests", "wall s", "CPU s", "peak MB", "time by bare loop"),
    )
    for platform in PAGE_ROWS:
        bench.say(f"nothing changed: {platform}")
        with Source(platform, {}) as source:
            commands = Commands(source, bench.folder)
            state = _state_after(bench, commands.tap())
            again = commands.tap(state=state)
            source.forget_requests()
            once(again)
            asked = source.requests()
            source.latency(FAR)
            loop = commands.bare("customers", asked)
            found = alternately({f"tap-{platform}": again, LOOP: loop}, bench.sizes.rounds)
        tap, bare = found[f"tap-{platform}"], found[LOOP]
        for name, figures in found.items():
            cells = f"{figures.wall:.2f}", f"{figures.cpu:.2f}", f"{figures.peak:.0f}"
            ratio = "" if name == LOOP else f"{tap.wall / bare.wall:.2f} x"
            section.rows.append((f"{name}, {platform}", f"{len(asked)}", *cells, ratio))
        if platform == "commercetools":
            what = "nothing changed, all streams at 150 ms, against one after the other"
            bench.at_most(what, tap.wall / bare.wall, 0.35)
    bench.add(section)


def _state_after(bench: Bench, tap: Command) -> dict[str, Any]:
    """Run the tap and return its last state."""
    output = bench.folder / "first-run.jsonl"
    once(tap, output)
    last = b""
    with output.open("rb") as lines:
        for line in lines:
            if line.startswith(b'{"type":"STATE"'):
                last = line
    state: dict[str, Any] = json.loads(last)["value"]
    return state
