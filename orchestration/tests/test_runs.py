"""What a run of a partition keeps, how it fails, and how the next one goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.world import STUB_TARGET, failure, metadata, tenant

if TYPE_CHECKING:
    from tests.world import World

TARGET = Path(STUB_TARGET[0]).name


def test_a_shard_is_read_loaded_and_its_state_kept(world: World) -> None:
    world.tenants(tenant(shards=2))
    result = world.materialize("first_sync", "winery|2/2")
    assert result.success
    assert world.rows() == list(range(1, 20, 2))
    state = world.state("shard-2-of-2.json")
    assert state
    assert state["shard"]["finished"] == {"orders": "split"}
    assert world.state("shard-1-of-2.json") is None


def test_metadata_are_numbers(world: World) -> None:
    world.tenants(tenant(shards=2))
    found = metadata(world.materialize("first_sync", "winery|2/2"))
    assert found.pop("duration_seconds") > 0
    assert found == {
        "dagster/row_count": 10,
        "records": 10,
        "records/orders": 10,
        "requests": 11,
        "waited_seconds": 0.25,
    }


def test_metadata_of_a_failed_run_stand_at_its_failure(world: World) -> None:
    world.tenants(tenant(settings={"fail": "out of luck"}))
    result = world.materialize("first_sync", "winery|1/1")
    (event,) = [event for event in result.all_events if event.is_step_failure]
    found = event.step_failure_data.user_failure_data
    assert found
    assert found.metadata["records"].value == 20


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("exit", "tap-commercetools ended with 1: no such luck"),
        ("kill", "tap-commercetools was killed by SIGKILL"),
    ],
)
def test_a_tap_that_breaks_off_fails_and_the_next_run_resumes(
    world: World, how: str, message: str
) -> None:
    once = str(world.folder / "broken")
    world.tenants(tenant(settings={"break_once": once, "how": how, "after": 7}))
    assert failure(world.materialize("first_sync", "winery|1/1")) == message
    assert world.rows() == list(range(1, 8))
    assert world.materialize("first_sync", "winery|1/1").success
    assert world.rows() == list(range(1, 21))


def test_a_target_that_is_killed_fails_and_the_next_run_resumes(world: World) -> None:
    once = str(world.folder / "died")
    world.tenants(tenant(target={"settings": {"die_once": once, "after": 7}}))
    message = failure(world.materialize("first_sync", "winery|1/1"))
    assert message.startswith(f"{TARGET} was killed by SIGKILL")
    assert world.state("shard-1-of-1.json") == {"bookmarks": {"orders": {"at": 6}}}
    assert world.materialize("first_sync", "winery|1/1").success
    assert world.rows() == [*range(1, 8), *range(7, 21)]


def test_the_retry_policy_resumes_within_one_run(world: World) -> None:
    once = str(world.folder / "broken")
    world.data["retries"] = {"count": 1, "delay_seconds": 0}
    world.tenants(tenant(settings={"break_once": once, "how": "kill", "after": 7}))
    result = world.materialize("first_sync", "winery|1/1")
    assert result.success
    assert world.rows() == list(range(1, 21))
    assert len([event for event in result.all_events if event.is_step_up_for_retry]) == 1


@pytest.mark.parametrize(
    ("tap", "target", "message"),
    [
        ({"fail": "out of luck"}, {}, "tap-commercetools ended with 1: out of luck"),
        ({}, {"code": 3, "log": "disk full"}, f"{TARGET} ended with 3: disk full"),
        (
            {"fail": "out of luck"},
            {"code": 3, "log": "disk full"},
            f"{TARGET} ended with 3: disk full; tap-commercetools ended with 1: out of luck",
        ),
    ],
)
def test_both_exit_codes_count(
    world: World, tap: dict[str, str], target: dict[str, object], message: str
) -> None:
    world.tenants(tenant(settings=tap, target={"settings": target}))
    assert failure(world.materialize("first_sync", "winery|1/1")) == message
    assert not world.states.has("winery", "shard-1-of-1.finished")


def test_states_of_the_tap_that_the_target_did_not_emit_are_not_kept(world: World) -> None:
    world.tenants(tenant(target={"settings": {"states": False}}))
    message = failure(world.materialize("first_sync", "winery|1/1"))
    assert "printed no state" in message
    assert world.state("shard-1-of-1.json") is None


def test_other_lines_of_the_target_are_no_states(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.tenants(tenant(target={"settings": {"chatter": "loading ..."}}))
    assert world.materialize("first_sync", "winery|1/1").success
    assert "printed what is no state: loading ..." in capfd.readouterr().err


def test_commands_that_are_not_there_are_named(world: World) -> None:
    world.tenants(tenant(command=["tap-that-is-not-there"]))
    message = failure(world.materialize("first_sync", "winery|1/1"))
    assert message == "cannot start tap-that-is-not-there: No such file or directory"
    world.tenants(tenant(target={"command": ["no-target"]}))
    message = failure(world.materialize("first_sync", "winery|1/1"))
    assert message == "cannot start no-target: No such file or directory"


def test_a_catalog_is_handed_over(world: World) -> None:
    report = world.folder / "report"
    (world.folder / "some.json").write_text("{}")
    world.tenants(tenant(catalog="some.json", settings={"report": str(report)}))
    assert world.materialize("first_sync", "winery|1/1").success
    arguments = json.loads(report.read_text())["arguments"]
    assert arguments[arguments.index("--catalog") + 1] == str(world.folder / "some.json")


def test_runs_of_a_first_sync_share_the_budget_and_incremental_runs_have_it_alone(
    world: World,
) -> None:
    report = world.folder / "report"
    budget = {"runs_at_once": 2, "requests_per_second": 70}
    world.tenants(tenant(shards=3, budget=budget, settings={"report": str(report)}))
    world.first_sync(shards=3)
    assert world.materialize("incremental", "winery").success
    configs = [json.loads(line)["config"] for line in report.read_text().splitlines()]
    assert [config["max_requests_per_second"] for config in configs] == [35, 35, 35, 70]
    assert [config.get("shard") for config in configs] == ["1/3", "2/3", "3/3", None]


def test_incremental_runs_begin_with_the_merged_state_and_go_on_with_their_own(
    world: World,
) -> None:
    report = world.folder / "report"
    entry = tenant(shards=2, settings={"report": str(report)})
    world.tenants(entry)
    world.first_sync(shards=2)
    entry["settings"]["rows"] = 25
    world.tenants(entry)
    assert world.materialize("incremental", "winery").success
    entry["settings"]["rows"] = 26
    world.tenants(entry)
    assert world.materialize("incremental", "winery").success
    states = [json.loads(line)["state"] for line in report.read_text().splitlines()]
    assert [state.get("bookmarks", {}).get("orders") for state in states] == [
        None, None, {"at": 19}, {"at": 25},
    ]  # fmt: skip
    assert sorted(set(world.rows())) == list(range(1, 27))
    assert world.state("incremental.json") == {"bookmarks": {"orders": {"at": 26}}}


def test_no_incremental_run_before_the_first_sync_is_merged(world: World) -> None:
    world.tenants(tenant(shards=2))
    assert world.materialize("first_sync", "winery|1/2").success
    message = failure(world.materialize("incremental", "winery"))
    assert message.startswith("the first sync of winery is not merged yet; materialize")
    assert world.state("incremental.json") is None


def test_no_first_sync_once_it_is_merged(world: World) -> None:
    world.tenants(tenant())
    world.first_sync()
    message = failure(world.materialize("first_sync", "winery|1/1"))
    assert "is complete and its state merged" in message
    assert world.rows() == list(range(1, 21))


def test_what_trying_again_does_not_change_is_not_tried_again(world: World) -> None:
    world.data["retries"] = {"count": 5, "delay_seconds": 0}
    world.tenants(tenant())
    result = world.materialize("incremental", "winery")
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    assert "not merged yet" in failure(result)
