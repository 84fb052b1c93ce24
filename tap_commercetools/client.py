"""How collections of commercetools are read."""

from __future__ import annotations

import functools
import itertools
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote as url_quote

from tap_commercetools import errors, query, tombstones
from tap_commercetools.page_size import PageSize
from tap_commercetools.pages import read_page, read_total
from tap_engine import timestamps
from tap_engine.errors import QueryRefusedError, RefusedError, SourceError
from tap_engine.http import Call, PageTooBigError
from tap_engine.stream import EngineStream
from tap_engine.uuids import UUID
from tap_engine.walk import Page, Range, Walk, split_uuids, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import msgspec

    from tap_commercetools.tap import TapCommercetools
    from tap_engine.partial import Partial
    from tap_engine.records import Row
    from tap_engine.shards import Shard
    from tap_engine.walk import Position

ID_ORDER = "id"

MOST_COUNTED = 10_000
"""Where the total of a query with a predicate ends, by the release notes of 2020-10-12."""


class CommercetoolsStream(EngineStream):
    """A collection with `where` and `sort`: read from key to key.

    First syncs and full tables go by id, so that a record that changes meanwhile stays where it is.
    Later runs go by replication timestamp and id, so that they only touch what changed.
    """

    tap: TapCommercetools
    package = "tap_commercetools"
    cursor_field: ClassVar[str | None] = "lastModifiedAt"
    full_order = ID_ORDER
    splits = True
    scopes: ClassVar[tuple[str, ...]]
    """Any one of these scopes opens the collection."""
    extra_params: ClassVar[tuple[tuple[str, str], ...]] = ()

    def __init__(self, tap: TapCommercetools) -> None:
        super().__init__(tap)
        self._page_size: PageSize | None = None
        self._time_refused = False

    @property
    def needs(self) -> str:
        """Name the scopes that open the stream."""
        marks = f", and {tombstones.SCOPE} for emit_tombstones" if self.marks_deletes else ""
        return f"scope {' or '.join(self.scopes)}{marks}"

    @cached_property
    def marks_deletes(self) -> bool:
        """Tell whether deleted records are marked in this stream."""
        return tombstones.wanted(self)

    @property
    def added_properties(self) -> Mapping[str, Mapping[str, Any]]:
        """Declare the mark on deleted records."""
        return tombstones.PROPERTIES if self.marks_deletes else {}

    @property
    def page_size(self) -> PageSize:
        """Rows to ask for at once."""
        if self._page_size is None:
            self._page_size = PageSize(self.tap.page_size)
        return self._page_size

    def url(self, piece: Range) -> str:
        """Build the URL of a list."""
        path = self.path.format_map({name: url_quote(v, safe="") for name, v in piece.of.items()})
        return f"{self.tap.project_url}/{path}".rstrip("/")

    def change_order(self) -> str:
        """Read changes in the order in which they happened."""
        return self.api_cursor or ID_ORDER

    def fallback_order(self, order: str) -> str | None:
        """Go by id where a collection takes no query on its replication key.

        The specification names no filterable or sortable fields, so a refusal is possible.
        """
        return ID_ORDER if order != ID_ORDER else None

    def paths(self, walk: Walk) -> tuple[str, ...]:
        """Name the members that order a walk."""
        return self.row_key if walk.order == ID_ORDER else (walk.order, *self.row_key)

    def fits(self, walk: Walk, position: Position) -> bool:
        """Tell whether a position has a value for each path; a cut between ranges has one."""
        cut = walk.order == ID_ORDER and len(position) == 1
        return cut or len(position) == len(self.paths(walk))

    def width(self, walk: Walk) -> int:
        """Read several id ranges at once; changes come in one sequence."""
        return self.tap.concurrency if walk.order == ID_ORDER else 1

    def split(self, piece: Range, page: Page) -> tuple[Range, ...]:
        """Cut the id space behind the first page, if ids are spread over it as UUIDs are."""
        if page.next and UUID.fullmatch(page.next[0]):
            end = self.shard.end if self.shard else None
            return split_uuids(piece, page, self.tap.concurrency, end)
        return whole(piece, page)

    @classmethod
    def wrong_filter(cls, value: object) -> str:
        """Check the form of a predicate; what it means only the API knows."""
        if not isinstance(value, str) or not value.strip():
            return "a filter is a query predicate, as text that is not empty"
        return query.unbalanced(value)

    @property
    def own_predicates(self) -> list[str]:
        """The user's filter and the bounds of the shard, which go with every query."""
        path, shard = self.row_key[0], self.shard
        own = [] if self.stream_filter is None else [f"({self.stream_filter})"]
        if shard and shard.begin:
            own.append(query.compare(path, ">", shard.begin))
        if shard and shard.end:
            own.append(query.compare(path, "<=", shard.end))
        return own

    def predicates(self, walk: Walk, piece: Range) -> list[str]:
        """Build the filter of the next page of a range."""
        by_id = walk.order == ID_ORDER
        paths = self.paths(walk)
        parts: list[str] = []
        if piece.at is not None:
            # A cut between ranges has a value for the first path only.
            parts.append(query.after(paths[: len(piece.at)], piece.at))
        elif walk.since is not None and not by_id:
            parts.append(query.compare(walk.order, ">=", walk.since))
        if piece.to is not None:
            parts.append(query.compare(paths[0], "<=", piece.to))
        if by_id and walk.since is not None and not self._time_refused:
            parts.append(query.compare(str(self.api_cursor), ">=", walk.since))
        # The first request of a run, which tells the server's time, cannot have an upper bound yet.
        # Rows above the cut are only early, the bookmark stays below them.
        cut = walk.cut or self.tap.http.cut
        if not by_id and cut is not None:
            parts.append(query.compare(walk.order, "<=", cut))
        return [*parts, *self.own_predicates]

    def fetch(self, walk: Walk, piece: Range) -> Page:
        """Read the next page of a range.

        Raises:
            SourceError: Rows come back in another order than asked for, or from outside the range.
        """
        filtered = walk.order == ID_ORDER and walk.since is not None and not self._time_refused
        try:
            page = self._ask(walk, piece)
        except QueryRefusedError as error:
            self.check_filter(piece)
            if not filtered:
                raise
            self.logger.info("%s; reading everything and leaving out what is older", error)
            self._time_refused = True
            page = self._ask(walk, piece)
        if not page.rows and (piece.at is not None or walk.version is not None):
            # An empty page behind a full one is rare enough to be looked at twice, and an empty
            # full table would remove every row of the target.
            page = self._ask(walk, piece)
        return page

    def complete(self, walk: Walk) -> Iterable[Partial]:
        """Mark what was deleted, if the stream does so and does not read everything anyway.

        Not in a shard, whose ids are not all: the first run without shards begins at the bookmark.
        """
        partial = self.is_full_table or self.shard is not None
        return tombstones.marks(self, walk) if self.marks_deletes and not partial else ()

    def _ask(self, walk: Walk, piece: Range) -> Page:
        raws, full = self.ask_page(
            self.url(piece), self.predicates(walk, piece), self.paths(walk), self.extra_params
        )
        rows = self.rows.rows(raws)
        self.check_rows(walk, piece, rows)
        return Page(rows, self.behind(walk, rows[-1]) if full else None, timestamps.now())

    def ask_page(
        self,
        url: str,
        predicates: Sequence[str],
        paths: Sequence[str],
        extra_params: Sequence[tuple[str, str]] = (),
        limit: int | None = None,
    ) -> tuple[list[msgspec.Raw], bool]:
        """Ask for a page, a smaller one when the API finds it too big.

        Args:
            url: URL of the list.
            predicates: Its filter, joined with `and`.
            paths: Members that sort it.
            extra_params: Further query parameters.
            limit: Rows at most, instead of a whole page.

        Returns:
            The rows, and whether more may follow.
        """
        while True:
            size = self.page_size.current if limit is None else limit
            params = [
                *query.conjunction(predicates),
                *query.sort(paths),
                ("limit", str(size)),
                ("withTotal", "false"),
                *extra_params,
            ]
            try:
                page = self.tap.http.send(
                    self.call(url, params, smallest_page=size <= 1),
                    functools.partial(read_page, limit=size),
                )
            except PageTooBigError:
                self.page_size.shrink(size)
                self.logger.info("%s: pages of %d rows are too big", self.name, size)
                continue
            self.page_size.succeeded()
            return page

    def call(self, url: str, params: list[tuple[str, str]], *, smallest_page: bool = True) -> Call:
        """Build a request for this stream."""
        return Call(
            stream=self.name,
            url=url,
            params=params,
            rules=errors.RULES,
            auth=self.tap.authenticator,
            limiters=self.tap.limiters,
            smallest_page=smallest_page,
        )

    def behind(self, walk: Walk, row: Row) -> list[str]:
        """Name the position behind a row."""
        if walk.order == ID_ORDER:
            return list(row.key)
        if row.at is None:
            msg = f"{self.name}: record {'/'.join(row.key)} has no {walk.order} to sort by"
            raise SourceError(msg)
        return [row.sent or row.at, *row.key]

    def check_rows(self, walk: Walk, piece: Range, rows: list[Row]) -> None:
        """Make sure that the server sorted: on a wrong order, going on would skip records.

        Timestamps always compare; ids only where all are UUIDs, because how the server collates
        other strings is not documented. A position that does not move is an error in any case.
        """
        places = [tuple(self.behind(walk, row)) for row in rows]
        if piece.at is not None:
            places.insert(0, tuple(piece.at))
        for before, here in itertools.pairwise(places):
            if before >= here and not self._follows(before, here):
                msg = (
                    f"{self.name}: the API sent record {'/'.join(here)} behind {'/'.join(before)},"
                    " so it did not sort as asked; stopped, because records would be skipped"
                )
                raise SourceError(msg)
        if rows and self.behind(walk, rows[-1]) == piece.at:
            msg = f"{self.name}: the API sent the same page again; it turns in circles"
            raise SourceError(msg)
        if self.shard:
            self._check_shard(self.shard, rows)
        last = rows[-1].key[0] if rows else ""
        if piece.to and UUID.fullmatch(last) and last > piece.to:
            msg = f"{self.name}: the API sent record {last} from behind the range up to {piece.to}"
            raise SourceError(msg)

    def _check_shard(self, shard: Shard, rows: list[Row]) -> None:
        ids = [row.key[0] for row in rows if UUID.fullmatch(row.key[0])]
        if ids and (min(ids) < (shard.begin or "") or max(ids) > (shard.end or "g")):
            msg = f"{self.name}: the API sent records that are not of shard {shard}"
            raise SourceError(msg)

    @staticmethod
    def _follows(before: tuple[str, ...], here: tuple[str, ...]) -> bool:
        for one, other in zip(before, here, strict=False):
            if one == other:
                continue
            comparable = all(
                UUID.fullmatch(text) or timestamps.is_canonical(text) for text in (one, other)
            )
            return one < other or not comparable
        # A cut between ranges is shorter than a position; equal positions do not follow.
        return len(before) < len(here)

    def can_count(self, walk: Walk) -> bool:
        """Say yes for whole lists."""
        return walk.first and walk.since is None

    def count(self, since: str | None = None) -> int | None:
        """Ask for the totals; None where one with a predicate reaches the most that is counted."""
        predicates = list(self.own_predicates)
        if since is not None:
            if self.api_cursor is None:
                return None
            predicates.append(query.compare(self.api_cursor, ">=", since))
        count = 0
        for context in self.lists():
            total = self._total(self.url(Range(of=context)), predicates)
            if total is None or (predicates and total >= MOST_COUNTED):
                return None
            count += total
        return count

    def _total(self, url: str, predicates: list[str]) -> int | None:
        params = [
            *query.conjunction(predicates),
            ("limit", "0"),
            ("withTotal", "true"),
            *self.extra_params,
        ]
        return self.tap.http.send(self.call(url, params), read_total)

    def check(self) -> str:
        """Go by the token's scopes where they tell, and ask the API otherwise."""
        self.check_scopes()
        if self.marks_deletes:
            tombstones.probe(self)
        return super().check()

    def check_scopes(self) -> None:
        """Compare the token's scopes with what the collection takes.

        Raises:
            RefusedError: No scope of the token opens it.
        """
        granted = self.tap.authenticator.granted()
        if granted is not None and not self.tap.scope_opens(granted, self.scopes):
            msg = f"{self.name}: the token has no scope that opens it; it takes {self.needs}"
            raise RefusedError(msg)

    def probe(self, walk: Walk, piece: Range) -> None:
        """Ask for an empty page, with a filter for one row: it has to be looked at."""
        del walk
        predicates = self.own_predicates
        limit = 1 if predicates else 0
        params = [*query.conjunction(predicates), ("limit", str(limit)), ("withTotal", "false")]
        self.tap.http.send(self.call(self.url(piece), params), lambda body: read_page(body, limit))
