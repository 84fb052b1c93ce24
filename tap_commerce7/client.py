"""How lists of Commerce7 are read."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote as url_quote

import msgspec

from tap_commerce7 import errors, parameters, ranges
from tap_engine import rawjson, timestamps
from tap_engine.errors import BadBodyError, QueryRefusedError, SourceError, StreamError
from tap_engine.http import Call
from tap_engine.stream import EngineStream
from tap_engine.walk import PAGE_NUMBERS, Page, Range, Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_commerce7.tap import TapCommerce7
    from tap_engine.limiter import RateLimiter

ROWS_PER_PAGE = 50
"""Most rows the API sends; a larger limit is not refused but ignored."""

UNBRAKED_PAGES = 100
"""Numbered pages behind this one are limited to one request a minute."""

CURSOR_ORDER = "cursor"

START = "start"
"""Cursor of the first page."""


class UpdatedAt(enum.Enum):
    """What an endpoint does with the filter `updatedAt`."""

    DOCUMENTED = enum.auto()
    UNKNOWN = enum.auto()
    """Asked once; when the API answers 422, older rows are dropped here instead."""
    ABSENT = enum.auto()


class Commerce7Stream(EngineStream):
    """A list with numbered pages, read completely in each run."""

    tap: TapCommerce7
    package = "tap_commerce7"
    array_key: ClassVar[str | None] = None
    """Member of the answer that holds the rows; None where it is unknown."""
    updated_at: ClassVar[UpdatedAt] = UpdatedAt.ABSENT
    filter_parameters: ClassVar[tuple[str, ...]] = ()
    """Documented parameters that narrow the list, without those that the tap sends itself."""
    full_order = PAGE_NUMBERS

    def __init__(self, tap: TapCommerce7) -> None:
        super().__init__(tap)
        self._filter_refused = False

    @classmethod
    def wrong_filter(cls, value: object) -> str:
        """Check that a filter is made of parameters that are documented for the endpoint."""
        return parameters.wrong(value, cls.filter_parameters)

    @property
    def own_parameters(self) -> list[tuple[str, str]]:
        """The user's filter, which goes with every query."""
        return parameters.rendered(self.stream_filter)

    @property
    def needs(self) -> str:
        """Name the app permission that opens the stream."""
        return f"app permission {self.permission} (read)" if self.permission else ""

    def url(self, piece: Range) -> str:
        """Build the URL of a list."""
        path = self.path.format_map({name: url_quote(v, safe="") for name, v in piece.of.items()})
        return f"{self.tap.api_url}{path}"

    def fetch(self, walk: Walk, piece: Range) -> Page:
        """Read one page, with the filter on `updatedAt` where the endpoint takes it."""
        filters = self._filters(walk)
        try:
            return self._fetch(walk, piece, [*self.own_parameters, *filters])
        except QueryRefusedError as error:
            self.check_filter(piece)
            if self.updated_at is not UpdatedAt.UNKNOWN or not filters:
                raise
            self.logger.info("%s; reading everything and leaving out what is older", error)
            self._filter_refused = True
            return self._fetch(walk, piece, self.own_parameters)

    def _filters(self, walk: Walk) -> list[tuple[str, str]]:
        if walk.since is None or self.updated_at is UpdatedAt.ABSENT or self._filter_refused:
            return []
        # A value with a colon and without an operator would be read as an operator.
        return [("updatedAt", f"gte:{walk.since}")]

    def _fetch(self, walk: Walk, piece: Range, filters: list[tuple[str, str]]) -> Page:
        del walk
        number = int((piece.at or ["1"])[0])
        params = [*filters, ("page", str(number)), ("limit", str(ROWS_PER_PAGE))]
        limiters = [self.tap.limiter]
        if number > UNBRAKED_PAGES:
            limiters.append(self.tap.deep_page_limiter)
        envelope, raws = self._send(piece, params, limiters)
        total = envelope.get("total")
        return Page(self.rows.rows(raws), None, timestamps.now(), total=_whole(total))

    def _send(
        self, piece: Range, params: list[tuple[str, str]], limiters: list[RateLimiter]
    ) -> tuple[rawjson.Members, list[msgspec.Raw]]:
        call = Call(
            stream=self.name,
            url=self.url(piece),
            params=params,
            rules=errors.RULES,
            auth=self.tap.authenticator,
            limiters=limiters,
        )
        return self.tap.http.send(call, lambda body: read_answer(body, self.array_key))

    def probe(self, walk: Walk, piece: Range) -> None:
        """Ask for a single row."""
        del walk
        params = [*self.own_parameters, ("page", "1"), ("limit", "1")]
        self._send(piece, params, [self.tap.limiter])


