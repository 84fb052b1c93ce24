"""The generated documents: in step, complete, and their blocks do what they say."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from scripts import generate_docs
from scripts.declarations import TAPS, streams
from scripts.docs import hub, members, privacy, relations, stream_pages
from scripts.docs.diagrams import diagram
from scripts.docs.members import members_of
from scripts.docs.privacy import personal
from scripts.docs.relations import shortest
from scripts.docs.stream_pages import domains
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.change_history import RECORDED
from tap_commercetools.delete_messages import DELETED
from tap_commercetools.tap import TapCommercetools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_engine.singer.tap import EngineTap

    Change = Callable[..., None]

ROOT = Path(__file__).resolve().parent.parent

each_tap = pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.name)


def test_everything_is_in_step() -> None:
    for path, text in generate_docs.outputs().items():
        assert path.read_text(encoding="utf-8") == text, path


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Iterator[Change]:
    """Change the schema of a stream of tap-commerce7 for all that reads the declarations."""

    def changed(name: str, **marks: Any) -> None:
        facts = [
            dataclasses.replace(each, schema=_marked(each.schema, marks))
            if each.name == name
            else each
            for each in streams(TapCommerce7)
        ]
        for module in (members, privacy, relations, stream_pages):
            monkeypatch.setattr(module, "streams", lambda _tap: facts)
        forget()

    yield changed
    monkeypatch.undo()
    forget()


def _marked(schema: dict[str, Any], marks: dict[str, Any]) -> dict[str, Any]:
    """Give a schema with other keywords, at its root or in a member: `x_domain`, `cartId`."""
    root = {key.replace("_", "-"): value for key, value in marks.items() if key.startswith("x_")}
    nodes = {key: value for key, value in marks.items() if not key.startswith("x_")}
    return {**schema, **root, "properties": {**schema["properties"], **nodes}}


def forget() -> None:
    """Forget what was made of the schemas."""
    for cached in (members_of, personal, relations.relations):
        cached.cache_clear()


@each_tap
def test_each_stream_has_a_row_and_a_domain(tap: type[EngineTap]) -> None:
    page = stream_pages.page(tap)
    for stream in streams(tap):
        assert len(re.findall(rf"^\| \[{stream.name}\]", page, re.MULTILINE)) == 1
        assert sum(stream in found for found in domains(tap).values()) == 1


def test_texts_about_reading_are_those_of_the_streams() -> None:
    all_streams = [stream for tap in TAPS for stream in streams(tap)]
    assert set(stream_pages.READING) == {stream.pager for stream in all_streams}
    assert set(stream_pages.LISTS) <= {stream.base for stream in all_streams}


def test_a_stream_without_domain_is_found(change: Change) -> None:
    change("carts", x_domain="Baskets")
    with pytest.raises(ValueError, match=r"carts\.json: x-domain is Baskets, not one of Orders,"):
        domains(TapCommerce7)


def test_what_shows_deletes_names_what_exists() -> None:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    jobs = {schedule["name"] for schedule in project["schedules"]}
    for tap in TAPS:
        named = set(re.findall(r"`(reconcile-\w+)`", stream_pages.page(tap)))
        assert named
        assert named <= jobs
    names = {stream.name for stream in streams(TapCommercetools)}
    assert {about.stream for about in DELETED.values() if about.stream} | RECORDED <= names


@each_tap
def test_references_lead_to_streams(tap: type[EngineTap]) -> None:
    names = {stream.name for stream in streams(tap)}
    found = relations.relations(tap)
    assert {each.target for each in found} <= names
    assert len({(each.member.stream, each.member.path, each.target) for each in found}) > 50


@pytest.mark.parametrize(
    ("stream", "member", "marks", "expected"),
    [
        ("notes", "basketId", {}, "notes.json, basketId: no stream baskets; see x-relation"),
        ("orders", "cartId", {"x-relation": "baskets"}, "orders.json, cartId: no stream baskets"),
        ("orders", "cartId", {"x-relation": "none"}, set()),
        ("orders", "cartId", {"x-relation": ["carts", "orders"]}, {"carts", "orders"}),
        ("orders", "cartId", {}, {"carts"}),
        ("orders", "refundOrderId", {}, {"orders"}),
        ("orders", "billToCustomerAddressIds", {}, {"customer_addresses"}),
        ("orders", "loyaltyId", {"x-relation": "loyalty_tiers"}, {"loyalty_tiers"}),
    ],
)
def test_a_reference_leads_where_its_name_or_its_mark_says(
    change: Change, stream: str, member: str, marks: dict[str, Any], expected: str | set[str]
) -> None:
    change(stream, **{member: {"type": ["string", "null"], **marks}})
    if isinstance(expected, str):
        with pytest.raises(ValueError, match=re.escape(expected)):
            relations.relations(TapCommerce7)
    else:
        found = relations.relations(TapCommerce7)
        place = (stream, member)
        here = {each.target for each in found if (each.member.stream, each.member.path) == place}
        assert here == expected


@each_tap
def test_marks_repeat_nothing_that_names_say(tap: type[EngineTap]) -> None:
    names = {stream.name for stream in streams(tap)}
    for member in members_of(tap):
        if "x-relation" in member.node and relations.is_reference(tap, member):
            plain = dataclasses.replace(member, node={**member.node})
            given = plain.node.pop("x-relation")
            assert [*relations.targets(tap, plain, names)] != [given], (member.stream, member.path)


DIAGRAMS = [(tap, domain) for tap in TAPS for domain in domains(tap)]


@pytest.mark.parametrize(
    ("tap", "domain"), DIAGRAMS, ids=[f"{tap.name}-{domain}" for tap, domain in DIAGRAMS]
)
def test_a_diagram_shows_its_streams_and_references(tap: type[EngineTap], domain: str) -> None:
    found = domains(tap)[domain]
    text = diagram(tap, found)
    names = [stream.name for stream in found]
    assert re.findall(r"^    (\w+) \{$", text, re.MULTILINE) == names
    rows = [each for name in names for each in shortest(tap, name)]
    lines = re.findall(r"^    (\w+) \}o--o[|{] (\w+) : \"(.+)\"$", text, re.MULTILINE)
    inside = [each for each in rows if each.target in names]
    assert lines == [(each.member.stream, each.target, each.member.path) for each in inside]
    outside = re.findall(r"^        (\w+) \w+ (?:PK, )?FK", text, re.MULTILINE)
    targets = [each.target for each in rows if each.target not in names]
    assert sorted(name for name in outside if name != "string") == sorted(targets)
    keys = re.findall(r"^        \w+ (\w+) PK", text, re.MULTILINE)
    assert keys == [key for stream in found for key in stream.key]


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


@pytest.mark.parametrize(("stream", "mark"), [("taxes", None), ("customers", "none")])
def test_a_stream_nobody_reviewed_is_found(change: Change, stream: str, mark: str | None) -> None:
    change(stream, x_sensitive=mark)
    with pytest.raises(ValueError, match=rf"{stream}\.json: mark personal data, or"):
        personal(TapCommerce7)
