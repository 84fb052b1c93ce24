"""The pagers of commercetools: by id, by time, by offset, and single objects."""

from __future__ import annotations

import abc
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import msgspec

from tap_commercetools import query
from tap_commercetools.collection import Collection
from tap_commercetools.envelope import json_members, read_counted_page
from tap_commercetools.keyset import Keyset
from tap_engine import ids, timestamps
from tap_engine.errors import QueryRefusedError, SourceError
from tap_engine.ids import UUID
from tap_engine.reading.pager import Page, Pager, rest, split_at
from tap_engine.records import json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_engine.records.rows import Row
    from tap_engine.state.scan import Context, Position, Range, Scan

DEEPEST_OFFSET = 10_000
"""The largest offset that the API takes."""


class CollectionPager(Pager[Collection]):
    """What all pagers of a collection share."""

    @property
    def filtered(self) -> bool:
        """Whether the user filters the stream."""
        return self.source.user_filter is not None

    def contexts(self) -> Sequence[Context]:
        """Return all lists."""
        return self.source.contexts

    def try_list(self, context: Context) -> None:
        """Ask for an empty page, or for one row with the user's filter."""
        self.source.try_list(context)


class KeysetPager(CollectionPager):
    """Reads from key to key."""

    by_time: ClassVar[bool]

    def __init__(self, scan: Scan, source: Collection) -> None:
        super().__init__(scan, source)
        sort = (str(source.time), *source.key) if self.by_time else source.key
        self.keyset = Keyset(source, sort, source.rows, by_time=self.by_time)

    @abc.abstractmethod
    def bounds(self, part: Range) -> list[str]:
        """Return the predicates that bound the page behind the position of a range."""

    def fetch(self, part: Range) -> Page:
        """Read the page behind the position of a range.

        Raises:
            SourceError: Rows come in another order than asked for, or from outside the range.
        """
        try:
            page = self.ask(part)
        except QueryRefusedError:
            self.blame_filter(part.list)
            raise
        if self.source.keep is not None:
            page.rows = [row for row in page.rows if self.source.keep(row)]
        return page

    def predicates(self, part: Range) -> list[str]:
        """Return all predicates of the page behind the position of a range."""
        restriction = [self.source.restriction] if self.source.restriction else []
        return [*restriction, *self.bounds(part), *self.source.own_predicates]

    def ask(self, part: Range) -> Page:
        """Ask for the page behind the position of a range."""
        return self.keyset.page(
            self.source.url(part.list),
            self.predicates(part),
            part.after,
            upto=part.upto,
            look_twice=self.looks_twice(part),
        )

    def looks_twice(self, part: Range) -> bool:
        """Return whether an empty page is asked for again.

        Behind a full page it is rare, and where a version is activated it would remove rows from
        the target. Other lists may well be empty, above all those of parents.
        """
        return part.after is not None or self.scan.version is not None


