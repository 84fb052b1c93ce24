"""How the lists of one stream are asked: URLs, filters, and the one way to ask for a page."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from tap_commercetools import query
from tap_commercetools.envelope import read_page, read_total
from tap_commercetools.error_table import RULES
from tap_engine.http.call import PageTooBigError
from tap_engine.reading.counts import PATIENCE_SECONDS

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Sequence

    import msgspec

    from tap_commercetools.connection import Connection
    from tap_commercetools.page_size import PageSize
    from tap_engine.http.call import Call
    from tap_engine.http.error_table import Rule
    from tap_engine.records.rows import Row, RowReader
    from tap_engine.state.scan import Context
    from tap_engine.state.shards import Shard

T = TypeVar("T")

Params = list[tuple[str, str]]

WITHOUT_TOTAL = [("withTotal", "false")]

MOST_COUNTED = 10_000
"""Where the total of a query with a predicate ends, by the release notes of 2020-10-12."""


@dataclass(frozen=True)
class Parents:
    """The parents of child lists.

    Attributes:
        path: Path of their list.
        key: Member of a parent that names it.
        context_key: Name of that member in a context.
        context_of: Returns the context of one parent, given its key and its JSON text; None if it
            has no list.
    """

    path: str
    key: str
    context_key: str
    context_of: Callable[[str, bytes], Context | None]


@dataclass(frozen=True)
class Collection:
    """What a pager needs to know of a stream.

    Attributes:
        stream: Name for messages.
        connection: Session, limits and URLs of the project.
        logger: Logger of the stream.
        url: Returns the URL of a list.
        key: Dotted paths that identify a row.
        time: Member with the replication timestamp; None without one.
        rows: Reads both out of rows.
        page_size: Rows to ask for at once.
        contexts: All lists, where they are known beforehand.
        user_filter: The user's predicate; None without.
        shard: The part of the ids that this process reads; None for all.
        restriction: Predicate that makes the stream out of a list with other things in it.
        keep: Returns whether a row is one of the stream's; None if all are.
        rules: Error table.
        counted: The API's totals count exactly the stream's records.
        parents: Parents of child lists.
    """

    stream: str
    connection: Connection
    logger: logging.Logger
    url: Callable[[Context], str]
    key: tuple[str, ...]
    time: str | None
    rows: RowReader
    page_size: PageSize
    contexts: Sequence[Context] = ({},)
    user_filter: str | None = None
    shard: Shard | None = None
    restriction: str = ""
    keep: Callable[[Row], bool] | None = None
    rules: Sequence[Rule] = RULES
    counted: bool = True
    parents: Parents | None = None

    @property
    def own_predicates(self) -> list[str]:
        """The user's filter and the bounds of the shard, which go with every query."""
        path, shard = self.key[0], self.shard
        own = [] if self.user_filter is None else [f"({self.user_filter})"]
        if shard and shard.begin:
            own.append(query.compare(path, ">", shard.begin))
        if shard and shard.end:
            own.append(query.compare(path, "<=", shard.end))
        return own

    def call(self, url: str, params: Params, *, smallest_page: bool = True) -> Call:
        """Build a request."""
        return self.connection.call(
            self.stream, url, params, rules=self.rules, smallest_page=smallest_page
        )

    def ask(self, url: str, before: Params, after: Params, read: Callable[..., T]) -> T:
        """Ask for a page, and for a smaller one when the API finds it too big.

        Args:
            url: URL of the list.
            before: Query parameters before `limit`.
            after: Query parameters behind it.
            read: Turns a body into the result, given the `limit` that was asked for.
        """
        while True:
            size = self.page_size.current
            params = [*before, ("limit", str(size)), *after]
            call = self.call(url, params, smallest_page=size <= 1)
            try:
                answer = self.connection.http.send(call, functools.partial(read, limit=size))
            except PageTooBigError:
                self.page_size.shrink(size)
                self.logger.info("%s: pages of %d rows are too big", self.stream, size)
                continue
            self.page_size.succeeded()
            return answer

    def ask_rows(
        self,
        url: str,
        predicates: Sequence[str],
        sort: Sequence[str],
        *,
        look_twice: bool = False,
    ) -> tuple[list[msgspec.Raw], bool]:
        """Ask for the rows of a page.

        Args:
            url: URL of the list.
            predicates: Its filter, joined with `and`.
            sort: Members that sort it.
            look_twice: An empty page is rare enough here to be asked for again.

        Returns:
            The rows, and whether more may follow.
        """
        raws, full = self._ask_rows_once(url, predicates, sort)
        if not raws and look_twice:
            raws, full = self._ask_rows_once(url, predicates, sort)
        return raws, full

    def _ask_rows_once(
        self, url: str, predicates: Sequence[str], sort: Sequence[str]
    ) -> tuple[list[msgspec.Raw], bool]:
        before = [*query.conjunction(predicates), *query.sort(sort)]
        return self.ask(url, before, WITHOUT_TOTAL, read_page)

    def count(self, since: str | None) -> int | None:
        """Return the totals of all lists; None where one reaches the most that is counted."""
        predicates = list(self.own_predicates)
        if since is not None:
            if self.time is None:
                return None
            predicates.append(query.compare(self.time, ">=", since))
        params = [*query.conjunction(predicates), ("limit", "0"), ("withTotal", "true")]
        count = 0
        for context in self.contexts:
            call = replace(self.call(self.url(context), params), patience=PATIENCE_SECONDS)
            total = self.connection.http.send(call, read_total)
            if total is None or (predicates and total >= MOST_COUNTED):
                return None
            count += total
        return count

    def try_list(self, context: Context) -> None:
        """Ask for an empty page, with a filter for one row: it has to be looked at."""
        predicates = self.own_predicates
        limit = 1 if predicates else 0
        params = [*query.conjunction(predicates), ("limit", str(limit)), *WITHOUT_TOTAL]
        call = self.call(self.url(context), params)
        self.connection.http.send(call, functools.partial(read_page, limit=limit))
