"""Partitions, tags, the queue of dagster.yaml, budgets: what is run at once, and how fast."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import dagster as dg
import pytest
from dagster._core.remote_origin import (  # which a run needs to be queued
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._utils.tags import TagConcurrencyLimitsCounter  # what the queue decides by

from tap_orchestration import partitions
from tap_orchestration.coordinator import TenantRunCoordinator
from tap_orchestration.errors import OrchestrationError
from tap_orchestration.tenants import Tenants
from tests.world import tenant

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent


def tenants(*entries: dict[str, Any]) -> Tenants:
    """Make tenants that load into a schema each."""
    for entry in entries:
        entry.setdefault("target", {"settings": {"default_target_schema": entry["name"]}})
    return Tenants.model_validate({"tenants": list(entries)})


TWO = tenants(tenant("winery", shards=5, budget={"runs_at_once": 2}), tenant("cellar", shards=3))


@dg.job(name="any")
def ANY() -> None:  # noqa: N802 (a constant)
    """Stand for any job."""


def test_partitions_of_a_tenant_stand_together() -> None:
    keys = partitions.shard_partitions(TWO).get_partition_keys()
    winery = [f"winery|{number}/5" for number in range(1, 6)]
    assert keys == [*winery, "cellar|1/3", "cellar|2/3", "cellar|3/3"]
    assert [partitions.Shard.of_key(key).key for key in keys] == keys
    assert partitions.tenant_partitions(TWO).get_partition_keys() == ["winery", "cellar"]


def test_a_tenant_follows_from_its_shards() -> None:
    mapping = partitions.tenant_of_shards(TWO)
    upstream = partitions.shard_partitions(TWO)
    downstream = partitions.tenant_partitions(TWO)
    subset = downstream.subset_with_partition_keys(["cellar"])
    found = mapping.get_upstream_mapped_partitions_result_for_partitions(
        subset, downstream, upstream
    )
    keys = set(found.partitions_subset.get_partition_keys())
    assert keys == {"cellar|1/3", "cellar|2/3", "cellar|3/3"}


def test_shards_are_dealt_to_as_many_slots_as_runs_are_allowed() -> None:
    keys = partitions.shard_partitions(TWO).get_partition_keys()
    slots = [partitions.tags(TWO, key)["tap/slot"] for key in keys]
    assert slots == [
        "winery/1", "winery/2", "winery/1", "winery/2", "winery/1",
        "cellar/1", "cellar/2", "cellar/3",
    ]  # fmt: skip
    assert partitions.tags(TWO, "winery") == {"tap/tenant": "winery", "tap/slot": "winery/1"}


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Give an instance with the settings that users copy."""
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    shutil.copy(ROOT / "tenants.example.yml", tmp_path / "tenants.yml")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


def submitted(instance: dg.DagsterInstance, partition: str | None) -> dg.DagsterRun:
    """Submit a run as a backfill does: with a tag for the partition and no other of ours."""
    tags = {"dagster/partition": partition} if partition else {}
    location = GrpcServerCodeLocationOrigin(host="127.0.0.1", port=1, location_name="taps")
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, "taps"), "any")
    run = instance.create_run_for_job(ANY, tags=tags, remote_job_origin=origin)
    return instance.run_coordinator.submit_run(Mock(dagster_run=run))


def test_the_queue_of_dagster_yaml_tags_runs_however_they_come(
    instance: dg.DagsterInstance,
) -> None:
    assert isinstance(instance.run_coordinator, TenantRunCoordinator)
    run = submitted(instance, "shop-eu|6/8")
    assert run.status == dg.DagsterRunStatus.QUEUED
    assert run.tags["tap/tenant"] == "shop-eu"
    assert run.tags["tap/slot"] == "shop-eu/2"
    assert "tap/slot" not in submitted(instance, None).tags


@pytest.mark.parametrize("key", ["cellar|1/2", "shop-eu|9/9", "winery|x", "2026-11-21", "a|b"])
def test_partitions_of_other_code_are_left_alone(instance: dg.DagsterInstance, key: str) -> None:
    run = submitted(instance, key)
    assert run.status == dg.DagsterRunStatus.QUEUED
    assert "tap/slot" not in run.tags


def test_nothing_is_queued_without_limits_when_the_tenants_file_is_gone(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    (tmp_path / "tenants.yml").unlink()
    with pytest.raises(OrchestrationError, match="cannot read the tenants file"):
        submitted(instance, "winery|1/1")


def test_the_limits_of_dagster_yaml_hold_the_runs_of_each_tenant(
    instance: dg.DagsterInstance,
) -> None:
    coordinator = instance.run_coordinator
    assert isinstance(coordinator, TenantRunCoordinator)
    config = coordinator.get_run_queue_config()
    assert config.max_concurrent_runs == 8
    runs = [submitted(instance, "winery|1/1")]
    runs += [submitted(instance, f"shop-eu|{number}/8") for number in range(1, 9)]
    runs += [submitted(instance, "winery")]
    counter = TagConcurrencyLimitsCounter(config.tag_concurrency_limits, [])
    started = []
    for run in runs:
        if not counter.is_blocked(run):
            counter.update_counters_with_launched_item(run)
            started.append(run.tags["dagster/partition"])
    shop = [f"shop-eu|{number}/8" for number in range(1, 5)]
    assert started == ["winery|1/1", *shop]


def test_lost_runs_are_started_again_and_failed_steps_are_not(
    instance: dg.DagsterInstance,
) -> None:
    assert instance.run_retries_enabled
    assert instance.run_retries_max_retries == 3
    assert not instance.run_retries_retry_on_asset_or_op_failure
    assert not instance.telemetry_enabled


@pytest.mark.parametrize(
    ("tap", "runs", "given", "expected"),
    [
        ("tap-commerce7", 1, {}, {}),
        ("tap-commerce7", 1, {"requests_per_minute": 80}, {"max_requests_per_minute": 80}),
        ("tap-commerce7", 1, {"requests_per_second": 1}, {"max_requests_per_minute": 60}),
        ("tap-commercetools", 4, {}, {}),
        ("tap-commercetools", 8, {"requests_per_second": 40}, {"max_requests_per_second": 5}),
        ("tap-commercetools", 2, {"requests_per_minute": 300}, {"max_requests_per_second": 2}),
    ],
)
def test_the_budget_is_divided_among_the_runs_at_once(
    tap: str, runs: int, given: dict[str, int], expected: dict[str, int]
) -> None:
    data = tenant(tap=tap, settings={"tenant": "x"}, shards=runs, budget=given)
    assert tenants(data).tenants[0].throttle(runs) == expected


def test_a_budget_that_leaves_nothing_for_a_run_is_refused() -> None:
    one = tenants(tenant(shards=100, budget={"requests_per_second": 99})).tenants[0]
    with pytest.raises(OrchestrationError, match=r"lower shards or budget\.runs_at_once"):
        one.throttle(100)
