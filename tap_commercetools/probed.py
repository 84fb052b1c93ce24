"""A project as the questions of a probe see it.

Each list is asked for its first rows in the way in which the tap reads changes: sorted by time and
id, behind a position. Where that is refused it is asked for any rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tap_commercetools import query
from tap_commercetools.change_history import ChangeHistoryStream
from tap_commercetools.children import AssociateStream, ChildStream, UnsortedChildPager
from tap_commercetools.error_table import GRAPHQL_RULES
from tap_commercetools.messages import DeletionsStream
from tap_commercetools.paging import ById
from tap_commercetools.special import CustomObjectsStream
from tap_engine.errors import RefusedError, TapError
from tap_engine.probing.question import UnseenError
from tap_engine.probing.source import PRESENT, ProbedSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_commercetools.client import CommercetoolsStream
    from tap_commercetools.connection import Connection
    from tap_engine.probing.asker import Answer, Asker
    from tap_engine.probing.question import Question
    from tap_engine.probing.source import View
    from tap_engine.state.scan import Context

ROWS = "20"
LONG_AGO = "1970-01-01T00:00:00.000Z"
LOWEST = "0"
"""A text below all ids."""

PLAIN = (("limit", ROWS), ("withTotal", "false"))
GUESSED = "variants", "variant_projections"
"""Streams that the tap does not ask for in every project; the probe does."""


class ProbedProject(ProbedSource):
    """One project.

    Args:
        asker: Sends requests.
        streams: All streams of the tap.
        connection: What the project is asked with.
        questions: What it is asked.
    """

    def __init__(
        self,
        asker: Asker,
        streams: Mapping[str, CommercetoolsStream],
        connection: Connection,
        questions: Sequence[Question[ProbedProject]],
    ) -> None:
        super().__init__(asker, streams)
        self.streams = streams
        self.questions = questions
        self.connection = connection
        self.refused_sorts: dict[str, Answer] = {}
        """What lists answered that refuse to be read by time and id, or by id."""

    @property
    def order(self) -> tuple[Sequence[str], Sequence[str]]:
        """The project and its lists first, then the lists below a parent."""
        children = [name for name, each in self.streams.items() if isinstance(each, ChildStream)]
        lists = [name for name in self.streams if name not in children]
        return sorted(lists, key=lambda name: name != "project"), children

    def ask(self, path: str, *params: tuple[str, str]) -> Answer:
        """Ask for a path below the project.

        Raises:
            UnseenError: There is no answer.
        """
        return self._send(f"{self.connection.project_url}{path}", params)

    def ask_history(self, path: str, *params: tuple[str, str]) -> Answer:
        """Ask the host of the Change History.

        Raises:
            UnseenError: There is no answer.
        """
        return self._send(f"{self.connection.history_url}{path}", params)

    def ask_graphql(self, text: str) -> Answer:
        """Send a query of GraphQL.

        Raises:
            UnseenError: There is no answer.
        """
        url = f"{self.connection.project_url}/graphql"
        call = self.connection.call("probe", url, rules=GRAPHQL_RULES)
        return self.asker.ask(replace(call, json={"query": text}))

    def _send(self, url: str, params: Sequence[tuple[str, str]]) -> Answer:
        return self.asker.ask(self.connection.call("probe", url, params))

    def path(self, view: View) -> str:
        """Return the path of a list below the project."""
        each = self.streams[view.stream]
        return each.url(self._context(each)).removeprefix(self.connection.project_url)

    @property
    def ordinary(self) -> list[View]:
        """Lists with rows that are read by id and hold whole records."""
        return [
            view
            for view in self.present()
            if self.streams[view.stream].full_pager is ById
            and self.streams[view.stream].row_key == ("id",)
            and not isinstance(self.streams[view.stream], CustomObjectsStream)
        ]

    def granted(self) -> frozenset[str] | None:
        """Return the scopes that the token's answer names; None if it names none.

        Raises:
            UnseenError: There is no token.
        """
        if not self.asker.answers:
            self.view("project")
        if not self.asker.answers:
            msg = "there is no token"
            raise UnseenError(msg)
        try:
            return self.connection.authenticator.granted()
        except TapError:  # it ran out meanwhile
            msg = "there is no token any more"
            raise UnseenError(msg) from None

    def first_rows(self, stream: str) -> tuple[Answer, list[Any] | None, Context]:
        """Ask for the first rows."""
        each = self.streams[stream]
        if isinstance(each, DeletionsStream):
            msg = "not asked: made of messages"
            raise UnseenError(msg)
        if isinstance(each, AssociateStream):
            msg = "not asked: one list per business unit, open to its associates"
            raise UnseenError(msg)
        if self.asker.answers and self.granted():
            try:
                each.check_scopes()
            except RefusedError:
                msg = f"not asked: the token has no scope that opens it, it takes {each.needs}"
                raise UnseenError(msg) from None
        context = self._context(each)
        answer = self._first_page(each, context)
        return answer, self.rows(each.name, answer), context

    def _context(self, each: CommercetoolsStream) -> Context:
        if not isinstance(each, ChildStream):
            return next(iter(each.contexts()), {})
        parent = next(s.name for s in self.streams.values() if s.path == each.parent)
        view = self.view(parent)
        keys = [str(row[each.parent_key]) for row in view.rows if row.get(each.parent_key)]
        if view.presence != PRESENT or not keys:
            msg = f"not asked: {parent} shows no row"
            raise UnseenError(msg)
        return {each.context_key: keys[0]}

    def _first_page(self, each: CommercetoolsStream, context: Context) -> Answer:
        if isinstance(each, ChangeHistoryStream):
            return self.ask_history("", ("limit", ROWS))
        url = each.url(context)
        if each.name == "project":
            return self._send(url, ())
        unsorted = issubclass(each.full_pager, UnsortedChildPager)
        if unsorted or not (isinstance(each, ChildStream) or issubclass(each.full_pager, ById)):
            return self._send(url, PLAIN)
        answer = self._send(url, [*self._ordered(each), *PLAIN])
        if not answer.refuses_query:
            return answer
        self.refused_sorts[each.name] = answer
        return self._send(url, PLAIN)

    def sort(self, each: CommercetoolsStream) -> tuple[str, ...]:
        """Return the members that a list is sorted by."""
        return (each.row_time, *each.row_key) if each.row_time else each.row_key

    def _ordered(self, each: CommercetoolsStream) -> list[tuple[str, str]]:
        paths = self.sort(each)
        position = [LONG_AGO if path == each.row_time else LOWEST for path in paths]
        return [*query.conjunction([query.after(paths, position)]), *query.sort(paths)]

    def rows(self, stream: str, answer: Answer) -> list[Any] | None:
        """Return the rows of an answer; None if it holds no list."""
        if not answer.good:
            return None
        if stream == "project":
            return [answer.body]
        rows = answer.body.get("results")
        whole = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
        return rows if whole else None
