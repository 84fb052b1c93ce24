"""Faults of the soak, drawn at random, and what each does to a run."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.faults import FaultRule
from tap_commercetools.tap import TapCommercetools

if TYPE_CHECKING:
    import random
    from collections.abc import Set as AbstractSet

    from benchmarks.soak_sources import Source


class Outcome(enum.Enum):
    """What becomes of a run that meets a fault: whether its exit code is 0."""

    SURVIVES = enum.auto()
    ENDS = enum.auto()
    EITHER = enum.auto()


@dataclass(frozen=True)
class Fault:
    """One way in which things go wrong.

    Attributes:
        label: Name in the report.
        kind: Kind in `sandbox.faults`.
        outcome: What becomes of the run.
        times: How often; -1 for ever.
        options: Of the kind.
        where: Regular expression for the requests; those of one stream, by chance, when empty.
        settings: What the tap has to be set to.
    """

    label: str
    kind: str
    outcome: Outcome = Outcome.SURVIVES
    times: int = 1
    options: dict[str, Any] = field(default_factory=dict)
    where: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


def _status(label: str, status: int, **more: Any) -> Fault:
    return Fault(label, "status", options={"status": status, **more})


PASSING = (
    _status("408", 408),
    _status("429", 429),
    _status("429 with seconds", 429, headers={"Retry-After": "0.02"}),
    _status("429 with date", 429, retry_after_date=0),
    _status("500", 500),
    _status("502 with HTML", 502, body="<html><h1>Bad Gateway</h1></html>"),
    _status("503", 503),
    _status("504", 504),
    Fault("reset", "reset"),
    Fault("reset in body", "reset_in_body"),
    Fault("truncated JSON", "truncate"),
    Fault("HTML with 200", "html"),
    Fault("slow", "slow", times=3, options={"seconds": 0.03}),
    Fault("timeout", "slow", options={"seconds": 1.2}, settings={"request_timeout": 0.6}),
    Fault("drip", "drip", options={"pieces": 4, "seconds": 0.01}),
)

EMPTY_PAGE = Fault("empty page", "empty_page")
"""Often, because it is what looks most like an ordinary answer; once a run, because two in a row
cannot be told from the end of a list."""

# Not here: `ignore_sort`. Rows in the undefined order of a healthy page can by chance be a sorted
# stretch out of the middle; then nothing shows. tests/ has the cases that do show.
COMMERCETOOLS = (
    *PASSING,
    Fault("token revoked", "revoke_token", where=r"^/demo"),
    Fault("token expired", "expire_token", where=r"^/demo"),
    Fault("token host 503", "status", options={"status": 503}, where=r"^/oauth/token"),
    Fault(
        "400 QueryTimedOut",
        "query_timed_out_above",
        times=-1,
        options={"n": 12},
        where=r"/(customers|inventory|messages|categories)\?.*withTotal=false",
    ),
)

NO_RETRIES = {"retry_max_seconds": 0}

ENDING = (
    Fault("503 for good", "status", Outcome.ENDS, -1, settings=NO_RETRIES),
    Fault("reset for good", "reset", Outcome.ENDS, -1, settings=NO_RETRIES),
    Fault("HTML for good", "html", Outcome.ENDS, -1, settings=NO_RETRIES),
    Fault("403 on a stream", "status", Outcome.ENDS, -1, options={"status": 403}),
)

ENDING_COMMERCETOOLS = (
    *ENDING,
    Fault("token refused", "revoke_token", Outcome.ENDS, -1, where=r"^/demo"),
    Fault("query refused", "status", Outcome.EITHER, options={"status": 400}),
)

ENDING_COMMERCE7 = (
    *ENDING,
    Fault("401 on a stream", "status", Outcome.ENDS, -1, options={"status": 401}),
    Fault("query refused", "status", Outcome.EITHER, options={"status": 422}),
    Fault("cursor repeats", "repeat_cursor", Outcome.EITHER, where=r"cursor="),
    Fault("sort ignored", "ignore_sort", Outcome.EITHER),
)


@dataclass
class Plan:
    """The faults of one run.

    Attributes:
        settings: What the tap has to be set to.
    """

    faults: list[tuple[Fault, FaultRule]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    def met(self, outcome: Outcome | None = None) -> list[Fault]:
        """List the faults that struck, as often as they did."""
        return [
            fault
            for fault, rule in self.faults
            for _ in range(rule.fired)
            if outcome in {None, fault.outcome}
        ]


def draw(rng: random.Random, source: Source, changing: AbstractSet[str]) -> Plan:
    """Draw the faults of a run: none, some that pass, or one that ends it.

    Args:
        rng: Decides.
        source: Whose requests they strike.
        changing: Streams that change during the run; none of their lists is made to shrink.
    """
    ours = source.tap is TapCommercetools
    plan = Plan(settings={"retry_max_seconds": 20, "request_timeout": 20})
    chosen = rng.random()
    if chosen < 0.25:
        return plan
    if chosen < 0.45:
        _add(plan, rng, source, rng.choice(ENDING_COMMERCETOOLS if ours else ENDING_COMMERCE7))
        return plan
    passing = COMMERCETOOLS if ours else PASSING
    for fault in rng.sample(passing, rng.randint(1, 5)):
        # Two lost tokens in a row are what a credential looks like that is not accepted any more.
        lost = any(earlier.label.startswith("token") for earlier, _ in plan.faults)
        if not (lost and fault.label.startswith("token")):
            _add(plan, rng, source, fault)
    if rng.random() < 0.4:
        _add(plan, rng, source, EMPTY_PAGE)
    numbered = [s for s in source.streams if s.numbered and s.name not in changing]
    if numbered and rng.random() < 0.2:
        options, where = {"rows": rng.randint(1, 2)}, rng.choice(numbered).path
        _add(plan, rng, source, Fault("list shrinks", "shrink_list", options=options, where=where))
    return plan


def _add(plan: Plan, rng: random.Random, source: Source, fault: Fault) -> None:
    where = fault.where or rng.choice(source.streams).path
    counted = rf"^(?!.*{source.uncounted})"
    rule = FaultRule(
        f"{counted}{where[1:]}" if where.startswith("^") else f"{counted}.*{where}",
        fault.kind,
        times=fault.times,
        after=0 if fault.where.startswith("^/oauth") else rng.choice((0, 0, 1, 2, 4)),
        options=fault.options,
    )
    plan.faults.append((fault, rule))
    plan.settings.update(fault.settings)
