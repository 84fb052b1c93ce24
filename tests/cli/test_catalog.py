"""What is wrong with a catalog or with stream maps ends in one line, before any row goes out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import catalog_of, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command, Ended
    from tests.faults.source import Source

STREAM = {"tap-commercetools": "customers", "tap-commerce7": "customers"}
OTHER = {"tap-commercetools": "reviews", "tap-commerce7": "reservations"}
FULL_TABLE = {"tap-commercetools": "project", "tap-commerce7": "taxes"}
"""A stream without a replication key."""


@pytest.fixture
def stream(source: Source) -> str:
    """The stream that is selected."""
    return STREAM[source.tap.name]


@pytest.fixture
def catalog(source: Source, stream: str) -> dict[str, Any]:
    """A catalog of two streams, of which one is selected."""
    made = catalog_of(source.tap, [stream, OTHER[source.tap.name]])
    for entry in made["streams"]:
        root(entry)["selected"] = entry["tap_stream_id"] == stream
    return made


def root(entry: dict[str, Any]) -> dict[str, Any]:
    """Give the metadata of a stream."""
    found: dict[str, Any]
    (found,) = (item["metadata"] for item in entry["metadata"] if not item["breadcrumb"])
    return found


def entry_of(catalog: dict[str, Any], stream: str) -> dict[str, Any]:
    """Give the entry of a stream."""
    entry: dict[str, Any]
    (entry,) = (each for each in catalog["streams"] if each["tap_stream_id"] == stream)
    return entry


def rename(catalog: dict[str, Any], stream: str, name: str) -> None:
    """Make a stream one that the tap does not have."""
    entry = entry_of(catalog, stream)
    entry["tap_stream_id"] = entry["stream"] = name


def assert_refused(ended: Ended, words: str) -> None:
    assert ended.code == 1
    assert ended.out == ""
    assert len(ended.lines) == 1, ended.err
    assert words in ended.lines[0]
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("mode", [[], ["--test"], ["--test=schema"]], ids=str)
def test_a_selected_stream_that_does_not_exist(
    command: Command, source: Source, catalog: dict[str, Any], mode: list[str]
) -> None:
    other = OTHER[source.tap.name]
    root(entry_of(catalog, other))["selected"] = True
    rename(catalog, other, "gone")
    ended = command(source.tap, *mode, config=source.config(), catalog=catalog)
    assert_refused(ended, "catalog: there is no stream 'gone' (any more)")
    assert source.stand_in.requests == []


def test_a_stream_that_does_not_exist_and_is_not_selected(
    source: Source, stream: str, catalog: dict[str, Any]
) -> None:
    rename(catalog, OTHER[source.tap.name], "gone")
    output = run(source.tap, source.config(), catalog=catalog)
    assert (output.code, output.streams) == (0, {stream})
    # Nor is one of which all members are deselected.
    gone = entry_of(catalog, "gone")
    for item in gone["metadata"]:
        item["metadata"] = {"selected": not item["breadcrumb"]}
    assert run(source.tap, source.config(), catalog=catalog).code == 0


@pytest.mark.parametrize("mode", [[], ["--test"]], ids=str)
def test_nothing_selected(
    command: Command, source: Source, catalog: dict[str, Any], stream: str, mode: list[str]
) -> None:
    root(entry_of(catalog, stream))["selected"] = False
    ended = command(source.tap, *mode, config=source.config(), catalog=catalog)
    assert_refused(ended, "nothing is selected: select streams in the catalog")


def test_deselected_keys_go_out_all_the_same(
    source: Source, stream: str, catalog: dict[str, Any]
) -> None:
    for item in entry_of(catalog, stream)["metadata"]:
        if item["breadcrumb"]:
            item["metadata"] = {"inclusion": "available", "selected": False}
    at = source.at
    for settings in ({}, {"flattening_enabled": True, "flattening_max_depth": 1}):
        output = run(source.tap, source.config(**settings), catalog=catalog)
        (schema,) = output.of_type("SCHEMA")
        assert schema["key_properties"] == ["id"]
        assert set(schema["schema"]["properties"]) == {"id", at}
        records = output.records(stream)
        assert records
        assert all(set(record) == {"id", at} for record in records)


def test_a_catalog_without_the_key_in_its_schema(
    source: Source, stream: str, catalog: dict[str, Any]
) -> None:
    del entry_of(catalog, stream)["schema"]["properties"]["id"]
    (schema,) = run(source.tap, source.config(), catalog=catalog).of_type("SCHEMA")
    assert "id" in schema["schema"]["properties"]


def test_an_entry_without_schema_has_that_of_the_stream(
    source: Source, stream: str, catalog: dict[str, Any]
) -> None:
    del entry_of(catalog, stream)["schema"]
    (schema,) = run(source.tap, source.config(), catalog=catalog).of_type("SCHEMA")
    whole = run(source.tap, source.config(), streams=[stream]).of_type("SCHEMA")[0]
    assert schema["schema"] == whole["schema"]


WRONG: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"key_properties": ["nope"]}, {}, "has no member nope that could be a key"),
    ({}, {"table-key-properties": ["nope"]}, "has no member nope that could be a key"),
    ({"replication_method": "LOG_BASED"}, {}, "there is no replication method 'LOG_BASED'"),
    ({}, {"forced-replication-method": "SOMEHOW"}, "there is no replication method 'SOMEHOW'"),
    ({"replication_key": "id"}, {}, "not on id"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "metadata", "words"), WRONG, ids=lambda each: str(each)[:40])
def test_what_a_stream_does_not_have(  # noqa: PLR0917
    command: Command,
    source: Source,
    stream: str,
    catalog: dict[str, Any],
    entry: dict[str, Any],
    metadata: dict[str, Any],
    words: str,
) -> None:
    given = entry_of(catalog, stream)
    if "forced-replication-method" in metadata:
        del given["replication_method"]
    given |= entry
    root(given).update(metadata)
    ended = command(source.tap, config=source.config(), catalog=catalog)
    assert_refused(ended, words)


def test_checks_concern_selected_streams_only(
    source: Source, stream: str, catalog: dict[str, Any]
) -> None:
    extra = catalog_of(source.tap, [FULL_TABLE[source.tap.name]])["streams"]
    for entry in (*extra, entry_of(catalog, OTHER[source.tap.name])):
        root(entry).update({"selected": False, "replication-key": "somewhen"})
        entry |= {"key_properties": ["nope"], "replication_method": "LOG_BASED"}
    catalog["streams"] += extra
    output = run(source.tap, source.config(), catalog=catalog)
    assert (output.code, output.streams) == (0, {stream})


@pytest.mark.parametrize("place", ["key_properties", "table-key-properties"])
def test_another_key_may_stand_in_either_place(
    source: Source, stream: str, catalog: dict[str, Any], place: str
) -> None:
    entry = entry_of(catalog, stream)
    (entry if "_" in place else root(entry))[place] = ["id", source.at]
    output = run(source.tap, source.config(), catalog=catalog)
    (schema,) = output.of_type("SCHEMA")
    assert schema["key_properties"] == ["id", source.at]


MAPS: list[tuple[Any, str]] = [
    ({"nowhere": None}, "there is no stream 'nowhere'"),
    ({"x": {"__source__": "nowhere"}}, "there is no stream 'nowhere'"),
    ({"STREAM": {"shout": "nmae.upper()"}}, "there is no member 'nmae'"),
    ({"STREAM": {"shout": "record['nmae']"}}, "there is no member 'nmae'"),
    ({"*": {"__filter__": "nmae == 'x'"}}, "there is no member 'nmae'"),
    ({"STREAM": {"shout": "uper(id)"}}, "there is no member 'uper'"),
    ({"STREAM": {"nmae": None}}, "there is no member 'nmae' to remove"),
    ({"STREAM": {"nmae": "__NULL__"}}, "there is no member 'nmae' to remove"),
    ({"STREAM": {"id": None}}, "Removing key property 'id' is not permitted"),
    ({"STREAM": {"__key_properties__": ["nope"]}}, "Invalid key properties"),
    ({"STREAM": {"__filtre__": "True"}}, "there is no option '__filtre__'"),
    ({"STREAM": {"shout": "id.upper("}}, "Failed to parse expression"),
    ({"STREAM": {"shout": "sha256(config['seed'] + id)"}}, "stream_map_config has no 'seed'"),
    ({"STREAM": {"shout": 5}}, "is not valid under any of"),
    ({"STREAM": {"__else__": "id"}}, "is not of the form"),
    ({"__before__": None}, "is not expected"),
]


@pytest.mark.parametrize(("maps", "words"), MAPS, ids=lambda each: str(each)[:40])
def test_what_is_wrong_in_stream_maps(  # noqa: PLR0917
    command: Command, source: Source, stream: str, catalog: dict[str, Any], maps: Any, words: str
) -> None:
    given = {stream if name == "STREAM" else name: each for name, each in maps.items()}
    ended = command(source.tap, config=source.config(stream_maps=given), catalog=catalog)
    assert_refused(ended, "stream_maps")
    assert words in ended.lines[0]
    assert source.stand_in.requests == []


def test_stream_maps_that_are_right(source: Source, stream: str, catalog: dict[str, Any]) -> None:
    maps = {
        stream: {
            "a": "sha256(config['seed'] + record['id'])",
            "b": "[each for each in [self, 1] if each] if record.get('nmae') else str(_['id'])",
            "id": "self",
            "c": "__original_stream_name__",
        },
        "*": {"nmae": None},
        OTHER[source.tap.name]: {"nmae": None},
    }
    settings = {"stream_maps": maps, "stream_map_config": {"seed": "s"}}
    output = run(source.tap, source.config(**settings), catalog=catalog)
    assert output.code == 0, output.log[-800:]
    assert all(each["c"] == stream for each in output.records(stream) if "c" in each)


def test_a_map_that_fails_on_a_record_ends_its_stream_only(
    command: Command, source: Source, stream: str, catalog: dict[str, Any]
) -> None:
    other = OTHER[source.tap.name]
    root(entry_of(catalog, other))["selected"] = True
    maps = {stream: {"half": "id[1000]"}}
    ended = command(source.tap, config=source.config(stream_maps=maps), catalog=catalog)
    assert ended.code == 1
    assert len(ended.lines) == 1, ended.err
    assert f"{stream}: stream_maps fail on a record: IndexError" in ended.lines[0]
    assert "Traceback" not in ended.err
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert lines[-1]["type"] == "STATE"
    assert any(each["type"] == "RECORD" and each["stream"] == other for each in lines)


@pytest.mark.parametrize(
    ("content", "words"), [(None, "No such file"), ("no certificate", "names no usable")]
)
def test_certificates_that_cannot_be_used(  # noqa: PLR0917
    command: Command,
    source: Source,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    content: str | None,
    words: str,
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    ended = command(source.tap, config=source.config())
    assert_refused(ended, "environment variable REQUESTS_CA_BUNDLE names no usable certificates")
    assert words in ended.lines[0]


def test_an_error_that_nobody_thought_of_is_preceded_by_a_state(
    command: Command,
    source: Source,
    catalog: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        msg = "a bug"
        raise LookupError(msg)

    monkeypatch.setattr("tap_engine.reading.counts.Counts.confirm", fail)
    with pytest.raises(LookupError):
        command(source.tap, config=source.config(), catalog=catalog)
    assert json.loads(capfd.readouterr().out.splitlines()[-1])["type"] == "STATE"
