"""The data of the Commerce7 stand-in: shape, relations, changes, faults, size."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
import requests

from sandbox.commerce7.app import build
from sandbox.commerce7.records import FAKE_CREDENTIALS

if TYPE_CHECKING:
    from sandbox.standin import StandIn

AUTH = ("demo-app", "demo-app-secret")
TENANT = {"tenant": "demo-winery"}
SCHEMAS = Path(__file__).parents[2] / "tap_commerce7" / "schemas"


@pytest.fixture(scope="module")
def stand_in() -> StandIn:
    return build()


def rows(stand_in: StandIn, name: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(row.body) for row in stand_in.collections[name].by_id.values()]


def ids(stand_in: StandIn, name: str) -> set[str]:
    return {row["id"] for row in rows(stand_in, name)}


def get(url: str, **params: Any) -> Any:
    return requests.get(url, params=params, auth=AUTH, headers=TENANT, timeout=5).json()


def test_records_fit_the_packaged_schemas(stand_in: StandIn) -> None:
    for path in SCHEMAS.glob("*.json"):
        validator = jsonschema.Draft7Validator(json.loads(path.read_text("utf-8")))
        for record in rows(stand_in, path.stem)[:40]:
            validator.validate(record)


def test_the_same_seed_gives_the_same_records(stand_in: StandIn) -> None:
    assert rows(build(seed=7), "orders") == rows(stand_in, "orders")
    assert ids(build(seed=8), "orders").isdisjoint(ids(stand_in, "orders"))


def test_counts_follow_size_and_rows() -> None:
    stand_in = build(2, rows={"orders": 12, "tags": 3})

    assert len(stand_in.collections["customers"]) == 480
    assert len(stand_in.collections["wine_appellations"]) == 1235
    assert len(stand_in.collections["wine_varietals"]) == 80
    assert len(stand_in.collections["settings"]) == 1
    assert len(stand_in.collections["orders"]) == 12
    assert len(stand_in.collections["tags"]) == 12
    with pytest.raises(ValueError, match="ordres"):
        build(rows={"ordres": 1})


def test_ids_say_nothing_about_time(stand_in: StandIn) -> None:
    times = [row["updatedAt"] for row in rows(stand_in, "orders")]

    assert times != sorted(times)


def test_many_records_may_share_a_millisecond() -> None:
    stand_in = build(rows_per_timestamp=10)

    assert len({row["updatedAt"] for row in rows(stand_in, "orders")}) == 32


@pytest.mark.parametrize(
    ("name", "member", "target"),
    [
        ("orders", "customerId", "customers"),
        ("orders", "cartId", "carts"),
        ("customer_addresses", "customerId", "customers"),
        ("club_memberships", "clubId", "clubs"),
        ("reservations", "orderId", "orders"),
        ("inventories", "productId", "products"),
        ("inventories", "inventoryLocationId", "inventory_locations"),
        ("products", "vendorId", "vendors"),
        ("notes", "orderId", "orders"),
    ],
)
def test_references_lead_somewhere(stand_in: StandIn, name: str, member: str, target: str) -> None:
    found = {row[member] for row in rows(stand_in, name)} - {None}

    assert found
    assert found <= ids(stand_in, target)


def test_order_items_and_stock_name_variants_that_exist(stand_in: StandIn) -> None:
    variants = {
        (row["id"], variant["id"])
        for row in rows(stand_in, "products")
        for variant in row["variants"]
    }
    sold = {
        (item["productId"], item["productVariantId"])
        for row in rows(stand_in, "orders")
        for item in row.get("items") or []
    }
    stock = rows(stand_in, "inventories")

    assert sold
    assert sold <= variants
    assert {(row["productId"], row["productVariantId"]) for row in stock} <= variants
    places = {(row["productVariantId"], row["inventoryLocationId"]) for row in stock}
    assert len(places) == len(stock)


def test_refunds_are_orders_of_their_own(stand_in: StandIn) -> None:
    orders = {row["id"]: row for row in rows(stand_in, "orders")}
    refunds = [row for row in orders.values() if row["purchaseType"] == "Refund"]

    assert len(refunds) == 32
    for refund in refunds:
        assert refund["total"] < 0
        original = orders[refund["previousOrderId"]]
        assert original["linkedOrders"][0]["orderId"] == refund["id"]
        assert original["orderNumber"] == refund["previousOrderNumber"]


def test_oddities_of_the_data(stand_in: StandIn) -> None:
    stock = rows(stand_in, "inventories")
    members = rows(stand_in, "club_memberships")

    assert {type(row["hasInventory"]) for row in stock} == {bool, int}
    assert not any("updatedAt" in row or "createdAt" in row for row in stock)
    assert {row["status"] for row in members} == {"Active", "Cancelled", "On Hold", "Planning"}
    for row in members:
        assert (row["status"] == "Cancelled") == (row["cancelDate"] is not None)
    assert FAKE_CREDENTIALS.items() <= rows(stand_in, "settings")[0].items()


def test_changes_move_updated_at_and_deletes_reach_the_trash() -> None:
    stand_in = build(size=0.2, rate_limit=None)
    with stand_in.serve() as running:
        control = f"{running.url}/_control/collections"
        order, note = (next(iter(stand_in.collections[name].by_id)) for name in ("orders", "notes"))
        latest = stand_in.collections["orders"].by_time[-1][0]
        before = get(f"{running.url}/v1/order/{order}")
        patch = {"channel": "Changed"}
        requests.put(f"{control}/orders/records/{order}?merge=1", json=patch, timeout=5)
        after = get(f"{running.url}/v1/order/{order}")
        changed = get(f"{running.url}/v1/order", updatedAt=f"gt:{latest}")
        requests.delete(f"{control}/notes/records/{note}", timeout=5)
        trash = get(f"{running.url}/v1/trash", cursor="start")["trash"]

    assert after["channel"] == "Changed"
    assert after["updatedAt"] > before["updatedAt"]
    assert "version" not in after
    assert [row["id"] for row in changed["orders"]] == [order]
    assert note not in stand_in.collections["notes"].by_id
    assert ("Note", note) in [(row["objectType"], row["objectId"]) for row in trash]


def test_rows_that_come_and_go_shift_the_pages_behind_them() -> None:
    stand_in = build(rate_limit=None)
    with stand_in.serve() as running:
        url = f"{running.url}/v1/wine-varietal"
        before = get(url, page=2)
        stand_in.faults.add("wine-varietal", "shrink_list", rows=2)
        after = get(url, page=2)

    assert before["total"] - after["total"] == 2
    assert after["wineVarietals"] == before["wineVarietals"][2:]


def test_page_order_may_change_all_the_time() -> None:
    stand_in = build(rate_limit=None, unstable_pages=True)
    with stand_in.serve() as running:
        url = f"{running.url}/v1/wine-varietal"
        first, second = get(url)["wineVarietals"], get(url)["wineVarietals"]

    assert first != second


def test_faults_of_this_api() -> None:
    stand_in = build(rate_limit=None)
    with stand_in.serve() as running:
        url = f"{running.url}/v1/order"
        healthy = get(url, cursor="start")
        stand_in.faults.add("cursor=", "repeat_cursor")
        repeated = get(url, cursor=healthy["cursor"])
        stand_in.faults.add("cursor=", "empty_page")
        empty = get(url, cursor="start")
        stand_in.faults.add("cursor=", "ignore_sort")
        unsorted = get(url, cursor="start")

    assert repeated["cursor"] == healthy["cursor"]
    assert empty == {"orders": [], "cursor": healthy["cursor"]}
    assert unsorted["orders"] == healthy["orders"][::-1]


def test_large_data_is_made_and_served_in_no_time() -> None:
    started = time.perf_counter()
    stand_in = build(
        rows={"customers": 50_000}, small=True, rate_limit=None, undocumented_filters="seen"
    )
    bound = stand_in.collections["customers"].by_time[-30][0]
    with stand_in.serve() as running:
        url = f"{running.url}/v1/customer"
        first = get(url, cursor="start")
        page = get(url, page=900)
        recent = get(url, cursor="start", updatedAt=f"gte:{bound}")
    assert time.perf_counter() - started < 20

    assert len(first["customers"]) == len(page["customers"]) == 50
    assert page["total"] == 50_000
    assert len(recent["customers"]) == 30
    assert "cursor" not in recent


def test_command_line() -> None:
    command = [
        sys.executable,
        "-m",
        "sandbox.commerce7",
        "--port",
        "0",
        "--rows",
        "orders=3",
        "--rows",
        "notes=2",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = next(word for word in line.split() if word.startswith("http"))
        totals = [get(f"{url}/{path}")["total"] for path in ("order", "note")]
        process.terminate()
        assert process.wait(10) == 0

    assert "Ctrl+C" in line
    assert totals == [3, 2]
