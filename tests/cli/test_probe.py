"""`--probe` and `--probe=json` on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Command
    from tests.faults.source import Source


def test_a_report_for_people(command: Command, source: Source) -> None:
    ended = command(source.tap, "--probe", config=source.config())
    assert ended.code == 0, ended.err
    assert ended.out.startswith(f"# What this account answers {source.tap.name}")
    assert "probe: at most 60 requests" in ended.err
    assert ended.lines == []


def test_a_report_for_programs(command: Command, source: Source) -> None:
    ended = command(source.tap, "--probe=json", config=source.config())
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert told["requests"] == len(source.stand_in.requests) <= 60


def test_refused_credentials_end_with_1(command: Command, source: Source) -> None:
    wrong = {"client_secret": "wrong"} if source.is_commercetools else {"app_secret": "wrong-one"}
    ended = command(source.tap, "--probe", config=source.config(**wrong))
    assert ended.code == 1
    assert ended.out.startswith("# What this account answers")


def test_another_form_is_refused_before_anything_is_asked(command: Command, source: Source) -> None:
    ended = command(source.tap, "--probe=xml", config=source.config())
    assert ended.code == 2
    assert not source.stand_in.requests


def test_settings_are_checked_first(command: Command, source: Source) -> None:
    name = "project_key" if source.is_commercetools else "tenant"
    ended = command(source.tap, "--probe", config=source.config(**{name: ""}))
    assert ended.code == 1
    assert ended.out == ""
    assert any(name in line for line in ended.lines)
