"""What docs/privacy.md says about personal data holds.

Every personal value of the stand-in becomes one that can be found again.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from scripts.declarations import TAPS, streams
from scripts.docs import privacy
from scripts.docs.members import members_of
from scripts.docs.privacy import personal
from tap_commerce7.tap import TapCommerce7
from tests.support import catalog_of, commerce7_config, commercetools_config, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.standin import StandIn
    from scripts.docs.members import Member
    from tap_engine.singer.tap import EngineTap
    from tests.support import Output

each_tap = pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.name)


@each_tap
def test_patterns_cover_personal_data_and_nothing_else(tap: type[EngineTap]) -> None:
    groups = privacy.select_groups(tap).values()
    matchers = [privacy.matcher(pattern) for patterns in groups for pattern in patterns]
    found = {
        (each.stream, each.owner)
        for each in members_of(tap)
        if any(matches(each.stream, each.owner) for matches in matchers)
    }
    assert found == {(each.stream, each.owner) for each in personal(tap)}
    for stream in streams(tap):
        keys = {("properties", name) for name in (*stream.key, stream.cursor or "")}
        assert not keys & {owner for name, owner in found if name == stream.name}


@each_tap
def test_the_select_block_is_ready_for_meltano_yml(tap: type[EngineTap]) -> None:
    block = re.search(r"```yaml\n(.*)```", privacy.select(tap), re.DOTALL)
    assert block is not None
    groups = privacy.select_groups(tap).values()
    assert yaml.safe_load(block[1]) == [f"!{one}" for patterns in groups for one in patterns]


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


def marker(each: Member) -> str:
    stream = MADE_OF.get(each.stream, each.stream)
    return f"PERSONAL:{stream}.{each.path};".replace("[]", "")


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
        collection = stand_in.collections[each.stream]
        for row in list(collection.by_id):
            record = collection.record(row)
            assert record is not None
            mark(record, each.crumbs, marker(each), each.node)
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
            each.name
            for each in personal(tap)
            if each.stream == stream.name and len(each.names) == 1
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
    for each in personal(tap):
        if each.node["x-sensitive"] == "identifier":
            stream, path = each.stream, each.path
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
