"""Tables are made once, before shards are loaded side by side."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tap_orchestration import in_progress, sync, tables
from tests.world import failure, tenant

if TYPE_CHECKING:
    from tests.world import World


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "POLL_SECONDS", 0.01)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the tenants whose tables this process makes."""
    seen: list[str] = []
    monkeypatch.setattr(sync, "make_tables", lambda _all, one: seen.append(one.name))
    return seen


def test_loaders_side_by_side_do_not_make_the_same_table(world: World) -> None:
    target = {"settings": {"table": str(world.folder / "table")}}
    world.tenants(tenant(shards=2, target=target))
    runs = [world.spawn(f"winery|{number}/2") for number in (1, 2)]
    logs = [run.communicate()[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], logs
    assert sorted(world.rows()) == list(range(1, 21))


def test_they_are_made_by_the_first_run_only(world: World, made: list[str]) -> None:
    world.tenants(tenant(shards=2))
    for number in (2, 1):
        assert world.materialize("first_sync", f"winery|{number}/2").success
    assert made == ["winery"]


def test_a_run_waits_until_an_earlier_one_has_made_them(world: World, made: list[str]) -> None:
    world.tenants(tenant(shards=2))
    world.begin(tenant="winery")
    done = threading.Timer(0.3, lambda: world.states.write("winery", tables.MADE, {}))
    done.start()
    assert world.materialize("first_sync", "winery|2/2").success
    assert made == []
    assert world.states.has("winery", tables.MADE)


def test_a_run_makes_them_when_the_earlier_one_ended_without(
    lasting_world: World, made: list[str]
) -> None:
    world = lasting_world
    world.tenants(tenant(shards=2))
    other = world.begin(tenant="winery")
    done = threading.Timer(0.3, lambda: world.instance.report_run_canceled(other))
    done.start()
    assert world.materialize("first_sync", "winery|2/2").success
    assert made == ["winery"]


def test_a_run_that_is_recorded_a_moment_later_is_noticed(
    world: World, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.tenants(tenant(shards=2))
    # Asked once for the slot, then until nobody was earlier twice in a row.
    answers: list[list[str]] = [[], [], ["other"], [], []]
    monkeypatch.setattr(in_progress, "earlier", lambda _context, _tags: answers.pop(0))
    assert world.materialize("first_sync", "winery|2/2").success
    assert made == ["winery"]
    assert answers == []


def test_runs_one_by_one_need_no_tables_beforehand(world: World, made: list[str]) -> None:
    world.tenants(tenant(shards=2, budget={"runs_at_once": 1}))
    assert world.materialize("first_sync", "winery|1/2").success
    assert made == []


def test_tables_that_cannot_be_made_fail_the_run(world: World) -> None:
    world.tenants(tenant(shards=2, target={"settings": {"code": 3, "log": "no such schema"}}))
    message = failure(world.materialize("first_sync", "winery|1/2"))
    assert message.startswith("the tables cannot be made: ")
    assert message.endswith("ended with 3: no such schema")
    assert not world.states.has("winery", tables.MADE)
