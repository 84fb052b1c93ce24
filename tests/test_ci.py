"""The script of continuous integration: which interpreters it chooses, and for what."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def program(path: Path, text: str) -> None:
    """Write an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("on_path", "of_pyenv", "expected"),
    [
        (("3.11", "3.13"), (), ["python3.11 check", "python3.11 test", "python3.11 on python3.13"]),
        (("3.12",), (), ["python3.12 check", "python3.12 test"]),
        (
            ("3.12",),
            ("3.11.7", "3.14.0"),
            ["versions/3.11.7/bin/python", "test", "on {home}/.pyenv/versions/3.14.0/bin/python"],
        ),
        ((), (), ["python3 check", "python3 test"]),
    ],
)
def test_all_runs_on_the_oldest_and_what_depends_on_it_on_the_newest(
    tmp_path: Path, on_path: tuple[str, ...], of_pyenv: tuple[str, ...], expected: list[str]
) -> None:
    shutil.copytree(ROOT / ".ci", tmp_path / "work" / ".ci")
    program(tmp_path / "work" / "run", f'echo "$PYTHON $*" >> {tmp_path}/calls')
    tools = tmp_path / "tools"
    for minor in range(11, 15):  # commands of pyenv for versions that are not chosen
        version = f"3.{minor}"
        program(tools / f"python{version}", "exit 0" if version in on_path else "exit 127")
    for version in of_pyenv:
        program(tmp_path / ".pyenv" / "versions" / version / "bin" / "python", "exit 0")
    environment = {"PATH": f"{tools}:{os.defpath}", "HOME": str(tmp_path), "TAP_REFERENCE": "x"}
    subprocess.run([tmp_path / "work" / ".ci" / "run"], check=True, env=environment)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == len(expected)
    for call, end in zip(calls, expected, strict=True):
        assert end.format(home=tmp_path) in call


def test_another_interpreter_has_to_be_one(tmp_path: Path) -> None:
    program(tmp_path / "python9", "exit 1")
    command = [str(ROOT / "run"), "on", str(tmp_path / "python9")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "python9 is not Python 3.11 or newer with venv" in ended.stderr
