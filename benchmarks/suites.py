"""The benchmarks of speed and memory, and their targets."""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.commands import PLATFORMS, ROOT, last_state, tap_program
from benchmarks.data import rows
from benchmarks.measure import once
from benchmarks.report import Section
from tap_engine.records.drift import Drift

if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from benchmarks.commands import Commands
    from benchmarks.measure import Command, Figures
    from benchmarks.report import Row

    Found = dict[str, Figures]

TAP, BARE, SDK = "tap-commercetools", "bare loop", "SDK defaults"
LABELS = {"products": "18 kB products", "customers": "0.8 kB customers"}
INTERVAL = 24
LATENCIES, CONCURRENCIES = (0.0, 0.05, 0.15), (1, 4, 8, 16)
PAGE_ROWS = {"commercetools": 500, "commerce7": 50}
MOST_BARE = {"products": 1.5, "customers": 4.0}
LEAST_SDK = {"products": 10.0, "customers": 3.5}
LEAST_GAIN = {("commercetools", 4): 3.6, ("commercetools", 8): 6.5, ("commerce7", 4): 3.3}
PAGES_OF_A_GAIN = 100
"""With fewer, the first requests, which wait for each other, decide."""


def against_others(bench: Bench) -> None:
    """Compare the tap with a bare loop and with SDK defaults, one request in flight for all."""
    bench.say("start-up")
    programs = {name: tap_program("commercetools", at) for name, at in bench.checkouts.items()}
    with bench.serving("commercetools", {}) as commands:
        start = bench.race(
            {
                **{name: [*program, "--version"] for name, program in programs.items()},
                BARE: commands.bare("customers", []),
                SDK: [sys.executable, "-m", "benchmarks.sdk_defaults", "--version"],
                "import singer_sdk": [sys.executable, "-c", "import singer_sdk"],
            }
        )
    section = Section(
        "Start-up",
        "`--version` of the tap and of the plain SDK tap, the bare loop without requests, and what"
        " importing the SDK takes by itself.",
        ("what", "CPU s", "wall s"),
        [(name, f"{each.cpu:.2f}", f"{each.wall:.2f}") for name, each in start.items()],
    )
    bench.add(section)
    header = ("what", "CPU s", "µs CPU per record", "wall s", "peak MB", "ratio of CPU", "net")
    section = Section(
        "Against a bare loop",
        "Whole processes, `concurrency` 1. The bare loop replays the tap's own requests with"
        " `requests` and writes the same RECORD bytes without parsing anything: a floor rather than"
        " a rival. `net` is the ratio after start-up is taken off both.",
        header,
    )
    for stream, count in bench.sizes.against_bare.items():
        ratio, net = _against(bench, section, start, BARE, (stream, count))
        label, limit = LABELS[stream], MOST_BARE[stream]
        bench.at_most(f"CPU, {label}, against the bare loop", ratio, limit)
        bench.at_most(f"CPU, {label}, the same net of start-up", net, limit)
    bench.add(section)
    section = Section(
        "Against SDK defaults",
        "Whole processes, `concurrency` 1, the same streams, schemas, pages. The ratio is CPU of"
        " the SDK's defaults by CPU of the tap.",
        header,
    )
    for stream, count in bench.sizes.against_sdk.items():
        ratio, net = _against(bench, section, start, SDK, (stream, count))
        label, limit = LABELS[stream], LEAST_SDK[stream]
        bench.at_least(f"CPU of SDK defaults by the tap's, {label}", ratio, limit)
        bench.at_least(f"the same net of start-up, {label}", net, limit)
    bench.add(section)


def _against(
    bench: Bench, section: Section, start: Found, rival: str, records: tuple[str, int]
) -> tuple[float, float]:
    """Measure taps and a rival, add their rows, and return the tap's ratios."""
    stream, count = records
    what = f"{count:,} {LABELS[stream]}"
    bench.say(f"against {rival}: {what}")
    with bench.serving("commercetools", {stream: count}) as commands:
        taps = {
            name: commands.tap([stream], checkout=checkout, concurrency=1)
            for name, checkout in bench.checkouts.items()
        }
        bare = rival == BARE
        other = commands.replay(stream, taps[TAP]) if bare else commands.sdk_defaults(stream)
        found = bench.race({**taps, rival: other})
    net = {name: max(each.cpu - start[name].cpu, 0.001) for name, each in found.items()}
    ratios = {name: (found[name].cpu / found[rival].cpu, net[name] / net[rival]) for name in taps}
    if not bare:
        ratios = {name: (1 / ratio, 1 / of_net) for name, (ratio, of_net) in ratios.items()}
    for name, figures in found.items():
        each = f"{figures.cpu / count * 1e6:,.1f}"
        cells = f"{figures.cpu:.2f}", each, f"{figures.wall:.2f}", f"{figures.peak:.0f}"
        last = [f"{ratio:.2f} x" for ratio in ratios.get(name, ())] or ["", ""]
        section.rows.append((f"{name}, {what}", *cells, *last))
    return ratios[TAP]


