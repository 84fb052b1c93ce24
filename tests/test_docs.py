"""The generated documents: in step, complete, and their blocks do what they say."""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from scripts import generate_docs
from scripts.declarations import TAPS, streams
from scripts.docs import deletes, hub, privacy, stream_pages
from scripts.docs import domains as domains_table
from scripts.docs import personal as personal_table
from scripts.docs import relations as relations_table
from scripts.docs.domains import domains, picture_of
from scripts.docs.members import members_of
from scripts.docs.personal import HASHED, personal
from scripts.docs.picture import LONGEST, picture, shortened
from scripts.docs.relations import relations, shortest
from scripts.schemas import possible
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.support import catalog_of, commerce7_config, commercetools_config, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.standin import StandIn
    from scripts.docs.personal import Personal
    from tap_engine.singer.tap import EngineTap
    from tests.support import Output

ROOT = Path(__file__).resolve().parent.parent
SVG = "{http://www.w3.org/2000/svg}"

each_tap = pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.name)


def test_everything_is_in_step() -> None:
    for path, text in generate_docs.outputs().items():
        assert path.read_text(encoding="utf-8") == text, path
    assert generate_docs.left_over() == []


@each_tap
def test_each_stream_has_a_row_and_a_domain(tap: type[EngineTap]) -> None:
    page = stream_pages.page(tap)
    for stream in streams(tap):
        assert len(re.findall(rf"^\| \[{stream.name}\]", page, re.MULTILINE)) == 1
        assert sum(stream.name in names for names in domains(tap).values()) == 1
    assert set(stream_pages.READING) >= {stream.base for stream in streams(tap)}


def test_a_stream_without_domain_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = {**domains_table.DOMAINS, "tap-commerce7": {"Orders": ("orders",)}}
    monkeypatch.setattr(domains_table, "DOMAINS", fewer)
    with pytest.raises(ValueError, match=r"differ: .*'carts'"):
        domains(TapCommerce7)


def test_what_shows_deletes_names_what_exists() -> None:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    jobs = {job["name"] for job in project["jobs"]}
    for tap in TAPS:
        named = set(re.findall(r"`(reconcile-\w+)`", stream_pages.page(tap)))
        assert named
        assert named <= jobs
    names = {stream.name for stream in streams(TapCommercetools)}
    assert {*deletes.MESSAGES, *deletes.CHANGE_HISTORY} <= names
    for tap in TAPS:
        schemas = {stream.name: stream.schema for stream in streams(tap)}
        assert set(deletes.REMARKS[tap.name]) <= set(schemas)
        for stream, remark in deletes.REMARKS[tap.name].items():
            for member in re.findall("`(.+?)`", remark):
                assert member in schemas[stream]["properties"]


@each_tap
def test_foreign_keys_exist_in_the_schemas(tap: type[EngineTap]) -> None:
    names = {stream.name for stream in streams(tap)}
    found = relations(tap)
    assert {each.target for each in found} <= names
    assert len({(each.member.stream, each.member.path, each.target) for each in found}) > 50


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cartId": None}, "orders.cartId has no target"),
        ({"noSuchId": ("orders",)}, "has no noSuchId"),
        ({"cartId": ("baskets",)}, "has no baskets"),
    ],
)
def test_wrong_foreign_keys_are_found(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], message: str
) -> None:
    table = {**relations_table.FOREIGN_KEYS["tap-commerce7"], **change}
    changed = {end: targets for end, targets in table.items() if targets is not None}
    monkeypatch.setitem(relations_table.FOREIGN_KEYS, "tap-commerce7", changed)
    with pytest.raises(ValueError, match=message):
        relations.__wrapped__(TapCommerce7)


PICTURES = [(tap, domain) for tap in TAPS for domain in domains(tap)]


@pytest.mark.parametrize(
    ("tap", "domain"), PICTURES, ids=[picture_of(*one).removesuffix(".svg") for one in PICTURES]
)
def test_a_picture_shows_its_streams_and_references(tap: type[EngineTap], domain: str) -> None:
    root = ET.fromstring(picture(tap, domain))  # noqa: S314 - our own file
    assert root.tag == f"{SVG}svg"
    assert "width" not in root.attrib
    _, _, width, height = map(int, root.attrib["viewBox"].split())
    texts = [(element.text or "", element.attrib) for element in root.iter(f"{SVG}text")]
    names = domains(tap)[domain]
    headings = [text for text, how in texts if how["font-size"] == "25"]
    assert sorted(headings) == sorted(names)
    assert all(0 < int(how["x"]) < width and 0 < int(how["y"]) < height for _, how in texts)
    assert all(int(how["font-size"]) >= 17 for _, how in texts)
    rows = [each for name in names for each in shortest(tap, name)]
    ends = [text for text, how in texts if how["text-anchor"] == "end" and text != "key"]
    assert sorted(ends) == sorted(each.target for each in rows)
    inside = {each.target for each in rows} & set(names)
    arrows = [path for path in root.iter(f"{SVG}path") if path.attrib["d"].endswith("Z")]
    assert len(arrows) == len(inside)


