"""The marts against what the records of the source come to, and against amounts written by hand."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from scripts.dbt import ROOT
from scripts.docs import marts
from tests.pipelines.marts import expected, hard_commerce7, hard_commercetools, hard_products
from tests.pipelines.marts.world import MARTS, differences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.pipelines.marts.world import World

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(600),
]

KEYS = {
    "orders": ("platform", "order_id"),
    "order_lines": ("platform", "order_id", "line_number"),
    "customers": ("platform", "customer_id"),
    "inventory": ("platform", "inventory_id"),
    "product_catalogue": ("platform", "product_id", "variant_id"),
}
AMOUNTS = ("subtotal", "discount", "shipping", "fees", "tax", "total", "total_excluding_tax")
PAID = ("tip", "paid", "paid_by_gift_card", "refunded", "total_after_refunds")
LINE_AMOUNTS = ("list_total", "discount", "price_total", "tax", "total", "total_excluding_tax")
HARD = {"commercetools": hard_commercetools, "commerce7": hard_commerce7}
CATALOGUE = hard_products.CATALOGUE | hard_commerce7.CATALOGUE


def wanted(world: World, mart: str) -> list[dict[str, Any]]:
    """Return the rows that a mart of both platforms must have."""
    rows: list[dict[str, Any]] = getattr(expected, mart)(
        world.records("commercetools"), world.records("commerce7")
    )
    return rows


def sums(
    rows: Iterable[dict[str, Any]], by: tuple[str, ...], amounts: tuple[str, ...]
) -> dict[tuple[Any, ...], list[Any]]:
    """Return number of rows and sums of amounts for each group of rows."""
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0] * (len(amounts) + 1))
    for row in rows:
        group = groups[tuple(row[name] for name in by)]
        group[0] += 1
        for place, name in enumerate(amounts, 1):
            group[place] += row[name] or 0
    return dict(groups)


@pytest.mark.parametrize("mart", KEYS)
def test_marts_hold_what_the_records_say(world: World, mart: str) -> None:
    rows = wanted(world, mart)
    assert Counter(row["platform"] for row in rows).keys() == {"commercetools", "commerce7"}
    found = world.rows(mart)
    assert len(found) == len(rows)
    assert all(row.keys() == found[0].keys() for row in rows), "all columns have to be compared"
    assert differences(found, rows, *KEYS[mart]) == []


def test_club_members_are_the_memberships(world: World) -> None:
    rows = expected.club_members(world.records("commerce7"))
    found = world.rows("club_members")
    assert all(row.keys() == found[0].keys() for row in rows), "all columns have to be compared"
    assert differences(found, rows, "club_membership_id") == []
    statuses = {row["status"] for row in rows if row["club_id"] == hard_commerce7.CLUB}
    assert statuses >= {"Active", "Cancelled", "On Hold"}


@pytest.mark.parametrize("by", ["currency", "order_state", "customer_id", "order_type"])
def test_orders_add_up(world: World, by: str) -> None:
    group = ("platform", "currency", by)
    amounts = (*AMOUNTS, *PAID, "line_count", "quantity")
    rows = wanted(world, "orders")
    assert sums(world.rows("orders"), group, amounts) == sums(rows, group, amounts)


@pytest.mark.parametrize("by", ["currency", "line_type", "customer_id", "tax_included", "sku"])
def test_order_lines_add_up(world: World, by: str) -> None:
    group = ("platform", "currency", by)
    amounts = (*LINE_AMOUNTS, "quantity", "quantity_returned")
    rows = wanted(world, "order_lines")
    assert sums(world.rows("order_lines"), group, amounts) == sums(rows, group, amounts)


@pytest.mark.parametrize("platform", HARD)
def test_hard_orders_come_to_what_a_calculator_says(world: World, platform: str) -> None:
    hard = HARD[platform]
    found = {row["order_id"]: row for row in world.rows("orders") if row["platform"] == platform}
    for number, totals in hard.TOTALS.items():
        row = found[hard.ORDER.format(number)]
        for column, value in totals.items():
            numeric = value is not None and column not in {"currency", "customer_id"}
            assert row[column] == (Decimal(value) if numeric and value else value), (number, column)


@pytest.mark.parametrize("platform", HARD)
def test_hard_customers_have_the_lifetime_value_of_a_calculator(
    world: World, platform: str
) -> None:
    found = {row["customer_id"]: row for row in world.rows("customers")}
    for customer, values in HARD[platform].LIFETIME.items():
        row = found[customer]
        by_currency = row["lifetime_value_by_currency"] or {}
        assert {k: Decimal(str(v)) for k, v in by_currency.items()} == values
        only = next(iter(values.values())) if len(values) == 1 else None
        assert row["lifetime_value"] == only


def test_hard_products_have_the_price_without_conditions(world: World) -> None:
    found = {row["sku"]: row for row in world.rows("product_catalogue")}
    for sku, (price, currency, is_available) in CATALOGUE.items():
        row = found[sku]
        assert row["price"] == (None if price is None else Decimal(price)), sku
        assert (row["currency"], row["is_available"]) == (currency, is_available), sku


def test_lines_of_hard_orders(world: World) -> None:
    lines = {(row["order_id"], row["line_number"]): row for row in world.rows("order_lines")}
    of = hard_commercetools.ORDER.format
    gift = lines[of(4), 3]
    assert (gift["line_type"], gift["total"], gift["discount"]) == ("gift", 0, Decimal("9.99"))
    precise = lines[of(5), 1]
    assert precise["unit_price"] == Decimal("0.012345")
    assert (precise["list_total"], precise["price_total"]) == (Decimal("12.345"), Decimal("12.35"))
    voucher = lines[of(8), 2]
    assert (voucher["line_type"], voucher["total"]) == ("custom", -5)
    assert (lines[of(10), 1]["quantity_returned"], lines[of(10), 2]["quantity_returned"]) == (2, 1)
    nothing = lines[of(12), 1]
    assert (nothing["quantity"], nothing["list_total"], nothing["discount"]) == (0, 0, 0)
    assert lines[of(2), 1]["tax_included"] is True
    assert lines[of(1), 1]["tax_included"] is False

    of = hard_commerce7.ORDER.format
    assert lines[of(1), 1]["total"] == Decimal("53.95")
    assert lines[of(2), 1]["total"] == Decimal("23.80")
    assert lines[of(2), 1]["total_excluding_tax"] == 20
    refund = lines[of(3), 1]
    assert (refund["order_type"], refund["quantity"]) == ("refund", -1)
    assert refund["total"] == Decimal("-26.98")
    assert lines[of(5), 2]["line_type"] == "gift_card"
    bundle = lines[of(6), 1]
    assert (bundle["quantity"], bundle["total"]) == (2, 100)
    assert (of(6), 2) not in lines
    assert lines[of(7), 1]["is_cancelled"]


def test_lines_of_an_order_add_up_to_its_subtotal(world: World) -> None:
    priced: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in world.rows("order_lines"):
        priced[row["platform"], row["order_id"]] += row["price_total"] or 0
    hard = {
        (platform, hard.ORDER.format(number))
        for platform, hard in HARD.items()
        for number in hard.TOTALS
    }
    orders = [row for row in world.rows("orders") if (row["platform"], row["order_id"]) in hard]
    assert len(orders) == len(hard)
    for row in orders:
        assert priced[row["platform"], row["order_id"]] == row["subtotal"], row["order_id"]
        parts = row["subtotal"] + row["shipping"] + row["fees"]
        if row["platform"] == "commerce7":
            inside = row["order_id"] == hard_commerce7.ORDER.format(2)
            assert parts + (0 if inside else row["tax"]) == row["total"], row["order_id"]


def test_the_query_of_the_document_adds_up_turnover(world: World) -> None:
    text = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"```sql\n(select date_trunc.*?)```", text, re.DOTALL)
    turnover: dict[Any, Decimal] = defaultdict(Decimal)
    for _, platform, currency, _, amount in world.query(query.replace("analytics", world.target)):
        turnover[platform, currency] += amount or 0
    expected_turnover: dict[Any, Decimal] = defaultdict(Decimal)
    for row in wanted(world, "orders"):
        if not row["is_cancelled"]:
            key = row["platform"], row["currency"]
            expected_turnover[key] += row["total_after_refunds"] or 0
    assert turnover == expected_turnover


def test_tables_are_not_looked_up_in_the_cache_of_dbt(world: World) -> None:
    """While one thread fills it, another would take tables for missing."""
    log = (world.folder / "logs" / "dbt.log").read_text(encoding="utf-8")
    assert "On model.tap_commerce.stg_commercetools__orders" in log
    assert "cache miss for schema" not in log


def test_all_columns_are_described_with_their_types(world: World) -> None:
    described = {
        mart["name"]: [(column["name"], column["data_type"]) for column in mart["columns"]]
        for mart in marts.marts()
    }
    assert set(described) == set(MARTS)
    for mart, columns in described.items():
        found = world.query(
            "select column_name::text, replace(data_type, ' without time zone', '')"
            " from information_schema.columns"
            f" where table_schema = '{world.target}' and table_name = '{mart}'"
            " order by ordinal_position"
        )
        assert [each for each in found if not each[0].startswith("_")] == columns, mart


def test_percentages_of_coupons_are_hundredths_and_no_money(world: World) -> None:
    (coupon,) = [
        row
        for row in world.rows_of("staging", "stg_commerce7__coupons")
        if row["coupon_id"] == hard_commerce7.COUPONS[0]["id"]
    ]
    assert coupon["discount"] == 1500
    assert "discount_minor" not in coupon
