"""What the documentation of commercetools leaves open, and a request or two can settle.

The sources behind `documents` are the vendor's API specification, release notes and SDKs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_commercetools import judging
from tap_engine.probing.question import Outcome, Question
from tap_engine.probing.shared import DATE_HEADER, limit_headers_question, missing_outcomes

if TYPE_CHECKING:
    from tap_commercetools.probed import ProbedProject

REFUSES_TIME = "sorts by id instead, reading whole lists where it could read changes"
FAILS = "fails, as rows in another order cannot be read without gaps"
NEVER_DEEP = "never goes there"

MISSING = missing_outcomes("project", "scope")

QUESTIONS: tuple[Question[ProbedProject], ...] = (
    DATE_HEADER,
    limit_headers_question("documented for Change History only; SDKs read them everywhere"),
    Question(
        "scopes",
        "Does the answer with the token name its scopes?",
        "it does",
        judging.scopes,
        {
            "named": Outcome("it does", "knows beforehand which streams are refused"),
            "absent": Outcome("it does not", "asks for every stream", expected=False),
        },
    ),
    Question(
        "replication_order",
        "Can all lists be filtered and sorted by their replication key and id?",
        "the parameters are documented, the members that they take are not",
        judging.replication_order,
        {
            "works": Outcome("those with rows can", "reads changes in their order"),
            "refused": Outcome("some refuse it", REFUSES_TIME, expected=False),
            "ignored": Outcome("some come in another order", FAILS, expected=False),
        },
    ),
    Question(
        "id_order",
        "Can a list be read behind an id, sorted by id?",
        "the vendor recommends it",
        judging.id_order,
        {
            "works": Outcome("it can", "reads first syncs so, in parallel ranges"),
            "refused": Outcome("it is refused", "fails", expected=False),
            "ignored": Outcome("rows come in another order", FAILS, expected=False),
        },
    ),
    Question(
        "nested_order",
        "Can a list be sorted by a member inside of another, such as product.id?",
        "the notation is documented, the members are not",
        judging.nested_order,
        {
            "works": Outcome("it can", "reads lists of assignments and variant projections so"),
            "refused": Outcome("it is refused", "fails for these streams", expected=False),
            "ignored": Outcome("rows come in another order", FAILS, expected=False),
        },
    ),
    Question(
        "text_order",
        "In which order come ids that are no UUIDs?",
        "not stated",
        judging.text_order,
        {
            "binary": Outcome("capitals first", "takes any usual order"),
            "without case": Outcome("without regard to case", "takes any usual order"),
            "either": Outcome("these rows do not tell", "takes any usual order"),
            "other": Outcome("in another order", "takes it if it is a usual one", expected=False),
        },
    ),
    Question(
        "total",
        "Where does the total of a query with a predicate end?",
        "at 10,000, by the release notes of 2020-10-12",
        judging.total,
        {
            "ends": Outcome("at 10,000", "takes 10,000 for unknown"),
            "goes on": Outcome("it goes on", "takes 10,000 and more for unknown all the same"),
            "absent": Outcome("there is none", "cannot compare counts", expected=False),
        },
    ),
    Question(
        "largest_limit",
        "Is a `limit` above 500 accepted?",
        "it is refused",
        judging.largest_limit,
        {
            "refused": Outcome("it is refused", "asks for 500"),
            "accepted": Outcome("it is accepted", "asks for 500 all the same"),
            "other": Outcome("something else", "asks for 500"),
        },
    ),
    Question(
        "deepest_offset",
        "Is an `offset` above 10,000 accepted?",
        "it is refused, except in projects older than 2019-02-21",
        judging.deepest_offset,
        {
            "refused": Outcome("it is refused", NEVER_DEEP),
            "accepted": Outcome("it is accepted", NEVER_DEEP),
            "other": Outcome("something else", NEVER_DEEP),
        },
    ),
    Question(
        "missing_record",
        "What does the API say of a record that is not there?",
        "404 `ResourceNotFound`",
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
        "messages",
        "Does the project keep messages, and how long?",
        "a setting of the project, off unless switched on, 1 to 90 days",
        judging.messages,
        {
            "on": Outcome("it does", "reads them, and deletes from them"),
            "off": Outcome(
                "it does not", "sees no deletes in them; see docs/deletes.md", expected=False
            ),
            "not said": Outcome("it does not say", "reads what there is", expected=False),
        },
    ),
    Question(
        "catalog_model",
        "Which product catalog model does the project have?",
        "Classic, InMigration or Modular",
        judging.catalog_model,
        {
            "Classic": Outcome("Classic", "does not ask for variants of their own"),
            "InMigration": Outcome("InMigration", "does not ask for variants of their own yet"),
            "Modular": Outcome("Modular", "reads variants as records of their own"),
            "not said": Outcome("it does not say", "asks for variants in any case"),
        },
    ),
    Question(
        "classic_variants",
        "What do lists of variants answer in a Classic project?",
        "not stated",
        judging.classic_variants,
        {
            "missing": Outcome("that they are missing", "does not ask for them"),
            "error": Outcome("with an error", "does not ask for them"),
            "empty": Outcome("with no rows", "does not ask for them"),
            "refused": Outcome("that they are refused", "does not ask for them"),
            "rows": Outcome(
                "with rows", "does not ask for them all the same; please report it", expected=False
            ),
        },
    ),
    Question(
        "published_products",
        "Does view_published_products alone open products?",
        "the specification lists it for them",
        judging.published_products,
        {
            "open": Outcome("it does", "reads products with it"),
            "refused": Outcome("it does not", "fails for products", expected=False),
        },
    ),
    Question(
        "graphql",
        "Is GraphQL open to these credentials?",
        "with the scopes of the list that is asked for",
        judging.graphql,
        {
            "open": Outcome("it is", "compares ids by it (tap-reconcile)"),
            "refused": Outcome("it is refused", "compares ids by whole records", expected=False),
            "error": Outcome("it answers errors", "compares ids by whole records", expected=False),
        },
    ),
    Question(
        "graphql_pages",
        "Does GraphQL take eight pages of 500 ids in one request?",
        "complexity is limited, the limit is not stated",
        judging.graphql_pages,
        {
            "open": Outcome("it does", "asks for them at once"),
            "error": Outcome("that is too much", "asks for fewer and fewer", expected=False),
            "refused": Outcome("it is refused", "compares ids by whole records", expected=False),
        },
    ),
    Question(
        "history",
        "Is the Change History open to these credentials?",
        "with view_audit_log; changes by API only with an add-on",
        judging.history,
        {
            "open": Outcome("it is", "reads it, if change_history is selected"),
            "refused": Outcome("it is refused", "fails for change_history, if it is selected"),
            "missing": Outcome("there is none", "fails for change_history, if it is selected"),
        },
    ),
    Question(
        "history.payment_methods",
        "Does the Change History record payment methods?",
        "one list of the specification has them, another has not",
        judging.history_of_payment_methods,
        {
            "accepted": Outcome("it takes the type", "reads the history of all types at once"),
            "refused": Outcome("it refuses the type", "reads the history of all types at once"),
            "other": Outcome("something else", "reads the history of all types at once"),
        },
    ),
)
