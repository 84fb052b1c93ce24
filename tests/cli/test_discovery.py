"""Discovery without credentials or network; what `--about` and `--version` say (1, 3)."""

from __future__ import annotations

import importlib.metadata
import json
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from tap_commercetools.tap import TapCommercetools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_engine.singer.tap import EngineTap
    from tests.cli.conftest import Command


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every attempt to reach a network fail the test."""

    def refuse(*_args: Any) -> NoReturn:
        msg = "the network was used"
        raise AssertionError(msg)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def discover(command: Command, tap: type[EngineTap], config: Any = None) -> dict[str, Any]:
    """Run `--discover`."""
    ended = command(tap, "--discover", config=config)
    assert ended.code == 0
    assert ended.lines == []
    found: dict[str, Any] = json.loads(ended.out)
    return found


@pytest.fixture
def catalog(command: Command, tap: type[EngineTap]) -> dict[str, Any]:
    """Give what `--discover` prints, which takes a while, from the first test that asked."""
    if tap.name not in _FOUND:
        _FOUND[tap.name] = discover(command, tap)
    return _FOUND[tap.name]


_FOUND: dict[str, dict[str, Any]] = {}


def every_schema(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield a schema and all that is inside of it."""
    if isinstance(schema, dict):
        yield schema
        for inner in schema.values():
            yield from every_schema(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from every_schema(inner)


def test_lists_every_stream_without_settings(catalog: dict[str, Any], tap: type[EngineTap]) -> None:
    streams = catalog["streams"]
    names = [entry["tap_stream_id"] for entry in streams]
    assert len(names) == len(set(names))
    assert set(names) == {kind.name for kind in tap.stream_types}


def test_order_and_content_are_stable_whatever_the_settings(
    command: Command, tap: type[EngineTap], catalog: dict[str, Any]
) -> None:
    assert json.dumps(discover(command, tap, {"start_date": "2024-01-01"})) == json.dumps(catalog)
    names = [entry["tap_stream_id"] for entry in catalog["streams"]]
    assert names == sorted(names)


def test_keys_and_replication_keys_are_declared_and_automatic(catalog: dict[str, Any]) -> None:
    for entry in catalog["streams"]:
        metadata = {tuple(item["breadcrumb"]): item["metadata"] for item in entry["metadata"]}
        keys = entry["key_properties"]
        assert keys, entry["stream"]
        assert metadata[()]["table-key-properties"] == keys
        replication = [entry["replication_key"]] if entry.get("replication_key") else []
        for name in [*keys, *replication]:
            assert name in entry["schema"]["properties"], (entry["stream"], name)
            assert metadata["properties", name]["inclusion"] == "automatic", (
                entry["stream"],
                name,
            )
        method = "INCREMENTAL" if replication else "FULL_TABLE"
        assert entry["replication_method"] == method
        assert metadata[()].get("valid-replication-keys", []) in ([], replication)


def test_schemas_hold_nothing_that_a_loader_would_have_to_resolve(catalog: dict[str, Any]) -> None:
    forbidden = {"$ref", "oneOf", "allOf", "anyOf", "not", "$defs", "definitions", "enum"}
    for entry in catalog["streams"]:
        for schema in every_schema(entry["schema"]):
            if isinstance(schema.get("properties"), dict):
                members = {**schema, "properties": {}}
                assert not forbidden & set(members), entry["stream"]


def test_keywords_of_our_own_are_not_printed(catalog: dict[str, Any], tap: type[EngineTap]) -> None:
    known = tap(config={}, validate_config=False).streams
    for entry in catalog["streams"]:
        assert "x-domain" in known[entry["stream"]].schema
        assert own_keywords(entry["schema"]) == set()


def own_keywords(schema: dict[str, Any]) -> set[str]:
    """Name the keywords of a schema that are ours; members may be called anything."""
    inside = [*schema.get("properties", {}).values(), schema.get("items", {})]
    found = {keyword for keyword in schema if keyword.startswith("x-")}
    return found.union(*(own_keywords(each) for each in inside if each))


def test_every_schema_file_belongs_to_a_stream_and_the_other_way_round(
    catalog: dict[str, Any], tap: type[EngineTap]
) -> None:
    folder = Path(str(sys.modules[tap.__module__].__file__)).parent / "schemas"
    files = {file.stem for file in folder.glob("*.json")}
    assert files == {entry["stream"] for entry in catalog["streams"]}


def test_about_names_every_setting_and_capability(command: Command, tap: type[EngineTap]) -> None:
    ended = command(tap, "--about", "--format=json")
    assert ended.code == 0
    about = json.loads(ended.out)
    assert about["name"] == tap.name
    assert about["version"] == importlib.metadata.version("tap-commerce")
    assert set(tap.config_jsonschema["properties"]) <= set(about["settings"]["properties"])
    assert {"catalog", "discover", "state", "about", "stream-maps"} <= set(about["capabilities"])
    assert "batch" not in about["capabilities"]


def test_about_as_markdown_describes_every_setting(command: Command, tap: type[EngineTap]) -> None:
    ended = command(tap, "--about", "--format=markdown")
    assert ended.code == 0
    for name, definition in tap.config_jsonschema["properties"].items():
        (line,) = [line for line in ended.out.splitlines() if line.startswith(f"| {name} ")]
        assert definition["description"].split(".")[0][:40] in line


def test_version_is_that_of_the_distribution(command: Command, tap: type[EngineTap]) -> None:
    ended = command(tap, "--version")
    assert ended.code == 0
    assert importlib.metadata.version("tap-commerce") in ended.out


def test_the_console_script_leads_to_the_tap(tap: type[EngineTap]) -> None:
    points = importlib.metadata.entry_points(group="console_scripts")
    (point,) = points.select(name=tap.name)
    assert point.load().__module__ == tap.__module__


def test_region_decides_on_all_hosts() -> None:
    tap = TapCommercetools(
        config={"project_key": "shop", "client_id": "a", "client_secret": "b" * 9, "region": "r.x"}
    )
    connection = tap.connection
    assert connection.project_url == "https://api.r.x.commercetools.com/shop"
    assert connection.authenticator._url == "https://auth.r.x.commercetools.com/oauth/token"
    assert connection.history_url == "https://history.r.x.commercetools.com/shop"


@pytest.mark.parametrize("given", ["https://h", "https://h/", "https://h/shop", "https://h/shop/"])
def test_urls_may_end_with_the_project(given: str) -> None:
    secrets = {"client_id": "a", "client_secret": "b" * 9}
    urls = {"api_url": given, "history_url": given}
    tap = TapCommercetools(config={"project_key": "shop", **urls, **secrets})
    assert tap.connection.project_url == tap.connection.history_url == "https://h/shop"
