"""What the documentation of Commerce7 leaves open, and a request or two can settle.

The sources behind `documents` are the developer documentation, code that the vendor publishes and
public clients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_commerce7 import judging
from tap_commerce7.client import Commerce7Stream, CursorStream
from tap_commerce7.endpoint import UpdatedAt
from tap_commerce7.streams import STREAMS
from tap_engine.probing.question import Outcome, Question
from tap_engine.probing.shared import DATE_HEADER, limit_headers_question, missing_outcomes

if TYPE_CHECKING:
    from tap_commerce7.probed import ProbedTenant

DROPS = "reads the whole list in every run and drops older rows itself"
BY_NUMBER = ("collections", "clubs", "coupons", "promotions", "gift_cards")
"""Numbered lists whose incremental reading would save most."""

DOCUMENTS = {
    UpdatedAt.DOCUMENTED: "documented",
    UpdatedAt.SEEN: "not documented; two clients use it",
    UpdatedAt.UNKNOWN: "not documented",
    UpdatedAt.ABSENT: "not documented",
}
NARROWS = Outcome("it filters", "reads only what changed since the bookmark")
BY_DECLARATION = {
    UpdatedAt.DOCUMENTED: {
        "filters": NARROWS,
        "ignored": Outcome("it is ignored", DROPS, expected=False),
        "refused": Outcome("it is refused", "fails: the filter is documented", expected=False),
    },
    UpdatedAt.UNKNOWN: {
        "filters": NARROWS,
        "ignored": Outcome("it is ignored", DROPS),
        "refused": Outcome("it is refused", DROPS),
    },
    UpdatedAt.ABSENT: {
        "filters": Outcome(
            "it filters", "reads the whole list all the same; please report it", expected=False
        ),
        "ignored": Outcome("it is ignored", "never sends it"),
        "refused": Outcome("it is refused", "never sends it"),
    },
}
BY_DECLARATION[UpdatedAt.SEEN] = BY_DECLARATION[UpdatedAt.UNKNOWN]

FILTERS = tuple(
    Question(
        f"updated_at.{stream.name}",
        f"Does `updatedAt` filter {stream.name}?",
        DOCUMENTS[stream.updated_at],
        judging.updated_at(stream.name),
        BY_DECLARATION[stream.updated_at],
    )
    for stream in STREAMS
    if issubclass(stream, Commerce7Stream)
    and (stream.name in BY_NUMBER or (issubclass(stream, CursorStream) and stream.replication_key))
)

MISSING = missing_outcomes("tenant", "permission")

QUESTIONS: tuple[Question[ProbedTenant], ...] = (
    DATE_HEADER,
    limit_headers_question(
        "no header and no body of a 429 is documented; one client reads Retry-After"
    ),
    Question(
        "cursor_order",
        "Are lists with a cursor sorted by id?",
        "not stated; the vendor's code sorts by id",
        judging.sorted_by_id,
        {
            "sorted": Outcome("they are", "may follow several cursors at once"),
            "unsorted": Outcome("some are not", "follows one cursor only", expected=False),
        },
    ),
    Question(
        "cursor_value",
        "Is a cursor the id of the next row?",
        "not stated; it is in the vendor's code",
        judging.cursor_value,
        {
            "next id": Outcome("it is", "may divide a list at ids"),
            "opaque": Outcome("it is something else", "follows one cursor only", expected=False),
            "none": Outcome(
                "there is none behind a short page", "reads numbered pages instead", expected=False
            ),
        },
    ),
    Question(
        "made_up_cursor",
        "Does a cursor work that the API did not give out?",
        "not stated; it would in the vendor's code",
        judging.made_up_cursor,
        {
            "works": Outcome("it does", "may follow several cursors at once"),
            "ignored": Outcome(
                "the first page comes instead", "follows one cursor only", expected=False
            ),
            "refused": Outcome("it is refused", "follows one cursor only", expected=False),
            "other": Outcome("other rows come", "follows one cursor only", expected=False),
        },
    ),
    Question(
        "end_mark",
        "How is the end of a list with a cursor marked?",
        "by the absence of `cursor`; clients also stop at null and an empty text",
        judging.end_mark,
        {
            "absent": Outcome("`cursor` is absent", "stops"),
            "null": Outcome("`cursor` is null", "stops"),
            "empty": Outcome("`cursor` is empty", "stops"),
            "several": Outcome("in several ways", "stops at each of them"),
        },
    ),
    Question(
        "array_names",
        "Under which members do the rows come?",
        "known for most lists, not for carts, trash and those that nobody has shown",
        judging.array_names,
        {
            "documented": Outcome("as documented", "finds them"),
            "other": Outcome(
                "some under others", "finds them, unless a first answer is empty", expected=False
            ),
        },
    ),
    Question(
        "largest_limit",
        "What is the largest `limit`?",
        "50; a larger one is quietly reduced",
        judging.largest_limit,
        {
            "fifty": Outcome("no more than 50 rows come", "asks for 50"),
            "more": Outcome("more rows come", "asks for 50 all the same"),
            "refused": Outcome("a larger one is refused", "asks for 50"),
        },
    ),
    Question(
        "cursor_elsewhere",
        "What do lists without a documented cursor make of one?",
        "not stated",
        judging.cursor_elsewhere,
        {
            "ignored": Outcome("they ignore it", "reads numbered pages"),
            "refused": Outcome("they refuse it", "reads numbered pages"),
            "works": Outcome(
                "some take it",
                "reads numbered pages all the same, several times if rows move; please report it",
                expected=False,
            ),
        },
    ),
    *FILTERS,
    Question(
        "updated_at.btw",
        "Does `updatedAt` of orders take `btw`?",
        "documented for other dates of orders and for web_hook_logs, not here",
        judging.updated_at("orders", f"btw:{judging.LONG_AGO}"),
        {
            "filters": Outcome("it does", "sends a lower bound only"),
            "ignored": Outcome("it is ignored", "sends a lower bound only"),
            "refused": Outcome("it is refused", "sends a lower bound only"),
        },
    ),
    Question(
        "missing_record",
        "What does the API say of a record that is not there?",
        "404 `notFound`",
        judging.missing_record,
        MISSING,
    ),
    Question(
        "missing_list",
        "What does the API say of a list that is not there?",
        "not stated",
        judging.missing_list,
        MISSING,
    ),
    Question(
        "refusals",
        "What does the API say where a permission is missing?",
        "401 at one client, 403 is plausible",
        judging.refusals,
        {
            "401": Outcome("401", "fails the stream and names the permission"),
            "403": Outcome("403", "fails the stream and names the permission"),
            "both": Outcome("401 or 403", "fails the stream and names the permission"),
        },
    ),
    Question(
        "page_order",
        "Are numbered pages in the same order twice?",
        "not stated",
        judging.page_order,
        {
            "same": Outcome("they are", "repeats a list only if its count does not fit"),
            "changes": Outcome(
                "they are not", "repeats lists until every record was seen", expected=False
            ),
        },
    ),
    Question(
        "date_only",
        "Does a date as an upper bound include that day?",
        "not stated",
        judging.date_only,
        {
            "whole day": Outcome("it does", "sends date-times, so nothing depends on it"),
            "midnight": Outcome("only its midnight", "sends date-times, so nothing depends on it"),
            "refused": Outcome("it is refused", "sends date-times, so nothing depends on it"),
        },
    ),
    Question(
        "unknown_parameter",
        "What does the API make of a parameter that it does not know?",
        "422 in the vendor's code",
        judging.unknown_parameter,
        {
            "refused": Outcome("it refuses it", "knows by that which filters there are"),
            "ignored": Outcome(
                "it ignores it", "checks rows against the filter as well", expected=False
            ),
            "other": Outcome("something else", "fails", expected=False),
        },
    ),
    *(
        Question(
            f"unlisted.{path[1:]}",
            f"Is there a list `{path}`?",
            "named among permissions or filters, documented nowhere",
            judging.unlisted(path),
            {
                "exists": Outcome("there is", "has no stream for it; please report it", False),
                "404": Outcome("there is not", "has no stream for it"),
                "refused": Outcome("it is not open to this app", "has no stream for it"),
                "other": Outcome("something else", "has no stream for it"),
            },
        )
        for path in ("/allocation", "/group", "/query")
    ),
)
