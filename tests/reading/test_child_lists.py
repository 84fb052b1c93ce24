"""Lists below each record of a parent list: how the parents are read, and when one is gone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.standin import Hook
from tests.reading.tools import Pairs, Source, commerce7, commercetools, scan_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Output

HTML = "<html><body><h1>404 Not Found</h1></body></html>"
NOT_FOUND = {
    "tap-commercetools": {
        "statusCode": 404,
        "message": "The Resource was not found.",
        "errors": [{"code": "ResourceNotFound", "message": "The Resource was not found."}],
    },
    "tap-commerce7": {"statusCode": 404, "type": "notFound", "message": "Not found"},
}


@dataclass
class Family:
    """A source, a stream of child lists and its parents."""

    source: Source
    stream: str
    parents: str
    column: str
    list_path: str
    parent_path: str

    def run(self, **settings: Any) -> Output:
        """Read the children."""
        names = (self.stream,) if self.parents == "product_selections" else ALL_C7
        catalog = self.source.catalog(self.stream)
        return self.source.run(*names, catalog=catalog, **settings)

    @property
    def with_children(self) -> set[str]:
        """The parents that have children."""
        if self.parents == "customers":
            records = self.source.records(self.stream).values()
            return {str(record["customerId"]) for record in records}
        return {row_id.partition("/")[0] for row_id in self.source.rows(self.stream)}

    @property
    def some_parent(self) -> str:
        """A parent that has children and is not the first."""
        return sorted(self.with_children)[1]

    def fail(self, parent: str, **options: Any) -> None:
        path = self.list_path.format(parent)
        self.source.stand_in.faults.add(path, "status", status=404, times=-1, **options)


ALL_C7 = ("customers", "customer_credit_cards")


@pytest.fixture(params=["tap-commercetools", "tap-commerce7"])
def family(request: pytest.FixtureRequest) -> Iterator[Family]:
    if request.param == "tap-commercetools":
        with commercetools(size=1, small=False) as source:
            yield Family(
                source,
                "product_selection_products",
                "product_selections",
                "productSelectionId",
                "/product-selections/{}/products",
                r"/product-selections\?",
            )
    else:
        rows = {"customers": 60, "customer_credit_cards": 120}
        with commerce7(rows=rows, small=False) as source:
            yield Family(
                source,
                "customer_credit_cards",
                "customers",
                "customerId",
                "/customer/{}/credit-card",
                r"/customer\?",
            )


def assert_failed(output: Output, text: str) -> None:
    assert output.code == 1
    assert text in output.log
    assert output.of_type("ACTIVATE_VERSION") == []


def test_a_parent_that_is_deleted_meanwhile_has_no_children(family: Family) -> None:
    gone, expected = family.some_parent, family.with_children
    hook = Hook(1, family.parents, "delete", {"id": gone}, match=family.parent_path)
    family.source.stand_in.hooks.append(hook)
    output = family.run(concurrency=1)
    assert output.code == 0, output.log[-1500:]
    assert output.of_type("ACTIVATE_VERSION")
    parents = {record[family.column] for record in output.records(family.stream)}
    assert parents == expected - {gone}


def test_a_parent_that_is_there_has_a_list(family: Family) -> None:
    parent = family.some_parent
    family.fail(parent, body=NOT_FOUND[family.source.tap.name])
    assert_failed(family.run(), f"{parent}/")


def test_an_html_404_is_no_missing_parent(family: Family) -> None:
    gone = family.some_parent
    family.fail(gone, body=HTML)
    hook = Hook(1, family.parents, "delete", {"id": gone}, match=family.parent_path)
    family.source.stand_in.hooks.append(hook)
    assert_failed(family.run(concurrency=1), "answered 404 (no JSON in the body)")


def test_html_404s_on_all_lists_do_not_empty_the_table(family: Family) -> None:
    family.fail("[^/]+", body=HTML)
    assert_failed(family.run(), "answered 404 (no JSON in the body)")


def test_an_empty_page_of_parents_in_passing(family: Family) -> None:
    expected = set(map(str, family.source.rows(family.stream)))
    family.source.stand_in.faults.add(family.parent_path, "empty_page")
    output = family.run()
    assert output.code == 0
    assert len(output.records(family.stream)) == len(expected)


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize(
    ("stream", "path"),
    [
        ("product_selection_products", "/product-selections"),
        ("product_product_selections", "/products"),
        ("store_product_selection_assignments", "/stores"),
        ("approval_flows", "/business-units"),
    ],
)
def test_parents_that_come_unsorted_are_an_error(stream: str, path: str, concurrency: int) -> None:
    def unsorted(pairs: Pairs) -> Pairs:
        return [(name, value) for name, value in pairs if name != "sort"]

    rows = {"stores": 40, "business_units": 40, "product_selections": 40, "products": 40}
    with commercetools(small=False, rows=rows) as source:
        source.rewrite(path, unsorted)
        output = source.run(stream, page_size=5, concurrency=concurrency)
        assert output.code == 1
        assert "did not sort as asked" in output.log
        assert output.of_type("ACTIVATE_VERSION") == []


@pytest.mark.parametrize("concurrency", [1, 4])
def test_long_lists_without_sort_and_filter_are_an_error(concurrency: int) -> None:
    def unfiltered(pairs: Pairs) -> Pairs:
        return [(name, value) for name, value in pairs if name != "where"]

    with commercetools(size=1, small=False) as source:
        source.rewrite("/product-selection-assignments", unfiltered)
        stream = "store_product_selection_assignments"
        output = source.run(stream, page_size=4, concurrency=concurrency)
        assert output.code == 1
        assert "from outside the range" in output.log
        assert output.of_type("ACTIVATE_VERSION") == []


@pytest.mark.parametrize(
    ("stream", "path"),
    [
        ("product_selection_products", "/product-selections"),
        ("approval_flows", "/business-units"),
    ],
)
def test_pages_of_parents_that_are_too_big_shrink(stream: str, path: str) -> None:
    with commercetools(size=1, small=False) as source:
        whole = source.run(stream, concurrency=1)
        source.stand_in.faults.add(rf"{path}\?", "query_timed_out_above", times=-1, n=3)
        source.forget_requests()
        output = source.run(stream, concurrency=1)
        assert output.code == 0, output.log[-1500:]
        assert output.records(stream) == whole.records(stream)
        assert {"20", "2"} <= {query["limit"][0] for query in source.asked(path)}


def test_an_associate_that_is_gone_is_followed_by_the_next() -> None:
    with commercetools(size=1, small=False) as source:
        flow = next(iter(source.records("approval_flows").values()))
        key = flow["businessUnit"]["key"]
        unit = next(u for u in source.records("business_units").values() if u["key"] == key)
        gone = {"customer": {"typeId": "customer", "id": "00000000-0000-4000-a000-000000000000"}}
        unit["associates"] = [gone, *unit["associates"]]
        source.stand_in.put("business_units", unit)
        body = NOT_FOUND["tap-commercetools"]
        path = f"as-associate/{gone['customer']['id']}/"
        source.stand_in.faults.add(path, "status", status=404, body=body, times=-1)
        output = source.run("approval_flows")
        assert output.code == 0, output.log[-1500:]
        assert key in {record["businessUnitKey"] for record in output.records("approval_flows")}


@pytest.mark.usefixtures("state_per_page")
@pytest.mark.parametrize("left", ["another", "none", "no unit"])
def test_a_scan_goes_on_where_an_associate_has_left_meanwhile(left: str) -> None:
    with commercetools(size=1, small=False) as source:
        unit = sorted(
            (u for u in source.records("business_units").values() if u["associates"]),
            key=lambda unit: str(unit["key"]),
        )[1]
        was, stays = unit["associates"][0], dict(unit["associates"][0])
        stays["customer"] = {"typeId": "customer", "id": max(source.rows("customers"))}
        assert was["customer"] != stays["customer"]
        path = f"in-business-unit/key={unit['key']}/"
        flow = next(iter(source.records("approval_flows").values()))
        of_unit = {"businessUnit": {"typeId": "business-unit", "key": unit["key"]}}
        for number in range(3):
            new = {**flow, "id": f"0f000000-0000-4000-a000-00000000000{number}", **of_unit}
            source.stand_in.put("approval_flows", new)
        source.fail_after(1, path)
        broken = source.run("approval_flows", concurrency=1, page_size=1)
        assert broken.code == 1
        assert unit["key"] in str(scan_of(broken.state, "approval_flows")["ranges"])
        source.heal()
        unit["associates"] = [stays] if left == "another" else []
        source.stand_in.put("business_units", unit)
        if left == "no unit":
            source.stand_in.delete("business_units", unit["id"])
        error = {"code": "AssociateMissingPermission", "message": "He has left."}
        body = {"statusCode": 403, "message": "He has left.", "errors": [error]}
        path = f"as-associate/{was['customer']['id']}/{path}"
        source.stand_in.faults.add(path, "status", status=403, body=body, times=-1)
        rest = source.run("approval_flows", state=broken.state)
        assert rest.code == 0, rest.log[-1500:]
        read = {record["businessUnitKey"] for record in rest.records("approval_flows")}
        assert (unit["key"] in read) == (left == "another")


def test_parents_without_a_cursor_are_an_error_not_a_short_list() -> None:
    with commerce7(rows={"customers": 120, "customer_credit_cards": 40}, small=False) as source:
        source.rewrite("/customer", lambda pairs: [p for p in pairs if p[0] != "cursor"])
        output = source.run(*ALL_C7, catalog=source.catalog("customer_credit_cards"))
        assert output.code == 1
        assert "ignored the cursor" in output.log
        assert output.of_type("ACTIVATE_VERSION") == []


@pytest.mark.usefixtures("state_per_page")
def test_parents_that_the_api_refuses_when_reading_goes_on() -> None:
    with commerce7(rows={"customers": 40, "customer_credit_cards": 80}, small=False) as source:
        catalog = source.catalog("customer_credit_cards")
        source.fail_after(25, "/credit-card")
        broken = source.run(*ALL_C7, catalog=catalog)
        assert broken.code == 1
        source.heal()
        source.stand_in.faults.add(r"/customer\?", "status", status=422)
        rest = source.run(*ALL_C7, catalog=catalog, state=broken.state)
        assert rest.code == 0, rest.log[-1500:]
        assert set(rest.ids("customer_credit_cards")) == set(source.rows("customer_credit_cards"))
        assert not re.search("Traceback", rest.log)
