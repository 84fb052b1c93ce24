"""Faults of the soak, drawn at random, and what each does to a run."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
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
    DELAYS = enum.auto()
    """Its exit code is 0, but what an incremental stream lacks may come with the next run."""
    ENDS = enum.auto()
    EITHER = enum.auto()
    SKIPS = enum.auto()
    """The stream is left out, and the exit code is 0 if another one was read."""
    REFUSES = enum.auto()
    """The stream fails, or is left out if none of its pages had arrived: one may be on its way."""


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
            Then all other streams are read, whatever becomes of this one.
        after: How many of these requests pass first; one of the numbers by chance.
        settings: What the tap has to be set to.
        unshared: The stream's requests are not those of another one as well.
        harmless: Requests whose failure need not end a run are among them.
        clock: Seconds that the local clock is ahead.
    """

    label: str
    kind: str
    outcome: Outcome = Outcome.SURVIVES
    times: int = 1
    options: dict[str, Any] = field(default_factory=dict)
    where: str = ""
    after: tuple[int, ...] = (0, 0, 1, 2, 4)
    settings: dict[str, Any] = field(default_factory=dict)
    unshared: bool = False
    harmless: bool = False
    clock: float = 0


def _status(label: str, status: int, where: str = "", **more: Any) -> Fault:
    return Fault(label, "status", options={"status": status, **more}, where=where)


def _lasting(
    label: str,
    options: dict[str, Any],
    settings: dict[str, Any],
    outcome: Outcome = Outcome.ENDS,
    kind: str = "status",
    **more: Any,
) -> Fault:
    return Fault(label, kind, outcome, -1, options, settings=settings, **more)


def _total(label: str, total: int, where: str, outcome: Outcome = Outcome.SURVIVES) -> Fault:
    return Fault(label, "members", outcome, -1, {"members": {"total": total}}, where)


NO_RETRIES = {"retry_max_seconds": 0}
FEW_RETRIES = {"retry_max_seconds": 0.2}
SKIP = {"skip_forbidden_streams": True}

HTML = "<html><title>Attention Required!</title></html>"
ERROR = {"statusCode": 500, "type": "unknown", "message": "x", "errors": []}
INSUFFICIENT = {"code": "insufficient_scope", "message": "x"}
REFUSAL = {"status": 403, "body": {**ERROR, "statusCode": 403, "errors": [INSUFFICIENT]}}
"""The API's own, with the members of both."""

DATA, TOKEN = r"^/(demo|v1)\b", r"^/oauth/token"
PARENTS = r"/(product-selections|stores)\?"
LATER_CURSOR = r"cursor=(?!start)"

PASSING = (
    _status("403 with HTML", 403, body=HTML),
    _status("408", 408),
    _status("429", 429),
    _status("429 with seconds", 429, headers={"Retry-After": "0.02"}),
    _status("429 with date", 429, retry_after_date=0),
    _status("500", 500),
    _status("502 with HTML", 502, body=HTML),
    _status("503", 503),
    _status("504", 504),
    _status("error with 200", 200, body=ERROR),
    Fault("reset", "reset"),
    Fault("reset in body", "reset_in_body"),
    Fault("truncated JSON", "truncate"),
    Fault("HTML with 200", "html"),
    Fault("slow", "slow", times=3, options={"seconds": 0.03}),
    Fault("timeout", "slow", options={"seconds": 1.2}, settings={"request_timeout": 0.6}),
    Fault("drip", "drip", options={"pieces": 4, "seconds": 0.01}),
)

PASSING_COMMERCETOOLS = (
    *PASSING,
    Fault("token revoked", "revoke_token", where=r"^/demo"),
    Fault("token expired", "expire_token", where=r"^/demo"),
    replace(_status("token host 503", 503, TOKEN), after=(0,)),
    Fault(
        "400 QueryTimedOut",
        "query_timed_out_above",
        times=-1,
        options={"n": 12},
        where=r"/(customers|inventory|messages|categories|product-selections|stores)\?"
        r".*withTotal=false",
    ),
)

