"""The asset that has deletes marked by tap-reconcile, and its schedule, which is off."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from tap_orchestration.tenants import Deletes
from tests.world import failure, metadata, tenant

if TYPE_CHECKING:
    from tests.world import World

STUB = [sys.executable, str(Path(__file__).parent / "stub_reconcile.py")]
URL = "postgresql://loader:hunter2@db/warehouse"
NOTHING: dict[str, Any] = {"marked": [], "removed": [], "unmarked": [], "refused": None}


@pytest.fixture
def marking(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A tenant whose first sync is complete."""
    monkeypatch.setenv("WAREHOUSE_URL", URL)
    monkeypatch.setenv("SECRET", "not for tap-reconcile")
    world.data["deletes"] = {"command": STUB, "most": "3%"}
    settings = {"report": str(world.folder / "report.json"), "secret": {"env": "SECRET"}}
    place = {"sqlalchemy_url": {"env": "WAREHOUSE_URL"}, "default_target_schema": "winery"}
    world.tenants(tenant(settings=settings, target={"settings": place}))
    world.first_sync()
    return world


def report(monkeypatch: pytest.MonkeyPatch, *streams: dict[str, Any], code: int = 0) -> None:
    monkeypatch.setenv("RECONCILED", json.dumps({"streams": streams}))
    monkeypatch.setenv("RECONCILED_CODE", str(code))


def test_deletes_are_marked_with_the_settings_of_the_tenant(
    marking: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = {**NOTHING, "marked": [["1"], ["2"]], "unmarked": [["3"]]}
    report(
        monkeypatch,
        {"stream": "orders", "deletes": orders},
        {"stream": "carts", "deletes": NOTHING},
    )
    result = marking.materialize("marked_deletes", "winery")
    assert result.success
    assert metadata(result) == {"marked": 2, "unmarked": 1, "marked/orders": 2}
    seen = json.loads((marking.folder / "report.json").read_text())
    assert seen["url"] == URL
    assert seen["config"]["secret"] == "not for tap-reconcile"
    name, option, _, *others = seen["arguments"]
    assert (name, option) == ("tap-commercetools", "--config")
    assert others == ["--mark-deleted", "--most=3%", "--json", "--schema=winery"]
    assert "SECRET" not in seen["environment"]
    assert "WAREHOUSE_URL" not in seen["environment"]


def test_what_could_not_be_settled_fails(marking: World, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {**NOTHING, "refused": "16 of 300 rows (5.3 %) are not at the source"}
    report(
        monkeypatch,
        {"stream": "orders", "deletes": refused},
        {"stream": "carts", "reason": "carts: answered 403"},
        code=2,
    )
    said = failure(marking.materialize("marked_deletes", "winery"))
    assert said == (
        "carts: carts: answered 403; orders: 16 of 300 rows (5.3 %) are not at the source"
    )


def test_a_command_that_says_nothing(marking: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILED_CODE", "2")
    said = failure(marking.materialize("marked_deletes", "winery"))
    assert "tap-reconcile ended with 2 and reported nothing" in said
    marking.data["deletes"] = {"command": ["/nowhere/tap-reconcile"]}
    said = failure(marking.materialize("marked_deletes", "winery"))
    assert "cannot start /nowhere/tap-reconcile: No such file or directory" in said


def test_nothing_is_marked_before_the_first_sync_is_complete(world: World) -> None:
    world.tenants(tenant())
    assert "is not merged yet" in failure(world.materialize("marked_deletes", "winery"))


def test_a_target_that_is_no_postgresql(world: World) -> None:
    world.tenants(tenant())
    world.first_sync()
    said = failure(world.materialize("marked_deletes", "winery"))
    assert "deletes are marked where the target has sqlalchemy_url only" in said


@pytest.mark.parametrize("most", ["", "few", "-1", "5 %"])
def test_how_many_rows_may_be_marked_is_checked(most: str) -> None:
    with pytest.raises(ValidationError):
        Deletes(most=most)
