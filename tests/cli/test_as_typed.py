"""Settings as people type them are understood, or refused at once with their name."""

from __future__ import annotations

import json
import re
import socket
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commercetools.app import build as build_commercetools
from sandbox.commercetools.auth import Client
from tap_commerce7.tap import TapCommerce7
from tap_commerce7.tenant import read_tenant
from tap_commercetools.region import read_region
from tap_commercetools.tap import TapCommercetools
from tap_engine.errors import SettingsError
from tap_engine.singer.as_typed import unknown
from tests.support import commercetools_config

if TYPE_CHECKING:
    from tap_engine.singer.tap import EngineTap
    from tests.cli.conftest import Command
    from tests.faults.source import Source


@pytest.mark.parametrize(
    "text",
    [
        "us-east-2.aws",
        "US-East-2.AWS",
        "api.us-east-2.aws.commercetools.com",
        "https://api.us-east-2.aws.commercetools.com",
        "https://auth.us-east-2.aws.commercetools.com/oauth/token",
        "https://mc.us-east-2.aws.commercetools.com/my-shop/orders",
    ],
)
def test_forms_of_a_region(text: str) -> None:
    assert read_region(text) == "us-east-2.aws"


@pytest.mark.parametrize("text", ["", "us-east-2", "https://example.com", "aws", "a b.gcp"])
def test_what_is_no_region(text: str) -> None:
    with pytest.raises(SettingsError, match=r"europe-west1\.gcp, us-central1"):
        read_region(text)


def config_of_region(region: str, **more: Any) -> dict[str, Any]:
    """Give settings without URLs."""
    config = commercetools_config("http://127.0.0.1:9", region=region)
    return {name: value for name, value in config.items() if not name.endswith("_url")} | more


def test_an_empty_region_is_refused_unless_urls_take_its_place(
    command: Command, sources: dict[str, Source]
) -> None:
    ended = command(TapCommercetools, "--test", config=config_of_region(""))
    assert ended.code == 1
    (line,) = ended.lines
    assert line.startswith("setting region: '' is not a region; use one of europe-west1.gcp")
    config = sources[TapCommercetools.name].config(region="")
    del config["history_url"]
    assert command(TapCommercetools, "--test", config=config).code == 0


@pytest.mark.parametrize(
    "text",
    [
        "my-winery",
        "My-Winery",
        "my-winery.admin.platform.commerce7.com",
        "https://My-Winery.admin.platform.commerce7.com/order?page=1",
    ],
)
def test_forms_of_a_tenant(text: str) -> None:
    assert read_tenant(text) == "my-winery"


@pytest.mark.parametrize("text", ["", "my winery", "my.winery", "https://www.my-winery.com", "-"])
def test_what_is_no_tenant(text: str) -> None:
    with pytest.raises(SettingsError, match="use the first part of the admin panel's"):
        read_tenant(text)


def test_the_admin_address_of_the_tenant_works(
    command: Command, sources: dict[str, Source]
) -> None:
    source = sources[TapCommerce7.name]
    address = "https://Demo-Winery.admin.platform.commerce7.com/"
    ended = command(TapCommerce7, "--test", config=source.config(tenant=address))
    assert ended.code == 0
    assert "setting tenant: read as demo-winery" in ended.err


def test_white_space_around_settings_is_left_out(command: Command, source: Source) -> None:
    names = ["api_url", "user_agent", "verify_counts", "start_date"]
    names += (
        ["client_id", "client_secret", "project_key", "auth_url"]
        if source.is_commercetools
        else ["app_id", "app_secret", "tenant"]
    )
    given = source.config(user_agent="me", verify_counts="log", start_date="2024-01-01")
    config = given | {name: f"\ufeff {given[name]}\u00a0\r\n" for name in names}
    ended = command(source.tap, "--test", config=config)
    assert ended.code == 0, ended.err
    for name in names:
        assert f"setting {name}: white space around it was removed" in ended.err
    clean = command(source.tap, "--test", config=given)
    assert "white space" not in clean.err


