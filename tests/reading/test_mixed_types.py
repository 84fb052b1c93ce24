"""`mixed_types_as_text`: columns that may hold any JSON type are strings that hold JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.hygiene.values import rendered
from tests.reading.tools import Source, commerce7, commercetools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Output

VALUES: list[Any] = [
    "text",
    "",
    'a "quote", a back\\slash, a line\nbreak, \U0001f377',
    12.5,
    False,
    None,
    [],
    {"a": [1, {"b": None}]},
]


@pytest.fixture(params=["ascii", "utf8", "pretty"])
def objects(request: pytest.FixtureRequest) -> Iterator[tuple[Source, dict[str, Any]]]:
    """Custom objects with a value of each kind."""
    with commercetools(rows={"custom_objects": len(VALUES)}, gzip=False) as source:
        rows = source.stand_in.collections["custom_objects"].by_id
        for row, value in zip(rows.values(), VALUES, strict=True):
            record = {**json.loads(row.body), "value": value}
            row.body = rendered(record, request.param).encode()
        yield source, dict(zip(rows, VALUES, strict=True))


def values(output: Output, name: str = "value") -> dict[str, Any]:
    assert output.code == 0, output.log[-1500:]
    return {record["id"]: record[name] for record in output.records("custom_objects")}


def decoded(texts: dict[str, Any]) -> dict[str, Any]:
    assert all(text is None or isinstance(text, str) for text in texts.values())
    return {name: None if text is None else json.loads(text) for name, text in texts.items()}


def test_values_are_json_text(objects: tuple[Source, dict[str, Any]]) -> None:
    source, expected = objects
    output = source.run("custom_objects", mixed_types_as_text=True)
    (schema,) = output.of_type("SCHEMA")
    assert schema["schema"]["properties"]["value"]["type"] == ["string", "null"]
    texts = values(output)
    assert decoded(texts) == expected
    assert None in texts.values()
    assert '"text"' in texts.values()
    assert "does not declare" not in output.log
    assert "contradicts" not in output.log


def test_without_the_setting_they_are_as_sent(objects: tuple[Source, dict[str, Any]]) -> None:
    source, expected = objects
    output = source.run("custom_objects")
    (schema,) = output.of_type("SCHEMA")
    assert len(schema["schema"]["properties"]["value"]["type"]) == 7
    assert values(output) == expected


def test_all_other_members_stay(objects: tuple[Source, dict[str, Any]]) -> None:
    source, _ = objects
    plain = source.run("custom_objects").latest("custom_objects")
    text = source.run("custom_objects", mixed_types_as_text=True).latest("custom_objects")
    for row_id, record in plain.items():
        assert {**text[row_id], "value": record["value"]} == record


@pytest.mark.parametrize("depth", [0, 2])
def test_flattening_leaves_them_as_they_are(
    objects: tuple[Source, dict[str, Any]], depth: int
) -> None:
    source, expected = objects
    output = source.run(
        "custom_objects",
        mixed_types_as_text=True,
        flattening_enabled=True,
        flattening_max_depth=depth,
    )
    (schema,) = output.of_type("SCHEMA")
    assert schema["schema"]["properties"]["value"]["type"] == ["string", "null"]
    assert decoded(values(output)) == expected


def test_stream_maps_see_the_text(objects: tuple[Source, dict[str, Any]]) -> None:
    source, expected = objects
    maps = {"custom_objects": {"copy": "record['value']", "value": "__NULL__"}}
    output = source.run("custom_objects", mixed_types_as_text=True, stream_maps=maps)
    assert decoded(values(output, "copy")) == expected


def test_a_member_that_is_deselected_stays_out(objects: tuple[Source, dict[str, Any]]) -> None:
    source, _ = objects
    catalog = source.catalog("custom_objects", deselect=[("properties", "value")])
    output = source.run("custom_objects", catalog=catalog, mixed_types_as_text=True)
    assert output.code == 0
    assert all("value" not in record for record in output.records("custom_objects"))
    assert "value" not in output.of_type("SCHEMA")[0]["schema"]["properties"]


def test_commerce7_as_well() -> None:
    with commerce7(rows={"coupons": 3}, small=False) as source:
        plain = source.run("coupons").latest("coupons")
        text = source.run("coupons", mixed_types_as_text=True).latest("coupons")
        assert plain.keys() == text.keys()
        for row_id, record in plain.items():
            for name in ("appliesToObjectIds", "availableToObjectIds"):
                value = text[row_id].get(name)
                assert (None if value is None else json.loads(value)) == record.get(name)
