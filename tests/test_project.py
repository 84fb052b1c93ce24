"""What the project says about itself in several places is the same everywhere."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from scripts import generate_docs, sync
from scripts.declarations import TAPS, own_settings, select_pattern
from tap_reconcile import cli as reconcile

if TYPE_CHECKING:
    from tap_engine.singer.tap import EngineTap

ROOT = Path(__file__).resolve().parent.parent


def test_everything_generated_is_somewhere_and_only_once() -> None:
    files = (*generate_docs.FILES, *generate_docs.PAGES)
    text = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in files)
    found = [match["what"] for match in generate_docs.BLOCK.finditer(text)]
    assert sorted(found) == sorted(generate_docs.blocks())


@pytest.mark.parametrize("name", generate_docs.FILES)
def test_generated_parts_are_in_step(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "begin generated" in text
    assert generate_docs.filled(text) == text


def test_patterns_reach_into_arrays() -> None:
    crumbs = ("properties", "tenders", "items", "properties", "card", "properties", "bin")
    assert select_pattern("orders", crumbs) == "orders.tenders*.card.bin"


@pytest.mark.parametrize(
    "wrong",
    [
        {".env.example": ("LOOKBACK_SECONDS=300", "LOOKBACK_SECONDS=301")},
        {"meltano.yml": ("    - '!gift_cards.code'\n", "")},
        {"meltano.yml": ("    - structured-logging\n    settings:", "    settings:")},
    ],
)
def test_what_is_wrong_in_a_file_is_found(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    wrong: dict[str, tuple[str, str]],
) -> None:
    for file in generate_docs.outputs():
        name = str(file.relative_to(ROOT))
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text(encoding="utf-8").replace(*wrong.get(name, ("", "")), 1)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(generate_docs, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["generate_docs", "--check"])
    with pytest.raises(SystemExit, match="out of date"):
        generate_docs.main()
    differing = re.findall("^--- (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert differing == list(wrong)


@pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.name)
def test_groups_of_settings_name_what_exists(tap: type[EngineTap]) -> None:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (extractor,) = [one for one in project["plugins"]["extractors"] if one["name"] == tap.name]
    names = {name for group in extractor["settings_group_validation"] for name in group}
    assert names
    assert names <= {setting.name for setting in own_settings(tap)}


def test_console_scripts_are_the_taps_and_what_compares_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["scripts"]) == {*(tap.name for tap in TAPS), "tap-reconcile"}
    assert set(reconcile.TAPS) == {tap.name for tap in TAPS}


def test_all_packages_are_in_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {path.parent.name for path in ROOT.glob("tap_*/__init__.py")}
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == packages


def test_run_explains_itself() -> None:
    done = subprocess.run([ROOT / "run"], capture_output=True, text=True, check=True)
    for command in ("demo", "sync", "reconcile", "test", "check"):
        assert re.search(rf"^  {command} ", done.stdout, re.MULTILINE)
    wrong = subprocess.run([ROOT / "run", "dance"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert "there is no command 'dance'" in wrong.stderr


def test_sync_names_what_is_missing() -> None:
    settings = {"TAP_COMMERCE7_TENANT": "winery", "TAP_COMMERCE7_APP_ID": "app"}
    assert sync.begun("tap-commerce7", settings)
    assert not sync.begun("tap-commercetools", settings)
    missing = sync.missing("tap-commerce7", settings)
    assert missing == "tap-commerce7 is not configured; missing: TAP_COMMERCE7_APP_SECRET"
    assert sync.missing("tap-commerce7", {**settings, "TAP_COMMERCE7_APP_SECRET": "s"}) == ""
    legacy = {f"TAP_COMMERCE7_{name}": "x" for name in ("TENANT", "USERNAME", "PASSWORD")}
    assert sync.missing("tap-commerce7", legacy) == ""


def test_sync_needs_settings_that_exist() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for names in sync.NEEDED.values():
        for name in (name for group in names for name in group):
            assert f"{name}=" in example or name.startswith("TARGET_"), name


def test_schedules_that_find_deletes_have_the_lock_of_the_hourly_ones() -> None:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    schedules = {each["name"]: each for each in project["schedules"]}
    for name, tap in sync.RECONCILING.items():
        reconciling = schedules[name]
        hourly = schedules[name.replace("reconcile-", "") + "-hourly"]
        assert reconciling["job"] == hourly["job"], "the same state id, so never both at once"
        prefix = tap.upper().replace("-", "_")
        metadata = json.loads(reconciling["env"][f"{prefix}__METADATA"])
        assert metadata["*"]["replication-method"] == "FULL_TABLE"
