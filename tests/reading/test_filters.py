"""The setting `stream_filters`: only what matches is read, and bookmarks know of which filter."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tap_commerce7.tap import TapCommerce7
from tap_engine.state.coverage import fingerprint
from tests.reading.tools import Source, commerce7, commercetools, next_second, scan_of, where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Output

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "filters.md"

STREAM = {"tap-commercetools": "reviews", "tap-commerce7": "orders"}
FILTERS: dict[str, list[Any]] = {
    "tap-commercetools": ['authorName = "Ann" or authorName = "Bob"', 'authorName="Cleo"'],
    "tap-commerce7": [{"channel": "Web", "orderDeliveryMethod": "Ship"}, {"channel": "POS"}],
}
WRONG: dict[str, Any] = {
    "tap-commercetools": 'nobody = "Ann"',
    "tap-commerce7": {"orderPaidDate": "like:2024"},
}


class Filtered:
    """A source, one of its streams, two filters, and what each of them lets through."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.stream = STREAM[source.tap.name]
        self.one, self.two = FILTERS[source.tap.name]
        for number, row_id in enumerate(source.rows(self.stream)):
            author = ("Ann", "Bob", "Cleo", "Dora")[number % 4]
            channel = ("Web", "Web", "POS", "Inbound")[number % 4]
            source.stand_in.put(
                self.stream,
                {"id": row_id, "authorName": author}
                if source.tap.name == "tap-commercetools"
                else {"id": row_id, "channel": channel, "orderDeliveryMethod": "Ship"},
                merge=True,
                at=source.rows(self.stream)[row_id],
            )

    def run(self, chosen: Any, *more: str, **options: Any) -> Output:
        filters = {} if chosen is None else {self.stream: chosen}
        return self.source.run(self.stream, *more, **{"stream_filters": filters, **options})

    def matching(self, chosen: Any) -> set[str]:
        wanted = {str(self.one): {"Ann", "Bob", "Web"}, str(self.two): {"Cleo", "POS"}}
        member = "authorName" if self.stream == "reviews" else "channel"
        records = self.source.records(self.stream)
        if chosen is None:
            return set(records)
        return {key for key, each in records.items() if each[member] in wanted[str(chosen)]}


@pytest.fixture(params=["tap-commercetools", "tap-commerce7"])
def filtered(request: pytest.FixtureRequest) -> Iterator[Filtered]:
    serve, stream = (
        (commercetools, "zones") if request.param == "tap-commercetools" else (commerce7, "notes")
    )
    with serve(rows={STREAM[request.param]: 230, stream: 3}) as source:
        yield Filtered(source)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_only_what_matches_is_read(filtered: Filtered, concurrency: int) -> None:
    output = filtered.run(filtered.one, concurrency=concurrency)
    assert output.code == 0, output.log[-1500:]
    ids = output.ids(filtered.stream)
    assert len(ids) == len(set(ids))
    assert set(ids) == filtered.matching(filtered.one)
    asked = filtered.source.asked(filtered.source.path(filtered.stream))
    for query in asked:
        if filtered.stream == "reviews":
            assert f"({filtered.one})" in where(query)
        else:
            assert {name: query[name] for name in filtered.one} == {
                name: [value] for name, value in filtered.one.items()
            }


def test_later_runs_read_what_changed_and_matches(filtered: Filtered) -> None:
    first = filtered.run(filtered.one, lookback_seconds=0)
    touched = [min(filtered.matching(filtered.one)), min(filtered.matching(filtered.two))]
    for row_id in touched:
        filtered.source.stand_in.touch(filtered.stream, row_id)
    next_second()
    second = filtered.run(filtered.one, state=first.state, lookback_seconds=0)
    assert second.code == 0
    ids = set(second.ids(filtered.stream))
    assert touched[0] in ids
    assert len(ids) <= 2
    assert ids <= filtered.matching(filtered.one)
    assert "reading everything anew" not in second.log


def test_another_filter_reads_everything_anew(filtered: Filtered) -> None:
    state: Any = None
    for chosen in (None, filtered.one, filtered.two, filtered.one, None):
        output = filtered.run(chosen, state=state, lookback_seconds=0)
        assert output.code == 0
        assert set(output.ids(filtered.stream)) == filtered.matching(chosen)
        said = "its entry in stream_filters changed; reading everything anew" in output.log
        assert said == (state is not None)
        state = output.state
        same = filtered.run(chosen, state=state, lookback_seconds=0)
        assert len(same.ids(filtered.stream)) <= 1
        assert "reading everything anew" not in same.log
        state = same.state


def test_state_does_not_hold_the_filter(filtered: Filtered) -> None:
    filtered.source.fail_after(2, filtered.source.pages(filtered.stream))
    broken = filtered.run(filtered.one)
    assert broken.code == 1
    assert scan_of(broken.state, filtered.stream)
    filtered.source.heal()
    whole = filtered.run(filtered.one, state=broken.state)
    for state in (*broken.states, *whole.states):
        assert "Ann" not in str(state)
        assert "Web" not in str(state)
    assert len(json.loads(whole.state["bookmarks"][filtered.stream]["coverage"])["filter"]) == 16


