"""Questions that are the same at both APIs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_engine.probing.question import Finding, Outcome, Question, UnseenError
from tap_engine.probing.source import NOT_FOUND, REFUSALS
from tap_engine.timestamps import parse_http_date

if TYPE_CHECKING:
    from tap_engine.probing.asker import Answer
    from tap_engine.probing.source import ProbedSource

SLACK_SECONDS = 2.0
"""`Date` counts whole seconds, and clocks are hardly ever nearer than that."""

_LIMITS = re.compile(r"(?i)(x-)?rate-?limit[a-z-]{0,30}|retry-after")


def date_header(source: ProbedSource) -> Finding:
    """Compare `Date` with this computer's clock, over all answers."""
    low, high, missing = float("-inf"), float("inf"), 0
    for answer in source.asker.answers:
        date = parse_http_date(answer.headers.get("Date", ""))
        if date is None:
            missing += 1
            continue
        # The answer was made between request and reception, within the second that `Date` names.
        low = max(low, date.timestamp() - answer.read_at)
        high = min(high, date.timestamp() + 1 - (answer.read_at - answer.took))
    if missing:
        return Finding("absent", f"in {missing} of {len(source.asker.answers)} answers")
    if high == float("inf"):
        msg = "there was no answer"
        raise UnseenError(msg)
    if low > SLACK_SECONDS:
        return Finding("ahead", f"by {low:.0f} s or more")
    if high < -SLACK_SECONDS:
        return Finding("behind", f"by {-high:.0f} s or more")
    return Finding("in step")


def limit_headers(source: ProbedSource) -> Finding:
    """Collect the names of headers about limits, and whether a request was limited."""
    answers = source.asker.answers
    if not answers:
        msg = "there was no answer"
        raise UnseenError(msg)
    names = {name.lower() for each in answers for name in each.headers if _LIMITS.fullmatch(name)}
    limited = sum(each.status == 429 for each in answers)  # noqa: PLR2004 (too many requests)
    told = [", ".join(sorted(names))] if names else []
    told += [f"{limited} of {len(answers)} requests were answered with 429"] if limited else []
    return Finding("named" if names else "none", "; ".join(told))


DATE_HEADER: Question[Any] = Question(
    "date_header",
    "Does the header `Date` agree with this computer's clock?",
    "every answer has one; nothing is said about its clock",
    date_header,
    {
        "in step": Outcome("it agrees", "takes the start of the run from it"),
        "ahead": Outcome(
            "it is ahead", "bookmarks end at this computer's time, reading at the server's", False
        ),
        "behind": Outcome(
            "it is behind", "bookmarks end at the server's time, reading at this computer's", False
        ),
        "absent": Outcome("it is missing", "goes by this computer's clock alone", False),
    },
)


def limit_headers_question(documents: str) -> Question[Any]:
    """Return the question about headers that name limits."""
    return Question(
        "limit_headers",
        "Which headers tell about rate limits?",
        documents,
        limit_headers,
        {
            "named": Outcome(
                "there are some",
                "waits as Retry-After says, then X-RateLimit-Reset, then RateLimit-Reset",
            ),
            "none": Outcome("there are none", "waits for longer and longer after a 429"),
        },
    )


def missing(source: ProbedSource, answer: Answer, documented: str) -> Finding:
    """Judge the answer to a request for something that is not there.

    Args:
        source: The account.
        answer: Its answer.
        documented: What the API says of a record that is not there, as `404 notFound`.
    """
    told = source.asker.describe(answer)
    if answer.status == NOT_FOUND:
        return Finding("404" if told == documented else "404 other", told)
    return Finding("refused" if answer.status in REFUSALS else "other", told)


def missing_outcomes(account: str, permission: str) -> dict[str, Outcome]:
    """Return what `missing` may find.

    Args:
        account: What the API calls an account, as `tenant`.
        permission: What it calls a permission.
    """
    return {
        "404": Outcome("it is missing", f"takes it for missing, where not every {account} has it"),
        "404 other": Outcome(
            "it is missing, in other words", "takes a whole list for refused", expected=False
        ),
        "refused": Outcome(
            "it is refused", f"cannot tell it from a missing {permission}", expected=False
        ),
        "other": Outcome("something else", "fails", expected=False),
    }
