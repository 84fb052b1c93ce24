"""The tenants file: what it may say, and one line for each way to get it wrong."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tap_orchestration import definitions, tenants_file
from tap_orchestration.errors import OrchestrationError

ROOT = Path(__file__).parent.parent
GOOD: dict[str, Any] = {
    "schedules": {"hourly": "@hourly"},
    "tenants": [
        {
            "name": "winery",
            "tap": "tap-commerce7",
            "settings": {"tenant": "my-winery", "app_secret": {"env": "SECRET"}},
            "schedule": "hourly",
            "target": {"settings": {"default_target_schema": "winery"}},
        },
        {
            "name": "shop",
            "tap": "tap-commercetools",
            "settings": {"project_key": "shop"},
            "shards": 4,
        },
    ],
}


def load(folder: Path, data: object) -> Any:
    """Write a file and read it."""
    file = folder / "tenants.yml"
    file.write_text(data if isinstance(data, str) else yaml.safe_dump(data))
    return tenants_file.load(file)


def wrong(path: str, value: object) -> dict[str, Any]:
    """Set one member of the good file, such as `tenants/1/shards`."""
    data: Any = copy.deepcopy(GOOD)
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place = data
    for part in way:
        place = place[part]
    place[last] = value
    return data  # type: ignore[no-any-return]


def test_the_example_is_good_and_makes_definitions() -> None:
    tenants = tenants_file.load(ROOT / "tenants.example.yml")
    assert [tenant.name for tenant in tenants.tenants] == ["winery", "shop-eu"]
    found = definitions.build(tenants)
    dg_schedules = {schedule.name for schedule in found.schedules or []}
    assert dg_schedules == {"incremental_hourly", "incremental_nightly"}


def test_settings_of_a_tenants_target_are_laid_over_the_common_ones(tmp_path: Path) -> None:
    data = copy.deepcopy(GOOD)
    data["target"] = {"command": ["loader"], "settings": {"a": 1, "default_target_schema": "x"}}
    tenants = load(tmp_path, data)
    winery, shop = (tenants.target_of(tenant) for tenant in tenants.tenants)
    assert winery.command == shop.command == ["loader"]
    assert winery.settings == {"a": 1, "default_target_schema": "winery"}
    assert shop.settings == {"a": 1, "default_target_schema": "x"}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("tenant", [], "tenants.yml: tenant: is not known here"),
        ("tenants/0/shard", 2, "tenant winery: shard: is not known here"),
        ("tenants/0/budget", {"runs": 2}, "tenant winery: budget: runs: is not known here"),
        ("tenants", [], "tenants: List should have at least 1 item"),
        ("tenants/1/name", "winery", "tenants winery and winery have one name"),
        ("tenants/1/name", "a|b", "tenant a|b: name: String should match pattern"),
        ("tenants/1/name", "a...b", "tenant a...b: name: String should match pattern"),
        ("tenants/1/name", "../up", "tenant ../up: name: String should match pattern"),
        ("tenants/1/name", "[x]", "tenant [x]: name: String should match pattern"),
        ("tenants/1/name", "Shop", "tenant Shop: name: String should match pattern"),
        ("tenants/1/name", "", "tenant 2: name: String should match pattern"),
        ("tenants/1/name", "a\n", "name: String should match pattern"),
        ("tenants/1/tap", "tap-x", "tenant shop: tap: Input should be 'tap-commerce7' or"),
        ("tenants/1/settings", {}, "tenant shop: settings lack project_key"),
        ("tenants/0/shards", 2, "tenant winery: tap-commerce7 reads a tenant in one run; set conc"),
        ("tenants/1/shards", 0, "tenant shop: shards: Input should be greater"),
        ("tenants/1/shards", 1025, "tenant shop: shards: Input should be less"),
        ("tenants/1/shards", "4", "tenant shop: shards: Input should be a valid integer"),
        ("tenants/0/schedule", "daily", "tenant winery: there is no schedule 'daily'"),
        ("tenants/0/settings/shard", "1/2", "say how many with shards"),
        ("tenants/0/settings/max_requests_per_minute", 5, "follows from the budget"),
        ("tenants/0/settings/app_secret", {"env": "A B"}, "has the form {env: NAME}"),
        ("tenants/0/settings/app_secret", {"env": "A", "or": "s3cret"}, "form {env: NAME}"),
        ("tenants/0/settings/app_secret", [{"env": 3}], "has the form {env: NAME}"),
        ("target", {"settings": {"x": {"env": 3}}}, "has the form {env: NAME}"),
        (
            "tenants/0/budget",
            {"requests_per_second": 1, "requests_per_minute": 60},
            "give requests_per_second or requests_per_minute, not both",
        ),
        ("tenants/0/budget", {"requests_per_second": 0}, "Input should be greater than 0"),
        ("tenants/0/target/settings", {}, "tenants winery and shop load into the same place"),
        (
            "schedules",
            {"hourly": "@hourly", "a-b": "@daily", "a_b": "@daily"},
            "schedules a-b and a_b have one name in Dagster",
        ),
        (
            "tenants/1",
            {**GOOD["tenants"][0], "name": "twin", "target": {}},
            "tenants winery and twin read the same source",
        ),
    ],
)
def test_mistakes_are_named_in_one_line(
    tmp_path: Path, path: str, value: object, message: str
) -> None:
    with pytest.raises(OrchestrationError) as raised:
        load(tmp_path, wrong(path, value))
    assert message in str(raised.value)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tenants: [", "tenants.yml, line 1: "),
        ("state: a\nstate: b\n", "tenants.yml, line 2: the key 'state' is there twice"),
        ("tenants:\n- name: a\n  name: b\n", "line 3: the key 'name' is there twice"),
        ("- a\n", "tenants.yml is not of the form"),
        ("", "tenants.yml is not of the form"),
        ("a: \x07", "tenants.yml is no YAML"),
    ],
)
def test_what_is_no_such_yaml_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(OrchestrationError) as raised:
        load(tmp_path, text)
    assert message in str(raised.value)


def test_a_secret_in_the_wrong_place_is_not_quoted(tmp_path: Path) -> None:
    data = wrong("tenants/0/target", "postgresql://user:s3cret@host/db")
    with pytest.raises(OrchestrationError) as raised:
        load(tmp_path, data)
    assert "tenant winery: target: Input should be" in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_a_schedule_that_is_no_cron_is_refused(tmp_path: Path) -> None:
    tenants = load(tmp_path, wrong("schedules", {"hourly": "every hour"}))
    with pytest.raises(OrchestrationError, match="schedule hourly is no cron expression"):
        definitions.build(tenants)


def test_the_file_is_where_the_environment_says(tmp_path: Path) -> None:
    home = {"DAGSTER_HOME": str(tmp_path)}
    assert tenants_file.path(home) == tmp_path / "tenants.yml"
    there = {**home, "TENANTS_FILE": str(tmp_path / "other.yml")}
    assert tenants_file.path(there) == tmp_path / "other.yml"
    with pytest.raises(OrchestrationError, match=r"cannot read the tenants file other\.yml"):
        tenants_file.load(tmp_path / "other.yml")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD)["shop"].shards == 4
    data = wrong("tenants/1/shards", 8)
    (tmp_path / "tenants.yml").write_text(yaml.safe_dump(data))
    os.utime(tmp_path / "tenants.yml", ns=(0, 0))
    assert tenants_file.load(tmp_path / "tenants.yml")["shop"].shards == 8


URL = {"sqlalchemy_url": {"env": "URL"}, "default_target_schema": "x"}


@pytest.mark.parametrize(
    ("common", "one", "other", "same"),
    [
        ({}, URL, URL | {"use_copy": True}, True),
        ({}, URL, URL | {"host": "ignored"}, True),
        ({}, URL, URL | {"default_target_schema": "y"}, False),
        ({}, URL, URL | {"sqlalchemy_url": {"env": "OTHER"}}, False),
        ({}, {"host": "h", "user": "a"}, {"user": "b", "host": "h"}, True),
        ({}, {"host": "h", "port": 1}, {"host": "h", "port": 2}, False),
        ({}, {"namespace": "a"}, {"namespace": "b"}, False),
        ({}, {"host": "h", "namespace": "a"}, {"host": "h", "namespace": "b"}, True),
        ({"place": ["namespace"]}, {"host": "h", "namespace": "a"}, {"namespace": "b"}, False),
        ({"place": ["namespace"]}, {"host": "h", "namespace": "a"}, {"namespace": "a"}, True),
    ],
)
def test_what_says_where_rows_go_is_compared(
    tmp_path: Path, common: dict[str, Any], one: Any, other: Any, same: bool
) -> None:
    data = copy.deepcopy(GOOD)
    data["target"] = common
    for entry, settings in zip(data["tenants"], (one, other), strict=True):
        entry["target"] = {"settings": settings}
    if not same:
        assert len(load(tmp_path, data).tenants) == 2
        return
    with pytest.raises(OrchestrationError, match="load into the same place"):
        load(tmp_path, data)
