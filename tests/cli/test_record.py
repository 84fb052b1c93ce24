"""`--record FOLDER` for runs, probes and checks, and the replay of what was recorded."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.replay import Replay
from sandbox.replay import main as replay_main
from tap_engine.ids import UUID
from tap_engine.recording import recorder
from tests.support import catalog_of, spawned

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command
    from tests.faults.source import Source


def one(source: Source) -> dict[str, Any]:
    """Select one stream."""
    return catalog_of(source.tap, ["customers"])


def lines(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "exchanges.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def records(text: str) -> list[Any]:
    messages = [json.loads(line) for line in text.splitlines()]
    return [message["record"] for message in messages if message["type"] == "RECORD"]


def test_a_run_prints_the_same_and_records(
    command: Command, source: Source, tmp_path: Path
) -> None:
    plain = command(source.tap, config=source.config(), catalog=one(source))
    folder = tmp_path / "new" / "folder"
    source.stand_in.requests.clear()
    ended = command(
        source.tap, "--record", str(folder), config=source.config(), catalog=one(source)
    )
    assert ended.code == plain.code == 0, ended.err
    assert records(ended.out) == records(plain.out) != []
    assert len(lines(folder)) == len(source.stand_in.requests)
    assert "with every value replaced" in ended.err
    assert f"{len(lines(folder))} requests and answers were recorded" in ended.err
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    index = json.loads((folder / "recording.json").read_text())
    assert index["streams"] == ["customers"]
    assert index["settings"]["concurrency"] == 1


def test_what_stands_in_the_folder_already_is_not_touched(
    command: Command, source: Source, tmp_path: Path
) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    ended = command(source.tap, "--record", str(folder), config=source.config())
    assert ended.code == 1
    assert "is not empty" in ended.err
    assert not source.stand_in.requests
    assert [file.name for file in folder.iterdir()] == ["mine"]


def test_two_recordings_have_nothing_in_common(
    command: Command, source: Source, tmp_path: Path
) -> None:
    bodies = []
    for name in ("one", "two"):
        folder = tmp_path / name
        command(source.tap, "--record", str(folder), config=source.config(), catalog=one(source))
        bodies.append(" ".join(each["body"] for each in lines(folder)))
    assert bodies[0] != bodies[1], "the key is another one each time"
    ids = [set(UUID.findall(body)) for body in bodies]
    assert not ids[0] & ids[1]


def test_a_recording_has_an_end(
    command: Command, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "MOST_BYTES", 10)
    folder = tmp_path / "rec"
    ended = command(
        source.tap, "--record", str(folder), config=source.config(), catalog=one(source)
    )
    assert ended.code == 0
    assert len(lines(folder)) < len(source.stand_in.requests)
    assert json.loads((folder / "recording.json").read_text())["complete"] is False


def test_a_run_that_fails_is_recorded_as_well(
    command: Command, source: Source, tmp_path: Path
) -> None:
    source.stand_in.faults.add("^/(demo|v1)/", "status", times=-1, status=409)
    folder = tmp_path / "rec"
    ended = command(
        source.tap, "--record", str(folder), config=source.config(), catalog=one(source)
    )
    assert ended.code == 1
    assert 409 in {each["status"] for each in lines(folder)}


def test_a_shard_is_not_recorded(command: Command, source: Source, tmp_path: Path) -> None:
    config = source.config(shard="1/2")
    ended = command(source.tap, "--record", str(tmp_path / "rec"), config=config)
    assert ended.code == 1
    assert any("setting shard" in line for line in ended.lines)
    assert not (tmp_path / "rec").exists()


@pytest.mark.parametrize("argument", ["--probe=json", "--test"])
def test_probes_and_checks(command: Command, source: Source, tmp_path: Path, argument: str) -> None:
    folder = tmp_path / "rec"
    ended = command(source.tap, argument, "--record", str(folder), config=source.config())
    assert ended.code == 0, ended.err
    assert len(lines(folder)) == len(source.stand_in.requests)
    replay = Replay(folder)
    with replay.serve() as server:
        again = command(source.tap, argument, config=replay.settings(server.url))
    assert replay.missed == []
    assert again.code == 0, again.err
    if argument == "--test":
        assert again.out == ended.out
    else:
        assert answers(again.out) == answers(ended.out)


def answers(text: str) -> dict[str, str]:
    # The clock of the replay is that of the recorded run.
    told = json.loads(text)["questions"]
    return {each["name"]: each["answer"] for each in told if each["name"] != "date_header"}


def test_the_command_that_replays(command: Command, source: Source, tmp_path: Path) -> None:
    folder = tmp_path / "rec"
    command(source.tap, "--record", str(folder), config=source.config(), catalog=one(source))
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.replay", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        settings = json.loads(process.stdout.readline())
        again = command(source.tap, config=settings, catalog=one(source))
        assert again.code == 0, again.err
        another = "zones" if source.is_commercetools else "vendors"
        catalog = catalog_of(source.tap, [another])
        missed = command(source.tap, config={**settings, "retry_max_seconds": 0}, catalog=catalog)
        assert missed.code == 1
        process.terminate()
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "not recorded: GET /api" in err
    assert "0 recorded answers were not asked for" in err


def test_a_folder_that_is_no_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "recording.json").write_text('{"format": 99}')
    monkeypatch.setattr(sys, "argv", ["replay", str(tmp_path)])
    with pytest.raises(SystemExit) as left:
        replay_main()
    assert left.value.code == 2
    assert "is not a recording of format 1" in capsys.readouterr().err


def test_a_run_that_is_stopped_leaves_its_recording(source: Source, tmp_path: Path) -> None:
    folder = tmp_path / "rec"
    # The first page comes, the next thing that is asked for does not.
    source.stand_in.faults.add("^/(demo|v1)/", "slow", times=-1, after=1, seconds=60)
    config, catalog = source.config(), catalog_of(source.tap, ["customers", "products"])
    with spawned(source.tap, config, tmp_path, "--record", str(folder), catalog=catalog) as process:
        while sum("/oauth" not in each["path"] for each in source.stand_in.requests) < 2:
            assert process.poll() is None
            time.sleep(0.01)
        process.terminate()
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert b"requests and answers were recorded" in err
    assert [each for each in lines(folder) if each["status"] == 200 and each["role"] == "api"]
