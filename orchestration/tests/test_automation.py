"""What starts by itself, and what does not yet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from tap_orchestration import automation
from tests.world import failure, metadata, tenant

if TYPE_CHECKING:
    from tests.world import World


def requests(world: World) -> list[dg.RunRequest]:
    """Ask the sensor what it wants to have merged."""
    found = world.definitions
    sensor = found.resolve_sensor_def("merge_when_complete")
    context = dg.build_sensor_context(instance=world.instance, definitions=found)
    data = sensor.evaluate_tick(context)
    assert (data.skip_message is None) == bool(data.run_requests)
    return list(data.run_requests or [])


def requested(world: World) -> list[str | None]:
    """Partitions that the sensor wants to have merged."""
    return [request.partition_key for request in requests(world)]


def run_keys(world: World) -> list[str | None]:
    """Keys by which Dagster knows which requests it has seen already."""
    return [request.run_key for request in requests(world)]


def tick(world: World, name: str = "incremental_hourly") -> tuple[list[str | None], str | None]:
    """Evaluate a schedule: the partitions that it starts, or why none."""
    found = world.definitions
    schedule = found.resolve_schedule_def(name)
    repository = found.get_repository_def()
    data = schedule.evaluate_tick(
        dg.build_schedule_context(
            instance=world.instance,
            repository_def=repository,
            scheduled_execution_time=datetime(2026, 11, 21, 8, tzinfo=UTC),
        )
    )
    return [request.partition_key for request in data.run_requests or []], data.skip_message


def test_states_are_merged_when_the_last_shard_is_done_and_not_before(world: World) -> None:
    world.tenants(tenant(shards=3), tenant("cellar", shards=2))
    assert requested(world) == []
    for number in (3, 1):
        assert world.materialize("first_sync", f"winery|{number}/3").success
        assert requested(world) == []
    assert world.materialize("first_sync", "winery|2/3").success
    assert requested(world) == ["winery"]
    result = world.materialize("merged_state", "winery")
    assert metadata(result) == {"streams": 1}
    assert world.state("merged.json") == {"bookmarks": {"orders": {"at": 18}}}
    assert requested(world) == []


def test_a_shard_that_failed_keeps_its_tenant_from_being_merged(world: World) -> None:
    once = str(world.folder / "broken")
    entry = tenant(shards=2, settings={"break_once": once, "how": "exit", "after": 10})
    world.tenants(entry)
    assert not world.materialize("first_sync", "winery|1/2").success
    assert world.materialize("first_sync", "winery|2/2").success
    assert requested(world) == []
    message = failure(world.materialize("merged_state", "winery"))
    assert message == "shards are not complete: 1/2; materialize them in first_sync"
    assert world.materialize("first_sync", "winery|1/2").success
    assert requested(world) == ["winery"]


def test_a_shard_that_is_read_again_is_not_complete_until_it_is(world: World) -> None:
    entry = tenant(shards=2)
    world.tenants(entry)
    world.read(shards=2)
    assert requested(world) == ["winery"]
    entry["settings"] |= {"fail": "out of luck"}
    world.tenants(entry)
    assert not world.materialize("first_sync", "winery|1/2").success
    assert requested(world) == []


def test_a_list_that_cannot_be_read_does_not_keep_a_tenant_from_incremental_runs(
    world: World,
) -> None:
    world.data["retries"] = {"count": 1, "delay_seconds": 0}
    entry = tenant(settings={"fail": "tags: /tags answered 404"})
    world.tenants(entry)
    result = world.materialize("first_sync", "winery|1/1")
    assert failure(result) == "tap-commercetools ended with 1: tags: /tags answered 404"
    assert requested(world) == ["winery"]
    assert world.materialize("merged_state", "winery").success
    entry["settings"]["rows"] = 25
    world.tenants(entry)
    assert not world.materialize("incremental", "winery").success, "it is said every time"
    assert world.rows() == list(range(1, 26)), "and the rest is kept up to date"
    message = failure(world.materialize("first_sync", "winery|1/1"))
    assert "incremental runs go on from there" in message


def test_a_first_sync_that_delivered_nothing_is_not_over(world: World) -> None:
    world.tenants(tenant(settings={"fail": "wrong secret", "rows": 0}))
    assert not world.materialize("first_sync", "winery|1/1").success
    assert requested(world) == []


def test_streams_that_shards_cannot_read_are_left_out_on_request(world: World) -> None:
    world.tenants(tenant(shards=2))
    world.read(shards=2)
    for name in ("shard-1-of-2.json", "shard-2-of-2.json"):
        state = world.state(name)
        assert state
        state["bookmarks"]["tags"] = {}
        world.states.write("winery", name, state)
    world.states.remove("winery", "shard-2-of-2.finished")
    assert not world.materialize("merged_state", "winery").success
    assert world.materialize("merged_state", "winery", without=["tags"]).success
    assert world.state("merged.json") == {"bookmarks": {"orders": {"at": 19}}}


def test_a_refusal_of_the_tap_is_passed_on_and_nothing_is_merged(world: World) -> None:
    world.tenants(tenant(shards=2))
    world.read(shards=2)
    state = world.state("shard-2-of-2.json")
    assert state
    state["shard"]["finished"] = {}
    world.states.write("winery", "shard-2-of-2.json", state)
    message = failure(world.materialize("merged_state", "winery"))
    assert message == (
        "tap-commercetools --merge-states: states cannot be merged: shard 2 is not finished"
    )
    assert world.state("merged.json") is None


def test_what_is_no_merged_state_is_not_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.tenants(tenant(shards=2))
    world.read(shards=2)
    monkeypatch.setenv("RUBBISH", "yes")
    message = failure(world.materialize("merged_state", "winery"))
    assert message == "tap-commercetools --merge-states printed no state"
    assert world.state("merged.json") is None


def test_the_state_of_a_first_sync_in_one_run_is_taken_as_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUBBISH", "yes")  # what the tap would say if it were asked
    entry = tenant(tap="tap-commerce7", settings={"tenant": "winery"})
    world.tenants(entry)
    assert world.materialize("first_sync", "winery|1/1").success
    assert requested(world) == ["winery"]
    assert world.materialize("merged_state", "winery").success
    assert world.state("merged.json") == {"bookmarks": {"orders": {"at": 20}}}


def test_merging_that_failed_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.tenants(tenant(shards=2))
    world.read(shards=2)
    (first,) = requests(world)
    monkeypatch.setenv("RUBBISH", "yes")
    assert not world.materialize("merged_state", "winery", tags=first.tags).success
    assert requests(world) == [], "not at once"
    monkeypatch.setattr(automation, "MERGE_INTERVAL_SECONDS", 0)
    (second,) = requests(world)
    assert second.run_key != first.run_key, "Dagster starts no second run with the same key"
    monkeypatch.delenv("RUBBISH")
    assert world.materialize("merged_state", "winery", tags=second.tags).success
    assert requests(world) == []


def test_a_completion_is_merged_once_and_a_later_one_again(world: World) -> None:
    world.tenants(tenant())
    world.read()
    first = run_keys(world)
    assert first == run_keys(world)
    assert len(first) == 1
    world.states.remove("winery", "shard-1-of-1.json")
    world.states.remove("winery", "shard-1-of-1.finished")
    assert world.materialize("first_sync", "winery|1/1").success
    assert run_keys(world) != first


def scheduled(world: World, **more: Any) -> None:
    """Set up two tenants with a schedule and one without."""
    world.data["schedules"] = {"hourly": "@hourly", "nightly": "30 3 * * *"}
    world.tenants(
        tenant("winery", schedule="hourly", **more),
        tenant("cellar", schedule="hourly"),
        tenant("shop"),
        tenant("barn", schedule="nightly"),
    )


def test_a_schedule_starts_its_tenants_once_they_are_merged(lasting_world: World) -> None:
    world = lasting_world
    scheduled(world)
    assert tick(world) == (
        [],
        "of 2 tenants 0 have a run that is not finished, 2 no merged first sync",
    )
    for name in ("winery", "shop", "barn"):
        world.states.write(name, "merged.json", {})
    assert tick(world) == (["winery"], None)
    world.states.write("cellar", "merged.json", {})
    assert tick(world) == (["winery", "cellar"], None)
    assert tick(world, "incremental_nightly") == (["barn"], None)


def test_a_schedule_does_not_pile_up_runs(lasting_world: World) -> None:
    world = lasting_world
    scheduled(world)
    for name in ("winery", "cellar"):
        world.states.write(name, "merged.json", {})

    @dg.job(name="incremental_run")
    def job() -> None: ...

    tags = {"dagster/partition": "winery"}
    run = world.instance.create_run_for_job(job, tags=tags)
    assert tick(world) == (["cellar"], None)
    world.instance.report_run_canceled(run)
    assert tick(world) == (["winery", "cellar"], None)


def test_schedules_and_sensor_run_by_default_and_keep_the_intervals_of_the_file(
    world: World,
) -> None:
    scheduled(world)
    found = {each.name: each for each in world.definitions.schedules or []}
    assert {name: each.cron_schedule for name, each in found.items()} == {  # type: ignore[union-attr]
        "incremental_hourly": "@hourly",
        "incremental_nightly": "30 3 * * *",
    }
    for schedule in found.values():
        assert isinstance(schedule, dg.ScheduleDefinition)
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        assert schedule.execution_timezone == "UTC"
    sensor = world.definitions.resolve_sensor_def("merge_when_complete")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING


@pytest.mark.parametrize("asset", ["merged_state", "incremental"])
def test_lineage_leads_from_shards_to_incremental_runs(world: World, asset: str) -> None:
    world.tenants(tenant(shards=2))
    graph = world.definitions.resolve_asset_graph()
    upstream = {"merged_state": "first_sync", "incremental": "merged_state"}[asset]
    assert graph.get(dg.AssetKey(asset)).parent_keys == {dg.AssetKey(upstream)}
