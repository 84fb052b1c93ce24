"""Stream maps and flattening work, and state does not care (24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.source import Source


def test_a_map_can_drop_add_and_rename(source: Source) -> None:
    maps = {
        source.stream: {
            "__alias__": "renamed",
            "__else__": None,
            "id": "id",
            "shout": "id.upper()",
            source.at: source.at,
        }
    }
    output = source.run(stream_maps=maps)
    assert output.code == 0
    assert output.streams == {"renamed"}
    truth = source.truth()
    assert output.latest("renamed") == {
        key: {"id": key, "shout": key.upper(), source.at: record[source.at]}
        for key, record in truth.items()
    }
    assert output.bookmark(source.stream) == source.run().bookmark(source.stream)


def test_a_filter_leaves_records_out_but_not_the_scan(source: Source) -> None:
    maps = {source.stream: {"__filter__": "id < '8'"}}
    output = source.run(stream_maps=maps)
    assert set(output.latest(source.stream)) == {key for key in source.truth() if key < "8"}
    assert output.bookmark(source.stream) == source.run().bookmark(source.stream)


def test_a_removed_stream_writes_nothing(source: Source) -> None:
    output = source.run(stream_maps={source.stream: "__NULL__"})
    assert output.code == 0
    assert output.of_type("RECORD") == output.of_type("SCHEMA") == []


def test_flattening_joins_names_and_keeps_values(source: Source) -> None:
    output = source.run(flattening_enabled=True, flattening_max_depth=3)
    assert output.code == 0
    (schema,) = (message["schema"] for message in output.of_type("SCHEMA")[:1])
    flat = output.latest(source.stream)
    assert set(flat) == set(source.truth())
    for key, record in source.truth().items():
        for name, value in record.items():
            if isinstance(value, str | int):
                assert flat[key][name] == value
    assert all(set(record) <= set(schema["properties"]) for record in flat.values())


def test_an_interrupted_run_with_maps_goes_on(source: Source) -> None:
    maps = {source.stream: {"__filter__": "1 == 1"}}
    source.stand_in.faults.add(source.match, "status", times=-1, after=2, status=503)
    first = source.run(stream_maps=maps, retry_max_seconds=0)
    assert first.code == 1
    source.stand_in.faults.clear()
    second = source.run(stream_maps=maps, state=first.state)
    assert {**first.latest(source.stream), **second.latest(source.stream)} == source.truth()
