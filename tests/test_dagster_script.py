"""`./run dagster` prepares a folder for Dagster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripts import dagster

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings that come with this project."""
    file = tmp_path / "shipped.yaml"
    file.write_text("version: 1")
    monkeypatch.setattr(dagster, "SETTINGS", file)
    return file


def test_settings_that_nobody_changed_follow_an_upgrade(tmp_path: Path, shipped: Path) -> None:
    home = tmp_path / "home"
    dagster.prepare(home)
    shipped.write_text("version: 2")
    dagster.prepare(home)
    assert (home / "dagster.yaml").read_text() == "version: 2"


def test_settings_that_were_changed_are_kept_and_an_upgrade_is_said_once(
    tmp_path: Path, shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    dagster.prepare(home)
    own = home / "dagster.yaml"
    own.write_text("version: mine")
    dagster.prepare(home)
    assert capsys.readouterr().out == ""
    shipped.write_text("version: 2")
    dagster.prepare(home)
    assert own.read_text() == "version: mine"
    assert f"diff {own} {shipped}" in capsys.readouterr().out
    dagster.prepare(home)
    assert capsys.readouterr().out == ""


def test_settings_of_a_version_that_left_no_trace_are_looked_at(
    tmp_path: Path, shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "dagster.yaml"
    own.write_text("version: 0")
    dagster.prepare(tmp_path)
    assert own.read_text() == "version: 0"
    assert f"diff {own} {shipped}" in capsys.readouterr().out
