"""Each question about commercetools, against stand-ins that answer it one way and the other (1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commercetools.auth import Client
from tap_commercetools.questions import QUESTIONS
from tap_commercetools.tap import TapCommercetools

if TYPE_CHECKING:
    from tests.probe.conftest import Probes

SIZE = 0.4


def canned(match: str, body: Any = None, status: int = 200, **more: Any) -> dict[str, Any]:
    """Answer matching requests with a body of our own."""
    error = {"statusCode": status, "message": "No.", "errors": [{"code": "InvalidInput"}]}
    return {
        "match": match,
        "kind": "status",
        "status": status,
        "body": error if body is None else body,
        **more,
    }


def page(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A page of results."""
    return {"limit": 20, "offset": 0, "count": len(rows), "results": list(rows), **more}


def missing(match: str) -> dict[str, dict[str, Any]]:
    """Answer what is missing in each way."""
    other = {"statusCode": 404, "message": "no such thing"}
    return {
        "404": {},
        "404 other": canned(match, other, 404),
        "refused": canned(match, status=403),
        "other": canned(match, status=409),
    }


def members(match: str, **given: Any) -> dict[str, Any]:
    """Answer with other members."""
    return {"match": match, "kind": "members", "members": given}


def client(*scopes: str) -> dict[str, Any]:
    """Let the client have some scopes only."""
    return {"clients": (Client("demo-client", "demo-secret", scopes),)}


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


RECORD, LIST = "/00000000-0000-4000-8000-000000000000$", "^/demo/no-such-list"
BEHIND = r"sort=id asc&limit=20&withTotal=true"
MANY = {"rows": {"inventory_entries": 12_000}, "small": True}
GRAPHQL, HISTORY = "^/demo/graphql", "^/history/demo"
COMPLEX = {"errors": [{"message": "No.", "extensions": {"code": "QueryComplexityLimitExceeded"}}]}
VARIANTS_LIST = "^/demo/variants"

