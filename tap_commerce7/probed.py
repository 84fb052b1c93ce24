"""A tenant as the questions of a probe see it.

Lists with cursors are asked for their first page. Numbered lists are asked for the same: a cursor
is not documented for them, so what they make of it is an open question as well.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_commerce7.children import ChildStream
from tap_commerce7.client import Commerce7Stream, CursorStream
from tap_commerce7.cursor import START
from tap_commerce7.endpoint import ROWS_PER_PAGE
from tap_engine.http.call import Call
from tap_engine.probing.question import UnseenError
from tap_engine.probing.source import ProbedSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_commerce7.connection import Connection
    from tap_engine.probing.asker import Answer, Asker
    from tap_engine.probing.question import Question
    from tap_engine.probing.source import View
    from tap_engine.state.scan import Context

NOT_ASKED = {"customer_credit_cards": "not asked: cardholder data"}

MOST_REFUSED = 2
"""So many numbered lists refuse a cursor, and the others are not asked with one."""


class ProbedTenant(ProbedSource):
    """One tenant.

    Args:
        asker: Sends requests.
        streams: All streams of the tap.
        connection: What the tenant is asked with.
        questions: What it is asked.
    """

    def __init__(
        self,
        asker: Asker,
        streams: Mapping[str, Commerce7Stream],
        connection: Connection,
        questions: Sequence[Question[ProbedTenant]],
    ) -> None:
        super().__init__(asker, streams)
        self.streams = streams
        self.questions = questions
        self._connection = connection
        self.cursor_tries: dict[str, Answer] = {}
        """What numbered lists answered to a cursor."""

    @property
    def order(self) -> tuple[Sequence[str], Sequence[str]]:
        """Lists first, in the order of their declaration, then those below a parent."""
        children = [name for name in self.streams if self._is_child(name)]
        lists = sorted(
            (name for name in self.streams if not self._is_child(name)),
            key=lambda name: not self.has_cursor(name),
        )
        return lists, children

    def _is_child(self, name: str) -> bool:
        return isinstance(self.streams[name], ChildStream)

    def has_cursor(self, name: str) -> bool:
        """Return whether the documentation lists a stream as one with a cursor."""
        return isinstance(self.streams[name], CursorStream)

    def ask(self, path: str, *params: tuple[str, str]) -> Answer:
        """Ask for a path of the API; requests without a cursor keep to the vendor's limit.

        Raises:
            UnseenError: There is no answer.
        """
        connection = self._connection
        call = Call(
            stream="probe",
            url=f"{connection.api_url}{path}",
            params=params,
            rules=(),
            auth=connection.authenticator,
            limiters=() if "cursor" in dict(params) else (connection.limiter,),
        )
        return self.asker.ask(call)

    def ask_list(self, stream: str, *params: tuple[str, str]) -> Answer:
        """Ask for the list of a stream, and of several for the first.

        Raises:
            UnseenError: There is no answer.
        """
        _, path = self._place(stream)
        return self.ask(path, *params)

    def _place(self, name: str) -> tuple[Context, str]:
        stream = self.streams[name]
        if isinstance(stream, ChildStream):
            parent = next(s.name for s in self.streams.values() if s.path == stream.parent_path)
            views = list(self.present(parent))
            if not views:
                msg = f"not asked: {parent} shows no row"
                raise UnseenError(msg)
            context: Context = {stream.context_key: views[0].ids[0]}
            if stream.parent_time:
                context[stream.replication_key or ""] = str(views[0].rows[0][stream.parent_time])
        else:
            context = dict(next(iter(stream.contexts())))
        return context, stream.url(context).removeprefix(self._connection.api_url)

    def first_rows(self, stream: str) -> tuple[Answer, list[Any] | None, Context]:
        """Ask for the first page."""
        if stream in NOT_ASKED:
            raise UnseenError(NOT_ASKED[stream])
        context, _ = self._place(stream)
        answer = self._first_page(stream)
        return answer, self.rows(stream, answer), context

    def _first_page(self, stream: str) -> Answer:
        limit = ("limit", str(ROWS_PER_PAGE))
        refused = sum(each.refuses_query for each in self.cursor_tries.values())
        if self.has_cursor(stream) or (refused < MOST_REFUSED and not self._is_child(stream)):
            answer = self.ask_list(stream, ("cursor", START), limit)
            if not self.has_cursor(stream) and (answer.good or answer.refuses_query):
                self.cursor_tries[stream] = answer
            if not answer.refuses_query:
                return answer
        return self.ask_list(stream, ("page", "1"), limit)

    def rows(self, stream: str, answer: Answer) -> list[Any] | None:
        """Return the rows of an answer; None if it holds no list."""
        name = self.array_name(stream, answer)
        return answer.body[name] if name else None

    def array_name(self, stream: str, answer: Answer) -> str:
        """Return the member of an answer with its rows; empty if there is none."""
        if not answer.good:
            return ""
        arrays = {name: value for name, value in answer.body.items() if _may_be_rows(value)}
        documented = self.streams[stream].array_key
        if documented in arrays:
            return str(documented)
        filled = [name for name, value in arrays.items() if value] or list(arrays)
        return filled[0] if len(filled) == 1 else ""

    @cached_property
    def cursor_views(self) -> list[View]:
        """Lists with a cursor that have rows."""
        return list(self.present(*filter(self.has_cursor, self.streams)))


def _may_be_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)
