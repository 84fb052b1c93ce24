"""Builds after changes, deletes and re-loads: like a full build, and nothing else is touched."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import sql

from sandbox.store import timestamp
from scripts.tables import files
from tap_commerce7.tap import TapCommerce7
from tests.pipelines import shop
from tests.pipelines.marts import expected, hard_commerce7, hard_commercetools, hard_products
from tests.pipelines.marts.conftest import commerce7, commercetools, served
from tests.pipelines.marts.world import MARTS, STREAMS, World, differences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.demo.postgres import Postgres

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(900),
]

CT, C7 = hard_commercetools, hard_commerce7
LATER = "2031-01-01T00:00:00.000Z"
FEW = {"orders": 30, "customers": 10, "payments": 10, "products": 5, "messages": 5}


@pytest.fixture(scope="module")
def changing(
    installed: None,  # noqa: ARG001 (needed, not used)
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """Both platforms, loaded and built once, to be changed by the tests in their order."""
    made = World(postgres, tmp_path_factory.mktemp("changing"), "changing")
    with served(made, commercetools(size=0.1, rows=FEW), commerce7(size=0.1)):
        made.load()
        made.build()
        yield made


def contents(world: World, *marts: str) -> dict[str, list[str]]:
    """Return the rows of marts as text, in an order of their own."""
    return {mart: sorted(map(repr, world.rows(mart))) for mart in marts or MARTS}


def assert_right(world: World) -> None:
    """Compare marts with the records of the sources as they are now."""
    there = world.records("commercetools"), world.records("commerce7")
    for mart, key in {
        "orders": ("platform", "order_id"),
        "order_lines": ("platform", "order_id", "line_number"),
        "customers": ("platform", "customer_id"),
        "product_catalogue": ("platform", "product_id", "variant_id"),
        "inventory": ("platform", "inventory_id"),
    }.items():
        assert differences(world.rows(mart), getattr(expected, mart)(*there), *key) == [], mart
    members = expected.club_members(there[1])
    assert differences(world.rows("club_members"), members, "club_membership_id") == []


def versions(world: World, mart: str) -> dict[str, set[str]]:
    """Return what PostgreSQL says of the age of each order's rows."""
    found: dict[str, set[str]] = {}
    for name, version in world.query(f"select order_id, xmin::text from {world.target}.{mart}"):
        found.setdefault(name, set()).add(version)
    return found


def paid_back(world: World, order_id: str) -> Decimal:
    """Return how much of an order was paid back."""
    (amount,) = (row["refunded"] for row in world.rows("orders") if row["order_id"] == order_id)
    return Decimal(amount)


def mark_deleted(world: World, platform: str, *streams: str) -> None:
    """Compare tables with the source as a user does every night."""
    made = world.shops[platform]
    one = shop.Shop(made.tap, made.stand_in, made.config, world.postgres, made.schema, world.folder)
    ended = one.reconcile("--mark-deleted", "--most=50%", "--streams", *streams)
    assert ended.code == 0, ended.err


def test_a_build_without_changes_leaves_all_rows_alone(changing: World) -> None:
    assert_right(changing)
    before = {mart: versions(changing, mart) for mart in ("orders", "order_lines")}
    changing.build()
    assert {mart: versions(changing, mart) for mart in before} == before


