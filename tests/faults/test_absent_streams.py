"""Lists that a tenant may lack: a warning and a place in the last line, not a failure."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.faults.source import Source
from tests.support import commercetools_config, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_engine.singer.tap import EngineTap

OPTIONAL = {TapCommercetools.name: "variants", TapCommerce7.name: "loyalty_tiers"}
OTHER = {TapCommercetools.name: "zones", TapCommerce7.name: "notes"}
PATH = {TapCommercetools.name: "/demo/variants", TapCommerce7.name: "/v1/loyalty-tier"}


def said(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno == level]


def lack(source: Source, status: int = 404, *, after: int = 0) -> tuple[str, str]:
    """Let the source lack a list; return its stream and another one."""
    name = source.tap.name
    source.stand_in.faults.add(f"^{PATH[name]}", "status", times=-1, after=after, status=status)
    return OPTIONAL[name], OTHER[name]


def test_a_list_that_the_source_lacks_is_a_warning(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    absent, other = lack(source)
    output = source.run(absent, other)
    assert output.code == 0
    assert output.latest(other) == source.truth(other)
    assert output.of_type("ACTIVATE_VERSION", absent) == []
    assert not output.state["bookmarks"].get(absent)
    (line,) = [text for text in said(caplog, logging.WARNING) if "absent" in text]
    assert line.startswith(f"stream absent: {absent}: {PATH[source.tap.name]} answered 404")
    assert said(caplog, logging.INFO)[-1].endswith(f"; absent: {absent}")


def test_a_page_that_is_not_the_apis_own_will_do(source: Source) -> None:
    """Servers answer paths that they do not know with whatever their framework has."""
    options: dict[str, Any] = {"status": 404, "body": "<html>Cannot GET this</html>"}
    absent, other = OPTIONAL[source.tap.name], OTHER[source.tap.name]
    source.stand_in.faults.add(f"^{PATH[source.tap.name]}", "status", times=-1, **options)
    output = source.run(absent, other)
    assert output.code == 0
    assert f"stream absent: {absent}: " in output.log
    source.stand_in.faults.add(source.match, "status", times=-1, **options)
    assert source.run(source.stream, other).code == 1


def test_it_is_a_failure_when_no_other_list_could_be_read(
    source: Source, errors: Callable[[], list[str]]
) -> None:
    absent, other = lack(source)
    assert source.run(absent).code == 1
    source.stand_in.faults.add(f"/{other[:-1]}s?$", "status", times=-1, status=404)
    source.stand_in.faults.add(rf"/{other[:-1]}s?\?", "status", times=-1, status=404)
    assert source.run(absent, other).code == 1
    assert "stream not read" in errors()[0]
    assert "none of 2 streams can be read" in errors()[1]


def test_missing_permissions_are_no_absence(
    source: Source, errors: Callable[[], list[str]]
) -> None:
    absent, other = lack(source, 403 if source.is_commercetools else 401)
    assert source.run(absent, other).code == 1
    assert f"stream not read: {absent}" in errors()[0]


@pytest.mark.parametrize("tap", [TapCommercetools, TapCommerce7], ids=lambda tap: tap.name)
def test_a_list_that_breaks_off_is_not_absent(
    errors: Callable[[], list[str]], tap: type[EngineTap]
) -> None:
    rows = {OPTIONAL[tap.name]: 120}
    stand_in: Any = (
        build_commercetools(size=0.05, rows=rows)
        if tap is TapCommercetools
        else build_commerce7(size=0.05, rows=rows, rate_limit=None)
    )
    with stand_in.serve() as server:
        source = Source(tap, stand_in, server.url, "", 1)
        absent, other = lack(source, after=1)
        first = source.run(absent, other)
        assert first.code == 1
        assert f"stream not read: {absent}" in errors()[0]
        stand_in.faults.clear()
        lack(source)
        second = source.run(absent, other, state=first.state)
    # Numbered lists have no position: their next reading begins anew.
    assert second.code == source.is_commercetools


def test_documented_lists_cannot_be_absent(source: Source) -> None:
    source.stand_in.faults.add(source.match, "status", times=-1, status=404)
    assert source.run(source.stream, OTHER[source.tap.name]).code == 1


def test_what_may_be_absent_is_declared() -> None:
    lists = {
        tap: {kind.name for kind in tap.stream_types if kind.may_be_absent}
        for tap in (TapCommercetools, TapCommerce7)
    }
    assert lists[TapCommercetools] == {"variants", "variant_projections"}
    assert lists[TapCommerce7] == {
        "club_packages",
        "club_shipments",
        "inventory_transactions",
        "loyalty_tiers",
        "loyalty_transactions",
        "meta_data_configs",
        "pos_profiles",
        "promotion_sets",
        "settings",
        "trash",
    }


@pytest.mark.parametrize(
    ("model", "status"),
    [
        ("Classic", 404),
        ("Classic", 400),
        ("Classic", 200),
        ("InMigration", 200),
        ("Modular", 200),
    ],
)
def test_projects_of_every_catalog_model_end_well(
    caplog: pytest.LogCaptureFixture, model: str, status: int
) -> None:
    stand_in = build_commercetools(size=0.02, catalog_model=model, classic_status=status)
    with stand_in.serve() as server:
        output = run(TapCommercetools, commercetools_config(server.url))
    assert output.code == 0
    absent = [text for text in said(caplog, logging.WARNING) if text.startswith("stream absent")]
    if model == "Modular":
        assert absent == []
        assert output.bookmark("variants")
    else:
        (line,) = absent
        assert line.startswith("stream absent: variants: ")
        assert f"catalog model is {model}; only projects with" in line
        assert output.bookmark("variants") is None, "or those that move later would be older"
        assert "/demo/variants" not in {each["path"] for each in stand_in.requests}


def test_variants_are_asked_for_where_the_model_is_unknown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scopes = ("view_products", "view_zones")
    for more in ({"catalog_model": None}, {"clients": [_client(scopes)]}):
        plan: dict[str, Any] = {"size": 0.05, "catalog_model": "Classic", **more}
        with build_commercetools(**plan).serve() as server:
            config = commercetools_config(server.url)
            output = run(TapCommercetools, config, streams=["variants", "zones"])
        assert output.code == 0
        assert "stream absent: variants: /demo/variants answered 404" in output.log
    caplog.clear()
    with build_commercetools(size=0.05, clients=[_client(scopes)]).serve() as server:
        config = commercetools_config(server.url)
        output = run(TapCommercetools, config, streams=["variants"])
    assert output.code == 0
    assert output.records("variants")


def _client(scopes: tuple[str, ...]) -> Any:
    from sandbox.commercetools.auth import Client

    return Client("demo-client", "demo-secret", scopes)


def test_an_endpoint_that_lacks_all_object_types_is_absent() -> None:
    stand_in = build_commerce7(size=0.05, rate_limit=None)
    body = {"statusCode": 404, "type": "notFound", "message": "Not found", "errors": []}
    with stand_in.serve() as server:
        source = Source(TapCommerce7, stand_in, server.url, "", 1)
        stand_in.faults.add("/v1/meta-data-config", "status", times=-1, status=404, body=body)
        absent = source.run("meta_data_configs", "notes")
        stand_in.faults.clear()
        stand_in.faults.add("/v1/meta-data-config/a", "status", times=-1, status=404, body=body)
        partly = source.run("meta_data_configs", "notes")
    assert absent.code == partly.code == 0
    assert "stream absent: meta_data_configs: " in absent.log
    assert absent.of_type("ACTIVATE_VERSION", "meta_data_configs") == []
    assert "stream absent" not in partly.log
    assert partly.records("meta_data_configs")


def test_a_store_that_does_not_exist_is_no_absence() -> None:
    with build_commercetools(size=0.05, rows={"stores": 3}).serve() as server:
        config = commercetools_config(server.url, store_keys=["nowhere"])
        output = run(TapCommercetools, config, streams=["variant_projections", "zones"])
    assert output.code == 1
    assert "is there a store with this key" in output.log


def test_a_tenant_without_extensions_ends_a_default_run_well() -> None:
    stand_in = build_commerce7(size=0.02, rate_limit=None)
    for path in ("loyalty-tier", "loyalty-transaction", "club-package"):
        stand_in.faults.add(f"/v1/{path}", "status", times=-1, status=404)
    with stand_in.serve() as server:
        source = Source(TapCommerce7, stand_in, server.url, "", 1)
        output = run(TapCommerce7, source.config())
    assert output.code == 0
    assert output.log.count("stream absent") == 3