def test_paths_are_cut_between_names() -> None:
    long = "masterData.current.masterVariant.price.discounted.discount"
    assert shortened(long) == "masterData…price.discounted.discount"
    for tap in TAPS:
        assert all(len(shortened(each.path)) <= LONGEST for each in members_of(tap))


@each_tap
def test_hub_definitions_say_what_meltano_yml_says(tap: type[EngineTap]) -> None:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (plugin,) = [one for one in project["plugins"]["extractors"] if one["name"] == tap.name]
    definition = yaml.safe_load(hub.page(tap))
    for name in ("name", "namespace", "executable", "pip_url", "settings_group_validation"):
        assert definition[name] == plugin[name]
    assert sorted(definition["capabilities"]) == sorted(plugin["capabilities"])
    assert sorted(definition["select"]) == sorted(plugin["select"])
    assert definition["settings"] == [
        {**setting, "description": " ".join(setting["description"].split())}
        for setting in plugin["settings"]
    ]


# Personal data. Every value of the stand-in that is personal becomes one that can be found again.


@each_tap
def test_a_stream_nobody_reviewed_is_found(
    monkeypatch: pytest.MonkeyPatch, tap: type[EngineTap]
) -> None:
    known = personal_table.NOTHING[tap.name]
    name = min(known)
    monkeypatch.setitem(personal_table.NOTHING, tap.name, known - {name})
    with pytest.raises(ValueError, match=f"review {name}"):
        personal.__wrapped__(tap)


@each_tap
def test_patterns_cover_personal_data_and_nothing_else(tap: type[EngineTap]) -> None:
    groups = privacy.select_groups(tap).values()
    matchers = [privacy.matcher(pattern) for patterns in groups for pattern in patterns]
    found = {
        (each.stream, each.owner)
        for each in members_of(tap)
        if any(matches(each.stream, each.owner) for matches in matchers)
    }
    assert found == {(each.member.stream, each.member.owner) for each in personal(tap)}
    for stream in streams(tap):
        keys = {("properties", name) for name in (*stream.key, stream.cursor or "")}
        assert not keys & {owner for name, owner in found if name == stream.name}


@each_tap
def test_the_select_block_is_ready_for_meltano_yml(tap: type[EngineTap]) -> None:
    block = re.search(r"```yaml\n(.*)```", privacy.select(tap), re.DOTALL)
    assert block is not None
    groups = privacy.select_groups(tap).values()
    assert yaml.safe_load(block[1]) == [f"!{one}" for patterns in groups for one in patterns]


def test_what_may_be_personal_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(possible.POSSIBLE, "tap", {"custom": "anything", "lists.note": "a text"})
    text: dict[str, Any] = {"type": ["string", "null"]}
    pii = {**text, "x-sensitive": "pii"}
    schemas = {
        "people": {"properties": {"name": pii, "all": {"items": {"properties": {"custom": {}}}}}},
        "lists": {"properties": {"note": {**text}, "custom": {}}},
    }
    possible.mark("tap", schemas)
    people, lists = (schema["properties"] for schema in schemas.values())
    assert people["all"]["items"]["properties"]["custom"] == {"x-sensitive": "possible"}
    assert people["name"]["x-sensitive"] == "pii"
    assert lists == {"note": {**text, "x-sensitive": "possible"}, "custom": {}}
    with pytest.raises(ValueError, match=r"tap has no lists\.note"):
        possible.mark("tap", {"people": schemas["people"]})


@pytest.mark.parametrize(
    ("pattern", "stream", "owner", "expected"),
    [
        ("*.email", "customers", "email", True),
        ("*.email", "customers", "emails.email", False),
        ("*.*.email", "orders", "customer.emails.items.email", True),
        ("orders.customer.emails*.email", "orders", "customer.emails.items.email", True),
        ("orders.customer.emails.email", "orders", "customer.emails.items.email", False),
        ("orders.*.email", "carts", "shipTo.email", False),
    ],
)
def test_patterns_mean_what_they_mean_to_meltano(
    pattern: str, stream: str, owner: str, *, expected: bool
) -> None:
    crumbs: list[str] = []
    for part in owner.split("."):
        crumbs += ["items"] if part == "items" else ["properties", part]
    assert privacy.matcher(pattern)(stream, tuple(crumbs)) is expected


MADE_OF = {"deletions": "messages"}
"""Streams whose records the tap makes of those of another."""


def marker(each: Personal) -> str:
    stream = MADE_OF.get(each.member.stream, each.member.stream)
    return f"PERSONAL:{stream}.{each.member.path};".replace("[]", "")


