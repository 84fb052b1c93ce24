"""Lists below each record of a parent list: one request per parent at least."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from tap_commerce7.client import Commerce7Stream
from tap_commerce7.cursor import START, Cursors
from tap_commerce7.paging import ByPageNumber
from tap_engine import timestamps
from tap_engine.errors import NotFoundError
from tap_engine.reading.pager import Page
from tap_engine.records import json_text
from tap_engine.records.rows import RowReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_commerce7.endpoint import Endpoint
    from tap_engine.reading.pager import Pager
    from tap_engine.state.scan import Context, Range, Scan


class ByParent(ByPageNumber):
    """Reads the parents by cursor, which is not rate-limited, and the list below each of them.

    Args:
        parents: The list of parents; None where `contexts` names the wanted ones.
        context_key: Name of the parent's id in a context.
    """

    def __init__(
        self, scan: Scan, source: Endpoint, parents: Endpoint | None, context_key: str
    ) -> None:
        super().__init__(scan, source)
        self._parents = parents
        self._context_key = context_key

    def lists(self, after: Context | None) -> Iterator[Context]:
        """Yield the list of each parent behind one."""
        if self._parents is None:
            yield from super().lists(after)
            return
        rows = RowReader(self.source.stream, ("id",), None)
        cursors = Cursors(self._parents)
        following: str | None = START
        before = ""
        while following is not None:
            raws, following = cursors.page({}, following, [], expect_rows=True)
            for row in rows.rows(raws):
                (parent,) = row.key
                # Ids come in ascending order; where they do not, reading one twice does no harm.
                passed = after is not None and before <= parent <= after[self._context_key]
                before = parent
                if not passed:
                    yield {self._context_key: parent}

    def has_list(self, context: Context) -> bool:
        """Accept any parent: where one is gone, reading continues behind its place."""
        return self._context_key in context

    def fetch(self, part: Range) -> Page:
        """Read a page; a parent that was deleted meanwhile has no rows."""
        try:
            return super().fetch(part)
        except NotFoundError:
            return Page([], None, timestamps.now())


class ChildStream(Commerce7Stream):
    """A list below each record of a parent list."""

    reshapes = True
    can_prefetch = False
    parent_path: ClassVar[str]
    """Path of the parent list."""
    parent_array: ClassVar[str]
    """Member of its answers that holds the rows."""
    context_key: ClassVar[str]
    """Column, and only filter, with the parent's id."""

    @property
    def user_filter(self) -> list[tuple[str, str]]:
        """Nothing: the filter of this stream stands in the path."""
        return []

    def contexts(self) -> Sequence[Context]:
        """Return the list of the one parent that the user filters for; none otherwise."""
        wanted = self.stream_filter
        return [] if wanted is None else [{self.context_key: str(wanted[self.context_key])}]

    def make_pager(self, kind: type[Pager[Endpoint]], scan: Scan) -> Pager[Endpoint]:
        """Make a pager, with the list of parents unless the user names one."""
        del kind
        parents = None
        if not self.endpoint.filtered:
            parents = replace(self.endpoint, url=self._parent_url, array_key=self.parent_array)
        return ByParent(scan, self.endpoint, parents, self.context_key)

    def _parent_url(self, context: Context) -> str:
        del context
        return f"{self.connection.api_url}{self.parent_path}"

    def reshape(self, members: json_text.Members, context: Context) -> json_text.Members:
        """Add the parent's id where the row does not name it."""
        return {self.context_key: json_text.literal(context[self.context_key]), **members}
