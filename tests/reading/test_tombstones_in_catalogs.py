"""Marks of deleted records come through catalogs, stream maps and flattening."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.reading.test_tombstones import MARK, ON, delete, marks
from tests.reading.tools import Source, commercetools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Output


@pytest.fixture
def shop() -> Iterator[Source]:
    with commercetools(rows={"customers": 130, "messages": 0}) as source:
        yield source


def marked_once(source: Source, **more: Any) -> Output:
    """Delete one customer between two runs."""
    first = source.run("customers", **ON, **more)
    assert first.code == 0, first.log[-800:]
    delete(source, 1)
    output = source.run("customers", state=first.state, **ON, **more)
    assert output.code == 0, output.log[-800:]
    return output


def test_the_mark_cannot_be_deselected(shop: Source) -> None:
    columns = ["createdAt", "version", "lastModifiedAt", "id", MARK]
    crumbs = [("properties", name) for name in columns]
    catalog = shop.catalog("customers", deselect=crumbs)
    row_id = min(shop.rows("customers"))
    (record,) = marks(marked_once(shop, catalog=catalog)).values()
    assert record.keys() == {"id", "lastModifiedAt", MARK}
    assert record["id"] == row_id


def test_a_catalog_made_with_the_setting_and_everything_deselected(shop: Source) -> None:
    catalog = shop.catalog("customers")
    (entry,) = catalog["streams"]
    entry["schema"]["properties"][MARK] = {"type": ["string", "null"], "format": "date-time"}
    metadata = {"inclusion": "available", "selected": False}
    entry["metadata"].append({"breadcrumb": ["properties", MARK], "metadata": metadata})
    output = marked_once(shop, catalog=catalog)
    assert len(marks(output)) == 1
    assert MARK in output.of_type("SCHEMA")[0]["schema"]["properties"]


def test_a_catalog_without_metadata_stays_selected(shop: Source) -> None:
    catalog = shop.catalog("customers")
    catalog["streams"][0]["metadata"] = []
    assert len(marks(marked_once(shop, catalog=catalog))) == 1


def test_flattening(shop: Source) -> None:
    output = marked_once(shop, flattening_enabled=True, flattening_max_depth=3)
    (record,) = marks(output).values()
    assert record.keys() == {"id", "lastModifiedAt", MARK}
    assert MARK in output.of_type("SCHEMA")[0]["schema"]["properties"]


def test_maps_and_filters_that_need_the_whole_record(shop: Source) -> None:
    maps = {
        "customers": {
            "__alias__": "people",
            "__filter__": "version > 0",
            "hashed": "md5(createdAt)",
            "version": None,
        },
        "copy": {"__source__": "customers", "createdAt": "createdAt.lower()"},
    }
    output = marked_once(shop, stream_maps=maps)
    for stream in ("people", "copy"):
        (record,) = marks(output, stream).values()
        assert record.keys() == {"id", "lastModifiedAt", MARK}
        assert MARK in output.of_type("SCHEMA", stream)[0]["schema"]["properties"]


def test_maps_that_change_the_key_or_let_little_through(shop: Source) -> None:
    row_id = min(shop.rows("customers"))
    maps = {"customers": {"__else__": None, "id": "md5(id)", "version": "version"}}
    output = marked_once(shop, stream_maps=maps)
    hashed = hashlib.md5(row_id.encode()).hexdigest()  # noqa: S324 (what the map says)
    (record,) = marks(output).values()
    assert record.keys() == {"id", MARK}
    assert record["id"] == hashed
    assert MARK in output.of_type("SCHEMA")[0]["schema"]["properties"]


def test_a_stream_that_maps_remove(shop: Source) -> None:
    choices: list[dict[str, Any]] = [{"customers": None}, {"__else__": None, "zones": {}}]
    for maps in choices:
        output = marked_once(shop, stream_maps=maps)
        assert output.of_type("RECORD") == []


def test_a_key_that_is_made_of_what_is_gone_is_an_error(shop: Source) -> None:
    maps = {"customers": {"id": "id + createdAt"}}
    first = shop.run("customers", stream_maps=maps, **ON)
    delete(shop, 1)
    output = shop.run("customers", state=first.state, stream_maps=maps, **ON)
    assert output.code == 1
    assert "stream_maps cannot build a key without the record" in output.log
