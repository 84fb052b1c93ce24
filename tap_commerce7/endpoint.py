"""How the lists of one stream are asked: URLs, filters, and the one way to ask for a page."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from tap_commerce7 import error_table
from tap_engine.errors import BadBodyError
from tap_engine.http.call import Call
from tap_engine.records import json_text

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Sequence

    from tap_commerce7.connection import Connection
    from tap_engine.http.rate_limit import RateLimiter
    from tap_engine.records.rows import RowReader
    from tap_engine.state.scan import Context

Params = list[tuple[str, str]]

ROWS_PER_PAGE = 50
"""Most rows the API sends; a larger limit is not refused but ignored."""


class UpdatedAt(enum.Enum):
    """What an endpoint does with the filter `updatedAt`."""

    DOCUMENTED = enum.auto()
    SEEN = enum.auto()
    """In use at two independent clients, but not documented: treated as if it were unknown."""
    UNKNOWN = enum.auto()
    """Asked once; when the API answers 422, older rows are dropped by the tap instead."""
    ABSENT = enum.auto()


@dataclass(frozen=True)
class Endpoint:
    """What a pager needs to know of a stream.

    Attributes:
        stream: Name for messages.
        url: Returns the URL of a list.
        array_key: Member of an answer that holds the rows; None where it is unknown.
        rows: Reads keys and timestamps out of rows.
        contexts: All lists, where they are known beforehand.
        updated_at: What the endpoint does with the filter `updatedAt`.
        user_filter: The user's query parameters, which go with every query.
        filtered: The user filters the stream, with these parameters or otherwise.
    """

    stream: str
    connection: Connection
    logger: logging.Logger
    url: Callable[[Context], str]
    array_key: str | None
    rows: RowReader
    contexts: Sequence[Context]
    updated_at: UpdatedAt
    user_filter: Params
    filtered: bool

    def ask(
        self, context: Context, params: Params, limiters: Sequence[RateLimiter] = ()
    ) -> tuple[json_text.Members, list[msgspec.Raw]]:
        """Ask for a page; return its members and rows."""
        call = Call(
            stream=self.stream,
            url=self.url(context),
            params=params,
            rules=error_table.RULES,
            auth=self.connection.authenticator,
            limiters=limiters,
        )
        return self.connection.http.send(call, lambda body: read_answer(body, self.array_key))

    def since(self, moment: str) -> Params:
        """Return the filter for what changed at a moment or later."""
        # A value with a colon and without an operator would be read as an operator.
        return [("updatedAt", f"gte:{moment}")]

    def count(self, since: str | None) -> int | None:
        """Ask a numbered page for the total, which answers to a cursor do not hold."""
        params = list(self.user_filter)
        if since is not None:
            if self.updated_at is UpdatedAt.ABSENT:
                return None
            params += self.since(since)
        params += [("page", "1"), ("limit", "1")]
        envelope, _ = self.ask({}, params, [self.connection.limiter])
        return as_int(envelope.get("total"))


def read_answer(body: bytes, array_key: str | None) -> tuple[json_text.Members, list[msgspec.Raw]]:
    """Split an answer into its members and the rows.

    An unknown array key is inferred; another one than the documented is accepted when it is the
    only array.

    Raises:
        BadBodyError: The body is not JSON or holds no array.
    """
    try:
        envelope = json_text.members(json_text.tidy(body))
        if array_key is None or array_key not in envelope:
            arrays = [name for name, raw in envelope.items() if bytes(raw)[:1] == b"["]
            if len(arrays) != 1:
                msg = f"the answer holds no array {array_key or ''}".rstrip()
                raise BadBodyError(msg)
            array_key = arrays[0]
        return envelope, json_text.items(envelope[array_key])
    except (ValueError, RecursionError) as error:
        msg = f"the body is not a page of results ({type(error).__name__})"
        raise BadBodyError(msg) from None


def as_text(raw: msgspec.Raw | None) -> str | None:
    """Decode a cursor; absent, null and empty all mean the end."""
    value = None if raw is None else msgspec.json.decode(raw)
    return None if value is None or value == "" else str(value)


def as_int(raw: msgspec.Raw | None) -> int | None:
    """Decode a count, which some clients have seen as text."""
    try:
        return None if raw is None else msgspec.json.decode(raw, type=int, strict=False)
    except msgspec.ValidationError:
        return None