VARIANTS = [
    Variant("date_header", "in step"),
    Variant("date_header", "ahead", fault={"match": ".", "kind": "date", "seconds": 90}),
    Variant("date_header", "behind", fault={"match": ".", "kind": "date", "seconds": -90}),
    Variant("limit_headers", "none"),
    Variant(
        "limit_headers",
        "named",
        fault={"match": ".", "kind": "headers", "headers": {"RateLimit-Reset": "3"}},
    ),
    Variant("scopes", "named"),
    Variant("scopes", "absent", fault=members("^/oauth/token", scope="")),
    Variant("replication_order", "works"),
    Variant("replication_order", "refused", fault=canned("^/demo/zones.*sort", status=400)),
    Variant(
        "replication_order",
        "ignored",
        fault={"match": "^/demo/zones", "kind": "ignore_sort", "backwards": True},
    ),
    Variant("id_order", "works"),
    Variant("id_order", "refused", fault=canned(BEHIND, status=400)),
    Variant(
        "id_order", "ignored", fault={"match": BEHIND, "kind": "ignore_sort", "backwards": True}
    ),
    Variant("nested_order", "works"),
    Variant(
        "nested_order", "refused", fault=canned("^/demo/variant-projections.*sort", status=400)
    ),
    Variant(
        "nested_order",
        "ignored",
        fault={"match": "variant-projections", "kind": "ignore_sort", "backwards": True},
    ),
    Variant(
        "text_order", "binary", fault=canned("api-clients", page({"id": "Bd-1"}, {"id": "ad-2"}))
    ),
    Variant(
        "text_order",
        "without case",
        fault=canned("api-clients", page({"id": "ad-1"}, {"id": "Bd-2"})),
    ),
    Variant(
        "text_order", "either", fault=canned("api-clients", page({"id": "ad-1"}, {"id": "bd-2"}))
    ),
    Variant(
        "text_order", "other", fault=canned("api-clients", page({"id": "cd-1"}, {"id": "bd-2"}))
    ),
    Variant("total", "ends", MANY),
    Variant("total", "goes on", MANY, members(BEHIND, total=10_050)),
    Variant("total", "absent", MANY, members(BEHIND, total=None)),
    Variant("largest_limit", "refused"),
    Variant("largest_limit", "accepted", fault=canned("limit=501", page())),
    Variant("largest_limit", "other", fault=canned("limit=501", status=409)),
    Variant("deepest_offset", "refused"),
    Variant("deepest_offset", "accepted", fault=canned("offset=10001", page())),
    Variant("deepest_offset", "other", fault=canned("offset=10001", status=409)),
    *(Variant("missing_record", key, fault=value) for key, value in missing(RECORD).items()),
    *(Variant("missing_list", key, fault=value) for key, value in missing(LIST).items()),
    Variant("messages", "on"),
    Variant("messages", "off", {"messages": False}),
    Variant("messages", "not said", fault=members("^/demo$", messages=None)),
    Variant("catalog_model", "Modular"),
    Variant("catalog_model", "Classic", {"catalog_model": "Classic"}),
    Variant("catalog_model", "InMigration", {"catalog_model": "InMigration"}),
    Variant("catalog_model", "not said", {"catalog_model": None}),
    Variant("classic_variants", "missing", {"catalog_model": "Classic"}),
    Variant("classic_variants", "error", {"catalog_model": "Classic", "classic_status": 400}),
    Variant(
        "classic_variants",
        "empty",
        {"catalog_model": "Classic", "classic_status": 200},
        canned(VARIANTS_LIST, page()),
    ),
    Variant(
        "classic_variants",
        "rows",
        {"catalog_model": "Classic"},
        canned(VARIANTS_LIST, page({"id": "a"})),
    ),
    Variant(
        "classic_variants",
        "refused",
        {"catalog_model": "Classic"},
        canned(VARIANTS_LIST, status=403),
    ),
    Variant("published_products", "open", client("view_published_products")),
    Variant(
        "published_products",
        "refused",
        client("view_published_products"),
        canned("^/demo/products", status=403),
    ),
    Variant("graphql", "open"),
    Variant("graphql", "refused", fault=canned(GRAPHQL, status=403)),
    Variant("graphql", "error", fault=canned(GRAPHQL, COMPLEX)),
    Variant("graphql_pages", "open"),
    Variant("graphql_pages", "error", fault=canned(GRAPHQL, COMPLEX, after=1)),
    Variant("graphql_pages", "refused", fault=canned(GRAPHQL, status=403, after=1)),
    Variant("history", "open"),
    Variant("history", "refused", fault=canned(HISTORY, status=403)),
    Variant("history", "missing", fault=canned(HISTORY, status=404)),
    Variant("history.payment_methods", "refused"),
    Variant("history.payment_methods", "accepted", fault=canned("payment-methods", page())),
    Variant("history.payment_methods", "other", fault=canned("payment-methods", status=409)),
]

BY_STUB = {("date_header", "absent")}
"""Outcomes that no server here can show; see test_answers.py."""


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_the_probe_finds_what_the_account_does(variant: Variant, probes: Probes) -> None:
    probing = probes.get(TapCommercetools, {}, **{"size": SIZE, **variant.options})
    if fault := dict(variant.fault):
        probing.stand_in.faults.add(fault.pop("match"), fault.pop("kind"), times=-1, **fault)
    found = probing.answer(variant.question)
    assert found.finding, found.reason
    assert found.finding.outcome == variant.outcome, found.finding


def test_a_container_is_no_missing_record(probes: Probes) -> None:
    options = {"size": SIZE, **client("view_key_value_documents")}
    found = probes.get(TapCommercetools, {}, **options).answer("missing_record")
    assert found.reason == "no list shows a row"


def test_every_outcome_has_its_variant() -> None:
    declared = {(each.name, outcome) for each in QUESTIONS for outcome in each.outcomes}
    assert {(each.question, each.outcome) for each in VARIANTS} | BY_STUB == declared
