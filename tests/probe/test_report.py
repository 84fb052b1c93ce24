"""The report: for people and for programs, without a value of a record (1, 2)."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine.probing.asker import Answer
from tap_engine.probing.members import compare
from tap_engine.probing.report import MOST_PATHS, as_json, as_markdown
from tap_engine.probing.shared import date_header
from tests.probe.conftest import TAPS

if TYPE_CHECKING:
    from tap_engine.singer.tap import EngineTap
    from tests.probe.conftest import Probes

each_tap = pytest.mark.parametrize("kind", TAPS, ids=lambda kind: kind.name)
STREAM = {TapCommercetools.name: "customers", TapCommerce7.name: "customers"}
OPTIONS: dict[str, dict[str, Any]] = {
    TapCommercetools.name: {"size": 0.1, "seed": 3},
    TapCommerce7.name: {"size": 0.1, "seed": 3, "rate_limit": None},
}


@each_tap
def test_no_value_of_a_record_is_in_the_report(kind: type[EngineTap], probes: Probes) -> None:
    probing = probes.get(kind, {}, **OPTIONS[kind.name])
    values = set()
    for number, row in enumerate(list(probing.stand_in.collections["customers"].by_id.values())):
        record = {
            **json.loads(row.body),
            "firstName": f"Zquietude{number}",
            "email": f"zelda.{number}@example.org",
            "undeclaredNote": f"Klabautermann {number}",
            f"zelda.{number}@example.org": {"secret": f"hunter-two-{number}"},
            f"+49 171 00000{number}": f"Vogelfrei {number}",
            f"(0171) 00000{number}": f"Vogelfrei {number}",
            rf"(\d{number}": f"Vogelfrei {number}",
        }
        probing.stand_in.put("customers", record)
    for collection in probing.stand_in.collections.values():
        values |= {value for row in collection.by_id.values() for value in _texts(row.body)}
    report = probing.run()
    texts = [render(report, kind.name, "1") for render in (as_markdown, as_json)]
    for text in texts:
        assert "undeclaredNote" in text
        assert "characters)" in text, "names that could be values are not told"
        for value in (
            "Zquietude",
            "example.org",
            "Klabauter",
            "hunter",
            "Vogelfrei",
            "+49 1",
            "(0171",
        ):
            assert value not in text
        for value in values:
            assert value not in text


def _texts(body: bytes) -> set[str]:
    """Values that are no ordinary words: those with digits, spaces or signs."""
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        elif isinstance(value, str) and len(value) >= 5 and not value.isalpha():
            found.add(value)

    walk(json.loads(body))
    return {
        each
        for each in found
        if any(sign.isdigit() or sign in "@ " for sign in each) and not each.startswith("http")
    } - {"On Hold", "Carry Out", "General Merchandise"}


@each_tap
def test_json_holds_what_the_markdown_shows(kind: type[EngineTap], probes: Probes) -> None:
    probing = probes.get(kind, {}, **OPTIONS[kind.name])
    report = probing.run()
    told = json.loads(as_json(report, kind.name, "1"))
    text = as_markdown(report, kind.name, "1")
    assert told["tap"] == kind.name
    assert told["requests"] == report.requests
    assert [each["name"] for each in told["questions"]] == [
        each.name for each in probing.source.questions
    ]
    for each in told["questions"]:
        assert each["question"] in text
        assert (each["answer"] is None) == (each["account"] == "not seen")
    assert {each["stream"] for each in told["streams"]} == set(probing.tap.streams)


@each_tap
def test_it_ends_with_what_the_tap_does_differently(kind: type[EngineTap], probes: Probes) -> None:
    probing = probes.get(kind, {}, **OPTIONS[kind.name])
    probing.stand_in.faults.add(".", "date", times=-1, seconds=500)
    last = as_markdown(probing.run(), kind.name, "1").partition("## What the tap does")[2]
    assert "it is ahead" in last
    unexpected = [
        each for each in probing.run().answers if each.outcome and not each.outcome.expected
    ]
    assert all(each.question.asks in last for each in unexpected)


def test_members_both_ways() -> None:
    schema = {
        "properties": {
            "id": {"type": ["string"]},
            "price": {"type": ["integer", "null"]},
            "gone": {"type": ["object", "null"], "properties": {"inner": {"type": ["string"]}}},
            "list": {
                "type": ["array", "null"],
                "items": {"properties": {"a": {"type": ["string"]}, "b": {"type": ["string"]}}},
            },
        }
    }
    rows: list[dict[str, Any]] = [
        {"id": "1", "price": "9", "list": [{"a": "x", "c": 1}], "more": None},
        {"id": "2"},
    ]
    found = compare(rows, schema)
    assert found.undeclared == {"list[].c": ["integer"], "more": ["null"]}
    assert found.contradicting == {"price": ["string"]}
    assert found.unseen == ["gone", "list[].b"], "and not what would be inside of it"


def test_many_paths_are_cut_short_for_people_only(probes: Probes) -> None:
    probing = probes.get(TapCommerce7, {}, **OPTIONS[TapCommerce7.name])
    members = {f"extra{number}": number for number in range(40)}
    body = {"notes": [{"id": "a", **members}]}
    probing.stand_in.faults.add("^/v1/note", "status", times=-1, status=200, body=body)
    report = probing.run()
    assert f"and {40 - MOST_PATHS} more" in as_markdown(report, "tap-commerce7", "1")
    (told,) = (
        each
        for each in json.loads(as_json(report, "tap-commerce7", "1"))["streams"]
        if each["stream"] == "notes"
    )
    assert set(told["undeclared"]) == set(members)


def test_a_date_that_is_missing() -> None:
    answers = [Answer(200, {}, {}, read_at=0.0, took=0.0)]
    source: Any = SimpleNamespace(asker=SimpleNamespace(answers=answers))
    assert date_header(source).outcome == "absent"
