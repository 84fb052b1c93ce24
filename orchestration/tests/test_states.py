"""States in a folder and in memory: whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tap_orchestration.errors import OrchestrationError
from tap_orchestration.partitions import Shard
from tap_orchestration.states import States

KINDS = ["states", "file://{folder}/states", "memory://{folder}/states"]


@pytest.fixture(params=KINDS, ids=["folder", "file", "memory"])
def states(request: pytest.FixtureRequest, tmp_path: Path) -> States:
    return States(request.param.format(folder=tmp_path), tmp_path)


def test_what_is_written_is_read(states: States) -> None:
    assert states.read("winery", "merged.json") is None
    assert not states.has("winery", "merged.json")
    states.write("winery", "merged.json", {"bookmarks": {"ä": 1}})
    states.write("winery", "merged.json", {"bookmarks": {"ä": 2}})
    assert states.read("winery", "merged.json") == {"bookmarks": {"ä": 2}}
    assert states.has("winery", "merged.json")
    assert states.read("cellar", "merged.json") is None


def test_names_are_listed_by_tenant(states: States) -> None:
    assert states.names() == {}
    for tenant, name in (("winery", "a.json"), ("winery", "b.json"), ("cellar", "a.json")):
        states.write(tenant, name, {})
    assert states.names() == {"winery": {"a.json", "b.json"}, "cellar": {"a.json"}}
    states.remove("winery", "a.json")
    states.remove("winery", "a.json")
    assert states.names()["winery"] == {"b.json"}


def test_the_time_of_a_change_is_known(states: States) -> None:
    states.write("winery", "a.json", {})
    first = states.changed("winery", "a.json")
    states.remove("winery", "a.json")
    states.write("winery", "a.json", {})
    assert states.changed("winery", "a.json") > first


def test_others_see_what_was_written(tmp_path: Path) -> None:
    one, two = (States("states", tmp_path) for _ in range(2))
    assert two.names() == {}
    one.write("winery", "a.json", {})
    assert two.names() == {"winery": {"a.json"}}


def test_a_write_that_fails_leaves_the_old_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = States("states", tmp_path)
    states.write("winery", "a.json", {"old": True})

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        states.write("winery", "a.json", {"new": True})
    assert states.read("winery", "a.json") == {"old": True}
    assert [path.name for path in (tmp_path / "states" / "winery").iterdir()] == ["a.json"]


def test_the_old_state_is_there_until_the_new_one_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = States("states", tmp_path)
    states.write("winery", "a.json", {"old": True})
    seen = []
    replace = Path.replace

    def looking(self: Path, target: Path) -> Path:
        seen.append((json.loads(target.read_text()), json.loads(self.read_text())))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", looking)
    states.write("winery", "a.json", {"new": True})
    assert seen == [({"old": True}, {"new": True})]


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_what_is_no_state_is_refused(tmp_path: Path, text: str) -> None:
    states = States("states", tmp_path)
    states.write("winery", "a.json", {})
    (tmp_path / "states" / "winery" / "a.json").write_text(text)
    with pytest.raises(OrchestrationError, match=r"winery/a\.json is no JSON object"):
        states.read("winery", "a.json")


def test_shards_have_files_of_their_own() -> None:
    shard = Shard("winery", 2, 8)
    assert shard.state == "shard-2-of-8.json"
    assert shard.finished == "shard-2-of-8.finished"
