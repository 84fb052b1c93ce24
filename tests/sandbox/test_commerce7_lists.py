"""Cursor mode, page mode, filters and single reads of the Commerce7 stand-in."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.commerce7.app import build
from sandbox.commerce7.resources import RESOURCES
from sandbox.custom_fields import META_DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.standin import StandIn

    Ask = Callable[..., requests.Response]

AUTH = ("demo-app", "demo-app-secret")
TENANT = {"tenant": "demo-winery"}
PLAIN_LISTS = [found for found in RESOURCES if "{}" not in found.path]


@pytest.fixture(scope="module")
def stand_in() -> StandIn:
    return build(rate_limit=None, rows={"customers": 120, "orders": 130})


@pytest.fixture(scope="module")
def ask(stand_in: StandIn) -> Iterator[Ask]:
    with stand_in.serve() as running, requests.Session() as session:
        session.auth = AUTH
        session.headers.update(TENANT)

        def get(path: str, **params: Any) -> requests.Response:
            return session.get(f"{running.url}/v1{path}", params=params, timeout=5)

        yield get


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def read_all(ask: Ask, path: str, key: str, **params: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor = "start"
    while cursor:
        page = ask(path, cursor=cursor, **params).json()
        rows += page[key]
        cursor = page.get("cursor")
    return rows


@pytest.mark.parametrize("resource", PLAIN_LISTS, ids=lambda found: found.name)
def test_every_list_answers_in_page_mode(ask: Ask, stand_in: StandIn, resource: Any) -> None:
    answer = ask(resource.path)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["Date"]
    rows = answer.json()[resource.key]
    total = len(stand_in.collections[resource.name])
    assert answer.json()["total"] == total
    assert len(rows) == min(50, total)
    assert len(ask(f"{resource.path}/{rows[0]['id']}").json()) == len(rows[0])


@pytest.mark.parametrize(
    "resource", [found for found in RESOURCES if found.cursor], ids=lambda found: found.name
)
def test_cursor_mode_gives_all_rows_by_id(ask: Ask, stand_in: StandIn, resource: Any) -> None:
    rows = read_all(ask, resource.path, resource.key, limit=17)

    assert ids(rows) == list(stand_in.collections[resource.name].by_id)


def test_a_cursor_is_the_id_of_the_first_row_of_the_next_page(ask: Ask) -> None:
    first = ask("/customer", cursor="start").json()
    second = ask("/customer", cursor=first["cursor"]).json()

    assert first.keys() == {"customers", "cursor"}
    assert second["customers"][0]["id"] == first["cursor"]
    assert len(first["customers"]) == 50


def test_the_last_page_has_no_cursor_even_when_it_is_full(ask: Ask) -> None:
    page = ask("/customer", cursor="start", limit=40).json()
    page = ask("/customer", cursor=page["cursor"], limit=40).json()
    page = ask("/customer", cursor=page["cursor"], limit=40).json()

    assert len(page["customers"]) == 40
    assert page.keys() == {"customers"}


@pytest.mark.parametrize("limit", ["0", "51", "500", "-1", "many"])
def test_a_limit_out_of_range_quietly_means_fifty(ask: Ask, limit: str) -> None:
    assert len(ask("/customer", cursor="start", limit=limit).json()["customers"]) == 50
    assert len(ask("/customer", limit=limit).json()["customers"]) == 50


def test_an_empty_cursor_is_page_mode(ask: Ask) -> None:
    assert ask("/customer", cursor="").json().keys() == {"customers", "total"}


def test_page_mode_keeps_an_order_that_means_nothing(ask: Ask) -> None:
    pages = [ask("/order", page=number).json()["orders"] for number in (1, 2, 3, 4)]
    rows = [row for page in pages for row in page]

    assert [len(page) for page in pages] == [50, 50, 30, 0]
    assert len(set(ids(rows))) == 130
    assert ids(rows) != sorted(ids(rows))
    assert ids(pages[1]) == ids(ask("/order", page=2).json()["orders"])


def test_updated_at_bounds_include_and_exclude(ask: Ask) -> None:
    rows = read_all(ask, "/order", "orders")
    bound = sorted(row["updatedAt"] for row in rows)[100]

    def found(operator: str) -> list[str]:
        return ids(read_all(ask, "/order", "orders", updatedAt=f"{operator}:{bound}"))

    assert found("gte") == [row["id"] for row in rows if row["updatedAt"] >= bound]
    assert found("gt") == [row["id"] for row in rows if row["updatedAt"] > bound]
    assert found("lte") == [row["id"] for row in rows if row["updatedAt"] <= bound]
    assert found("lt") == [row["id"] for row in rows if row["updatedAt"] < bound]


def test_few_recent_rows_are_paged_through_as_well(ask: Ask) -> None:
    rows = read_all(ask, "/order", "orders")
    bound = sorted(row["updatedAt"] for row in rows)[-7]

    found = read_all(ask, "/order", "orders", updatedAt=f"gte:{bound}", limit=3)

    assert ids(found) == [row["id"] for row in rows if row["updatedAt"] >= bound]


def test_dates_are_midnights_and_offsets_are_understood(ask: Ask) -> None:
    logs = read_pages(ask, "/web-hook-log", "webHookLogs")
    day = logs[0]["updatedAt"][:10]
    later = read_pages(ask, "/web-hook-log", "webHookLogs", updatedAt=f"gte:{day}")
    same = read_pages(ask, "/web-hook-log", "webHookLogs", updatedAt=f"gte:{day}T02:00:00+02:00")

    assert sorted(ids(later)) == sorted(row["id"] for row in logs if row["updatedAt"] >= day)
    assert ids(later) == ids(same)


def test_btw_includes_both_bounds(ask: Ask) -> None:
    logs = sorted(read_pages(ask, "/web-hook-log", "webHookLogs"), key=lambda row: row["updatedAt"])
    low, high = logs[10]["updatedAt"], logs[20]["updatedAt"]

    found = read_pages(ask, "/web-hook-log", "webHookLogs", updatedAt=f"btw:{low}|{high}")

    assert sorted(ids(found)) == sorted(ids(logs[10:21]))


def test_other_filters_look_into_the_record(ask: Ask) -> None:
    orders = read_all(ask, "/order", "orders")
    customer = orders[0]["customerId"]
    tag = next(row["tags"][0]["id"] for row in orders if row.get("tags"))
    types = ids(ask("/reservation-type").json()["reservationTypes"])[:2]

    of_customer = read_all(ask, "/order", "orders", customerId=customer, limit=1)
    tagged = read_all(ask, "/order", "orders", tagId=tag)
    rich = read_all(ask, "/customer", "customers", orderCount="gt:500")
    chosen = ask("/reservation-type", id=f"in:{','.join(types)}").json()

    assert ids(of_customer) == [row["id"] for row in orders if row["customerId"] == customer]
    assert orders[0]["id"] in ids(of_customer)
    assert tagged
    assert all(tag in ids(row["tags"]) for row in tagged)
    assert all(row["orderInformation"]["orderCount"] > 500 for row in rich)
    assert sorted(ids(chosen["reservationTypes"])) == sorted(types)
    assert chosen["total"] == 2


def test_search_and_populate_are_taken_everywhere(ask: Ask) -> None:
    name = ask("/vendor").json()["vendors"][0]["title"]

    found = ask("/vendor", q=name.upper(), populate="x").json()["vendors"]

    assert name in [row["title"] for row in found]
    assert ask("/vendor", q="no such vendor").json() == {"vendors": [], "total": 0}


def test_lists_by_object_type(ask: Ask) -> None:
    pages = {
        name: ask(f"/tag/{name}").json()
        for name in ("customer", "club-membership", "order", "reservation")
    }

    assert {page["total"] for page in pages.values()} == {5}
    assert {row["objectType"] for row in pages["club-membership"]["tags"]} == {"ClubMembership"}
    shared = set(ids(pages["customer"]["tags"])) & set(ids(pages["order"]["tags"]))
    assert len(shared) == 1
    assert ask(f"/tag/order/{shared.pop()}").json()["objectType"] == "Order"
    assert ask("/meta-data-config/experience").json()["total"] == len(META_DATA)
    assert ask("/tag/product").status_code == 404


def test_lists_by_parent(ask: Ask) -> None:
    address = ask("/customer-address", cursor="start").json()["customerAddresses"][0]
    customer = address["customerId"]
    cards = [ask(f"/customer/{row}/credit-card").json() for row in ids(customers(ask))]

    found = ask(f"/customer/{customer}/address").json()

    assert address["id"] in ids(found["customerAddresses"])
    assert {row["customerId"] for row in found["customerAddresses"]} == {customer}
    assert any(page["total"] for page in cards)
    assert ask(f"/customer/{customer}/address", searchText="zzzz").json()["total"] == 0
    assert ask("/customer/nobody/credit-card").status_code == 404
    assert ask("/app-syncs/anything").json() == {"appSyncs": [], "total": 0}


def test_gzip_is_sent_to_those_who_ask(ask: Ask) -> None:
    assert ask("/customer").headers["Content-Encoding"] == "gzip"


def customers(ask: Ask) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ask("/customer", limit=10).json()["customers"]
    return rows


def read_pages(ask: Ask, path: str, key: str, **params: Any) -> list[dict[str, Any]]:
    first = ask(path, page=1, **params).json()
    rows: list[dict[str, Any]] = first[key]
    number = 1
    while number * 50 < first["total"]:
        number += 1
        rows += ask(path, page=number, **params).json()[key]
    return rows


@pytest.mark.parametrize(
    "options",
    [{}, {"cursor_order": "time"}, {"opaque_cursors": True}, {"made_up_cursors": "refused"}],
    ids=str,
)
def test_what_cursors_may_be_instead(options: dict[str, Any]) -> None:
    other = build(rate_limit=None, size=0.1, rows={"notes": 120}, **options)
    cursors, found, cursor = [], [], "start"
    with other.serve() as running, requests.Session() as session:
        session.auth, session.headers["tenant"] = AUTH, TENANT["tenant"]
        while cursor:
            params = {"cursor": cursor, "limit": "50"}
            page = session.get(f"{running.url}/v1/note", params=params, timeout=5).json()
            found += ids(page["notes"])
            cursor = page.get("cursor", "")
            cursors += [cursor] if cursor else []
    assert len(found) == len(set(found)) == 120
    assert len(cursors) == 2
    assert (found == sorted(found)) == ("cursor_order" not in options)
    assert (set(cursors) <= set(found)) == ("opaque_cursors" not in options)


@pytest.mark.parametrize(
    ("kind", "status", "first"), [("work", 200, 1), ("refused", 422, None), ("ignored", 200, 0)]
)
def test_made_up_cursors(kind: str, status: int, first: int | None) -> None:
    other = build(rate_limit=None, size=0.1, rows={"notes": 20}, made_up_cursors=kind)
    rows = list(other.collections["notes"].by_id)
    between = str(uuid.UUID(int=uuid.UUID(rows[0]).int + 1))
    with other.serve() as running, requests.Session() as session:
        session.auth, session.headers["tenant"] = AUTH, TENANT["tenant"]
        params = {"cursor": between, "limit": "1"}
        answer = session.get(f"{running.url}/v1/note", params=params, timeout=5)
    assert answer.status_code == status
    if first is not None:
        assert ids(answer.json()["notes"]) == [rows[first]]
