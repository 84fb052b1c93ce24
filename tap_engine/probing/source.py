"""An account as questions see it: its lists, each asked for once, and a way to ask for more."""

from __future__ import annotations

import abc
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from tap_engine.probing.members import Members, compare
from tap_engine.probing.question import UnseenError, answered
from tap_engine.records import json_text, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_engine.probing.asker import Answer, Asker
    from tap_engine.probing.question import Answered, Question
    from tap_engine.state.scan import Context

PRESENT = "present"
EMPTY = "empty"
REFUSED = "refused"
MISSING = "missing"
UNCLEAR = "unclear"
NOT_ASKED = "not asked"

NOT_FOUND = 404
REFUSALS = frozenset({401, 403})


class ProbedStream(Protocol):
    """What is needed of a stream."""

    reshapes: bool

    @property
    def schema(self) -> dict[str, Any]:
        """Its JSON schema."""

    def reshape(self, members: json_text.Members, context: Context) -> json_text.Members:
        """Change the members of a record before it is written."""


@dataclass
class View:
    """What the account shows of a stream.

    Attributes:
        stream: Its name.
        presence: One of the words above.
        note: Why, if there is more to say; never a value of a record.
        answer: The answer with the rows.
        rows: The rows.
        members: How they differ from the schema.
    """

    stream: str
    presence: str
    note: str = ""
    answer: Answer | None = None
    rows: list[Any] = field(default_factory=list)
    members: Members | None = None

    @property
    def ids(self) -> list[str]:
        """Ids of the rows."""
        return [str(row["id"]) for row in self.rows]


class ProbedSource(abc.ABC):
    """Base class of both taps' accounts.

    Args:
        asker: Sends requests.
        streams: All streams of the tap.
    """

    questions: Sequence[Question[Any]]

    def __init__(self, asker: Asker, streams: Mapping[str, ProbedStream]) -> None:
        self.asker = asker
        self._streams = streams
        self._views: dict[str, View] = {}

    @property
    @abc.abstractmethod
    def order(self) -> tuple[Sequence[str], Sequence[str]]:
        """Names of the streams to look at before the questions are asked, and after."""

    @abc.abstractmethod
    def first_rows(self, stream: str) -> tuple[Answer, list[Any] | None, Context]:
        """Ask for some rows of a stream.

        Returns:
            The answer, its rows and the list that they are from; None for rows where the answer
            holds no list.

        Raises:
            UnseenError: It cannot be asked for.
        """

    def view(self, stream: str) -> View:
        """Return what the account shows of a stream."""
        if stream not in self._views:
            self._views[stream] = self._look(stream)
        return self._views[stream]

    def present(self, *names: str) -> Iterator[View]:
        """Yield the views of streams that have rows, of all that come first unless named."""
        for name in names or self.order[0]:
            if (view := self.view(name)).presence == PRESENT:
                yield view

    def _look(self, name: str) -> View:
        try:
            answer, found, context = self.first_rows(name)
        except UnseenError as error:
            return View(name, NOT_ASKED, str(error).removeprefix(f"{NOT_ASKED}: "))
        told = self.asker.describe(answer)
        if answer.status in REFUSALS:
            return View(name, REFUSED, told, answer)
        if answer.status == NOT_FOUND:
            return View(name, MISSING, told, answer)
        if not answer.good or found is None:
            return View(name, UNCLEAR, f"{told}, no list", answer)
        if not found:
            return View(name, EMPTY, "", answer)
        view = View(name, PRESENT, "", answer, found)
        try:
            view.members = compare(
                self._as_written(name, found, context), self._streams[name].schema
            )
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            view.note = f"rows of another form than is known ({type(error).__name__})"
        return view

    def _as_written(self, name: str, found: list[Any], context: Context) -> list[Any]:
        """Return rows as the tap writes them."""
        stream = self._streams[name]
        if not stream.reshapes:
            return found
        made = []
        for row in found:
            members = json_text.members(msgspec.json.encode(row))
            made.append(rows.decode(json_text.join(stream.reshape(members, context))))
        return made


@dataclass(frozen=True)
class Report:
    """What a probe found out.

    Attributes:
        answers: The questions with their answers.
        views: What the account shows of each stream.
        requests: Number of requests sent.
    """

    answers: list[Answered]
    views: list[View]
    requests: int

    @property
    def learned(self) -> bool:
        """Whether the account let any list be read."""
        return any(view.presence in {PRESENT, EMPTY} for view in self.views)


def probe(source: ProbedSource) -> Report:
    """Look at all streams, and answer all questions."""
    first, last = source.order
    for name in first:
        source.view(name)
    answers = [answered(question, source) for question in source.questions]
    views = [source.view(name) for name in (*first, *last)]
    return Report(answers, sorted(views, key=lambda view: view.stream), source.asker.sent)