def drift(bench: Bench) -> None:
    """Time the drift report by itself, and relate it to the CPU that the tap takes for a page."""
    section = Section(
        "Drift report",
        "CPU of comparing the first record of a page with the schema, by the CPU that the whole run"
        " takes for a page of 500, start-up left out.",
        ("what", "comparison, µs", "page, µs", "share"),
    )
    for stream, count in bench.sizes.against_bare.items():
        bench.say(f"drift: {stream}")
        cpu = []
        for records in (1, count):
            with bench.serving("commercetools", {stream: records}) as commands:
                cpu.append(bench.race({TAP: commands.tap([stream], concurrency=1)})[TAP].cpu)
        whole = (cpu[1] - cpu[0]) / count * PAGE_ROWS["commercetools"]
        look = _look_seconds(stream)
        cells = f"{look * 1e6:,.0f}", f"{whole * 1e6:,.0f}", f"{look / whole:.1%}"
        section.rows.append((LABELS[stream], *cells))
        bench.at_most(f"drift report, {LABELS[stream]}, share of CPU", look / whole, 0.05)
    bench.add(section)


def _look_seconds(stream: str) -> float:
    """Measure how long the comparison of one record takes."""
    schema = (ROOT / "tap_commercetools" / "schemas" / f"{stream}.json").read_text("utf-8")
    report = Drift(json.loads(schema))
    raws = [row.body for row in rows("commercetools", stream, 16)]
    took = []
    for number in range(200):
        began = time.process_time()
        report.look([raws[number % len(raws)]])
        took.append(time.process_time() - began)
    return statistics.median(took)


def growth(bench: Bench) -> None:
    """Read the same list at several lengths: time grows with the data, memory does not."""
    section = Section(
        "Growth",
        "`concurrency` 4 unless it says otherwise. What a further record takes is the"
        " difference to the size before by the number of records between, so that start-up drops"
        " out. The bare loop, which asks for the same pages one after the other, shows how much of"
        " that is the stand-in's.",
        ("what", "CPU s", "wall s", "further record, µs CPU", "µs wall", "peak MB"),
    )
    for stream, counts in bench.sizes.growth.items():
        label, few, many = LABELS[stream], counts[0], counts[-1]
        found = {count: _read(bench, stream, count, 4) for count in counts}
        slopes = {
            who: _slopes([(n, each[who]) for n, each in found.items()]) for who in (TAP, BARE)
        }
        for who, further in slopes.items():
            for count, slope in zip(counts, [(), *further], strict=True):
                what = f"{who}, {count:,} {label}"
                section.rows.append(_growth_row(what, found[count][who], slope))
        if len(counts) > 2:
            what = f"growth {few:,} to {many:,} {label}, CPU of a further record"
            bench.at_most(what, slopes[TAP][-1][0] / slopes[TAP][0][0], 1.1)
        peak = found[many][TAP].peak
        what = f"growth {few:,} to {many:,} {label}, peak memory"
        bench.at_most(what, peak / found[few][TAP].peak, 1.1)
        if stream == "customers":
            bench.at_most(f"peak memory, {label}", peak, 90, "MB")
        else:
            wide, what = _read(bench, stream, few, 8)[TAP], f"{label}, concurrency 8"
            section.rows.append(_growth_row(f"{TAP}, {few:,} {what}", wide, ()))
            bench.at_most(f"peak memory, {what}", wide.peak, 250, "MB")
    bench.add(section)


def _read(bench: Bench, stream: str, count: int, concurrency: int) -> Found:
    bench.say(f"growth: {count:,} {stream}, concurrency {concurrency}")
    with bench.serving("commercetools", {stream: count}) as commands:
        loop = commands.replay(stream, commands.tap([stream], concurrency=1))
        return bench.race({TAP: commands.tap([stream], concurrency=concurrency), BARE: loop})


def _slopes(found: list[tuple[int, Figures]]) -> list[tuple[float, float]]:
    """CPU and wall time of a further record, from each number of records to the next."""
    return [
        ((more.cpu - less.cpu) / (many - few), (more.wall - less.wall) / (many - few))
        for (few, less), (many, more) in itertools.pairwise(found)
    ]