def test_changes_arrive_and_nothing_else_is_touched(changing: World) -> None:
    ct, c7 = changing.shops["commercetools"].stand_in, changing.shops["commerce7"].stand_in
    before = {mart: versions(changing, mart) for mart in ("orders", "order_lines")}

    first = CT.ORDERS[0]
    fewer = {"lineItems": first["lineItems"][1:], "totalPrice": CT.money(1040), "taxedPrice": None}
    ct.put("orders", {"id": first["id"], **fewer}, merge=True)
    # Commerce7 has one with the same id, which stays.
    ct.put("orders", {"id": CT.ORDER.format(13), "orderState": "Confirmed"}, merge=True)
    emptied = CT.ORDERS[11]["id"]
    ct.put("orders", {"id": emptied, "lineItems": [], "totalPrice": CT.money(0)}, merge=True)
    made = {
        **CT.order(20, CT.money(800)),
        "customLineItems": [CT.custom(1, CT.money(800), 1, CT.money(800))],
    }
    ct.put("orders", made, at=timestamp())
    # The order of this payment does not change.
    refunded = CT.payment(
        3, ("Charge", "Success", CT.money(4000)), ("Refund", "Success", CT.money(4000))
    )
    ct.put("payments", refunded, at=timestamp())
    refund = C7.order(
        20,
        -1000,
        purchaseType="Refund",
        previousOrderId=C7.ORDER.format(9),
        customerId=None,
        items=[C7.item(1, 1000, -1)],
        tenders=[C7.tender(-1000, "Refund")],
    )
    c7.put("orders", refund, at=timestamp())
    c7.put("orders", {"id": C7.ORDER.format(8), "items": [], "subTotal": 0, "total": 0}, merge=True)
    member = C7.MEMBERSHIPS[0]["id"]
    c7.put(
        "club_memberships", {"id": member, "status": "Cancelled", "cancelDate": LATER}, merge=True
    )

    changing.load()
    changing.build()
    assert_right(changing)
    changed = {
        first["id"],
        emptied,
        made["id"],
        CT.ORDER.format(10),
        refund["id"],
        C7.ORDER.format(8),
    }
    for mart, earlier in before.items():
        now = versions(changing, mart)
        kept = {name for name in now if now[name] == earlier.get(name)}
        # The taps read the last ones before their bookmarks again.
        assert not kept & (changed - {CT.ORDER.format(10)} if mart == "order_lines" else changed)
        assert len(kept) > len(now) / 2
    assert paid_back(changing, CT.ORDER.format(10)) == 45
    rows = {row["order_id"]: row for row in changing.rows("orders")}
    assert rows[emptied]["line_count"] == 0
    assert emptied not in versions(changing, "order_lines")


def test_deleted_records_leave_the_marts(changing: World) -> None:
    ct, c7 = changing.shops["commercetools"].stand_in, changing.shops["commerce7"].stand_in
    ct.delete("orders", CT.DELETED_ORDER)
    ct.delete("customers", CT.GONE)
    ct.delete("products", hard_products.PRODUCT.format(1))
    ct.delete("products", hard_products.PRODUCT.format(4))  # its variants remain
    ct.delete("standalone_prices", hard_products.STANDALONE_PRICES[0]["id"])
    ct.delete("variants", hard_products.VARIANTS[0]["id"])
    ct.delete("inventory_entries", next(iter(ct.collections["inventory_entries"].by_id)))
    ct.delete("payments", CT.PAYMENT.format(4))  # leaves no message
    ct.collections["customers"].delete(CT.IDLE)  # as if its message were lost
    c7.delete("orders", C7.DELETED_ORDER)
    c7.delete("customers", C7.GONE)
    c7.delete("club_memberships", C7.MEMBERSHIPS[3]["id"])
    c7.delete("products", C7.PRODUCTS[0]["id"])
    c7.delete("inventories", C7.INVENTORIES[0]["id"])
    changing.load()
    changing.build()
    gone = {CT.DELETED_ORDER, C7.DELETED_ORDER}
    there = versions(changing, "orders")
    assert there.keys() & gone == {C7.DELETED_ORDER}, "nobody can tell yet"
    assert CT.GONE not in {row["customer_id"] for row in changing.rows("customers")}

    mark_deleted(changing, "commercetools", "payments", "customers")
    mark_deleted(
        changing, "commerce7", *(name for name in STREAMS[TapCommerce7] if name != "clubs")
    )
    changing.build()
    assert_right(changing)
    for mart in ("orders", "order_lines"):
        assert not versions(changing, mart).keys() & gone
    rows = {row["order_id"]: row for row in changing.rows("orders")}
    assert rows[CT.ORDER.format(10)]["paid"] == 40


