"""Secrets reach the process that needs them and nothing else."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tap_orchestration.errors import OrchestrationError
from tap_orchestration.secret_values import Masker, resolve
from tests.test_pipeline import until
from tests.world import failure, tenant

if TYPE_CHECKING:
    from tests.world import World

SECRET = 'p@ss "w/rd'
PASSWORD = "of the database"
URL = "postgresql://loader:of%20the%20database@db.example.com/warehouse"


@pytest.fixture
def everything(
    world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> tuple[dict[str, Any], str]:
    """Run with processes that print all they know; what the tap saw, and all that is left."""
    monkeypatch.setenv("WINERY_SECRET", SECRET)
    monkeypatch.setenv("WAREHOUSE_URL", URL)
    monkeypatch.setenv("CELLAR_SECRET", "of somebody else")
    report = world.folder / "report"
    log = f"{SECRET} {json.dumps(SECRET)} p%40ss%20%22w%2Frd {URL} {PASSWORD}"
    settings = {"app_secret": {"env": "WINERY_SECRET"}, "report": str(report), "fail": log}
    target = {"settings": {"url": {"env": "WAREHOUSE_URL"}, "log": log, "chatter": log}}
    world.tenants(
        tenant(settings=settings, target=target),
        tenant("cellar", settings={"app_secret": {"env": "CELLAR_SECRET"}}),
    )
    result = world.materialize("first_sync", "winery|1/1")
    assert "ended with 1: ***" in failure(result)
    seen = json.loads(report.read_text())
    report.unlink()
    events = [repr(event) for event in world.instance.all_logs(result.run_id)]
    states = [path.read_text() for path in (world.folder / "states").rglob("*.json")]
    run = world.instance.get_run_by_id(result.run_id)
    captured = capfd.readouterr()
    return seen, "\n".join([captured.out, captured.err, *events, *states, repr(run)])


def test_no_secret_is_left_anywhere(everything: tuple[dict[str, Any], str]) -> None:
    _, left = everything
    assert "tap-commercetools | ***" in left, "the log was on"
    for secret in (SECRET, json.dumps(SECRET)[1:-1], "p%40ss", URL, PASSWORD, "of%20the"):
        assert secret not in left, left[max(0, left.find(secret) - 300) :][:600]


def test_secrets_come_in_files_without_a_name_that_only_their_owner_can_read(
    everything: tuple[dict[str, Any], str],
) -> None:
    seen, _ = everything
    assert seen["config"]["app_secret"] == SECRET
    assert set(seen["modes"].values()) == {"0o600"}
    assert set(seen["links"].values()) == {0}, "no folder has them"
    assert not any(SECRET in argument for argument in seen["arguments"])


def test_a_run_that_is_killed_leaves_no_secret_on_disk(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINERY_SECRET", SECRET)
    monkeypatch.setenv("TMPDIR", str(world.folder / "tmp"))
    (world.folder / "tmp").mkdir()
    once = world.folder / "hangs"
    secret = {"app_secret": {"env": "WINERY_SECRET"}}
    world.tenants(
        tenant(settings={**secret, "break_once": str(once), "how": "hang", "after": 5}),
    )
    with world.spawn("winery|1/1") as run:
        until(lambda: once.exists() and world.rows_file().exists())
        run.kill()
    files = [path for path in world.folder.rglob("*") if path.is_file()]
    assert world.folder / "winery.jsonl" in files
    for form in (SECRET, json.dumps(SECRET)[1:-1]):
        assert [file for file in files if form.encode() in file.read_bytes()] == []


def test_secrets_of_other_tenants_are_not_in_the_environment(
    everything: tuple[dict[str, Any], str],
) -> None:
    environment = everything[0]["environment"]
    assert environment["PATH"] == os.environ["PATH"]
    assert not {"WINERY_SECRET", "WAREHOUSE_URL", "CELLAR_SECRET"} & set(environment)
    assert not {SECRET, URL, "of somebody else"} & set(environment.values())


def test_variables_that_are_missing_are_named_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WINERY_SECRET", raising=False)
    monkeypatch.setenv("WINERY_ID", "")
    world.data["retries"] = {"count": 3, "delay_seconds": 0}
    ids = {"app_id": {"env": "WINERY_ID"}, "app_secret": {"env": "WINERY_SECRET"}}
    world.tenants(tenant(settings=ids))
    message = failure(world.materialize("first_sync", "winery|1/1"))
    assert message == "environment variables are not set: WINERY_ID, WINERY_SECRET"


def test_references_are_found_at_any_depth() -> None:
    settings = {"a": [{"b": {"env": "X"}}, {"env": "Y"}], "c": 1, "d": {"env": "X"}}
    assert resolve(settings, {"X": "1", "Y": "2"}) == {"a": [{"b": "1"}, "2"], "c": 1, "d": "1"}
    with pytest.raises(OrchestrationError, match=r"not set: X, Y$"):
        resolve(settings, {})


def test_without_secrets_nothing_is_masked() -> None:
    assert Masker([])("text") == "text"
    assert Masker(["tex", "text"])("a text tex") == "a *** ***"
