"""The setting `store_keys`: streams that stores have lists of are read once for each store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commercetools.auth import Client
from tap_commercetools.tap import TapCommercetools
from tests.reading.tools import Source, commercetools, next_second

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Output

STORES = ["store-0", "store-1", "store-2"]
BY_ONE = [
    "carts",
    "orders",
    "product_tailoring",
    "quote_requests",
    "quotes",
    "shopping_lists",
    "staged_quotes",
]
BY_SEVERAL = ["business_units", "cart_discounts", "customers", "discount_codes"]


@pytest.fixture(scope="module")
def shop() -> Iterator[Source]:
    with commercetools(size=1, small=False) as source:
        yield source


def belongs(record: dict[str, Any], store: str, *, shared: bool = False) -> bool:
    """Tell, by its own members, whether a record is in a store."""
    if "store" in record:
        return bool(record["store"]["key"] == store)
    stores = {each["key"] for each in record.get("stores") or []}
    return store in stores or (shared and not stores)


def truth(source: Source, stream: str, stores: list[str], **options: Any) -> set[tuple[str, str]]:
    return {
        (store, record["id"])
        for store in stores
        for record in source.records(stream).values()
        if belongs(record, store, **options)
    }


def keys(output: Output, stream: str) -> list[tuple[str, str]]:
    return [(record["storeKey"], record["id"]) for record in output.records(stream)]


def paths(source: Source) -> set[str]:
    asked = {request["path"] for request in source.stand_in.requests}
    return {path for path in asked if not path.startswith("/oauth")}


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("stream", [*BY_ONE, *BY_SEVERAL])
def test_each_store_is_read_by_itself(shop: Source, stream: str, concurrency: int) -> None:
    shop.forget_requests()
    output = shop.run(stream, store_keys=STORES[:2], concurrency=concurrency, page_size=7)
    assert output.code == 0, output.log[-1500:]
    assert len(keys(output, stream)) == len(set(keys(output, stream)))
    assert set(keys(output, stream)) == truth(shop, stream, STORES[:2])
    path = shop.path(stream)
    assert paths(shop) == {f"/demo/in-store/key={store}{path}" for store in STORES[:2]}


def test_a_record_in_two_stores_is_two_rows(shop: Source) -> None:
    output = shop.run("customers", store_keys=STORES)
    ids = [row for _, row in keys(output, "customers")]
    assert len(set(ids)) < len(ids)
    (schema,) = output.of_type("SCHEMA")
    assert schema["key_properties"] == ["storeKey", "id"]


def test_what_is_in_no_store_comes_wherever_the_api_shows_it() -> None:
    with commercetools(size=0.3, rows={"stores": 6}, small=False, shared_in_store=True) as source:
        output = source.run("customers", "orders", store_keys=STORES)
        assert output.code == 0
        for stream in ("customers", "orders"):
            wanted = truth(source, stream, STORES, shared=stream == "customers")
            assert set(keys(output, stream)) == wanted


def test_variant_projections_keep_their_key_behind_that_of_the_store(shop: Source) -> None:
    output = shop.run("variant_projections", store_keys=STORES[:2])
    (schema,) = output.of_type("SCHEMA")
    assert schema["key_properties"] == ["storeKey", "productId", "id", "staged"]
    rows = [
        (record["storeKey"], record["productId"], record["id"])
        for record in output.records("variant_projections")
    ]
    current = [r for r in shop.records("variant_projections").values() if not r["staged"]]
    assert len(rows) == len(set(rows)) == 2 * len(current)


@pytest.mark.parametrize("default_catalog", [True, False], ids=["no-catalog", "older-catalog"])
def test_the_column_is_there_with_the_setting_only(shop: Source, *, default_catalog: bool) -> None:
    names = ("orders", "zones")
    for stores in (STORES[:1], [], None):
        output = shop.run(*names, store_keys=stores, default_catalog=default_catalog)
        assert output.code == 0
        for schema in output.of_type("SCHEMA"):
            wanted = bool(stores) and schema["stream"] == "orders"
            assert ("storeKey" in schema["schema"]["properties"]) == wanted
            assert ("storeKey" in schema["key_properties"]) == wanted
            assert ("storeKey" in schema["schema"]["required"]) == wanted
        assert all(("storeKey" in each) == bool(stores) for each in output.records("orders"))
        assert "does not declare" not in output.log


@pytest.mark.parametrize("stores", [STORES, None])
def test_discovery_knows_the_column(stores: Any) -> None:
    made = TapCommercetools(
        config={"store_keys": stores}, validate_config=False, setup_mapper=False
    )
    (entry,) = (each for each in made.catalog_dict["streams"] if each["stream"] == "orders")
    crumbs = {tuple(each["breadcrumb"]): each["metadata"] for each in entry["metadata"]}
    if stores is None:
        assert list(entry["key_properties"]) == entry["schema"]["required"] == ["id"]
        assert ("properties", "storeKey") not in crumbs
    else:
        assert list(entry["key_properties"]) == entry["schema"]["required"] == ["storeKey", "id"]
        assert crumbs["properties", "storeKey"]["inclusion"] == "automatic"


@pytest.mark.parametrize("required", [["storeKey", "id"], ["id"], None])
def test_a_catalog_from_before_the_setting_was_taken_back(
    shop: Source, required: list[str] | None
) -> None:
    first = shop.run("orders", store_keys=STORES[:1], default_catalog=True)
    (schema,) = first.of_type("SCHEMA")
    catalog = shop.catalog("orders")
    catalog["streams"][0]["key_properties"] = schema["key_properties"]
    catalog["streams"][0]["schema"] = {**schema["schema"], "required": required}
    if required is None:
        del catalog["streams"][0]["schema"]["required"]
    output = shop.run("orders", catalog=catalog)
    assert output.code == 0
    (schema,) = output.of_type("SCHEMA")
    assert schema["key_properties"] == ["id"]
    assert "storeKey" not in schema["schema"]["properties"]
    assert set(output.ids("orders")) == set(shop.rows("orders"))


def test_streams_without_lists_of_stores_are_read_as_ever(shop: Source) -> None:
    shop.forget_requests()
    output = shop.run("zones", "store_product_selection_assignments", store_keys=STORES[:1])
    assert output.code == 0
    assert set(output.ids("zones")) == set(shop.rows("zones"))
    stores = {r["storeKey"] for r in output.records("store_product_selection_assignments")}
    assert stores == set(STORES), "a list of its own, below each store of the project"
    assert "/demo/zones" in paths(shop)


def test_the_scopes_of_a_store_are_enough_for_its_lists() -> None:
    client = Client("demo-client", "demo-secret", ("view_orders:demo:store-1",))
    with commercetools(size=0.3, rows={"stores": 6}, small=False, clients=[client]) as source:
        output = source.run("orders", "zones", store_keys=["store-1"])
        assert output.code == 1
        assert set(keys(output, "orders")) == truth(source, "orders", ["store-1"])
        assert "stream not read: zones: /demo/zones answered 403" in output.log
        other = source.run("orders", store_keys=["store-1", "store-2"])
        assert other.code == 1
        assert "/demo/in-store/key=store-2/orders answered 403" in other.log
        assert source.run("orders").code == 1


@pytest.mark.parametrize("skip", [True, False])
def test_a_store_that_does_not_exist_is_an_error_in_any_case(shop: Source, *, skip: bool) -> None:
    output = shop.run(
        "orders", "zones", store_keys=["nowhere", "store-1"], skip_forbidden_streams=skip
    )
    assert output.code == 1
    assert "stream not read: orders: /demo/in-store/key=nowhere/orders answered 404" in output.log
    assert "is there a store with this key? See store_keys" in output.log
    assert set(output.ids("zones")) == set(shop.rows("zones"))
    assert not output.bookmark("orders")


def test_only_what_changed_is_read_again_in_each_store() -> None:
    with commercetools(size=0.3, rows={"stores": 6}, small=False) as source:
        settings: dict[str, Any] = {"store_keys": STORES, "lookback_seconds": 0}
        first = source.run("customers", **settings)
        record = next(
            each
            for each in source.records("customers").values()
            if belongs(each, "store-0") and belongs(each, "store-1")
        )
        source.stand_in.touch("customers", record["id"])
        next_second()
        second = source.run("customers", state=first.state, **settings)
        changed = {pair for pair in keys(second, "customers") if pair[1] == record["id"]}
        assert {("store-0", record["id"]), ("store-1", record["id"])} <= changed
        highest = max(source.rows("customers").values())
        assert second.bookmark("customers") == highest
        old = {key for _, key in keys(second, "customers")} - {record["id"]}
        assert len(old) <= 1


def test_a_store_added_later_is_read_from_its_start(shop: Source) -> None:
    settings: dict[str, Any] = {"lookback_seconds": 0}
    first = shop.run("orders", store_keys=STORES[:1], **settings)
    second = shop.run("orders", store_keys=STORES[:2], state=first.state, **settings)
    assert truth(shop, "orders", ["store-1"]) <= set(keys(second, "orders"))
    third = shop.run("orders", store_keys=STORES[:2], state=second.state, **settings)
    assert len(keys(third, "orders")) <= 2
    fewer = shop.run("orders", store_keys=STORES[1:2], state=third.state, **settings)
    assert fewer.code == 0
    assert len(keys(fewer, "orders")) <= 1
    back = shop.run("orders", store_keys=STORES[:2], state=fewer.state, **settings)
    assert truth(shop, "orders", ["store-0"]) <= set(keys(back, "orders")), (
        "what changed in it meanwhile was not read"
    )


@pytest.mark.parametrize(("before", "after"), [(None, STORES), (STORES, None)])
def test_rows_with_another_key_are_read_from_the_start(
    shop: Source, before: Any, after: Any
) -> None:
    first = shop.run("orders", store_keys=before, lookback_seconds=0)
    second = shop.run("orders", store_keys=after, state=first.state, lookback_seconds=0)
    if after:
        assert set(keys(second, "orders")) == truth(shop, "orders", STORES)
    else:
        assert set(second.ids("orders")) == set(shop.rows("orders"))


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("after", [STORES, STORES[:2], STORES[1:], None])
def test_an_interrupted_scan(after: Any, concurrency: int) -> None:
    with commercetools(size=0.5, small=False) as source:
        settings: dict[str, Any] = {"concurrency": concurrency, "page_size": 7}
        source.fail_after(6, "/orders")
        broken = source.run("orders", store_keys=STORES, **settings)
        assert broken.code == 1
        source.heal()
        rest = source.run("orders", store_keys=after, state=broken.state, **settings)
        assert rest.code == 0
        if after is None:
            assert set(rest.ids("orders")) == set(source.rows("orders"))
            return
        held = {*keys(broken, "orders"), *keys(rest, "orders")}
        assert truth(source, "orders", after) <= held
        if after == STORES:
            assert held == truth(source, "orders", STORES)
            assert len(rest.records("orders")) < len(held), "it went on"


@pytest.mark.usefixtures("state_per_page")
def test_a_store_that_is_left_out_in_the_middle_of_a_scan() -> None:
    with commercetools(size=0.5, small=False) as source:
        settings: dict[str, Any] = {"concurrency": 1, "page_size": 7, "verify_counts": "off"}
        source.fail_after(1, "key=store-0/orders")
        begun = source.run("orders", store_keys=STORES, **settings)
        source.heal()
        source.fail_after(1, "key=store-2/orders")
        fewer = source.run(
            "orders", store_keys=[STORES[0], STORES[2]], state=begun.state, **settings
        )
        source.heal()
        assert begun.code == fewer.code == 1
        assert truth(source, "orders", [STORES[0]]) <= {
            *keys(begun, "orders"),
            *keys(fewer, "orders"),
        }
        rest = source.run("orders", store_keys=STORES, state=fewer.state, **settings)
        assert rest.code == 0
        held = {pair for output in (begun, fewer, rest) for pair in keys(output, "orders")}
        assert held == truth(source, "orders", STORES)


@pytest.mark.usefixtures("state_per_page")
def test_a_store_that_cannot_be_read_is_taken_back_in_the_middle_of_a_scan() -> None:
    with commercetools(size=0.5, small=False) as source:
        settings: dict[str, Any] = {"page_size": 7}
        source.stand_in.faults.add("key=nowhere", "slow", seconds=0.5)
        broken = source.run("orders", store_keys=["nowhere", "store-1"], **settings)
        source.heal()
        assert broken.code == 1
        assert keys(broken, "orders")
        rest = source.run("orders", store_keys=["store-1"], state=broken.state, **settings)
        assert rest.code == 0, rest.log
        held = {*keys(broken, "orders"), *keys(rest, "orders")}
        assert held == truth(source, "orders", ["store-1"])


def test_a_full_table_of_stores_activates_its_version(shop: Source) -> None:
    catalog = shop.catalog("orders", method="FULL_TABLE")
    output = shop.run("orders", catalog=catalog, store_keys=STORES)
    (activation,) = output.of_type("ACTIVATE_VERSION")
    assert output.messages.index(activation) > output.messages.index(output.of_type("RECORD")[-1])
    assert set(keys(output, "orders")) == truth(shop, "orders", STORES)


def test_the_counts_of_the_stores_are_summed_up(shop: Source) -> None:
    output = shop.run("orders", store_keys=STORES[:2], verify_counts="strict")
    assert output.code == 0
    count = len(truth(shop, "orders", STORES[:2]))
    assert f"orders: {count:,} records read, the API counts {count:,}" in output.log


def test_both_ways_out_add_the_column(shop: Source) -> None:
    """Records go out as bytes or, for a stream map, decoded."""
    plain = shop.run("orders", store_keys=STORES[:2])
    mapped = shop.run("orders", store_keys=STORES[:2], stream_maps={"orders": {"more": "1"}})
    assert set(keys(mapped, "orders")) == set(keys(plain, "orders"))
