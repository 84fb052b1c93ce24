"""What goes in comes out, value for value, whether records are decoded on the way or not (24)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sandbox.store import Row
from tests.hygiene.values import Spelled, cleaned, exact, records, rendered, styles

if TYPE_CHECKING:
    from tests.faults.source import Source

MOMENT = "2024-05-06T07:08:09.010Z"
OWN = ("id", "createdAt", "updatedAt", "lastModifiedAt")


def decoding(source: Source) -> dict[str, Any]:
    """Give settings that change nothing but make the tap decode every record."""
    return {"stream_maps": {source.stream: {"__filter__": "1 == 1"}}}


def serve(source: Source, members: list[tuple[dict[str, Any], str]], at: str = MOMENT) -> list[Any]:
    """Put records with given members into the source, spelled in given styles; give them back."""
    rows = source.stand_in.collections[source.stream]
    made = []
    for number, (extra, style) in enumerate(members):
        row_id = f"{number:08x}-0000-4000-8000-000000000000"
        inner = {name: value for name, value in extra.items() if cleaned(name) not in OWN}
        record = {"id": row_id, source.at: at, **inner, "nested": {"list": [inner]}}
        rows.by_id[row_id] = Row(row_id, MOMENT, rendered(record, style).encode())
        made.append(record)
    rows._indexes.clear()  # rows are put in behind its back
    return made


@pytest.fixture(autouse=True)
def _empty(source: Source) -> None:
    rows = source.stand_in.collections[source.stream]
    rows.by_id.clear()
    rows._indexes.clear()


def lines_of(text: str) -> list[Any]:
    """Parse output line by line: line feed is the only end of a line."""
    assert text.endswith("\n")
    return [json.loads(line, parse_float=Decimal) for line in text[:-1].split("\n")]


@given(st.lists(st.tuples(records, styles), min_size=1, max_size=20))
@settings(
    max_examples=6,
    phases=[Phase.explicit, Phase.generate],  # to shrink takes a run of the tap for every step
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_both_ways_deliver_every_value(
    source: Source, members: list[tuple[dict[str, Any], str]]
) -> None:
    source.stand_in.collections[source.stream].by_id.clear()
    served = serve(source, members)
    expected = [exact(cleaned(record)) for record in served]
    for more in ({}, decoding(source)):
        output = source.run(**more)
        assert output.code == 0
        assert "\x00" not in output.text
        assert "\\u0000" not in output.text.replace("\\\\", "")
        got = [line["record"] for line in lines_of(output.text) if line["type"] == "RECORD"]
        got.sort(key=lambda record: record["id"])
        assert [exact(record) for record in got] == expected


@pytest.mark.parametrize("decoded", [False, True], ids=["raw", "decoded"])
@pytest.mark.parametrize(
    "value",
    [
        "1.10",
        "0.1000000000000000055511151231257827",
        "123456789.123456789",
        "1e400",
        "-1E-400",
        "-0.0",
        "18446744073709551616",
        "-9223372036854775809",
        "9" * 400,
    ],
    ids=lambda value: value[:24],
)
def test_numbers_are_exact(source: Source, value: str, *, decoded: bool) -> None:
    serve(source, [({"number": Spelled(value)}, "utf8")])
    output = source.run(**decoding(source) if decoded else {})
    (record,) = output.records(source.stream)
    assert exact(record["number"]) == exact(Spelled(value).value)


@pytest.mark.parametrize("decoded", [False, True], ids=["raw", "decoded"])
@pytest.mark.parametrize("depth", [10, 200])
def test_deep_nesting_comes_through(source: Source, depth: int, *, decoded: bool) -> None:
    deep: Any = "bottom"
    for level in range(depth):
        deep = {"in": deep} if level % 2 else [deep]
    serve(source, [({"deep": deep}, "pretty")])
    output = source.run(**decoding(source) if decoded else {})
    assert output.records(source.stream)[0]["deep"] == deep


@pytest.mark.parametrize("decoded", [False, True], ids=["raw", "decoded"])
def test_very_long_names_and_texts_come_through(source: Source, *, decoded: bool) -> None:
    extra = {"n" * 70_000: 1, "text": "\u00e9" * 300_000, "": "no name"}
    serve(source, [(extra, "utf8"), (extra, "ascii")])
    output = source.run(**decoding(source) if decoded else {})
    for record in output.records(source.stream):
        assert {name: record[name] for name in extra} == extra


@pytest.mark.parametrize("decoded", [False, True], ids=["raw", "decoded"])
@pytest.mark.parametrize(
    ("form", "canonical"),
    [
        ("2024-05-06T07:08:09.010Z", "2024-05-06T07:08:09.010Z"),
        ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09.000Z"),
        ("2024-05-06T07:08:09.010999Z", "2024-05-06T07:08:09.010Z"),
        ("2024-05-06T09:08:09.010+02:00", "2024-05-06T07:08:09.010Z"),
        ("2024-05-06T07:08:09.01", "2024-05-06T07:08:09.010Z"),
    ],
    ids=["ms", "seconds", "micro", "offset", "naive"],
)
def test_replication_timestamps_have_one_form(
    source: Source, form: str, canonical: str, *, decoded: bool
) -> None:
    serve(source, [({"a": Spelled("1.10")}, "utf8"), ({"b": form}, "pretty")], at=form)
    output = source.run(**decoding(source) if decoded else {})
    first, second = sorted(output.records(source.stream), key=lambda record: record["id"])
    assert first[source.at] == second[source.at] == canonical
    assert second["b"] == form, "other members stay as they are"
    assert output.bookmark(source.stream) == canonical
    times = [each["time_extracted"] for each in output.of_type("RECORD")]
    assert all(time.endswith("Z") for time in times)


def test_a_replication_timestamp_that_is_none_ends_the_run(source: Source) -> None:
    serve(source, [({}, "utf8")], at="last Tuesday")
    output = source.run()
    assert output.code == 1
    assert f"{source.at} of record 00000000-0000-4000-8000-000000000000" in output.log
    assert "last Tuesday" not in output.log
    assert output.records(source.stream) == []


def test_output_is_one_message_a_line(source: Source) -> None:
    text = "a\nb\r\n\u2028\u2029\x85\x1e\x0b"
    serve(source, [({"text": text, text: 1}, style) for style in ("ascii", "utf8", "pretty")])
    output = source.run()
    assert {line["type"] for line in lines_of(output.text)} == {"SCHEMA", "RECORD", "STATE"}
    assert all(record["text"] == text for record in output.records(source.stream))