PASSING_COMMERCE7 = (
    *PASSING,
    _status("422 on a later cursor", 422, LATER_CURSOR),
    _status("400 on a later cursor", 400, LATER_CURSOR),
    _total("cursor with total 0", 0, "cursor="),
)

OTHER_ARRAY = _status("200 with another array", 200, body={"things": [], "total": 0})

LIKE_ANSWERS = (Fault("empty page", "empty_page", Outcome.DELAYS), OTHER_ARRAY)
"""Often, because they look most like ordinary answers; one in a run, because two of them cannot be
told from the end of a list. Nor can an empty first page from a list without changes."""

LIKE_ANSWERS_COMMERCETOOLS = (
    *LIKE_ANSWERS,
    Fault("empty page of parents", "empty_page", Outcome.DELAYS, where=PARENTS),
)

LIKE_ANSWERS_COMMERCE7 = (
    *LIKE_ANSWERS,
    _total("total 0", 0, r"page="),
    _total("total 20", 20, r"page="),
)

SHIFTING = (
    Fault("list shrinks", "shrink_list", options={"rows": 1}),
    Fault("list shrinks", "shrink_list", options={"rows": 2}),
    Fault("one row for another", "swap_rows"),
)
"""While a numbered list is read."""

USUAL_ANSWER: dict[str, Any] = {"kind": "date", "options": {"seconds": 0}, "where": DATA}

CLOCKS = (
    Fault("server clock ahead", "date", times=-1, options={"seconds": 600}, where=DATA, after=(0,)),
    Fault("server clock behind", "date", times=-1, options={"seconds": -600}, where=DATA),
    Fault("local clock ahead", clock=600, **USUAL_ANSWER),
    Fault("local clock behind", clock=-600, **USUAL_ANSWER),
)

FIRST_ANSWER = replace(
    _status("503 with a Date ahead as the first answer", 503, DATA, date=600),
    after=(0,),
    clock=600,  # or the local clock, being the earlier one, would hide it
)

ENDING = (
    _lasting("503 for good", {}, NO_RETRIES),
    _lasting("501 for good", {"status": 501}, FEW_RETRIES),
    _lasting("500 in all of the run", {"status": 500}, FEW_RETRIES, after=(0,)),
    _lasting("reset for good", {}, NO_RETRIES, kind="reset"),
    _lasting("HTML for good", {}, NO_RETRIES, kind="html"),
    _lasting("error with 200 for good", {"status": 200, "body": ERROR}, FEW_RETRIES),
    _lasting("403 with HTML for good", {"status": 403, "body": HTML}, SKIP | FEW_RETRIES),
    _lasting("refused", REFUSAL, {"skip_forbidden_streams": False}),
    _lasting("refused and skipped", REFUSAL, SKIP, Outcome.SKIPS, after=(0,)),
    _lasting(
        "refused in mid-stream", REFUSAL, SKIP, Outcome.REFUSES, after=(1, 2, 4), unshared=True
    ),
    _lasting(
        "refused in mid-run",
        REFUSAL,
        SKIP,
        Outcome.EITHER,
        where=DATA,
        after=(3, 10, 20, 40),
        harmless=True,
    ),
)

ENDING_COMMERCETOOLS = (
    *ENDING,
    Fault("token refused", "revoke_token", Outcome.ENDS, -1, where=r"^/demo"),
    Fault("query refused", "status", Outcome.EITHER, options={"status": 400}),
    # Backwards, because rows in no order can by chance be a sorted stretch out of the middle.
    Fault("sorted backwards", "ignore_sort", Outcome.EITHER, options={"backwards": True}),
    Fault(
        "parents sorted backwards",
        "ignore_sort",
        Outcome.EITHER,
        options={"backwards": True},
        where=PARENTS,
    ),
)

ENDING_COMMERCE7 = (
    *ENDING,
    _lasting("401 on a stream", {"status": 401}, {"skip_forbidden_streams": False}),
    Fault("query refused", "status", Outcome.EITHER, options={"status": 422}),
    _lasting("422 on all later cursors", {"status": 422}, {}, Outcome.EITHER, where=LATER_CURSOR),
    _total("cursor with total 1000", 1000, "cursor=", Outcome.EITHER),
    Fault("cursor repeats", "repeat_cursor", Outcome.EITHER, where=r"cursor="),
    Fault("sort ignored", "ignore_sort", Outcome.EITHER),
)


