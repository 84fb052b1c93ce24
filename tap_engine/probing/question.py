"""Questions about an API that only a real account can answer.

A question is a declaration: what the documents say, how the account is asked, and, for each answer,
what the tap makes of it. Adding one is adding one entry to the list of a tap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

S = TypeVar("S")


class UnseenError(Exception):
    """The account does not show the answer; the message says why, for the report."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One of the answers that a question can have.

    Attributes:
        says: What the account does.
        tap: What the tap makes of it.
        expected: The tap works as it does at its best; otherwise the report ends with it.
    """

    says: str
    tap: str
    expected: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen.

    Attributes:
        outcome: Key of one of the question's outcomes.
        detail: More about it: names of streams, headers and members, statuses and numbers, but
            never a value of a record.
    """

    outcome: str
    detail: str = ""


@dataclass(frozen=True)
class Question(Generic[S]):
    """A question.

    Attributes:
        name: Its name, for programs.
        asks: The question.
        documents: What the documents say.
        judge: Asks the account and judges the answers; raises UnseenError where they do not tell.
        outcomes: The answers that it can have.
    """

    name: str
    asks: str
    documents: str
    judge: Callable[[S], Finding]
    outcomes: Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its answer.

    Attributes:
        question: The question.
        finding: What was seen; None where the answer could not be seen.
        reason: Why it could not be seen.
    """

    question: Question[Any]
    finding: Finding | None
    reason: str = ""

    @property
    def outcome(self) -> Outcome | None:
        """The outcome; None where the answer could not be seen."""
        return self.question.outcomes[self.finding.outcome] if self.finding else None


def answered(question: Question[S], source: S) -> Answered:
    """Answer a question, whatever the account sends."""
    try:
        return Answered(question, question.judge(source))
    except UnseenError as error:
        return Answered(question, None, str(error))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
        reason = f"the answer has another form than is known ({type(error).__name__})"
        return Answered(question, None, reason)
