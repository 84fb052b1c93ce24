"""Sorting by a member of a reference, which the API may refuse: what is read then is the same."""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commercetools.auth import Client
from sandbox.fake_values import key_of
from tests.reading.tools import Source, commercetools, scan_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Output

VARIANTS = "variant_projections"
BY_PRODUCT = "product after product"
ROWS = {VARIANTS: 440, "products": 230}
FEW = {"stores": 6, VARIANTS: 120, "products": 70, "product_projections": 70}
WHOLE: dict[str, Any] = {"rows": FEW, "size": 0.1, "small": False, "nested_sort": False}
"""Records with all their members."""


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_engine.reading.counts.PAUSE_SECONDS", 0.0)


@pytest.fixture(scope="module")
def shop() -> Iterator[Source]:
    with commercetools(rows=ROWS, nested_sort=False) as source:
        yield source


def keys(source: Source) -> set[tuple[str, str]]:
    records = source.records(VARIANTS).values()
    return {(each["product"]["id"], each["id"]) for each in records if not each["staged"]}


def found(*outputs: Output) -> list[tuple[str, str]]:
    return [(each["productId"], each["id"]) for out in outputs for each in out.records(VARIANTS)]


def most_ids(source: Source) -> int:
    """Return the most products that one request asked for; 0 if none named any."""
    queries = [query.get("where", [""])[0] for query in source.asked("/variant-projections")]
    named = [re.search(r"product\(id in \(([^)]*)\)", query) for query in queries]
    return max((match[1].count(",") + 1 for match in named if match), default=0)


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("size", [2, 7, 500])
def test_variants_are_read_product_after_product(shop: Source, size: int, concurrency: int) -> None:
    shop.forget_requests()
    output = shop.run(VARIANTS, page_size=size, concurrency=concurrency)
    assert output.code == 0, output.log[-1500:]
    assert BY_PRODUCT in output.log
    rows = found(output)
    assert len(rows) == len(set(rows))
    assert set(rows) == keys(shop)
    assert most_ids(shop) == min(size, 100)


def gather(source: Source) -> None:
    """Give each product many variants, and each id to two products."""
    table, products = source.stand_in.collections[VARIANTS], sorted(source.rows("products"))
    records = [source.records(VARIANTS)[row_id] for row_id in source.rows(VARIANTS)]
    current = sorted((each for each in records if not each["staged"]), key=itemgetter("id"))
    for row_id in source.rows(VARIANTS):
        table.delete(row_id)
    for number, record in enumerate(current):
        product = {"typeId": "product", "id": products[number % len(products)]}
        table.upsert({**record, "product": product})


@pytest.mark.usefixtures("state_per_page")
@pytest.mark.parametrize("count", [None, 9, 12])
@pytest.mark.parametrize("size", [4, 10, 11])
def test_products_with_more_variants_than_a_page_holds(size: int, count: int | None) -> None:
    with commercetools(rows={VARIANTS: 220, "products": 8}, nested_sort=False) as source:
        gather(source)
        outputs = []
        if count is not None:
            source.fail_after(count, "/variant-projections")
            outputs.append(source.run(VARIANTS, page_size=size))
            assert outputs[0].code == 1
            source.heal()
        state = outputs[0].state if outputs else None
        outputs.append(source.run(VARIANTS, page_size=size, state=state))
        assert outputs[-1].code == 0, outputs[-1].log[-1500:]
        assert set(found(*outputs)) == keys(source)
        assert len(found(*outputs)) < len(keys(source)) + 5 * size


def test_variants_are_read_by_their_ids_where_the_sort_is_accepted() -> None:
    with commercetools(rows=ROWS) as source:
        output = source.run(VARIANTS)
        assert output.code == 0
        assert BY_PRODUCT not in output.log
        assert set(found(output)) == keys(source)
        assert most_ids(source) == 0
        assert source.asked("/products") == []