def test_an_unfinished_scan_goes_on_under_the_same_filter_only(filtered: Filtered) -> None:
    filtered.source.fail_after(2, filtered.source.pages(filtered.stream))
    broken = filtered.run(filtered.one)
    assert broken.code == 1
    before = set(broken.ids(filtered.stream))
    assert before
    filtered.source.heal()
    same = filtered.run(filtered.one, state=broken.state)
    assert "resuming an interrupted scan" in same.log
    assert before | set(same.ids(filtered.stream)) == filtered.matching(filtered.one)
    for chosen in (filtered.two, None):
        other = filtered.run(chosen, state=broken.state)
        assert "resuming an interrupted scan" not in other.log
        assert set(other.ids(filtered.stream)) == filtered.matching(chosen)


def test_a_full_table_holds_what_matches(filtered: Filtered) -> None:
    """Its catch-up, which reads what changed meanwhile, goes by the filter as well."""
    catalog = filtered.source.catalog(filtered.stream, method="FULL_TABLE")
    changed = min(filtered.matching(filtered.one)), min(filtered.matching(filtered.two))
    for row_id in changed:
        filtered.source.stand_in.touch(filtered.stream, row_id)
    output = filtered.run(filtered.one, catalog=catalog, lookback_seconds=3600)
    assert output.code == 0
    assert set(output.ids(filtered.stream)) == filtered.matching(filtered.one)
    assert output.ids(filtered.stream).count(changed[0]) == 2, "once more to catch up"
    assert output.messages.index(output.of_type("ACTIVATE_VERSION")[0]) > output.messages.index(
        output.of_type("RECORD")[-1]
    )


def test_the_start_date_and_a_filter(filtered: Filtered) -> None:
    middle = sorted(filtered.source.rows(filtered.stream).values())[115]
    output = filtered.run(filtered.one, start_date=middle)
    newer = {key for key, at in filtered.source.rows(filtered.stream).items() if at >= middle}
    assert set(output.ids(filtered.stream)) == newer & filtered.matching(filtered.one)


@pytest.mark.parametrize("known", [False, True], ids=["first", "later"])
def test_a_filter_that_the_api_refuses_is_told_as_such(filtered: Filtered, *, known: bool) -> None:
    state = None
    if known:  # so that the scan has a filter of its own, which could be taken for the culprit
        bookmark = sorted(filtered.source.rows(filtered.stream).values())[115]
        key = {"reviews": "lastModifiedAt", "orders": "updatedAt"}[filtered.stream]
        mark = {
            "replication_key": key,
            "replication_key_value": bookmark,
            "coverage": json.dumps({"filter": fingerprint(WRONG[filtered.source.tap.name])}),
        }
        state = {"bookmarks": {filtered.stream: mark}}
    filtered.source.forget_requests()
    other = "zones" if filtered.stream == "reviews" else "notes"
    output = filtered.run(
        WRONG[filtered.source.tap.name], other, state=state, skip_forbidden_streams=True
    )
    assert output.code == 1
    lines = [line for line in output.log.splitlines() if "stream not read:" in line]
    assert len(lines) == 1
    assert f"stream not read: {filtered.stream}: " in lines[0]
    assert "the API refuses the stream's entry in stream_filters" in lines[0]
    assert "reading everything and leaving out" not in output.log
    assert output.records(filtered.stream) == []
    assert len(output.records(other)) == 3
    path = filtered.source.path(filtered.stream)
    assert len(filtered.source.asked(path)) == 2, "the scan, then the filter alone"


def test_parameters_that_are_not_documented_are_sent() -> None:
    with commerce7(size=1, small=False) as source:
        members = source.records("club_memberships")
        customer = next(iter(members.values()))["customerId"]
        wanted = {"club_memberships": {"customerId": customer, "signupDate": "gte:2000-01-01"}}
        output = source.run("club_memberships", stream_filters=wanted)
    assert output.code == 0
    assert set(output.ids("club_memberships")) == {
        key for key, each in members.items() if each["customerId"] == customer
    }
    warning = "club_memberships: stream_filters: customerId, signupDate is not documented for this"
    assert output.log.count(warning) == 1


def test_a_parameter_that_the_api_does_not_know_is_an_error() -> None:
    with commerce7(size=0.1) as source:
        output = source.run("carts", "notes", stream_filters={"carts": {"colour": "red"}})
    assert output.code == 1
    (line,) = [line for line in output.log.splitlines() if "stream not read:" in line]
    assert "colour" in line
    assert "the API refuses the stream's entry in stream_filters" in line
    assert output.records("notes")


