"""Proves 5 (keys), 7 (all fields), 8 (minimum selection), 9 (streams on their own), and secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_engine.records.pruning import secret_breadcrumbs
from tests.reading.tools import Source, commerce7, commercetools
from tests.support import TAPS, commerce7_config, commercetools_config, run

if TYPE_CHECKING:
    from tests.support import Output

SECRET_STREAMS = {
    "tap-commercetools": [
        "customers",
        "extensions",
        "payment_methods",
        "payments",
        "subscriptions",
    ],
    "tap-commerce7": ["customer_credit_cards", "gift_cards", "orders", "reservations"],
}


def streams_of(source: Source) -> dict[str, Any]:
    return {
        each.name: each for each in source.tap(config={}, validate_config=False).streams.values()
    }


def at_path(value: Any, breadcrumb: tuple[str, ...]) -> list[Any]:
    """Collect what stands at a breadcrumb of a record; arrays give one value an element."""
    if not breadcrumb:
        return [value]
    step, *rest = breadcrumb
    if step == "properties":
        inside = isinstance(value, dict) and rest[0] in value
        return at_path(value[rest[0]], tuple(rest[1:])) if inside else []
    items = value if isinstance(value, list) else []
    return [found for item in items for found in at_path(item, tuple(rest))]


def secrets_in(stream: Any, records: list[dict[str, Any]]) -> list[Any]:
    crumbs = secret_breadcrumbs(stream.schema)
    return [found for record in records for crumb in crumbs for found in at_path(record, crumb)]


@pytest.fixture(scope="module", params=["tap-commercetools", "tap-commerce7"])
def source(request: pytest.FixtureRequest) -> Any:
    shop = request.param == "tap-commercetools"
    serve = commercetools if shop else commerce7
    counts = {"project": 1, "product_selections": 3, "products": 40, "stores": 3}
    rows = counts if shop else {"wine_appellations": 60, "customers": 60}
    with serve(size=0.25, rows=rows, small=False) as served:
        served.defaults |= {"page_size": 50} if shop else {}
        yield served


@pytest.fixture(scope="module")
def company(source: Source) -> Output:
    """A run of the whole tap with all its streams."""
    output = run_whole(source, list(streams_of(source)))
    assert output.code == 0, output.log[-2000:]
    return output


def test_keys_are_there_and_unique(source: Source, company: Output) -> None:
    for schema in company.of_type("SCHEMA"):
        name, keys = schema["stream"], schema["key_properties"]
        found = [tuple(record[key] for key in keys) for record in company.records(name)]
        assert keys
        assert not any(key is None for each in found for key in each)
        assert len(found) == len(set(found)), f"{name} repeats a key"
        expected = len(source.rows(name))
        if name == "product_projections":  # unpublished products have a staged one only
            expected = sum(each["published"] for each in source.records(name).values())
        elif name == "variant_projections":
            expected = sum(not each["staged"] for each in source.records(name).values())
        assert len(found) == expected, name


@pytest.mark.usefixtures("company")
def test_commercetools_is_never_asked_by_offset(source: Source) -> None:
    if source.stamp != "lastModifiedAt":
        return
    for parameter in ("offset=", "withTotal=true"):
        paths = {
            each["path"]
            for each in source.stand_in.requests
            if parameter in each["query"] and "limit=0" not in each["query"]
        }
        assert paths == {"/demo/mcp-servers"}


def test_all_fields_arrive_as_they_were_sent(source: Source, company: Output) -> None:
    streams = {
        name: each
        for name, each in streams_of(source).items()
        if not each.reshapes and not secret_breadcrumbs(each.schema) and each.keys == ("id",)
    }
    for name in streams:
        held = source.records(name)
        arrived = company.latest(name)
        assert arrived == {key: held[key] for key in arrived}
        if name != "product_projections":
            assert arrived.keys() == held.keys()


def test_minimum_selection(source: Source) -> None:
    for name in ("customers", "orders"):
        catalog = source.catalog(name)
        (entry,) = catalog["streams"]
        for item in entry["metadata"]:
            if item["breadcrumb"]:
                item["metadata"]["selected"] = False
        first = min(source.rows(name))
        source.stand_in.put(name, {"id": first, "undeclared": 1}, merge=True)
        output = source.run(name, catalog=catalog)
        assert output.code == 0
        assert {frozenset(each) for each in output.records(name)} == {
            frozenset({"id", source.stamp})
        }
        assert source.held(name, output) == source.rows(name)
        (schema,) = output.of_type("SCHEMA")
        assert set(schema["schema"]["properties"]) == {"id", source.stamp}


def test_undeclared_members_arrive_when_nothing_is_deselected(source: Source) -> None:
    first = min(source.rows("customers"))
    source.stand_in.put("customers", {"id": first, "undeclared": {"deep": [1]}}, merge=True)
    output = source.run("customers")
    assert output.latest("customers")[first]["undeclared"] == {"deep": [1]}
    source.stand_in.put("customers", {"id": first, "undeclared": None}, merge=True)


@pytest.mark.parametrize("crumb", ["properties", "items"])
def test_nested_members_that_are_deselected_stay_home(source: Source, crumb: str) -> None:
    stream, member, inner = (
        ("customers", "addresses", "city")
        if source.stamp == "lastModifiedAt"
        else ("orders", "items", "sku")
    )
    step = ("items",) if crumb == "items" else ()
    breadcrumb = ("properties", member, *step, "properties", inner)
    deep = ("properties", member, "items", "properties", inner)
    before = [record for record in source.records(stream).values() if at_path(record, deep)]
    assert before
    catalog = source.catalog(stream)
    catalog["streams"][0]["metadata"].append(
        {"breadcrumb": list(breadcrumb), "metadata": {"selected": False}}
    )
    output = source.run(stream, catalog=catalog)
    assert output.code == 0
    for record in before:
        arrived = output.latest(stream)[record["id"]]
        assert at_path(arrived, deep) == []
        kept = at_path(record, ("properties", member))[0][0].keys() - {inner, "creditCard"}
        assert kept <= arrived[member][0].keys()


def test_a_deselected_object_stays_home_as_a_whole(source: Source) -> None:
    stream, member = (
        ("orders", "totalPrice") if source.stamp == "lastModifiedAt" else ("orders", "customer")
    )
    assert any(member in record for record in source.records(stream).values())
    catalog = source.catalog(stream, deselect=[("properties", member)])
    output = source.run(stream, catalog=catalog)
    assert output.code == 0
    assert not any(member in record for record in output.records(stream))


def test_secrets_stay_home_unless_they_are_selected(source: Source) -> None:
    known = streams_of(source)
    names = SECRET_STREAMS[source.tap.name]
    needed = [*names, "customers"] if "customer_credit_cards" in names else names
    catalog = source.catalog(*needed)
    silent = source.run(*needed, catalog=catalog)
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if item["breadcrumb"]:
                item["metadata"]["selected"] = True
    outspoken = source.run(*needed, catalog=catalog)
    assert silent.code == outspoken.code == 0
    for name in names:
        stored = secrets_in(known[name], list(source.records(name).values()))
        assert any(stored), f"the stand-in has no secrets in {name}"
        assert secrets_in(known[name], silent.records(name)) == []
        arrived = secrets_in(known[name], outspoken.records(name))
        assert sorted(map(str, arrived)) == sorted(map(str, stored))


@pytest.mark.parametrize("tap", list(TAPS))
def test_the_discovered_catalog_deselects_secrets(tap: str) -> None:
    known = TAPS[tap](config={}, validate_config=False)
    for entry in known.catalog_dict["streams"]:
        stream = known.streams[entry["tap_stream_id"]]
        defaults = {
            tuple(item["breadcrumb"]): item["metadata"].get("selected-by-default")
            for item in entry["metadata"]
        }
        for breadcrumb in secret_breadcrumbs(stream.schema):
            assert defaults[breadcrumb] is False


def test_every_stream_alone_gives_what_it_gives_in_company(source: Source, company: Output) -> None:
    for name, stream in streams_of(source).items():
        # The one needs its parent's declaration, see the next test; the other tells of the changes
        # that tests of this file make meanwhile.
        if name in {"customer_credit_cards", "change_history"}:
            continue
        alone = source.run(name, default_catalog=stream.selected_by_default)
        assert alone.code == 0, f"{name}: {alone.log[-1000:]}"
        assert alone.streams == {name}
        assert len(alone.records(name)) == len(company.records(name))
        keys = alone.of_type("SCHEMA")[0]["key_properties"]
        assert {tuple(record[key] for key in keys) for record in alone.records(name)} == {
            tuple(record[key] for key in keys) for record in company.records(name)
        }


def test_a_child_without_its_parent(source: Source, company: Output) -> None:
    child, parent = (
        ("product_selection_products", "product_selections")
        if source.stamp == "lastModifiedAt"
        else ("customer_credit_cards", "customers")
    )
    alone = run_whole(source, [child])
    assert alone.code == 0
    assert alone.streams == {child}
    assert len(alone.records(child)) == len(company.records(child)) == len(source.rows(child))
    assert alone.records(child)
    assert parent in company.streams


def test_keywords_of_our_own_stay_home_and_those_of_the_sdk_do_not(source: Source) -> None:
    without = source.run("customers", default_catalog=True)
    (schema,) = [message["schema"] for message in without.of_type("SCHEMA")]
    assert '"x-' not in json.dumps(schema)
    catalog = source.catalog("customers")
    # Somebody may say in a catalog, or in Meltano, which type a column is to have.
    catalog["streams"][0]["schema"]["properties"]["email"] = {
        "type": "string",
        "x-sql-datatype": "text",
    }
    (schema,) = [each["schema"] for each in source.run(catalog=catalog).of_type("SCHEMA")]
    assert schema["properties"]["email"]["x-sql-datatype"] == "text"


def run_whole(source: Source, names: list[str]) -> Output:
    """Run the tap as it is shipped, with all its streams, some of them selected."""
    make = commercetools_config if source.stamp == "lastModifiedAt" else commerce7_config
    return run(source.tap, make(source.url), streams=names)