class CursorStream(Commerce7Stream):
    """A list with a cursor, in the order of ids; such requests are not rate-limited.

    The cursor is, as far as can be seen, the id of the first row of the next page. Rows are never
    sorted by time, so the bookmark only moves when the walk is complete.
    """

    cursor_field: ClassVar[str | None] = "updatedAt"
    updated_at = UpdatedAt.UNKNOWN
    full_order = CURSOR_ORDER

    def __init__(self, tap: TapCommerce7) -> None:
        super().__init__(tap)
        self._followed: set[str] = set()
        self._one_cursor = False

    def fallback_order(self, order: str) -> str | None:
        """Read numbered pages where an endpoint turns out to have no cursor."""
        return PAGE_NUMBERS if order == CURSOR_ORDER else None

    def width(self, walk: Walk) -> int:
        """Read several ranges at once, unless the list showed that it does not allow that."""
        return 1 if self._one_cursor or walk.order != CURSOR_ORDER else self.tap.concurrency

    def split(self, piece: Range, page: Page) -> tuple[Range, ...]:
        """Open ranges behind the first page, where the API behaves as they need it to."""
        return ranges.split(piece, page, self.tap.concurrency, self._first_ids)

    def _first_ids(self, cursors: Sequence[str]) -> list[str | None]:
        """Ask for the first row behind each of some cursors, all at once."""
        asked = [self.tap.http.submit(self._first_id, cursor) for cursor in cursors]
        return [future.result() for future in asked]

    def _first_id(self, cursor: str) -> str | None:
        params = [*self.own_parameters, ("cursor", cursor), ("limit", "1")]
        try:
            _, raws = self._send(Range(), params, [])
        except StreamError:  # with whatever status it refuses a cursor that it did not give out
            return None
        rows = self.rows.rows(raws)
        return rows[0].key[0] if rows else None

    def _fetch(self, walk: Walk, piece: Range, filters: list[tuple[str, str]]) -> Page:
        if walk.order == PAGE_NUMBERS:
            return super()._fetch(walk, piece, filters)
        cursor = piece.at[0] if piece.at else START
        raws, following = self.read_cursor_page(
            piece, cursor, filters, self._followed, whole=walk.version is not None
        )
        page = Page(
            self.rows.rows(raws), None if following is None else [following], timestamps.now()
        )
        split_up = piece.to is not None or (piece.at is not None and len(walk.ranges) > 1)
        return ranges.within(piece, page) if split_up else page

    def read_cursor_page(
        self,
        piece: Range,
        cursor: str,
        filters: list[tuple[str, str]],
        followed: set[str],
        *,
        whole: bool,
    ) -> tuple[list[msgspec.Raw], str | None]:
        """Read the page of a cursor.

        Args:
            piece: Which list.
            cursor: `start` or what the last page said.
            filters: Query parameters, the same on every page.
            followed: Cursors seen so far; the new one is added.
            whole: The list is read as a whole, so that its first page is hardly ever empty.

        Returns:
            The rows and the next cursor, None at the end.

        Raises:
            QueryRefusedError: The endpoint knows no cursor.
            SourceError: A cursor came back that was followed before.
        """
        params = [*filters, ("cursor", cursor), ("limit", str(ROWS_PER_PAGE))]
        envelope, raws = self._send(piece, params, [])
        following = _text(envelope.get("cursor"))
        if not raws and (whole or following is not None or cursor != START):
            # A cursor names a row, and an empty full table would remove every row of the target.
            envelope, raws = self._send(piece, params, [])
            following = _text(envelope.get("cursor"))
        if following is None:
            total = _whole(envelope.get("total"))
            # Answers to a cursor have no total: with one, it is a numbered page.
            if total is not None and (cursor != START or total > len(raws)):
                msg = f"{self.name}: the API ignored the cursor"
                raise QueryRefusedError(msg)
        elif following == cursor or following in followed:
            msg = f"{self.name}: the API sent cursor {following} again; it turns in circles"
            raise SourceError(msg)
        else:
            followed.add(following)
        return raws, following

    def can_count(self, walk: Walk) -> bool:
        """Say yes for a whole list by cursor; numbered pages count themselves."""
        return walk.first and walk.since is None and walk.order == CURSOR_ORDER

    @property
    def count_waits(self) -> bool:
        """Whether the vendor's budget is used up: totals come from numbered pages only."""
        return not self.tap.limiter.free

    def count(self, since: str | None = None) -> int | None:
        """Ask a numbered page for the total, which answers to a cursor do not hold."""
        filters = self.own_parameters
        if since is not None:
            if self.updated_at is UpdatedAt.ABSENT:
                return None
            filters.append(("updatedAt", f"gte:{since}"))
        params = [*filters, ("page", "1"), ("limit", "1")]
        envelope, _ = self._send(Range(), params, [self.tap.limiter])
        return _whole(envelope.get("total"))

    def begin_anew(self) -> None:
        """Forget which cursors were followed."""
        super().begin_anew()
        # Not cleared: an answer that is still on its way would put its cursor into it.
        self._followed = set()

    def order_after(self, error: QueryRefusedError, order: str, *, resumed: bool) -> str | None:
        """Go back to one cursor when ranges turn out not to work."""
        if isinstance(error, ranges.UnsortedError):
            self._one_cursor = True
            return order
        return super().order_after(error, order, resumed=resumed)