def test_a_record_made_again_after_its_deletion_is_there(changing: World) -> None:
    ct = changing.shops["commercetools"].stand_in
    now = timestamp()
    ct.put("orders", {**CT.ORDERS[-1], "createdAt": now}, at=now)
    changing.load()
    changing.build()
    assert_right(changing)
    assert CT.DELETED_ORDER in versions(changing, "orders")
    assert CT.DELETED_ORDER in versions(changing, "order_lines")


def test_changes_arrive_although_the_clock_was_set_back(changing: World) -> None:
    for schema, table, column in changing.query(
        "select table_schema::text, table_name::text, column_name::text"
        " from information_schema.columns where data_type = 'timestamp with time zone'"
        f" and table_schema in ('{changing.target}', '{changing.target}_staging')"
    ):
        ahead = sql.SQL("update {} set {column} = {column} + interval '10 years'{}").format(
            sql.Identifier(schema, table),
            sql.SQL(" where platform = 'commercetools'" if schema == changing.target else ""),
            column=sql.Identifier(column),
        )
        if schema == changing.target or "commercetools" in table:
            changing.postgres.execute(ahead)
    ct, c7 = changing.shops["commercetools"].stand_in, changing.shops["commerce7"].stand_in
    changed = {"lineItems": CT.ORDERS[3]["lineItems"][:1], "totalPrice": CT.money(1925)}
    ct.put("orders", {"id": CT.ORDERS[3]["id"], **changed}, merge=True)
    ct.delete("orders", CT.DELETED_ORDER)  # for the second time
    c7.put("orders", {"id": C7.ORDER.format(4), "items": [], "subTotal": 0}, merge=True)
    changing.load()
    changing.build()
    assert_right(changing)
    assert CT.DELETED_ORDER not in versions(changing, "orders")


def hide(world: World, platform: str, stream: str, name: str) -> None:
    """Delete a row of the loader's, and keep it for `put_back`."""
    names = {
        "table": sql.Identifier(world.shops[platform].schema, stream),
        "kept": sql.Identifier(world.shops[platform].schema, f"{stream}_kept"),
        "name": sql.Literal(name),
    }
    keep = sql.SQL("create table {kept} as select * from {table} where id = {name}")
    world.postgres.execute(keep.format(**names))
    world.postgres.execute(sql.SQL("delete from {table} where id = {name}").format(**names))


def put_back(world: World, platform: str, stream: str) -> None:
    """Insert the row that was hidden."""
    schema = world.shops[platform].schema
    table, kept = sql.Identifier(schema, stream), sql.Identifier(schema, f"{stream}_kept")
    world.postgres.execute(sql.SQL("insert into {} select * from {}").format(table, kept))
    world.postgres.execute(sql.SQL("drop table {}").format(kept))


def test_rows_that_the_loader_has_no_more_leave_the_marts(changing: World) -> None:
    made = contents(changing)
    assert paid_back(changing, CT.ORDER.format(10)) == 40
    shared = CT.ORDER.format(13)  # both platforms have an order with this id
    lines = versions(changing, "order_lines")
    hide(changing, "commerce7", "orders", shared)
    hide(changing, "commercetools", "payments", CT.PAYMENT.format(3))
    changing.build()
    for mart in ("orders", "order_lines"):
        there = [(row["platform"], row["order_id"]) for row in changing.rows(mart)]
        assert ("commercetools", shared) in there
        assert ("commerce7", shared) not in there
    now = versions(changing, "order_lines")
    assert {name for name in lines if now[name] != lines[name]} == {shared}
    assert paid_back(changing, CT.ORDER.format(10)) == 0
    put_back(changing, "commerce7", "orders")
    put_back(changing, "commercetools", "payments")
    changing.build()
    assert contents(changing) == made