def mark(record: dict[str, Any], crumbs: tuple[str, ...], text: str, node: dict[str, Any]) -> None:
    """Put a value that can be found again where a breadcrumb leads, in each place of it."""
    _, name, *rest = crumbs
    if rest and rest[0] == "properties":
        if isinstance(inner := record.get(name), dict):
            mark(inner, tuple(rest), text, node)
    elif rest[1:]:
        for inner in record.get(name) or []:
            mark(inner, tuple(rest[1:]), text, node)
    else:
        kinds = node["type"]
        value: Any = text if "string" in kinds else {"inside": text}
        listed = bool(rest) or ("array" in kinds and "string" not in kinds)
        record[name] = [value] if listed else value


@pytest.fixture(scope="module", params=TAPS, ids=lambda tap: tap.name)
def marked(request: pytest.FixtureRequest) -> Iterator[tuple[type[EngineTap], str]]:
    """A stand-in whose personal values are all marked, with its tap."""
    tap = request.param
    stand_in: StandIn
    if tap is TapCommerce7:
        stand_in = build_commerce7(size=0.02, rate_limit=None)
    else:
        rows = {stream.name: 2 for stream in streams(tap) if stream.name != "project"}
        stand_in = build_commercetools(rows=rows)
    for each in personal(tap):
        collection = stand_in.collections[each.member.stream]
        for row in list(collection.by_id):
            record = collection.record(row)
            assert record is not None
            mark(record, each.member.crumbs, marker(each), each.member.node)
            collection.upsert(record)
    with stand_in.serve() as server:
        yield tap, server.url


def deselect(catalog: dict[str, Any], patterns: list[str]) -> None:
    """Do what Meltano does: inside of arrays it only reaches what the catalog lists."""
    matchers = [privacy.matcher(pattern) for pattern in patterns]
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            place = (entry["tap_stream_id"], tuple(item["breadcrumb"]))
            if place[1] and any(matches(*place) for matches in matchers):
                item["metadata"]["selected"] = False


def read(
    marked: tuple[type[EngineTap], str], patterns: list[str], **settings: Any
) -> tuple[Output, Output]:
    """Read every stream twice: all members, and without those that patterns deselect."""
    tap, url = marked
    config = (commerce7_config if tap is TapCommerce7 else commercetools_config)(url)
    catalog = catalog_of(tap, [stream.name for stream in streams(tap)])
    everything = run(tap, config, catalog=catalog)
    deselect(catalog, patterns)
    return everything, run(tap, {**config, **settings}, catalog=catalog)


def test_the_select_block_leaves_personal_data_out(marked: tuple[type[EngineTap], str]) -> None:
    tap, _ = marked
    groups = privacy.select_groups(tap).values()
    everything, rest = read(marked, [pattern for patterns in groups for pattern in patterns])
    assert everything.code == rest.code == 0
    assert "PERSONAL:" not in rest.text
    # What is inside a secret object stays home anyway.
    missing = [marker(each) for each in personal(tap) if marker(each) not in everything.text]
    assert [text for text in missing if "customerCreditCard." not in text] == []
    for stream in streams(tap):
        declared = set(stream.schema["properties"])
        gone = {
            each.member.name
            for each in personal(tap)
            if each.member.stream == stream.name and each.member.depth == 1
        }
        before, after = (
            {tuple(record[key] for key in stream.key): set(record) & declared for record in records}
            for records in (everything.records(stream.name), rest.records(stream.name))
        )
        assert after == {key: names - gone for key, names in before.items()}


def test_the_stream_maps_hash_what_identifies(marked: tuple[type[EngineTap], str]) -> None:
    tap, _ = marked
    _, *others = privacy.select_groups(tap).values()
    block = re.search(r"```yaml\n(.*)```", privacy.stream_maps(tap), re.DOTALL)
    assert block is not None
    config = yaml.safe_load(block[1])["config"]
    config["stream_map_config"]["hash_seed"] = "seed"
    everything, hashed = read(marked, [one for patterns in others for one in patterns], **config)
    assert hashed.code == 0
    assert "PERSONAL:" not in hashed.text
    compared = 0
    for stream, paths in HASHED[tap.name].items():
        for path in paths:
            name, _, inner = path.partition("[].")
            pairs = zip(everything.records(stream), hashed.records(stream), strict=True)
            for before, after in pairs:
                plain = before.get(name) or []
                values = [one[inner] for one in plain] if inner else [before[name]]
                got = [one[inner] for one in after[name] or []] if inner else [after[name]]
                lower = path.lower().endswith("email")
                assert got == [
                    hashlib.sha256(f"seed{one.lower() if lower else one}".encode()).hexdigest()
                    for one in values
                ]
                compared += len(got)
            (schema,) = (each["schema"] for each in hashed.of_type("SCHEMA", stream))
            assert schema["properties"][name]["type"] == ["array" if inner else "string", "null"]
    assert compared > 5


@each_tap
def test_the_recipe_finds_a_person_everywhere(tap: type[EngineTap]) -> None:
    table = privacy.person(tap)
    assert "| `customers` | `id` |" in table
    for stream in streams(tap):
        if "customerId" in stream.schema["properties"]:
            assert re.search(rf"^\| `{stream.name}` \| .*`customerId`", table, re.MULTILINE)