@pytest.mark.usefixtures("state_per_page")
@pytest.mark.parametrize("count", [3, 8, 15])
def test_an_interrupted_reading_goes_on_behind_its_last_product(count: int) -> None:
    with commercetools(rows=ROWS, nested_sort=False) as source:
        source.fail_after(count, "/variant-projections")
        broken = source.run(VARIANTS, page_size=7, emit_activate_version_messages=True)
        assert broken.code == 1
        assert broken.of_type("ACTIVATE_VERSION") == []
        assert scan_of(broken.state, VARIANTS)["pager"] == "product"
        source.heal()
        rest = source.run(
            VARIANTS, page_size=7, emit_activate_version_messages=True, state=broken.state
        )
        assert rest.code == 0, rest.log[-1500:]
        assert "resuming an interrupted scan" in rest.log
        assert BY_PRODUCT not in rest.log
        assert set(found(broken, rest)) == keys(source)
        assert len(found(rest)) < len(keys(source))
        (activated,) = rest.of_type("ACTIVATE_VERSION")
        assert {each["version"] for each in broken.of_type("RECORD")} == {activated["version"]}


@pytest.fixture
def published() -> Iterator[Source]:
    """A project as one sees it who may only see what is published."""
    client = Client("demo-client", "demo-secret", ("view_published_products",))
    with commercetools(**WHOLE, clients=[client]) as source:
        yield source


def unpublished(source: Source) -> set[str]:
    projections = source.records("product_projections").values()
    return {each["id"] for each in projections if not each["published"]}


def test_products_are_listed_as_projections_where_only_those_may_be_read(
    published: Source,
) -> None:
    for identity, record in published.records(VARIANTS).items():
        if record["product"]["id"] in unpublished(published):
            published.stand_in.delete(VARIANTS, identity)
    output = published.run(VARIANTS)
    assert output.code == 0, output.log[-1500:]
    assert published.asked("/products") == []
    assert set(found(output)) == keys(published)


def test_variants_of_products_that_are_not_listed_are_an_error(published: Source) -> None:
    output = published.run(VARIANTS)
    assert output.code == 1
    missing = [key for key in keys(published) if key[0] in unpublished(published)]
    assert f"{len(missing)} records are missing" in output.log


def test_no_products_at_all_are_an_error() -> None:
    rows = {**ROWS, "products": 0}
    with commercetools(rows=rows, nested_sort=False) as source:
        output = source.run(VARIANTS)
        assert output.code == 1
        assert f"{len(keys(source))} records are missing" in output.log


def test_variants_of_stores() -> None:
    with commercetools(**WHOLE, shared_in_store=True) as source:
        stores = [key_of("stores", number) for number in range(2)]
        output = source.run(VARIANTS, store_keys=stores, page_size=50)
        assert output.code == 0, output.log[-1500:]
        rows = [
            (each["storeKey"], each["productId"], each["id"]) for each in output.records(VARIANTS)
        ]
        assert len(rows) == len(set(rows))
        assert set(rows) == {(store, *key) for store in stores for key in keys(source)}


def test_a_filter_goes_along(shop: Source) -> None:
    wanted = min(keys(shop))
    output = shop.run(VARIANTS, stream_filters={VARIANTS: f'product(id = "{wanted[0]}")'})
    assert output.code == 0
    assert BY_PRODUCT in output.log
    assert set(found(output)) == {key for key in keys(shop) if key[0] == wanted[0]}


@pytest.mark.parametrize("size", [3, 500])
@pytest.mark.parametrize("stream", ["product_selection_products", "product_product_selections"])
def test_child_lists_are_read_without_the_sort(shop: Source, stream: str, size: int) -> None:
    output = shop.run(stream, page_size=size)
    assert output.code == 0, output.log[-1500:]
    assert "reading the lists without it" in output.log
    columns = output.of_type("SCHEMA", stream)[0]["key_properties"]
    rows = [tuple(record[name] for name in columns) for record in output.records(stream)]
    assert len(rows) == len(set(rows)) == len(shop.rows(stream)) > 0