def test_rows_that_are_gone_when_a_table_is_made_anew_leave_the_marts(changing: World) -> None:
    made = contents(changing)
    hide(changing, "commercetools", "orders", CT.ORDER.format(2))
    done = changing.dbt("run", "--full-refresh", "--select", "stg_commercetools__orders")
    assert done.returncode == 0, done.stdout
    changing.build()
    for mart in ("orders", "order_lines"):
        assert CT.ORDER.format(2) not in versions(changing, mart)
    put_back(changing, "commercetools", "orders")
    changing.build()
    assert contents(changing) == made


def test_an_incremental_build_equals_a_full_one(changing: World) -> None:
    made = contents(changing)
    assert all(made.values())
    changing.build("--full-refresh")
    assert contents(changing) == made


@pytest.fixture
def another(changing: World, tmp_path: Path) -> Iterator[World]:
    """Another version of the project, of the same tables, which have to be the same afterwards."""
    made = contents(changing)
    project = tmp_path / "transform"
    shutil.copytree(changing.project, project, ignore=shutil.ignore_patterns("target"))
    yield replace(changing, project=project)
    changing.build()
    assert contents(changing) == made


def test_another_version_of_a_staging_model_reaches_the_marts(another: World) -> None:
    before = {row["order_id"]: row["quantity"] for row in another.rows("orders")}
    (model,) = another.project.rglob("stg_commerce7__order_items.sql")
    text = model.read_text(encoding="utf-8")
    changed, times = re.subn(r"(?m)^    (.*) as quantity,$", r"    10 * \1 as quantity,", text)
    assert times == 1
    model.write_text(changed, encoding="utf-8")
    another.build()
    after = {row["order_id"]: row["quantity"] for row in another.rows("orders")}
    ours = [row["order_id"] for row in another.rows("orders") if row["platform"] == "commerce7"]
    assert after == before | {name: 10 * before[name] for name in ours}


def test_another_version_of_a_macro_reaches_the_marts(
    another: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    macros = another.project / "macros" / "marts.sql"
    text = macros.read_text(encoding="utf-8")
    currency = "'{{ var(\"commerce7_currency\") }}'"
    assert currency in text
    macros.write_text(text.replace(currency, "'GBP'"), encoding="utf-8")
    monkeypatch.setattr(files, "PROJECT", another.project)
    (another.project.parent / files.VERSION).write_text(files.macros_version(), encoding="utf-8")
    another.build()
    for mart in ("orders", "order_lines"):
        rows = [row for row in another.rows(mart) if row["platform"] == "commerce7"]
        assert {row["currency"] for row in rows} == {"GBP"}


def test_a_variable_that_changes_makes_rows_anew(changing: World) -> None:
    """One after the other, because any of them would make the rows anew."""
    made = contents(changing)
    names = {row["name"] for row in changing.rows("order_lines")}
    assert "Wine 1" in names
    changing.build(deleted_rows="leave_out")
    assert contents(changing) == made

    given: dict[str, Any] = {"deleted_rows": "leave_out", "locales": ["de-DE"]}
    changing.build(**given)
    assert "Wein 1" in {row["name"] for row in changing.rows("order_lines")}

    given |= {"commerce7_currency": "CAD", "catalogue_currency": "USD"}
    changing.build(**given)
    for mart in ("orders", "order_lines", "product_catalogue"):
        rows = [row for row in changing.rows(mart) if row["platform"] == "commerce7"]
        assert {row["currency"] for row in rows} == {"CAD"}
    (row,) = (row for row in changing.rows("product_catalogue") if row["sku"] == "CAT-7")
    assert (row["price"], row["currency"]) == (1, "USD")

    orders = changing.rows_of("staging", "stg_commercetools__orders")
    assert {row["customer_email"] for row in orders} - {None}
    changing.build(**given, personal_members=False)
    orders = changing.rows_of("staging", "stg_commercetools__orders")
    assert {row["customer_email"] for row in orders} == {None}