@dataclass
class Drawn:
    """A fault of a run.

    Attributes:
        path: Of the stream that it strikes; empty when others may be struck as well.
    """

    fault: Fault
    rule: FaultRule
    path: str


@dataclass
class Plan:
    """The faults of one run.

    Attributes:
        settings: What the tap has to be set to.
        clock: Seconds that the local clock is ahead.
    """

    drawn: list[Drawn] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    clock: float = 0

    def met(self, *outcomes: Outcome) -> list[Drawn]:
        """List the faults that struck."""
        return [
            each
            for each in self.drawn
            if each.rule.fired and (not outcomes or each.fault.outcome in outcomes)
        ]

    def labels(self) -> list[str]:
        """List the labels of the faults that struck, as often as they did; lasting ones once."""
        return [
            each.fault.label
            for each in self.met()
            for _ in range(1 if each.fault.times < 0 else each.rule.fired)
        ]


def draw(rng: random.Random, source: Source, changing: AbstractSet[str]) -> Plan:
    """Draw the faults of a run: none, some that pass, or one that ends it.

    Args:
        rng: Decides.
        source: Whose requests they strike.
        changing: Streams that change during the run; none of their lists is made to shift.
    """
    ours = source.tap is TapCommercetools
    settings = {"retry_max_seconds": 20, "request_timeout": 20}
    plan = Plan(settings={**settings, "skip_forbidden_streams": rng.random() < 0.5})
    chosen = rng.random()
    if chosen < 0.3:
        _add(plan, rng, source, rng.choice(ENDING_COMMERCETOOLS if ours else ENDING_COMMERCE7))
        return plan
    if chosen > 0.5:
        _add_passing(plan, rng, source, changing)
    # Two wrong clocks cannot be told from the right time.
    if rng.random() < 0.25 and not plan.clock:
        _add(plan, rng, source, rng.choice(CLOCKS))
    return plan


def _add_passing(
    plan: Plan, rng: random.Random, source: Source, changing: AbstractSet[str]
) -> None:
    ours = source.tap is TapCommercetools
    if rng.random() < 0.1:
        _add(plan, rng, source, FIRST_ANSWER)
    passing = PASSING_COMMERCETOOLS if ours else PASSING_COMMERCE7
    for fault in rng.sample(passing, rng.randint(1, 5)):
        # Two lost tokens in a row are what a credential looks like that is not accepted any more.
        lost = any(earlier.fault.label.startswith("token") for earlier in plan.drawn)
        if not (lost and fault.label.startswith("token")):
            _add(plan, rng, source, fault)
    if rng.random() < 0.5:
        like = LIKE_ANSWERS_COMMERCETOOLS if ours else LIKE_ANSWERS_COMMERCE7
        _add(plan, rng, source, rng.choice(like))
    numbered = [s for s in source.streams if s.numbered and s.name not in changing]
    if numbered and rng.random() < 0.3:
        _add(plan, rng, source, replace(rng.choice(SHIFTING), where=rng.choice(numbered).path))


def _add(plan: Plan, rng: random.Random, source: Source, fault: Fault) -> None:
    parents = {stream.parents.path for stream in source.streams if stream.parents}
    paths = [s.path for s in source.streams if not (fault.unshared and s.path in parents)]
    path = "" if fault.where else rng.choice(paths)
    where = fault.where or path
    counted = "^" if fault.harmless else rf"^(?!.*{source.uncounted})"
    rule = FaultRule(
        f"{counted}{where[1:]}" if where.startswith("^") else f"{counted}.*{where}",
        fault.kind,
        times=fault.times,
        after=rng.choice(fault.after),
        options=fault.options,
    )
    plan.drawn.append(Drawn(fault, rule, path))
    plan.settings.update(fault.settings)
    plan.clock = plan.clock or fault.clock