def test_a_scan_that_is_refused_under_a_good_filter_falls_back() -> None:
    with commercetools(rows={"reviews": 90}) as source:
        filtered = Filtered(source)
        first = filtered.run(filtered.one)
        body = {"statusCode": 400, "message": "sort", "errors": [{"code": "InvalidInput"}]}
        match = "/reviews.*sort=lastModifiedAt"
        source.stand_in.faults.add(match, "status", status=400, body=body, times=-1)
        source.stand_in.touch("reviews", min(filtered.matching(filtered.one)))
        second = filtered.run(filtered.one, state=first.state, lookback_seconds=0)
        assert second.code == 0
        assert min(filtered.matching(filtered.one)) in second.ids("reviews")
        assert set(second.ids("reviews")) <= filtered.matching(filtered.one)


def test_counts_are_of_what_matches(filtered: Filtered, monkeypatch: pytest.MonkeyPatch) -> None:
    count = len(filtered.matching(filtered.one))
    output = filtered.run(filtered.one, verify_counts="strict")
    assert output.code == 0
    assert f"{filtered.stream}: {count} records read, the API counts {count}" in output.log
    if filtered.stream == "reviews":  # a total with a predicate ends somewhere
        monkeypatch.setattr("tap_commercetools.collection.MOST_COUNTED", count)
        output = filtered.run(filtered.one, verify_counts="strict")
        assert output.code == 0
        assert "the API counts" not in output.log


def test_cards_of_one_customer_take_one_request() -> None:
    with commerce7(size=1, small=False) as source:
        (customer, *_) = (
            each["customerId"] for each in source.records("customer_credit_cards").values()
        )
        names = ("customers", "customer_credit_cards")
        output = source.run(
            *names,
            catalog=source.catalog("customer_credit_cards"),
            stream_filters={"customer_credit_cards": {"customerId": customer}},
        )
        assert output.code == 0
        assert {each["customerId"] for each in output.records("customer_credit_cards")} == {
            customer
        }
        assert set(output.ids("customer_credit_cards")) == {
            key
            for key, each in source.records("customer_credit_cards").items()
            if each["customerId"] == customer
        }
        asked = {request["path"] for request in source.stand_in.requests}
        assert asked == {f"/v1/customer/{customer}/credit-card"}


def test_ranges_of_commerce7_go_by_the_filter() -> None:
    with commerce7(rows={"orders": 900}) as source:
        filtered = Filtered(source)
        output = filtered.run(filtered.one, concurrency=4)
        assert output.code == 0
        assert set(output.ids("orders")) == filtered.matching(filtered.one)
        tries = [query for query in source.asked("/order") if query["limit"] == ["1"]]
        assert len(tries) >= 4
        assert all(query["channel"] == ["Web"] for query in tries)


def test_every_documented_parameter_is_taken() -> None:
    """Those that are declared, against a stand-in that refuses all it does not know."""
    values = {"createdAt": "gte:2020-01-01", "lifetimeValue": "gte:0", "orderCount": "gte:0"}
    dates = ("orderPaidDate", "orderFulfilledDate", "orderSubmittedDate", "reservationDate")
    with commerce7(size=0.1, small=False) as source:
        made: Any = source.tap(config={}, validate_config=False, setup_mapper=False)
        asked: dict[str, tuple[str, ...]] = {
            name: stream.filter_parameters for name, stream in made.streams.items()
        }
        assert sum(map(len, asked.values())) > 40
        most = max(map(len, asked.values()))
        for place in range(most):
            filters = {
                name: {
                    parameters[place]: values.get(
                        parameters[place], "lt:2030-01-01" if parameters[place] in dates else "x"
                    )
                }
                for name, parameters in asked.items()
                if len(parameters) > place and parameters != ("customerId",)
            }
            output = source.run(*filters, stream_filters=filters)
            assert output.code == 0, output.log[-800:]


def test_the_document_lists_the_parameters_of_commerce7() -> None:
    made: Any = TapCommerce7(config={}, validate_config=False, setup_mapper=False)
    declared = {
        name: list(stream.filter_parameters)
        for name, stream in made.streams.items()
        if stream.filter_parameters
    }
    listed: dict[str, list[str]] = {}
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            streams, parameters = (re.findall("`(\\w+)`", cell) for cell in line.split("|")[1:3])
            listed |= dict.fromkeys(streams, parameters)
    assert listed == declared


def test_the_examples_of_the_document_run() -> None:
    text, _ = DOCUMENT.read_text(encoding="utf-8").split("## All data of one person")
    shop, winery, stores = (
        yaml.safe_load(block)["config"]
        for block in re.findall("```yaml\n(.*?)```", text, re.DOTALL)
    )
    stores["store_keys"] = ["store-0", "store-1"]
    for serve, config in ((commercetools, shop), (commerce7, winery), (commercetools, stores)):
        with serve(size=0.3, small=False) as source:
            output = source.run(*config.get("stream_filters", ["orders"]), **config)
            assert output.code == 0, output.log[-800:]


def test_one_fingerprint_for_one_filter() -> None:
    values: list[Any] = ["a", "b", {"a": "b"}, {"a": "c"}, {"a": "b", "c": "d"}, {"a": 1}]
    assert all(fingerprint(x) != fingerprint(y) for x, y in itertools.combinations(values, 2))
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
