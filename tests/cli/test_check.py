"""`--test`: one line per stream, no rows read, exit 1 when something is not readable (2, 22)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from sandbox.commercetools.auth import Client
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine.http import hosts, retry
from tests.support import catalog_of, commerce7_config, commercetools_config

if TYPE_CHECKING:
    from pathlib import Path

    from tap_engine.singer.tap import EngineTap
    from tests.cli.conftest import Command
    from tests.faults.source import Source


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.002)
    monkeypatch.setattr(retry, "LONGEST_WAIT", 0.02)
    monkeypatch.setattr(hosts, "FIRST_CONTACT_SECONDS", 0.2)
    monkeypatch.setattr("tap_engine.singer.check.CHECK_SECONDS", 0.2)


def selected(tap: type[EngineTap]) -> list[str]:
    """List the streams that are on by default."""
    made = tap(config={}, validate_config=False, setup_mapper=False)
    return [name for name, stream in made.streams.items() if stream.selected_by_default]


def by_stream(out: str) -> dict[str, str]:
    """Read the lines of the command."""
    return dict(line.split(": ", 1) for line in out.splitlines())


def test_every_selected_stream_gets_one_line(command: Command, source: Source) -> None:
    ended = command(source.tap, "--test", config=source.config())
    assert ended.code == 0, ended.out
    assert ended.lines == []
    assert list(by_stream(ended.out)) == selected(source.tap)
    assert set(by_stream(ended.out).values()) == {"readable"}
    assert "{" not in ended.out, "no Singer message: nobody pipes a check into a target"


def test_no_rows_are_read(command: Command, source: Source) -> None:
    command(source.tap, "--test", config=source.config())
    data = [each for each in source.stand_in.requests if not each["path"].startswith("/oauth")]
    assert data
    parents = r"/(product-selections|customer)$"
    for request in data:
        limit = re.search(r"limit=(\d+)", request["query"])
        if source.is_commercetools:
            single = request["path"] == "/demo" or re.search(parents, request["path"])
            assert single or (limit and limit[1] == "0"), request
        else:
            assert limit, request
            assert limit[1] == "1", request
        assert "where" not in request["query"]
    assert len(data) <= 2 * len(selected(source.tap))


def test_refusals_name_what_is_missing_and_end_with_1(
    command: Command, tap: type[EngineTap]
) -> None:
    if tap is TapCommercetools:
        client = Client("demo-client", "demo-secret", ("view_zones", "view_states"))
        stand_in: Any = build_commercetools(size=0.05, clients=[client])
        readable, closed, needs = {"zones", "states"}, "customers", "scope view_customers"
    else:
        stand_in = build_commerce7(size=0.05, rate_limit=None, permissions=("Note",))
        readable, closed, needs = {"notes"}, "customers", "app permission Customer (read)"
    make = commercetools_config if tap is TapCommercetools else commerce7_config
    with stand_in.serve() as server:
        ended = command(tap, "--test", config=make(server.url))
        lines = by_stream(ended.out)
        skipping = command(tap, "--test", config=make(server.url, skip_forbidden_streams=True))
    assert ended.code == skipping.code == 1
    assert list(lines) == selected(tap)
    assert readable <= {name for name, line in lines.items() if line == "readable"}
    assert lines[closed].startswith("refused: ")
    assert needs in lines[closed]
    assert "Traceback" not in ended.err
    for name, line in lines.items():
        assert line == "readable" or name in line, "a refusal says which request it is about"


def test_what_the_scopes_of_the_token_rule_out_is_not_even_asked(command: Command) -> None:
    client = Client("demo-client", "demo-secret", ("view_zones",))
    stand_in = build_commercetools(size=0.05, clients=[client])
    with stand_in.serve() as server:
        command(TapCommercetools, "--test", config=commercetools_config(server.url))
    paths = {entry["path"] for entry in stand_in.requests}
    assert paths == {"/oauth/token", "/demo/zones"}


@pytest.mark.parametrize(
    "scopes",
    [("manage_project",), ("manage_customers",), ("view_customers",)],
    ids=lambda scopes: scopes[0],
)
def test_scopes_that_include_others_are_known(command: Command, scopes: tuple[str, ...]) -> None:
    client = Client("demo-client", "demo-secret", scopes)
    stand_in = build_commercetools(size=0.05, clients=[client])
    with stand_in.serve() as server:
        ended = command(TapCommercetools, "--test", config=commercetools_config(server.url))
    assert by_stream(ended.out)["customers"] == "readable"
    all_open = scopes == ("manage_project",)
    assert (by_stream(ended.out)["zones"] == "readable") == all_open


def test_scopes_of_one_store_do_not_open_the_project(command: Command) -> None:
    client = Client("demo-client", "demo-secret", ("view_customers:demo:store-1",))
    stand_in = build_commercetools(size=0.05, clients=[client])
    with stand_in.serve() as server:
        ended = command(TapCommercetools, "--test", config=commercetools_config(server.url))
    assert ended.code == 1
    assert by_stream(ended.out)["customers"].startswith("refused: ")


@pytest.mark.parametrize(
    ("stores", "line"),
    [
        (["store-1"], "readable"),
        (["store-1", "store-2"], "refused: customers: the token has no scope that opens it in"),
        (["nowhere", "store-1"], "refused: customers: /demo/in-store/key=nowhere/customers answer"),
        (None, "refused: customers: the token has no scope that opens it; it takes"),
    ],
)
def test_scopes_of_one_store_open_its_lists(command: Command, stores: Any, line: str) -> None:
    scopes = ("view_customers:demo:store-1", "view_customers:demo:nowhere")
    stand_in = build_commercetools(
        size=0.05, rows={"stores": 3}, clients=[Client("demo-client", "demo-secret", scopes)]
    )
    with stand_in.serve() as server:
        config = commercetools_config(server.url, store_keys=stores)
        ended = command(TapCommercetools, "--test", config=config)
    assert ended.code == 1, "the other streams are refused"
    lines = by_stream(ended.out)
    assert lines["customers"].startswith(line)
    assert lines["zones"].startswith("refused: zones: the token has no scope that opens it; it")


def test_a_filter_is_tried_as_well(command: Command, source: Source) -> None:
    wrong: Any = 'nobody = "x"' if source.is_commercetools else {"orderPaidDate": "like:3"}
    ended = command(source.tap, "--test", config=source.config(stream_filters={"orders": wrong}))
    assert ended.code == 1
    lines = by_stream(ended.out)
    assert "the API refuses the stream's entry in stream_filters" in lines.pop("orders")
    assert set(lines.values()) == {"readable"}


def test_a_feature_that_the_project_lacks_is_found_by_asking(
    command: Command, source: Source
) -> None:
    source.stand_in.faults.add(f"^{source.path}", "status", times=-1, status=404)
    name = "zones" if source.is_commercetools else "notes"
    ended = command(source.tap, "--test", config=source.config())
    assert ended.code == 1
    lines = by_stream(ended.out)
    assert lines[name].startswith("refused: ")
    assert f"{source.path} answered 404" in lines[name]
    assert [line for line in lines.values() if line != "readable"] == [lines[name]]


def test_a_list_that_not_every_source_has_is_no_refusal(command: Command, source: Source) -> None:
    name, path = (
        ("variants", "/demo/variants")
        if source.is_commercetools
        else ("loyalty_tiers", "/v1/loyalty-tier")
    )
    source.stand_in.faults.add(f"^{path}", "status", times=-1, status=404)
    ended = command(source.tap, "--test", config=source.config())
    assert ended.code == 0
    lines = by_stream(ended.out)
    assert lines[name].startswith(f"absent: {name}: {path} answered 404")
    assert [line for line in lines.values() if line != "readable"] == [lines[name]]


def test_variants_of_a_classic_project_are_absent(command: Command) -> None:
    with build_commercetools(size=0.05, catalog_model="Classic").serve() as server:
        config = commercetools_config(server.url, store_keys=["store-1"])
        ended = command(TapCommercetools, "--test", config=config)
    assert by_stream(ended.out)["variants"].startswith("absent: variants: the project's product")


def test_one_reason_for_all_refusals_is_said_once(command: Command, source: Source) -> None:
    data = "/demo/" if source.is_commercetools else "/v1/"
    status = 404 if source.is_commercetools else 401
    source.stand_in.faults.add(f"^{data[:-1]}", "status", times=-1, status=status)
    ended = command(source.tap, "--test", config=source.config())
    names = selected(source.tap)
    assert ended.code == 1
    reason, streams = ended.out.splitlines()
    assert reason.startswith(f"all {len(names)} streams are refused: {names[0]}: {data}")
    assert f"answered {status}" in reason
    assert streams == f"streams: {', '.join(names)}"


def test_scopes_of_another_project_are_said_once(command: Command) -> None:
    with build_commercetools(size=0.05, project="other-shop").serve() as server:
        config = commercetools_config(server.url)
        ended = command(TapCommercetools, "--test", config=config)
        synced = command(TapCommercetools, config=config)
    line = "setting project_key: the token's scopes are for project other-shop, not for demo"
    assert ended.code == synced.code == 1
    assert ended.out == ""
    assert ended.lines == [line]
    assert len(synced.lines) == 1
    assert synced.lines[0].endswith(f"; {line}")


def test_an_endpoint_that_does_not_answer_is_told_from_a_refusal(
    command: Command, source: Source
) -> None:
    source.stand_in.faults.add(f"^{source.path}", "status", times=-1, status=503)
    name = "zones" if source.is_commercetools else "notes"
    ended = command(source.tap, "--test", config=source.config())
    assert ended.code == 1
    lines = by_stream(ended.out)
    assert lines[name].startswith("unreachable: ")
    assert f"{source.path} answered 503" in lines[name]
    assert list(lines) == selected(source.tap), "the others are tried as well"


def test_an_unreachable_host_is_said_once(command: Command, source: Source) -> None:
    where = {"api_url": "http://127.0.0.1:1/v1"}
    if source.is_commercetools:
        where["auth_url"] = where["api_url"]
    ended = command(source.tap, "--test", config=source.config(**where))
    assert ended.code == 1
    assert ended.out == ""
    assert len(ended.lines) == 1
    assert "Connection refused" in ended.lines[0]
    assert "http://127.0.0.1:1/v1" in ended.lines[0]


def test_wrong_credentials_are_said_without_repeating_them(
    command: Command, source: Source
) -> None:
    name = "client_secret" if source.is_commercetools else "app_secret"
    ended = command(source.tap, "--test", config=source.config(**{name: "wrong-secret"}))
    assert ended.code == 1
    everything = ended.out + ended.err
    assert "wrong-secret" not in everything
    assert "answered 401" in everything
    assert "secret" in everything
    assert "Traceback" not in everything


def test_legacy_credentials_of_commerce7_work(command: Command, sources: Any) -> None:
    source = sources[TapCommerce7.name]
    config = source.config(username="data@example.com", password="demo-password")
    del config["app_id"], config["app_secret"]
    assert command(TapCommerce7, "--test", config=config).code == 0


def test_schema_check_needs_no_network(command: Command, tap: type[EngineTap]) -> None:
    make = commercetools_config if tap is TapCommercetools else commerce7_config
    ended = command(tap, "--test=schema", config=make("http://127.0.0.1:1"))
    assert ended.code == 0
    assert ended.out.count('"type":"SCHEMA"') == len(selected(tap))


def test_checks_go_by_the_catalog_wherever_it_stands(
    command: Command, tap: type[EngineTap], sources: Any, tmp_path: Path
) -> None:
    config = sources[tap.name].config()
    path = tmp_path / "chosen.json"
    path.write_text(json.dumps(catalog_of(tap, ["customers"])))
    for arguments in (
        ("--test", "--catalog", str(path)),
        ("--catalog", str(path), "--test"),
    ):
        assert command(tap, *arguments, config=config).out == "customers: readable\n"
    schemas = command(tap, "--test=schema", "--catalog", str(path), config=config)
    assert [json.loads(line)["stream"] for line in schemas.out.splitlines()] == ["customers"]
