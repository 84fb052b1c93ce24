"""Setting `type_custom_fields` in a run: catalogs, bytes, drift, selection, maps and flattening."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.custom_fields import FIELDS, META_DATA
from tests.reading.test_drift import reports
from tests.reading.tools import LONG_AGO, bookmarked, commerce7, commercetools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.reading.tools import Source
    from tests.support import Output

NEVER = "2999-01-01T00:00:00.000Z"


class Typed:
    """A source, where its customers have their custom fields, and the setting.

    Attributes:
        way: Members on the way to the fields.
        text: A field that should be text.
    """

    text = "note"

    def __init__(self, source: Source) -> None:
        self.source = source
        self.is_commercetools = source.tap.name == "tap-commercetools"
        self.way = ("custom", "fields") if self.is_commercetools else ("metaData",)
        self.fields = set(FIELDS) if self.is_commercetools else {code for code, _, _ in META_DATA}

    def put(self, *values: dict[str, Any]) -> None:
        """Replace all customers by some with these custom fields, and ids that count up."""
        for row in list(self.source.rows("customers")):
            self.source.stand_in.delete("customers", row)
        for number, fields in enumerate(values):
            inside: Any = fields
            for name in reversed(self.way):
                inside = {name: inside}
            self.source.stand_in.put("customers", {"id": self.id(number), **inside})

    @staticmethod
    def id(number: int) -> str:
        return f"00000000-0000-4000-a000-{number:012}"

    def run(self, **options: Any) -> Output:
        return self.source.run("customers", **{"type_custom_fields": True, **options})

    def run_without_catalog(self, **options: Any) -> Output:
        return self.run(default_catalog=True, **options)

    def catalog(self) -> dict[str, Any]:
        """Discover with the setting, and select all."""
        config = {**self.config, "type_custom_fields": True}
        tap = self.source.tap(config=config)
        found: dict[str, Any] = copy.deepcopy(tap.catalog_dict)
        tap.connection.http.stop()
        found["streams"] = [each for each in found["streams"] if each["stream"] == "customers"]
        (root,) = (each for each in found["streams"][0]["metadata"] if not each["breadcrumb"])
        root["metadata"]["selected"] = True
        return found

    @property
    def config(self) -> dict[str, Any]:
        url = self.source.url
        if self.is_commercetools:
            more = {"project_key": "demo", "client_id": "demo-client", "auth_url": url}
            return {**more, "client_secret": "demo-secret", "api_url": url}
        more = {"tenant": "demo-winery", "app_id": "demo-app", "app_secret": "demo-app-secret"}
        return {**more, "api_url": f"{url}/v1", "max_requests_per_minute": 100_000}

    def inside(self, record: dict[str, Any]) -> dict[str, Any]:
        """Give the custom fields of a record."""
        for name in self.way:
            record = record[name]
        return record

    def schema(self, output: Output) -> dict[str, Any]:
        """Give the schema of the custom fields that a run printed."""
        (message,) = output.of_type("SCHEMA")
        node: dict[str, Any] = message["schema"]
        for name in self.way:
            node = node["properties"][name]
        return node

    @property
    def definitions_asked(self) -> int:
        name = "/types" if self.is_commercetools else "/meta-data-config/"
        return sum(name in request["path"] for request in self.source.stand_in.requests)


@pytest.fixture(params=["commercetools", "commerce7"])
def typed(request: pytest.FixtureRequest) -> Iterator[Typed]:
    shop = request.param == "commercetools"
    serve = commercetools if shop else commerce7
    rows = {"customers": 30, **({"types": 3} if shop else {})}
    with serve(rows=rows, small=False) as source:
        yield Typed(source)


def rows(output: Output) -> list[bytes]:
    """Give the records as they were printed, by id and without the time of the request."""
    lines = [line for line in output.text.splitlines() if line.startswith('{"type":"RECORD"')]
    return sorted(line.partition(',"time_extracted"')[0].encode() for line in lines)


def test_runs_with_and_without_a_catalog_agree(typed: Typed) -> None:
    catalog = typed.catalog()
    typed.source.forget_requests()
    given = typed.run(catalog=catalog)
    assert typed.definitions_asked == 0, "the catalog says it all"
    found = typed.run_without_catalog()
    assert typed.definitions_asked > 0
    assert given.code == found.code == 0
    assert set(typed.schema(found)["properties"]) == typed.fields
    assert given.of_type("SCHEMA") == found.of_type("SCHEMA")
    assert rows(given) == rows(found)


def test_the_schema_of_a_catalog_wins(typed: Typed) -> None:
    untyped = typed.run()  # with a catalog that was made without the setting
    assert typed.definitions_asked == 0
    assert "properties" not in typed.schema(untyped)
    typed_catalog = typed.run(catalog=typed.catalog(), type_custom_fields=False)
    assert set(typed.schema(typed_catalog)["properties"]) == typed.fields


def test_records_are_the_same_bytes(typed: Typed) -> None:
    plain = typed.run_without_catalog(type_custom_fields=False)
    assert typed.definitions_asked == 0
    output = typed.run_without_catalog()
    assert rows(output) == rows(plain)
    assert len(rows(plain)) == 30


def test_nothing_that_fits_its_definition_is_reported(typed: Typed) -> None:
    values = {code: some[0] for code, _, some in META_DATA}
    if typed.is_commercetools:
        values = {name: field.values[0] for name, field in FIELDS.items()}
    typed.put(values, dict.fromkeys(typed.fields))
    output = typed.run_without_catalog()
    assert output.code == 0
    assert "DRIFT" not in output.log


def test_other_kinds_and_other_members_are_reported_and_go_out(typed: Typed) -> None:
    values = {typed.text: {"not": ["text"]}, "unheard-of": 5, "visited": 17}
    typed.put(values)
    for output in (typed.run_without_catalog(), typed.run(catalog=typed.catalog())):
        assert output.code == 0
        (record,) = output.records("customers")
        assert typed.inside(record) == values
        way = ".".join(typed.way)
        assert reports(output)["customers"] == {
            "stream": "customers",
            "looked_at": "the first record of every page",
            "undeclared": {f"{way}.unheard-of": ["integer"]},
            "contradicting": {f"{way}.note": ["object"], f"{way}.visited": ["integer"]},
        }


def test_definitions_are_read_whole_whatever_the_state(typed: Typed) -> None:
    states = [bookmarked(name, NEVER) for name in ("types", "customers")]
    if not typed.is_commercetools:
        states = [bookmarked("customers", LONG_AGO, "updatedAt")]
    for state in states:
        state["bookmarks"].setdefault("customers", {"scan": ""})  # the tap has that stream only
        output = typed.run_without_catalog(state=state)
        assert output.code == 0, output.log
        assert set(typed.schema(output)["properties"]) == typed.fields
        before = state["bookmarks"].get("types")
        assert output.state["bookmarks"].get("types") == before


def test_a_single_field_can_be_deselected(typed: Typed) -> None:
    typed.put({typed.text: "secret words", "on": True})
    catalog = typed.catalog()
    crumb = [part for name in (*typed.way, typed.text) for part in ("properties", name)]
    (item,) = (
        each for each in catalog["streams"][0]["metadata"] if list(each["breadcrumb"]) == crumb
    )
    item["metadata"]["selected"] = False
    output = typed.run(catalog=catalog)
    assert output.code == 0
    (record,) = output.records("customers")
    assert typed.inside(record) == {"on": True}
    assert set(typed.schema(output)["properties"]) == typed.fields - {typed.text}
    assert "secret words" not in output.text


def test_a_map_reaches_a_field(typed: Typed) -> None:
    typed.put({typed.text: "Oak"}, {typed.text: "Élan"})
    expression = "".join(f"['{name}']" for name in (*typed.way, typed.text))
    maps = {"customers": {"word": f"record{expression}.upper()", "id": "id", "__else__": None}}
    output = typed.run_without_catalog(stream_maps=maps)
    assert output.code == 0, output.log
    records = sorted(output.records("customers"), key=lambda record: str(record["id"]))
    assert [record["word"] for record in records] == ["OAK", "ÉLAN"]


def test_flattening_makes_columns_that_fit_their_values(typed: Typed) -> None:
    typed.put(
        {"loyalty-level": 4, "note": "Oak", "visited": "2024-02-29"},
        {"note": 5, "visited": ["two", "days"]},
    )
    output = typed.run_without_catalog(flattening_enabled=True, flattening_max_depth=2)
    assert output.code == 0, output.log
    (message,) = output.of_type("SCHEMA")
    head = "__".join(typed.way)
    columns = {
        name.removeprefix(f"{head}__"): node["type"]
        for name, node in message["schema"]["properties"].items()
        if name.startswith(f"{head}__")
    }
    scalars = ["string", "number", "integer", "boolean", "null"]
    assert columns["note"] == columns["visited"] == scalars
    if typed.is_commercetools:
        assert columns["loyalty-level"] == ["number", "null"]
        assert columns["on"] == ["boolean", "null"]
        # Columns in JSON text, deeper than the flattening goes or without known members.
        assert columns["budget"] == ["string", "null"]
        assert columns["hobbies"] == columns["motto"] == scalars
    else:
        assert columns["loyalty-level"] == columns["on"] == columns["boxes"] == scalars
    one, two = sorted(output.records("customers"), key=lambda record: str(record["id"]))
    assert (one[f"{head}__loyalty-level"], one[f"{head}__note"]) == (4, "Oak")
    assert two[f"{head}__note"] == 5
    assert json.loads(two[f"{head}__visited"]) == ["two", "days"]
