"""Soak test: hundreds of runs over sources that change and fail, ending in equality.

Each seed stands for a pair of sources, one of each API, and a series of runs of both taps. State
goes from run to run as a target hands it back; runs are cut short at random.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import multiprocessing
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks import soak_faults
from benchmarks.soak_faults import Plan
from benchmarks.soak_judge import judge
from benchmarks.soak_runs import KILLS, Job, Kill, run_here, run_process
from benchmarks.soak_sources import make_sources
from benchmarks.soak_target import Comparison, Target, committed, entry_of
from tap_commercetools.tap import TapCommercetools

if TYPE_CHECKING:
    from benchmarks.soak_runs import Run
    from benchmarks.soak_sources import Source

SHOWN_PROBLEMS = 10

IMPORTED = 40
"""Most records that change in one millisecond; the smallest pages have 20."""

TOLD_EVERY = 25
"""So many runs are one line of progress on standard error."""

SELECTED = 0.6
"""Share of the streams that a run reads: the others keep their state meanwhile."""


@dataclass
class Result:
    """What a series of runs showed.

    Attributes:
        runs: Number of runs of each tap.
        kills: Runs cut short, by how.
        faults: Faults met, by label.
        counts: Everything else that was counted, by what is printed of it.
        final: Rows compared at the end.
        problems: What was not as it has to be; the series stops at the first.
    """

    seed: int
    runs: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    final: int = 0
    seconds: float = 0
    problems: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Write it out."""
        kinds = Counter(
            next((word for word in ("missing", "stale") if f": {word} " in problem), "other")
            for problem in self.problems
        )
        return [
            f"seed {self.seed}: {self.runs} runs of each tap in {self.seconds:.0f} s",
            *(f"  {what} {count}" for what, count in self.counts.items()),
            f"  runs cut short {self.kills.total()}: {_listed(self.kills)}",
            f"  faults met {self.faults.total()}: {_listed(self.faults)}",
            f"  rows compared at the end {self.final}",
            f"  missing: {kinds['missing']}, stale: {kinds['stale']}, other: {kinds['other']}",
            *(f"  {problem}" for problem in self.problems[:SHOWN_PROBLEMS]),
        ]


def _listed(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items())) or "none"


class Series:
    """The runs of one tap.

    Args:
        rng: Decides everything that is left to chance, but for the timing of threads.
        lookback: Setting `lookback_seconds`; what is late at the source is less.
    """

    def __init__(self, source: Source, url: str, rng: random.Random, lookback: float) -> None:
        self.source = source
        self.target = Target()
        self.comparison = Comparison(source, self.target)
        self._url = url
        self._rng = rng
        self._lookback = lookback
        self._lines = 100
        self._version = int(time.time())
        self._began: dict[str, float] = {}
        self._first_begun: dict[str, float] = {}

    def run(self, result: Result, *, as_process: bool) -> list[str]:
        """Change the data, run once amid faults, load what came and check it.

        Returns:
            What was not as it has to be.
        """
        rng, source = self._rng, self.source
        source.mutate(rng, rng.choice((0, 1, 5, 20)))
        if rng.random() < 0.1:
            source.import_at_once(rng, rng.randint(2, IMPORTED))
        changing = source.mutate_during(rng, rng.choice((0, 1, 4, 12)), self._requests())
        plan = soak_faults.draw(rng, source, changing)
        source.stand_in.faults.extend(each.rule for each in plan.drawn)
        names = {stream.name for stream in source.streams if rng.random() < SELECTED}
        forget = rng.choice(source.streams).name if rng.random() < 0.3 else None
        job = self._job(plan, names or {source.streams[0].name}, forget)
        run = self._cut_short(job) if as_process else run_here(job)
        self._quiet()
        result.counts["runs as separate processes"] += as_process
        result.faults.update(plan.labels())
        verdict = judge(run, plan, job, source)
        # A target that dies is the same to a tap as a kill, and much cheaper to have.
        if not run.killed and rng.random() < 0.3:
            run.killed = "target lost"
            run.lines = run.lines[: rng.randint(0, len(run.lines))]
        result.kills.update([run.killed] if run.killed else [])
        result.counts["runs that failed as they had to"] += bool(run.code and not run.killed)
        problems = verdict.problems
        if not problems:
            self._load(run)
            whole = set() if run.killed or run.cut else verdict.complete
            problems = [*self._kept(whole), *self.comparison.below_bookmarks()]
        if problems:
            met = _listed(Counter(plan.labels()))
            problems.append(f"the run met: {met}; killed: {run.killed or 'no'}; {job.config}")
        return problems

    def finish(self) -> list[str]:
        """Run twice over a healthy source that rests, and compare everything."""
        problems: list[str] = []
        for _ in range(2):
            # Table versions are seconds and the run start is one: leave the last change behind.
            time.sleep(1.5)
            job = self._job(Plan(), {stream.name for stream in self.source.streams})
            run = run_here(job)
            verdict = judge(run, Plan(), job, self.source)
            self._load(run)
            problems += [*verdict.problems, *self._kept(verdict.complete)]
        return [*problems, *self.comparison.whole()]

    def _kept(self, complete: set[str]) -> list[str]:
        """Check the streams that a run has completed, all of whose lines are loaded."""
        state = self.target.state
        problems = [
            f"{name} is not complete, but is said to be"
            for name in complete
            if entry_of(state, name).get("scan")
        ]
        problems += self.comparison.activated(self._began)
        problems += self.comparison.promised(complete, self._began)
        for name in complete:
            del self._first_begun[name]
        return problems

    def _note_begin(self, job: Job) -> None:
        """Note when the scans of a run begin at the earliest.

        One that stands in the state began after the last run that completed the stream. If the
        local clock is behind, reading ends at the server's `Date`, which has whole seconds.
        """
        now = time.time() - (1 if job.clock < 0 else 0)
        for each in job.catalog["streams"]:
            name = each["tap_stream_id"]
            first = self._first_begun.setdefault(name, now)
            self._began[name] = first if entry_of(job.state, name).get("scan") else now

    def _job(self, plan: Plan, names: set[str], forget: str | None = None) -> Job:
        rng, source = self._rng, self.source
        more: dict[str, Any] = {"lookback_seconds": self._lookback, **plan.settings}
        if source.tap is TapCommercetools:
            more["concurrency"] = rng.choice((1, 4, 8))
            more["page_size"] = rng.choice((20, 50, 100))
        else:
            more["concurrency"] = rng.choice((1, 1, 4))
        config = source.make_config(self._url, **more)
        state_records = rng.choice((1, 20, 100, 500))
        state = self.target.state_without(forget)
        self._version += 1
        job = Job(
            source.tap,
            config,
            source.catalog_with(names),
            state,
            state_records,
            plan.clock,
            self._version,
        )
        self._note_begin(job)
        return job

    def _cut_short(self, job: Job) -> Run:
        # Slow answers, so that the process is in the middle of something when it is killed.
        self.source.stand_in.latency = 0.005
        rng, lines = self._rng, self._lines
        how, after = rng.choice(KILLS), rng.randint(0, lines)
        return run_process(job, Kill(how, after, rng.choice((0, 0.5)), rng.random() < 0.5))

    def _requests(self) -> int:
        """Return how many requests the last run took, about."""
        count = len(self.source.stand_in.requests)
        self.source.stand_in.requests.clear()
        return max(10, count)

    def _quiet(self) -> None:
        """End faults and changes, and note what has changed."""
        stand_in = self.source.stand_in
        stand_in.latency = 0.0
        stand_in.faults.clear()
        stand_in.hooks.clear()
        self.source.observe()

    def _load(self, run: Run) -> None:
        lost = run.killed and self._rng.random() < 0.5
        self.target.merges = self._rng.random() < 0.5
        self.target.load(committed(run.lines) if lost else run.lines)
        self._lines = max(20, len(run.lines))