@pytest.mark.parametrize(
    "scopes",
    [
        "view_zones:demo view_states:demo",
        " view_zones:demo,view_states:demo\n",
        ["view_zones:demo", "view_states:demo"],
        ["view_zones:demo view_states:demo"],
    ],
)
def test_scopes_may_be_one_text(command: Command, scopes: Any) -> None:
    client = Client("demo-client", "demo-secret", ("view_zones", "view_states", "view_orders"))
    stand_in = build_commercetools(size=0.05, clients=[client])
    with stand_in.serve() as server:
        config = commercetools_config(server.url, scopes=scopes)
        ended = command(TapCommercetools, "--test", config=config)
    readable = re.findall("^(.*): readable$", ended.out, re.MULTILINE)
    assert readable == ["states", "zones"]


@pytest.mark.parametrize(
    ("given", "means"),
    [("view_zones:demo view_states:demo", 2), ('["view_zones:demo"]', 1), ("view_zones:demo", 1)],
)
def test_scopes_may_be_one_text_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, given: str, means: int
) -> None:
    monkeypatch.setattr("singer_sdk.configuration._dict_config.find_dotenv", str)
    monkeypatch.setenv("TAP_COMMERCETOOLS_SCOPES", given)
    tap = TapCommercetools(config=commercetools_config("http://127.0.0.1:9"), parse_env_config=True)
    assert len(tap.connection.authenticator._scopes.split()) == means


def test_an_unknown_setting_is_named_with_its_nearest(
    command: Command, tap: type[EngineTap], source: Source
) -> None:
    wrong = {"start_dat": "2024-01-01", "Concurency": 3, "frobnicate": "s3cr3t-key"}
    fine = {"_select": ["*.*"], "default_target_schema": "raw", "batch_config": None}
    ended = command(tap, "--test=schema", config=source.config(**wrong, **fine))
    assert ended.code == 0
    said = [line for line in ended.err.splitlines() if "there is no setting" in line]
    assert [line.partition("no setting ")[2] for line in said] == [
        "'start_dat'; ignored; did you mean start_date?",
        "'Concurency'; ignored; did you mean concurrency?",
        "'frobnicate'; ignored",
    ]
    assert "s3cr3t-key" not in ended.err


def test_declared_settings_are_known(tap: type[EngineTap]) -> None:
    assert list(unknown(tap.config_jsonschema["properties"], ())) != []
    assert (
        list(unknown(tap.config_jsonschema["properties"], tap.config_jsonschema["properties"]))
        == []
    )


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let no name but an address resolve, and list those that were asked for."""
    asked: list[str] = []
    resolve = socket.getaddrinfo

    def answer(host: str, *more: Any, **options: Any) -> Any:
        if host[:1].isdigit():
            return resolve(host, *more, **options)
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


@pytest.mark.parametrize("arguments", [(), ("--test",)], ids=["sync", "test"])
def test_a_host_that_does_not_exist_is_said_at_once(
    command: Command, source: Source, lookups: list[str], arguments: tuple[str, ...]
) -> None:
    cases = [("api_url", source.config(api_url="https://api.no-such-host.example/v1"), "api.no-s")]
    if source.is_commercetools:
        cases += [
            ("auth_url", source.config(auth_url="https://auth.no-such-host.example"), "auth.no-s"),
            ("region", config_of_region("europe-west9.gcp"), "auth.europe-west9.gcp.c"),
        ]
    for setting, config, host in cases:
        lookups.clear()
        ended = command(source.tap, *arguments, config=config)
        assert ended.code == 1
        (line,) = ended.lines
        assert f"Name or service not known; the host is from setting {setting}" in line
        assert any(host in name for name in lookups)
        assert "trying again" not in ended.err


def test_the_environment_of_a_filter_is_sent_as_it_is(
    command: Command, sources: dict[str, Source]
) -> None:
    source = sources[TapCommerce7.name]
    source.stand_in.requests.clear()
    config = source.config(
        stream_filters=json.loads('{"club_memberships": {"signupDate": "gte:2024-01-01"}}')
    )
    ended = command(TapCommerce7, "--test", config=config)
    assert ended.code == 0
    asked = [
        each["query"] for each in source.stand_in.requests if "club-membership" in each["path"]
    ]
    assert any("signupDate=gte%3A2024-01-01" in query for query in asked)
    assert (
        "club_memberships: stream_filters: signupDate is not documented for this list" in ended.err
    )
