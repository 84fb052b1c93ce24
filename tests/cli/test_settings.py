"""Settings: declared completely, secrets flagged, wrong ones refused in one clear line (1, 2)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from scripts.declarations import env_name, own_settings
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.support import commerce7_config, commercetools_config

if TYPE_CHECKING:
    from tap_engine.singer.tap import EngineTap
    from tests.cli.conftest import Command
    from tests.faults.source import Source

URL = "http://127.0.0.1:9"
CT, C7 = TapCommercetools, TapCommerce7
GOOD = {CT.name: commercetools_config(URL), C7.name: commerce7_config(URL)}
SECRET = {CT.name: "client_secret", C7.name: "app_secret"}


class Nothing:
    """No value at all; test names must not hold its address, which differs between workers."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING = Nothing()

SHARED: list[tuple[str, Any, str]] = [
    ("start_date", "yesterday", "start_date"),
    ("start_date", "2024-02-30", "start_date"),
    ("start_date", "2024-02-30T00:00:00.000Z", "start_date"),
    ("start_date", "0001-01-01T00:00:00+05:00", "start_date"),
    ("start_date", 20240101, "start_date"),
    ("concurrency", 0, "concurrency must be a number from 1 to 16"),
    ("concurrency", 17, "concurrency"),
    ("concurrency", "many", "concurrency"),
    ("concurrency", None, "concurrency"),
    ("lookback_seconds", -1, "lookback_seconds"),
    ("request_timeout", 0, "request_timeout"),
    ("retry_max_seconds", -1, "retry_max_seconds"),
    ("full_table_interval_hours", -1, "full_table_interval_hours must be a number"),
    ("skip_forbidden_streams", "perhaps", "skip_forbidden_streams"),
    ("api_url", "http://api.example.com", "api_url: plain http:// is only for this machine"),
    ("api_url", "http://127.0.0.1.example.com", "plain http://"),
    ("api_url", "http://10.0.0.1", "plain http://"),
    ("api_url", "ftp://127.0.0.1", "api_url is not a URL"),
    ("api_url", "api.example.com", "api_url is not a URL"),
    ("api_url", "https://", "api_url is not a URL"),
    ("api_url", "https://127.0.0.1:port", "api_url is not a URL"),
    ("api_url", "https://127.0.0.1:99999", "api_url is not a URL"),
    ("api_url", "https://[::1", "api_url is not a URL"),
    ("api_url", "https://127.0.0.1/?key=s3cr3t-key", "api_url is not a URL"),
    ("api_url", "https://user:s3cr3t-key@127.0.0.1", "api_url must not contain credentials"),
    ("stream_filters", {"nothing": "x"}, "stream_filters: there is no stream 'nothing'"),
    ("stream_filters", {"orders": ""}, "stream_filters: orders: a filter is"),
    ("stream_filters", {"orders": None}, "stream_filters: orders: a filter is"),
    ("stream_filters", {"orders": ["x"]}, "stream_filters: orders: a filter is"),
    ("stream_filters", "orders", "stream_filters"),
    ("user_agent", "two\nlines", "user_agent must be plain ASCII"),
    ("user_agent", "snowman \u2603", "user_agent must be plain ASCII"),
]
OWN: list[tuple[Any, str, Any, str]] = [
    (CT, "project_key", NOTHING, "project_key"),
    (CT, "client_id", NOTHING, "client_id"),
    (CT, "client_secret", NOTHING, "client_secret"),
    (CT, "project_key", " ", "settings missing: project_key"),
    (CT, "client_secret", "", "settings missing: client_secret"),
    (CT, "client_secret", 5318008531, "client_secret has the wrong type"),
    (CT, "client_secret", {"value": "s3cr3t-key"}, "client_secret has the wrong type"),
    (CT, "page_size", 501, "page_size"),
    (CT, "shard", "3", "setting shard must be of the form 2/8"),
    (CT, "shard", "9/8", "setting shard must be of the form 2/8"),
    (CT, "shard", 2, "shard"),
    (CT, "verify_counts", "exact", "verify_counts"),
    (C7, "verify_counts", True, "verify_counts"),
    (CT, "page_size", 0, "page_size"),
    (CT, "max_requests_per_second", 0, "max_requests_per_second"),
    (CT, "scopes", {"view_orders": "demo"}, "scopes"),
    (CT, "scopes", [5], "scopes"),
    (CT, "auth_url", "http://auth.example.com", "auth_url: plain http://"),
    (CT, "auth_url", "https://user:s3cr3t-key@127.0.0.1", "auth_url must not contain credentials"),
    (CT, "history_url", "http://history.example.com", "history_url: plain http://"),
    (CT, "history_url", "history.example.com", "history_url is not a URL"),
    (CT, "history_url", "https://user:s3cr3t-key@127.0.0.1", "history_url must not contain cred"),
    (CT, "store_keys", "store-1", "store_keys"),
    (CT, "store_keys", ["store-1", " "], "setting store_keys contains an empty key"),
    (CT, "stream_filters", {"orders": " "}, "orders: a filter is a query predicate"),
    (CT, "stream_filters", {"orders": {"customerId": "x"}}, "orders: a filter is a query"),
    (CT, "stream_filters", {"orders": "(a = 1"}, "orders: a parenthesis is not closed"),
    (CT, "stream_filters", {"orders": "a = 1) or (b = 2"}, "a closing parenthesis has"),
    (CT, "stream_filters", {"orders": 'a = "x'}, "orders: a quote is not closed"),
    (CT, "stream_filters", {"orders": r'a = "x\"'}, "orders: a quote is not closed"),
    (CT, "stream_filters", {"project": "a = 1"}, "project: this stream takes no filter"),
    (CT, "stream_filters", {"mcp_servers": "a = 1"}, "this stream takes no filter"),
    (CT, "stream_filters", {"approval_flows": "a = 1"}, "this stream takes no filter"),
    (CT, "stream_filters", {"product_selection_products": "a = 1"}, "takes no filter"),
    (CT, "stream_filters", {"store_product_selection_assignments": "a = 1"}, "takes no filter"),
    (C7, "stream_filters", {"orders": {}}, "orders: a filter is an object of query parameters"),
    (C7, "stream_filters", {"carts": "q"}, "carts: a filter is an object of query parameters"),
    *(
        (C7, "stream_filters", {"orders": {name: "1"}}, f"orders: the tap sets {name} itself")
        for name in ("page", "cursor", "limit", "updatedAt")
    ),
    (C7, "stream_filters", {"orders": {"q": ""}}, "q must be a number or a non-empty string"),
    (C7, "stream_filters", {"orders": {"q": ["x"]}}, "q must be a number or a non-empty string"),
    (C7, "stream_filters", {"customer_credit_cards": {"q": "x"}}, "takes customerId only"),
    (C7, "tenant", NOTHING, "tenant"),
    (C7, "tenant", "", "settings missing: tenant"),
    (C7, "tenant", "two\nlines", "tenant"),
    (C7, "tenant", "snowman \u2603", "tenant"),
    (C7, "tenant", "my winery", "setting tenant: 'my winery' is not a tenant ID; use the first pa"),
    (C7, "tenant", "https://www.example.com", "is not a tenant ID; use the first part of the"),
    (C7, "app_id", NOTHING, "settings missing: app_id"),
    (C7, "app_secret", NOTHING, "settings missing: app_secret"),
    (C7, "app_secret", ["s3cr3t-key"], "app_secret has the wrong type"),
    (C7, "username", "user@example.com", "either app_id and app_secret, or username and password"),
    (C7, "max_requests_per_minute", 0, "max_requests_per_minute"),
    (C7, "shard", "1/2", "setting shard: tap-commerce7 reads a tenant in one process; raise conc"),
]
CASES = [(kind, *case) for kind in (CT, C7) for case in SHARED] + OWN


