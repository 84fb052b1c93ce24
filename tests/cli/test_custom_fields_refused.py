"""Setting `type_custom_fields`: how discovery fails, in one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from sandbox.commercetools.auth import Client
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.cli.shop import Shop, at, discovered

if TYPE_CHECKING:
    from tap_engine.singer.tap import EngineTap
    from tests.cli.conftest import Command, Ended

SECRETS = ("demo-secret", "demo-app-secret")


def one_line(ended: Ended) -> str:
    """Give the one error line of a command that failed as it should."""
    assert ended.code == 1
    assert ended.out == ""
    assert len(ended.lines) == 1, ended.err
    assert "Traceback" not in ended.err
    assert not any(secret in ended.err for secret in SECRETS)
    return ended.lines[0]


@pytest.mark.parametrize("arguments", [("--discover",), ("--test",), ("--test=schema",), ()])
def test_a_missing_permission_is_said_in_one_line(
    command: Command, tap: type[EngineTap], arguments: tuple[str, ...]
) -> None:
    stand_in: Any
    if tap is TapCommercetools:
        client = Client("demo-client", "demo-secret", ("view_customers",))
        stand_in, needs = build_commercetools(size=0.05, clients=[client]), "view_types"
    else:
        stand_in = build_commerce7(size=0.05, rate_limit=None, permissions=("Customer",))
        needs = "app permission MetaData Config (read)"
    with stand_in.serve() as server:
        shop = Shop(tap, stand_in, server.url)
        line = one_line(command(tap, *arguments, config=shop.config()))
    assert line.startswith("type_custom_fields: ")
    assert needs in line
    assert shop.definitions in line


def test_a_source_that_fails_is_said_in_one_line(command: Command, shop: Shop) -> None:
    shop.stand_in.faults.add(shop.definitions, "status", times=-1, status=503)
    line = one_line(command(shop.tap, "--discover", config=shop.config()))
    assert "answered 503" in line


def test_missing_settings_are_said_in_one_line(command: Command, tap: type[EngineTap]) -> None:
    line = one_line(command(tap, "--discover", config={"type_custom_fields": True}))
    assert "required property" in line or "settings missing" in line


def test_settings_are_checked_before_anything_is_asked(command: Command, shop: Shop) -> None:
    line = one_line(command(shop.tap, "--discover", config=shop.config(concurrency=0)))
    assert line == "setting concurrency must be a number from 1 to 16"
    assert shop.stand_in.requests == []


def test_a_definition_of_another_form_is_said_in_one_line(command: Command, shop: Shop) -> None:
    row: dict[str, Any]
    if shop.is_commercetools:
        name, row = "types", {"fieldDefinitions": [{"name": 17, "type": {"name": "String"}}]}
    else:
        name, row = "meta_data_configs", {"objectType": "Customer", "code": 17}
    row["id"] = "ffffffff-0000-4000-a000-000000000000"
    shop.stand_in.put(name, row)
    try:
        line = one_line(command(shop.tap, "--discover", config=shop.config()))
    finally:
        key = row["id"] if shop.is_commercetools else f"Customer/{row['id']}"
        shop.stand_in.delete(name, str(key))
    assert line.startswith("type_custom_fields: cannot parse a ")
    assert "Expected `str" in line


def test_an_object_type_that_a_tenant_lacks_has_no_metadata(
    command: Command, shops: dict[str, Shop]
) -> None:
    shop = shops[TapCommerce7.name]
    body = {"statusCode": 404, "type": "notFound", "message": "Not found", "errors": []}
    shop.stand_in.faults.add(
        "/meta-data-config/experience", "status", times=-1, status=404, body=body
    )
    try:
        schemas = discovered(command(shop.tap, "--discover", config=shop.config()))
        assert "properties" not in at(schemas["reservation_types"], "metaData")
        assert at(schemas["reservations"], "metaData")["properties"]
        shop.stand_in.faults.add("/meta-data-config/", "status", times=-1, status=404, body=body)
        line = one_line(command(shop.tap, "--discover", config=shop.config()))
    finally:
        shop.stand_in.faults.clear()
    assert line.startswith("type_custom_fields: ")
    assert "answered 404" in line
