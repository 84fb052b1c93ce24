"""How the lists of one stream are asked: URLs, filters, and the one way to ask for a page."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_commerce7 import error_table
from tap_commerce7.answer import as_int
from tap_engine.http.call import Call
from tap_engine.reading.counts import PATIENCE_SECONDS

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Sequence

    import msgspec

    from tap_commerce7.answer import RowsMember
    from tap_commerce7.connection import Connection
    from tap_engine.http.rate_limit import RateLimiter
    from tap_engine.records import json_text
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
class Parents:
    """The parents of child lists.

    Attributes:
        endpoint: Their list.
        context_key: Name of a parent's id in a context.
        time_key: Name of its time of change in a context; empty where that does not matter.
    """

    endpoint: Endpoint
    context_key: str
    time_key: str = ""


@dataclass(frozen=True)
class Endpoint:
    """What a pager needs to know of a stream.

    Attributes:
        stream: Name for messages.
        connection: Session, credentials and limits of the tenant.
        logger: Logger of the stream.
        url: Returns the URL of a list.
        member: Member of an answer that holds the rows.
        rows: Reads keys and timestamps out of rows.
        contexts: All lists, where they are known beforehand.
        updated_at: What the endpoint does with the filter `updatedAt`.
        user_filter: The user's query parameters, which go with every query.
        filtered: The user filters the stream, with these parameters or otherwise.
        parents: Parents of child lists.
    """

    stream: str
    connection: Connection
    logger: logging.Logger
    url: Callable[[Context], str]
    member: RowsMember
    rows: RowReader
    contexts: Sequence[Context]
    updated_at: UpdatedAt
    user_filter: Params
    filtered: bool
    parents: Parents | None = None

    def ask(
        self,
        context: Context,
        params: Params,
        limiters: Sequence[RateLimiter] = (),
        *,
        patience: float | None = None,
    ) -> tuple[json_text.Members, list[msgspec.Raw]]:
        """Ask for a page; return its members and rows."""
        call = Call(
            stream=self.stream,
            url=self.url(context),
            params=params,
            rules=error_table.RULES,
            auth=self.connection.authenticator,
            limiters=limiters,
            patience=patience,
        )
        return self.connection.http.send(call, self.member.split)

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
        limiters = [self.connection.limiter]
        envelope, _ = self.ask({}, params, limiters, patience=PATIENCE_SECONDS)
        return as_int(envelope.get("total"))