class TypedStream(Commerce7Stream):
    """One list for each object type, in one stream; the type is part of the key."""

    keys = ("objectType", "id")
    reshapes = True
    object_types: ClassVar[tuple[str, ...]]

    def lists(self) -> Iterable[dict[str, str]]:
        """Name one list for each object type."""
        return [{"objectType": name} for name in self.object_types]

    def reshape(self, members: rawjson.Members, piece: Range) -> rawjson.Members:
        """Add the object type that was asked for, where the record does not name its own."""
        own = members.get("objectType")
        if own is not None and bytes(own) != b"null":
            return members
        return {**members, "objectType": rawjson.literal(piece.of["objectType"])}


def read_answer(body: bytes, array_key: str | None) -> tuple[rawjson.Members, list[msgspec.Raw]]:
    """Split an answer into its members and the rows.

    Array keys that nobody has seen are inferred; another one is taken when it is the only array.

    Raises:
        BadBodyError: The body is not JSON or holds no array.
    """
    try:
        envelope = rawjson.members(rawjson.tidy(body))
        if array_key is None or array_key not in envelope:
            arrays = [name for name, raw in envelope.items() if bytes(raw)[:1] == b"["]
            if len(arrays) != 1:
                msg = f"the answer holds no array {array_key or ''}".rstrip()
                raise BadBodyError(msg)
            array_key = arrays[0]
        return envelope, rawjson.items(envelope[array_key])
    except (ValueError, RecursionError) as error:
        msg = f"the body is not a page of results ({type(error).__name__})"
        raise BadBodyError(msg) from None


def _text(raw: msgspec.Raw | None) -> str | None:
    """Read a cursor; absent, null and empty all mean the end."""
    value = None if raw is None else msgspec.json.decode(raw)
    return None if value is None or value == "" else str(value)


def _whole(raw: msgspec.Raw | None) -> int | None:
    """Read a count, which some clients have seen as text."""
    try:
        return None if raw is None else msgspec.json.decode(raw, type=int, strict=False)
    except msgspec.ValidationError:
        return None