def _name(value: Any) -> str:
    return getattr(value, "name", "") if isinstance(value, type) else repr(value)[:24]


@pytest.mark.parametrize(("tap", "setting", "value", "words"), CASES, ids=_name)
def test_a_wrong_setting_ends_in_one_clear_line(
    command: Command,
    tap: type[EngineTap],
    setting: str,
    value: Any,
    words: str,
) -> None:
    config = {**GOOD[tap.name], setting: value}
    if value is NOTHING:
        del config[setting]
    arguments = ["--test"] if setting in {"start_date", "client_secret", "app_secret"} else []
    ended = command(tap, *arguments, config=config)
    assert ended.code == 1
    assert ended.out == ""
    assert len(ended.lines) == 1, ended.err
    assert words in ended.lines[0]
    assert "Traceback" not in ended.err
    for secret in ("s3cr3t-key", "5318008531", "demo-secret", "demo-app-secret"):
        assert secret not in ended.err + ended.out


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("config", "{no json", "cannot read the input"),
        ("config", "[1]", ""),
        ("config", '"text"', ""),
        ("state", "{no json", "the state file is not valid JSON"),
        ("state", "[]", "the state file is not a JSON object"),
        ("state", '{"bookmarks": []}', "state is not of the form"),
        ("catalog", "{no json", "the catalog file is not valid JSON"),
        ("catalog", "[]", "the catalog file is not a JSON object"),
        ("catalog", "{}", "catalog"),
        ("catalog", '{"streams": {}}', "catalog"),
        ("catalog", '{"streams": [{}]}', "catalog"),
        ("catalog", '{"streams": [7]}', "catalog"),
    ],
)
def test_an_unreadable_file_ends_in_one_clear_line(
    command: Command, tap: type[EngineTap], file: str, content: str, words: str
) -> None:
    files = {"config": GOOD[tap.name], file: content}
    ended = command(tap, **files)
    assert ended.code == 1
    assert ended.out == ""
    assert len(ended.lines) == 1, ended.err
    assert words in ended.lines[0]
    assert "Traceback" not in ended.err