def _growth_row(what: str, figures: Figures, slope: tuple[float, ...]) -> Row:
    further = [f"{seconds * 1e6:.1f}" for seconds in slope] or ["", ""]
    return what, f"{figures.cpu:.2f}", f"{figures.wall:.2f}", *further, f"{figures.peak:.0f}"


def requests_in_flight(bench: Bench) -> None:
    """Read the same list with more and more requests in flight, from near and far."""
    for platform, page_rows in PAGE_ROWS.items():
        count = page_rows * bench.sizes.pages
        section = Section(
            f"Latency and concurrency: tap-{platform}",
            f"{count:,} customers on {bench.sizes.pages} pages; records per second of whole runs,"
            " and in brackets the gain over `concurrency` 1 without start-up (the time of a run"
            " over a single record). The bare loop asks for one page after the other.",
            ("latency", *(f"concurrency {n}" for n in CONCURRENCIES), BARE),
        )
        bench.say(f"latency: {platform}, start-up")
        with bench.serving(platform, {"customers": 1}) as commands:
            grid = _grid(commands)
            short = bench.race({name: grid[name] for name in ("1", BARE)})
        gains: dict[str, float] = {}
        with bench.serving(platform, {"customers": count}) as commands:
            grid = _grid(commands)
            for latency in LATENCIES:
                bench.say(f"latency: {platform}, {latency * 1000:.0f} ms")
                commands.stand_in.latency(latency)
                found = bench.race(grid)
                net = {n: each.wall - short.get(n, short["1"]).wall for n, each in found.items()}
                gains = {name: net["1"] / max(seconds, 0.001) for name, seconds in net.items()}
                cells = [
                    f"{count / found[n].wall:,.0f} ({gain:.1f} x)" for n, gain in gains.items()
                ]
                section.rows.append((f"{latency * 1000:.0f} ms", *cells))
        # The targets are about the longest latency, which comes last.
        for (of, number), limit in LEAST_GAIN.items():
            if of == platform and bench.sizes.pages >= PAGES_OF_A_GAIN:
                what = f"throughput at 150 ms, tap-{platform}, concurrency {number} against 1"
                bench.at_least(what, gains[str(number)], limit)
        if platform == "commerce7":
            what = "time at 150 ms, tap-commerce7, concurrency 1, against the bare loop"
            bench.at_most(what, gains[BARE], 1.0)
        bench.add(section)


def _grid(commands: Commands) -> dict[str, Command]:
    taps = {str(n): commands.tap(["customers"], concurrency=n) for n in CONCURRENCIES}
    return {**taps, BARE: commands.replay("customers", taps["1"])}


def nothing_changed(bench: Bench) -> None:
    """Run all streams with the state of a run just before."""
    section = Section(
        "A run in which nothing changed",
        "All streams that are on by default, at 150 ms, with the default `concurrency`, also with"
        f" `full_table_interval_hours` {INTERVAL}, against the bare loop asking for the same pages"
        " as the first one after the other. Commerce7 does not count requests for cursor lists.",
        ("what", "requests", "counted", "wall s", "CPU s", "peak MB", "time by bare loop"),
    )
    for platform in PLATFORMS:
        bench.say(f"nothing changed: {platform}")
        tap, rested = f"tap-{platform}", f"tap-{platform}, interval"
        with bench.serving(platform, {}) as commands:
            output = bench.folder / "first-run.jsonl"
            once(commands.tap(), output)
            state = last_state(output)
            runs = {
                rested: commands.tap(state=state, full_table_interval_hours=INTERVAL),
                tap: commands.tap(state=state),
            }
            asked = {name: commands.asked(command) for name, command in runs.items()}
            asked[BARE] = asked[tap]
            commands.stand_in.latency(0.15)
            found = bench.race({**runs, BARE: commands.bare("customers", asked[BARE])})
        for name, figures in found.items():
            requests = asked[name]
            counted = sum("cursor=" not in each for each in requests)
            ratio = "" if name == BARE else f"{figures.wall / found[BARE].wall:.2f} x"
            section.rows.append(
                (
                    f"{name}, {platform}" if name == BARE else name,
                    f"{len(requests)}",
                    f"{counted}",
                    f"{figures.wall:.2f}",
                    f"{figures.cpu:.2f}",
                    f"{figures.peak:.0f}",
                    ratio,
                )
            )
        if platform == "commercetools":
            what = "nothing changed, all streams at 150 ms, against one after the other"
            bench.at_most(what, found[tap].wall / found[BARE].wall, 0.35)
    bench.add(section)
