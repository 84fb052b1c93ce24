"""What a run of the soak promises by its exit code and its last line, and whether it may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from benchmarks.soak_faults import Outcome
from benchmarks.soak_target import is_message

if TYPE_CHECKING:
    from benchmarks.soak_faults import Plan
    from benchmarks.soak_runs import Job, Run
    from benchmarks.soak_sources import Soaked, Source

KILLED_CODES = {"SIGKILL": {-9}, "SIGTERM": {-15, 143}, "broken pipe": {1}}
"""Exit codes by kill. SIGTERM ends the process at once while it still starts."""

SUMMARY = " streams complete, "
INCOMPLETE = (Outcome.ENDS, Outcome.EITHER, Outcome.SKIPS, Outcome.REFUSES)
FAILED, SKIPPED = {"not read", "not finished"}, "skipped"


@dataclass
class Verdict:
    """What is to be thought of a run.

    Attributes:
        problems: What was not as it has to be.
        complete: The streams that it has read to their end, with all that there was.
    """

    problems: list[str]
    complete: set[str]


def judge(run: Run, plan: Plan, job: Job, source: Source) -> Verdict:
    """Check exit code and output of a run against the faults that it has met."""
    problems = []
    if run.rest and run.killed not in {"SIGKILL", "broken pipe"}:
        problems.append(f"half a line at the end: {run.rest[-100:]!r}")
    problems += [f"no message: {line!r}" for line in run.lines if not is_message(line)]
    if run.killed:
        codes, complete = KILLED_CODES[run.killed], set[str]()
        if plan.met(*INCOMPLETE):
            codes = codes | {1}
    else:
        selected = {entry["tap_stream_id"] for entry in job.catalog["streams"]}
        said = outcomes(run.log)
        complete = selected - set().union(*said.values())
        codes = _codes(plan, complete)
        problems += _unfounded(said, run, plan, source)
        late = _struck(plan, source, Outcome.DELAYS)
        complete -= {stream.name for stream in late if stream.bookmark}
    if run.code not in codes:
        met = ", ".join(sorted({*plan.labels()})) or "no fault"
        cause = run.killed or "no kill"
        problems.append(f"exit code {run.code} after {cause} and {met}: {run.log[-800:]}")
    return Verdict(problems, complete)


def _codes(plan: Plan, complete: set[str]) -> set[int]:
    """Return the exit codes that a run may have when nobody kills it."""
    if plan.met(Outcome.ENDS):
        return {1}
    if plan.met(Outcome.SKIPS):
        return {0 if complete else 1}
    return {0, 1} if plan.met(Outcome.EITHER, Outcome.REFUSES) else {0}


def _unfounded(said: dict[str, set[str]], run: Run, plan: Plan, source: Source) -> list[str]:
    """Check that a run says which streams are incomplete, and that a fault has struck them."""
    failed = set().union(*(said.get(outcome, ()) for outcome in FAILED))
    code, log = run.code, run.log[-800:]
    problems = [] if bool(failed) == bool(code) else [f"exit code {code}, but failed: {failed}"]
    if said.keys() - FAILED - {SKIPPED}:
        problems.append(f"incomplete for other reasons: {said}")
    skipped = said.get(SKIPPED, set())
    if skipped and not plan.met(Outcome.SKIPS, Outcome.REFUSES):
        problems.append(f"skipped without a refusal: {skipped}")
    if begun := skipped & _written(run):
        problems.append(f"skipped after some of its records: {begun}")
    struck = {each.name for each in _struck(plan, source, *INCOMPLETE)}
    others = (failed | skipped) - struck
    return problems + [f"{name} is incomplete, but no fault struck it: {log}" for name in others]


def _written(run: Run) -> set[str]:
    """Return the streams of which a run wrote records."""
    messages = map(msgspec.json.decode, filter(is_message, run.lines))
    return {message["stream"] for message in messages if message["type"] == "RECORD"}


def _struck(plan: Plan, source: Source, *outcomes: Outcome) -> list[Soaked]:
    """Return the streams that faults of some outcomes have struck, or may have."""
    paths = {each.path for each in plan.met(*outcomes)}
    return [
        stream
        for stream in source.streams
        if "" in paths or paths & {stream.path, stream.parents.path if stream.parents else ""}
    ]


def outcomes(log: str) -> dict[str, set[str]]:
    """Return the incomplete streams that the last line of a log names, by what became of them."""
    lines = [line for line in log.splitlines() if SUMMARY in line]
    parts = lines[-1].split("; ")[1:] if lines else []
    pairs = (part.partition(": ") for part in parts)
    return {outcome: set(names.split(", ")) for outcome, _, names in pairs}