def soak(seed: int, runs: int, *, process_every: int = 10) -> Result:
    """Run both taps over and over.

    Args:
        seed: Of the data and of all chance.
        runs: Runs of each tap.
        process_every: Each so-manieth run is a process of its own that gets killed.

    Returns:
        What it showed; without problems when everything was as promised.
    """
    began = time.monotonic()
    result = Result(seed)
    rng = random.Random(seed)
    # Either writes that show up late and a lookback that covers them, or neither.
    late, lookback = rng.choice(((0.0, 0), (2.0, 5)))
    with contextlib.ExitStack() as stack:
        series = [
            Series(source, stack.enter_context(source.stand_in.serve()).url, rng, lookback)
            for source in make_sources(rng, seed, late)
        ]
        for number in range(1, runs + 1):
            for each in series:
                problems = each.run(result, as_process=number % process_every == 0)
                name = each.source.tap.name
                result.problems += [f"run {number} of {name}: {text}" for text in problems]
            result.runs = number
            if number % TOLD_EVERY == 0:
                print(f"seed {seed}: {number} runs", file=sys.stderr, flush=True)
            if result.problems:
                break
        else:
            for each in series:
                before = each.comparison.compared
                result.problems += each.finish()
                result.final += each.comparison.compared - before
    for each in series:
        result.counts["changes at the sources"] += each.source.mutations
        result.counts["records loaded"] += each.target.records
        result.counts["states"] += each.target.states
        result.counts["rows compared, with the checks in between"] += each.comparison.compared
    result.seconds = time.monotonic() - began
    return result


def main() -> None:
    """Run all seeds; exit code 1 when any of them showed a problem."""
    parser = argparse.ArgumentParser(prog="./run bench soak", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--runs", type=int, default=200, help="runs of each tap (200)")
    parser.add_argument("--jobs", type=int, default=2, help="seeds at the same time (2)")
    arguments = parser.parse_args()
    failed = False
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs, mp_context=spawn) as pool:
        waiting = {pool.submit(soak, seed, arguments.runs): seed for seed in arguments.seeds}
        for future in concurrent.futures.as_completed(waiting):
            if error := future.exception():  # the other seeds go on
                failed = True
                print(f"seed {waiting[future]}: {error!r}", flush=True)
                continue
            result = future.result()
            failed |= bool(result.problems)
            print("\n".join(result.lines()), flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