class ById(KeysetPager):
    """Reads everything in the order of ids, so that a record that changes stays where it is."""

    name = "id"
    by_time = False

    def __init__(self, scan: Scan, source: Collection) -> None:
        super().__init__(scan, source)
        self._since_refused = False

    @property
    def _bound(self) -> str | None:
        """Lower bound of the time that the API is asked for."""
        return None if self.source.time is None or self._since_refused else self.scan.since

    def bounds(self, part: Range) -> list[str]:
        """Bound the ids, and the time if the scan has a lower bound."""
        path, time, since = self.source.key[0], self.source.time, self._bound
        parts = []
        if part.after is not None:
            # A boundary between ranges has a value for the first path only.
            parts.append(query.after(self.keyset.sort[: len(part.after)], part.after))
        if part.upto is not None:
            parts.append(query.compare(path, "<=", part.upto))
        if time is not None and since is not None:
            parts.append(query.compare(time, ">=", since))
        return parts

    def fetch(self, part: Range) -> Page:
        """Read a page, without the bound on the time where the API refuses it."""
        bounded = self._bound is not None
        try:
            return super().fetch(part)
        except QueryRefusedError as error:
            if not bounded:
                raise
            self.source.logger.info("%s; reading everything and leaving out what is older", error)
            self._since_refused = True
            return super().fetch(part)

    @property
    def width(self) -> int:
        """Read as many ranges at once as requests may be in flight."""
        return self.source.connection.settings.concurrency

    def split(self, part: Range, page: Page) -> tuple[Range, ...]:
        """Divide the ids behind the first page, if they are spread as UUIDs are.

        Whatever order the server has for its strings, the ranges cover all of it; that ids are
        UUIDs only makes them equally full.
        """
        if page.next is None or not UUID.fullmatch(page.next[0]):
            return (rest(part, page),)
        end = self.source.shard.end if self.source.shard else None
        return split_at(part, page, ids.boundaries(self.width, page.next[0], end))

    def accepts(self, position: Position) -> bool:
        """Return whether a position has a value for each path, or is a boundary between ranges."""
        return len(position) in {1, len(self.source.key)}

    @property
    def can_count(self) -> bool:
        """Whether the API counts exactly what the scan reads: not if others change it meanwhile."""
        return self.scan.full and self.source.counted

    @property
    def counts_changes(self) -> bool:
        """Whether the rows have a time to count by."""
        return self.source.time is not None

    def count(self, since: str | None = None) -> int | None:
        """Ask for the totals of all lists, from the scan's lower bound on."""
        return self.source.count(max(filter(None, (self._bound, since)), default=None))


class ByTime(KeysetPager):
    """Reads changes in the order in which they happened.

    The specification names no filterable or sortable members, so the API may refuse this.
    """

    name = "time"
    by_time = True
    fallback = ById

    def bounds(self, part: Range) -> list[str]:
        """Bound the time: from the position or the lower bound of the scan to the run's start.

        To the later of both clocks: one that is behind would end all reading at its time.
        """
        time, parts = str(self.source.time), []
        if part.after is not None:
            parts.append(query.after(self.keyset.sort, part.after))
        elif self.scan.since is not None:
            parts.append(query.compare(time, ">=", self.scan.since))
        # The first request of a run, which tells the server's time, cannot have an upper bound.
        # Rows above it are only early; the bookmark stays below them.
        until = self.source.connection.http.read_until
        if until is not None:
            last = max(until, self.scan.run_started_at or "")
            parts.append(query.compare(time, "<=", last))
        return parts

    def accepts(self, position: Position) -> bool:
        """Return whether a position has a timestamp and a value for each path."""
        return len(position) == len(self.keyset.sort) and timestamps.is_instant(position[0])


class SingleObject(CollectionPager):
    """Reads one object instead of a list."""

    name = "page"
    rereads = True

    def fetch(self, part: Range) -> Page:
        """Read the object."""
        return Page(self._read(part.list), None, timestamps.now(), total=1)

    def try_list(self, context: Context) -> None:
        """Read the object."""
        self._read(context)

    def _read(self, context: Context) -> list[Row]:
        source = self.source
        members = source.connection.http.send(source.call(source.url(context), []), json_members)
        return source.rows.rows([msgspec.Raw(json_text.join(members))])


class ByOffset(CollectionPager):
    """Reads a list that takes no `where`: there is nothing but offsets, up to 10,000."""

    name = "page"
    rereads = True

    def fetch(self, part: Range) -> Page:
        """Read a page by number.

        Raises:
            SourceError: The list is longer than the API lets anybody read.
        """
        source = self.source
        limit = source.connection.page_size
        offset = (int((part.after or ["1"])[0]) - 1) * limit
        if offset > DEEPEST_OFFSET:
            msg = f"{source.stream}: the API lists no more than {DEEPEST_OFFSET} of its records"
            raise SourceError(msg)
        params = [
            *query.sort(["id"]),
            ("limit", str(limit)),
            ("offset", str(offset)),
            ("withTotal", "true"),
        ]
        call = source.call(source.url(part.list), params)
        read = partial(read_counted_page, limit=limit)
        raws, full, total = source.connection.http.send(call, read)
        return Page(source.rows.rows(raws), None, timestamps.now(), total=total, full=full)
