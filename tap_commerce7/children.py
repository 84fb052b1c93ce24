"""Lists below each record of a parent list: one request per parent at least."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from tap_commerce7.answer import RowsMember
from tap_commerce7.client import Commerce7Stream
from tap_commerce7.cursor import START, Cursors, ascending
from tap_commerce7.endpoint import Endpoint, Parents
from tap_commerce7.paging import ByPageNumber
from tap_engine import timestamps
from tap_engine.errors import NotFoundError, QueryRefusedError
from tap_engine.reading.pager import Page
from tap_engine.records import json_text
from tap_engine.records.rows import RowReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_commerce7.endpoint import Params
    from tap_engine.records.rows import Row
    from tap_engine.state.scan import Context, Range, Scan

ROWS_IN_ORDER = 10
"""So many rows are hardly ever in the order of their ids unless they are sorted by them."""


class ByParent(ByPageNumber):
    """Reads the parents by cursor, which is not rate-limited, and the list below each of them."""

    often_empty = True

    def __init__(self, scan: Scan, source: Endpoint) -> None:
        super().__init__(scan, source)
        self._cursor = START

    @property
    def parents(self) -> Parents:
        """Where the parents are."""
        parents = self.source.parents
        assert parents is not None  # noqa: S101 (streams of this pager declare them)
        return parents

    def lists(self, after: Context | None) -> Iterator[Context]:
        """Yield the list of each parent behind one, or of the one that the user filters for."""
        if self.contexts():
            yield from super().lists(after)
            return
        key, last = self.parents.context_key, ""
        passed = after[key] if after else ""
        for cursor, rows in self._pages(self._filters()):
            self._cursor = cursor
            # Only in the order of ids is everything up to the last one done. Fewer rows may be in
            # that order by chance, and are soon read again.
            if not ascending(rows, last) or (not last and len(rows) < ROWS_IN_ORDER):
                passed = ""
            for row in rows:
                (last,) = row.key
                if last > passed and (row.at is None or row.at >= (self.scan.since or "")):
                    yield {key: last, **self._time(row)}
                    self._note(row)

    def has_list(self, context: Context) -> bool:
        """Accept any parent: where one is gone, reading continues behind its place."""
        return self.parents.context_key in context

    def fetch(self, part: Range) -> Page:
        """Read a page; a parent that was deleted meanwhile has no rows.

        Raises:
            NotFoundError: The parent is there, and its list is not.
        """
        try:
            page = super().fetch(part)
        except NotFoundError:
            wanted = part.list[self.parents.context_key]
            pages = self._pages([], self._cursor)
            if any(row.key[0] == wanted for _, rows in pages for row in rows):
                raise
            return Page([], None, timestamps.now(), total=0)
        for row in page.rows:
            row.at = part.list.get(self.parents.time_key)
        return page

    def _pages(
        self, filters: Params, following: str | None = START
    ) -> Iterator[tuple[str, list[Row]]]:
        """Yield the parents from a cursor on, page by page, with the cursor of each."""
        endpoint = self.parents.endpoint
        cursors = Cursors(endpoint)
        while following is not None:
            cursor = following
            try:
                raws, following = cursors.page({}, cursor, filters, expect_rows=not filters)
            except QueryRefusedError as error:
                if not filters or cursor != START:
                    raise
                self.source.logger.info("%s; looking at all parents", error)
                filters = []
                continue
            yield cursor, endpoint.rows.rows(raws)

    def _filters(self) -> Params:
        """Return the filter for parents that changed since the bookmark."""
        since, endpoint = self.scan.since, self.parents.endpoint
        return endpoint.since(since) if since and self.parents.time_key else []

    def _time(self, row: Row) -> Context:
        time_key = self.parents.time_key
        return {time_key: row.at} if time_key and row.at else {}

    def _note(self, row: Row) -> None:
        """Count a parent towards the bookmark, even if there is nothing below it."""
        if self.parents.time_key and row.at:
            self.scan.max_replication_value = max(row.at, self.scan.max_replication_value or "")


class ChildStream(Commerce7Stream):
    """A list below each record of a parent list."""

    full_pager = ByParent
    change_pager = ByParent
    reshapes = True
    can_prefetch = False
    parent_path: ClassVar[str]
    """Path of the parent list."""
    parent_array: ClassVar[str]
    """Member of its answers that holds the rows."""
    context_key: ClassVar[str]
    """Column, and only filter, with the parent's id."""
    parent_time: ClassVar[str | None] = None
    """Member of a parent with its time of change, the replication key of what is below it."""

    @property
    def user_filter(self) -> list[tuple[str, str]]:
        """Nothing: the filter of this stream stands in the path."""
        return []

    @classmethod
    def wrong_filter(cls, value: object) -> str:
        """Check that a filter names the parent and nothing else."""
        if not cls.filter_parameters:
            return "this stream takes no filter"
        if isinstance(value, dict) and set(value) - {cls.context_key}:
            return f"this stream takes {cls.context_key} only"
        return super().wrong_filter(value)

    def contexts(self) -> Sequence[Context]:
        """Return the list of the one parent that the user filters for; none otherwise."""
        wanted = self.stream_filter
        return [] if wanted is None else [{self.context_key: str(wanted[self.context_key])}]

    @cached_property
    def endpoint(self) -> Endpoint:
        """What the pagers need to know of the stream, and where the parents are."""
        own = super().endpoint
        parents = replace(
            own,
            url=self._parent_url,
            member=RowsMember(self.parent_array),
            rows=RowReader(self.name, ("id",), self.parent_time),
        )
        time_key = self.replication_key if self.parent_time else None
        return replace(own, parents=Parents(parents, self.context_key, time_key or ""))

    def _parent_url(self, context: Context) -> str:
        del context
        return f"{self.connection.api_url}{self.parent_path}"

    def reshape(self, members: json_text.Members, context: Context) -> json_text.Members:
        """Add the parent's id, where the row does not name it, and its time of change."""
        added = {name: json_text.literal(value) for name, value in context.items()}
        return {**added, **members}
