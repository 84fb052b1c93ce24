"""Each question about Commerce7, against stand-ins that answer it one way and the other (1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tap_commerce7.questions import QUESTIONS
from tap_commerce7.tap import TapCommerce7

if TYPE_CHECKING:
    from tests.probe.conftest import Probes

SIZE = 0.4
"""Some lists with a cursor have more than one page, others end within the first."""


def canned(match: str, body: Any = None, status: int = 200) -> dict[str, Any]:
    """Answer matching requests with a body of our own."""
    error = {"statusCode": status, "type": "validationError", "message": "No.", "errors": []}
    return {
        "match": match,
        "kind": "status",
        "status": status,
        "body": error if body is None else body,
    }


def missing(match: str) -> dict[str, dict[str, Any]]:
    """Answer what is missing in each way."""
    other = {"statusCode": 404, "message": "no such thing"}
    return {
        "404": {},
        "404 other": canned(match, other, 404),
        "refused": canned(match, status=401),
        "other": canned(match, status=409),
    }


@dataclass
class Variant:
    """A stand-in that gives one answer to one question.

    Attributes:
        question: The question.
        outcome: What the probe has to find.
        options: Of the stand-in.
        fault: A fault that makes it answer so.
    """

    question: str
    outcome: str
    options: dict[str, Any] = field(default_factory=dict)
    fault: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.question}: {self.outcome}"


FILTERED = [each.name.partition(".")[2] for each in QUESTIONS if each.name.startswith("updated_at")]
DOCUMENTED = ("orders", "products", "reservations")
PATHS = {
    "customers": "customer",
    "customer_addresses": "customer-address",
    "orders": "order",
    "carts": "cart",
    "products": "product",
    "collections": "collection",
    "clubs": "club",
    "club_memberships": "club-membership",
    "coupons": "coupon",
    "promotions": "promotion",
    "gift_cards": "gift-card",
    "notes": "note",
    "reservations": "reservation",
}
A_ROW = [{"id": "00000000-0000-4000-8000-00000000000a"}]
UNKNOWN = "noSuchParameter"
RECORD, LIST = "/00000000-0000-4000-8000-000000000000$", "^/v1/no-such-list"
MADE_UP = r"cursor=[0-9a-f-]{36}"
LIMIT_HEADERS = {"X-RateLimit-Limit": "100", "Retry-After": "1"}

VARIANTS = [
    Variant("date_header", "in step"),
    Variant("date_header", "ahead", fault={"match": ".", "kind": "date", "seconds": 90}),
    Variant("date_header", "behind", fault={"match": ".", "kind": "date", "seconds": -90}),
    Variant("limit_headers", "none"),
    Variant(
        "limit_headers", "named", fault={"match": ".", "kind": "headers", "headers": LIMIT_HEADERS}
    ),
    Variant("cursor_order", "sorted"),
    Variant("cursor_order", "unsorted", {"cursor_order": "time"}),
    Variant("cursor_value", "next id"),
    Variant("cursor_value", "opaque", {"opaque_cursors": True}),
    Variant(
        "cursor_value",
        "none",
        fault={"match": "limit=1$", "kind": "members", "members": {"cursor": None}},
    ),
    Variant("made_up_cursor", "works"),
    Variant("made_up_cursor", "refused", {"made_up_cursors": "refused"}),
    Variant("made_up_cursor", "ignored", {"made_up_cursors": "ignored"}),
    Variant("made_up_cursor", "other", fault=canned(MADE_UP, {"customers": A_ROW})),
    Variant("end_mark", "absent"),
    Variant("end_mark", "null", {"end_cursor": "null"}),
    Variant("end_mark", "empty", {"end_cursor": "empty"}),
    Variant(
        "end_mark",
        "several",
        {"end_cursor": "null"},
        {"match": "^/v1/trash", "kind": "members", "members": {"cursor": ""}},
    ),
    Variant("array_names", "documented", {"trash_key": "deletedObjects"}),
    Variant("array_names", "other", fault=canned("^/v1/note", {"noteList": A_ROW})),
    Variant("largest_limit", "fifty"),
    Variant("largest_limit", "refused", fault=canned("limit=100", status=422)),
    Variant("largest_limit", "more", fault=canned("limit=100", {"customers": A_ROW * 72})),
    Variant("cursor_elsewhere", "ignored"),
    Variant("cursor_elsewhere", "refused", {"cursor_elsewhere": "refused"}),
    Variant("cursor_elsewhere", "works", {"cursor_elsewhere": "works"}),
    *(
        Variant(f"updated_at.{name}", "filters", {"undocumented_filters": "accepted"})
        for name in FILTERED
        if name != "btw"
    ),
    *(
        Variant(f"updated_at.{name}", "refused")
        for name in FILTERED
        if name != "btw" and name not in DOCUMENTED
    ),
    *(
        Variant(
            f"updated_at.{name}", "refused", fault=canned(f"{PATHS[name]}.*updatedAt", status=422)
        )
        for name in DOCUMENTED
    ),
    *(
        Variant(
            f"updated_at.{name}",
            "ignored",
            fault=canned(f"/{PATHS[name]}.*updatedAt", {name: A_ROW}),
        )
        for name in FILTERED
        if name != "btw"
    ),
    Variant("updated_at.btw", "refused"),
    Variant("updated_at.btw", "filters", fault=canned("updatedAt=btw", {"orders": []})),
    Variant("updated_at.btw", "ignored", fault=canned("updatedAt=btw", {"orders": A_ROW})),
    *(Variant("missing_record", key, fault=value) for key, value in missing(RECORD).items()),
    *(Variant("missing_list", key, fault=value) for key, value in missing(LIST).items()),
    Variant("refusals", "401", {"permissions": ("Note", "Order")}),
    Variant("refusals", "403", {"permissions": ("Note", "Order"), "forbidden_status": 403}),
    Variant("refusals", "both", {"permissions": ("Note", "Order")}, canned("^/v1/tax", status=403)),
    Variant("page_order", "same"),
    Variant("page_order", "changes", {"unstable_pages": True}),
    Variant("date_only", "midnight"),
    Variant("date_only", "whole day", fault=canned("orderPaidDate", {"orders": A_ROW})),
    Variant("date_only", "refused", fault=canned("orderPaidDate", status=422)),
    Variant("unknown_parameter", "refused"),
    Variant("unknown_parameter", "ignored", fault=canned(UNKNOWN, {"customers": A_ROW})),
    Variant("unknown_parameter", "other", fault=canned(UNKNOWN, status=409)),
    *(
        variant
        for path in ("allocation", "group", "query")
        for variant in (
            Variant(f"unlisted.{path}", "404"),
            Variant(f"unlisted.{path}", "exists", fault=canned(f"^/v1/{path}", {f"{path}s": []})),
            Variant(f"unlisted.{path}", "refused", fault=canned(f"^/v1/{path}", status=401)),
            Variant(f"unlisted.{path}", "other", fault=canned(f"^/v1/{path}", status=409)),
        )
    ),
]

BY_STUB = {("date_header", "absent")}
"""Outcomes that no server here can show; see test_answers.py."""


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_the_probe_finds_what_the_account_does(variant: Variant, probes: Probes) -> None:
    probing = probes.get(TapCommerce7, {}, rate_limit=None, size=SIZE, **variant.options)
    if fault := dict(variant.fault):
        probing.stand_in.faults.add(fault.pop("match"), fault.pop("kind"), times=-1, **fault)
    found = probing.answer(variant.question)
    assert found.finding, found.reason
    assert found.finding.outcome == variant.outcome, found.finding


def test_every_outcome_has_its_variant() -> None:
    declared = {(each.name, outcome) for each in QUESTIONS for outcome in each.outcomes}
    assert {(each.question, each.outcome) for each in VARIANTS} | BY_STUB == declared