def test_a_file_that_is_not_there_ends_in_one_clear_line(
    command: Command, tap: type[EngineTap]
) -> None:
    ended = command(tap, "--config", "nowhere.json")
    assert ended.code == 1
    assert "nowhere.json" in ended.lines[0]
    assert len(ended.lines) == 1
    assert "Traceback" not in ended.err


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, source: Source) -> pytest.MonkeyPatch:
    """All settings with a default, and those of the stand-in, in the environment."""
    # The SDK would take over the .env of whoever runs the tests.
    monkeypatch.setattr("singer_sdk.configuration._dict_config.find_dotenv", str)
    defaults = {setting.name: setting.default for setting in own_settings(source.tap)}
    for name, value in {**defaults, **source.config()}.items():
        if value is not None:
            text = value if isinstance(value, str) else json.dumps(value)
            monkeypatch.setenv(env_name(source.tap, name), text)
    return monkeypatch


@pytest.mark.usefixtures("environment")
def test_settings_come_from_the_environment(command: Command, source: Source) -> None:
    ended = command(source.tap, "--config=ENV", "--test")
    assert ended.code == 0, ended.err
    assert ended.lines == []


@pytest.mark.parametrize("arguments", [["--config=ENV"], []])
def test_commerce7_refuses_a_shard_in_the_environment(
    command: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setattr("singer_sdk.configuration._dict_config.find_dotenv", str)
    monkeypatch.setenv("TAP_COMMERCE7_SHARD", "1/2")
    ended = command(C7, *arguments, config=GOOD[C7.name])
    assert (ended.code, ended.out) == (1, "")
    assert ended.lines == [
        "setting shard: tap-commerce7 reads a tenant in one process; raise concurrency instead"
    ]


@pytest.mark.parametrize("mode", ["--test", "--discover"])
@pytest.mark.parametrize(
    ("setting", "value", "kind"),
    [
        ("concurrency", "many", "integer"),
        ("retry_max_seconds", "", "integer"),
        ("stream_filters", "orders", "object"),
        ("skip_forbidden_streams", "ture", "boolean"),
        ("flattening_enabled", "", "boolean"),
    ],
)
def test_a_wrong_variable_is_named(
    command: Command,
    source: Source,
    environment: pytest.MonkeyPatch,
    *,
    mode: str,
    setting: str,
    value: str,
    kind: str,
) -> None:
    variable = env_name(source.tap, setting)
    environment.setenv(variable, value)
    ended = command(source.tap, "--config=ENV", mode)
    assert ended.code == 1
    assert len(ended.lines) == 1, ended.err
    assert ended.lines[0].endswith(f"environment variable {variable} is not a valid {kind}")
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("value", "truth"), [("TRUE", True), ("on", True), ("1", True), ("False", False), ("no", False)]
)
def test_truth_values_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tap: type[EngineTap], value: str, *, truth: bool
) -> None:
    monkeypatch.setattr("singer_sdk.configuration._dict_config.find_dotenv", str)
    monkeypatch.setenv(env_name(tap, "skip_forbidden_streams"), value)
    made = tap(config=GOOD[tap.name], parse_env_config=True)
    assert made.config["skip_forbidden_streams"] is truth


def test_unknown_settings_of_an_older_or_newer_version_are_no_error(
    command: Command, tap: type[EngineTap]
) -> None:
    ended = command(tap, "--discover", config={**GOOD[tap.name], "tap_setting_of_2019": True})
    assert ended.code == 0
    assert len(json.loads(ended.out)["streams"]) > 20


def test_every_secret_is_flagged_and_nothing_else(tap: type[EngineTap]) -> None:
    properties = tap.config_jsonschema["properties"]
    flagged = {name for name, definition in properties.items() if definition.get("secret")}
    suspicious = {
        name
        for name in properties
        if any(word in name for word in ("secret", "password", "token", "credential"))
    }
    assert flagged == suspicious
    assert SECRET[tap.name] in flagged


def test_whatever_is_declared_as_secret_is_masked(
    monkeypatch: pytest.MonkeyPatch, tap: type[EngineTap]
) -> None:
    properties = {
        **tap.config_jsonschema["properties"],
        "proxy_key": {"type": ["string", "null"], "secret": True},
    }
    monkeypatch.setattr(
        tap, "config_jsonschema", {**tap.config_jsonschema, "properties": properties}
    )
    made = tap(config={**GOOD[tap.name], "proxy_key": "s3cr3t-key"})
    assert made.redactor("the key s3cr3t-key") == "the key ***"


def test_every_setting_has_a_title_and_a_description(tap: type[EngineTap]) -> None:
    for name, definition in tap.config_jsonschema["properties"].items():
        assert definition.get("title"), name
        assert definition.get("description"), name


@pytest.mark.parametrize("length", [5, 6])
def test_a_secret_that_is_too_short_to_be_masked_is_said_so(
    tap: type[EngineTap], caplog: pytest.LogCaptureFixture, length: int
) -> None:
    make = commercetools_config if tap is TapCommercetools else commerce7_config
    name = "client_secret" if tap is TapCommercetools else "app_secret"
    secret = "x" * length
    made = tap(config=make("http://127.0.0.1:1", **{name: secret}))
    warned = f"setting {name}: too short to be a secret" in caplog.text
    assert warned is (length == 5)
    assert (made.redactor(secret) == "***") is not warned
    assert secret not in caplog.text.replace("Validating", "") or warned
