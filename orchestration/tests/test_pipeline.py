"""Two processes: how they are stopped, and that nothing piles up between them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tap_orchestration.pipeline import LONGEST_LINE, Pipeline, PipelineError
from tap_orchestration.secret_values import Masker
from tests.world import STUB_TAP, STUB_TARGET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 30
"""Seconds after which a test gives up; none takes that long."""


class Interruption(BaseException):
    """Stand for what Dagster raises in a run that is terminated."""


def until(condition: Callable[[], object]) -> None:
    """Wait for something."""
    for _ in range(PATIENCE * 50):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("it did not happen")


def gone(process: int) -> bool:
    """Tell whether a process has ended; one that nobody has waited for has."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rsplit(")", 1)[1].split()[0] == "Z"


def settings(folder: Path, name: str, **values: Any) -> list[str]:
    """Write a settings file and give the arguments that name it."""
    file = folder / f"{name}.json"
    file.write_text(json.dumps(values))
    return ["--config", str(file)]


def pipeline(tap: list[str], target: list[str], **more: Any) -> Pipeline:
    """Make a pipeline with the environment of the tests."""
    return Pipeline("tap", tap, target, dict(os.environ), Masker([]), **more)


def script(text: str) -> list[str]:
    """Make a command of a few lines of Python."""
    return [sys.executable, "-c", text]


NOTE = "import os, sys; open(sys.argv[1], 'w').write(str(os.getpid()));"
"""A process begins with this to say who it is."""


@pytest.fixture
def interrupt() -> Iterator[Callable[[], None]]:
    """Give what interrupts this thread as a terminated run is."""

    def stop(_signal: int, _frame: object) -> None:
        raise Interruption

    old = signal.signal(signal.SIGUSR1, stop)
    yield lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, old)


def test_stopping_lets_the_target_store_what_it_got(
    tmp_path: Path, interrupt: Callable[[], None]
) -> None:
    once, rows = tmp_path / "hangs", tmp_path / "rows"
    tap = settings(tmp_path, "tap", project_key="x", break_once=str(once), how="hang", after=5)
    target = settings(tmp_path, "target", rows=str(rows), states="end")
    saved: list[dict[str, Any]] = []

    def stop() -> None:
        until(lambda: once.exists() and rows.exists())
        interrupt()

    threading.Thread(target=stop).start()
    with pytest.raises(Interruption):
        pipeline([*STUB_TAP, *tap], [*STUB_TARGET, *target]).run(saved.append)
    assert len(rows.read_text().splitlines()) == 5
    assert saved[-1] == {"bookmarks": {"orders": {"at": 5}}}


def test_a_state_that_is_being_saved_when_the_run_is_stopped_is_saved(tmp_path: Path) -> None:
    once, rows = tmp_path / "hangs", tmp_path / "rows"
    tap = settings(tmp_path, "tap", project_key="x", break_once=str(once), how="hang", after=5)
    target = settings(tmp_path, "target", rows=str(rows))
    saved: list[dict[str, Any]] = []
    stopped: list[int] = []

    def save(state: dict[str, Any]) -> None:
        if state["bookmarks"]["orders"]["at"] == 5 and not stopped:
            stopped.append(5)
            raise Interruption
        saved.append(state)

    with pytest.raises(Interruption):
        pipeline([*STUB_TAP, *tap], [*STUB_TARGET, *target]).run(save)
    assert saved[-1] == {"bookmarks": {"orders": {"at": 5}}}


def test_what_does_not_stop_is_killed(tmp_path: Path, interrupt: Callable[[], None]) -> None:
    deaf = NOTE + "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
    files = [tmp_path / "tap", tmp_path / "target"]
    commands = [[*script(deaf), str(file)] for file in files]

    def stop() -> None:
        until(lambda: all(file.exists() and file.read_text() for file in files))
        interrupt()

    threading.Thread(target=stop).start()
    with pytest.raises(Interruption):
        pipeline(*commands, grace_seconds=0.2).run(lambda _state: None)
    assert all(gone(int(file.read_text())) for file in files)


def test_both_end_when_the_process_that_runs_them_is_killed(tmp_path: Path) -> None:
    files = [tmp_path / "tap", tmp_path / "target"]
    hang = NOTE + "import time; time.sleep(600)"
    commands = [[*script(hang), str(file)] for file in files]
    runner = subprocess.Popen(
        script(
            "from tests.test_pipeline import pipeline;"
            f"pipeline(*{commands!r}).run(lambda state: None)"
        ),
        cwd=Path(__file__).parent.parent,
    )
    until(lambda: all(file.exists() and file.read_text() for file in files))
    runner.kill()
    runner.wait()
    try:
        until(lambda: all(gone(int(file.read_text())) for file in files))
    finally:
        for file in files:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGKILL)


def test_a_tap_that_goes_on_without_target_is_stopped(tmp_path: Path) -> None:
    file = tmp_path / "tap"
    tap = [*script(NOTE + "import time; time.sleep(600)"), str(file)]
    with pytest.raises(PipelineError) as raised:
        pipeline(tap, script("raise SystemExit(4)"), grace_seconds=0.2).run(lambda _state: None)
    assert "ended with 4; tap was killed by SIGTERM" in str(raised.value)
    assert gone(int(file.read_text()))


def test_a_target_that_ends_early_with_0_fails_the_run() -> None:
    tap = script("import sys\nwhile True: sys.stdout.write('x' * 1000)")
    with pytest.raises(PipelineError, match=r"^tap ended with 1"):
        pipeline(tap, script("pass")).run(lambda _state: None)


def test_a_slow_target_holds_the_tap_up(tmp_path: Path) -> None:
    written, go = tmp_path / "written", tmp_path / "go"
    text = (
        "import sys, os\n"
        "for count in range(1, 4001):\n"
        '    sys.stdout.write(\'{"type": "X", "pad": "\' + \'x\' * 1000 + \'"}\\n\')\n'
        "    sys.stdout.flush()\n"
        "    open(sys.argv[1] + '.new', 'w').write(str(count))\n"
        "    os.replace(sys.argv[1] + '.new', sys.argv[1])\n"
    )
    target = settings(tmp_path, "target", rows=str(tmp_path / "rows"), wait_for=str(go))
    seen = []

    def look() -> None:
        until(written.exists)
        counts = [-1]
        while counts[-1] != (now := int(written.read_text())):  # until it stands still
            counts.append(now)
            time.sleep(0.3)
        seen.append(counts[-1])
        go.touch()

    watcher = threading.Thread(target=look)
    watcher.start()
    pipeline([*script(text), str(written)], [*STUB_TARGET, *target]).run(lambda _state: None)
    watcher.join()
    assert 0 < seen[0] < 200, "kilobytes that one pipe of the operating system holds"
    assert written.read_text() == "4000"


def test_a_state_that_cannot_be_saved_fails_the_run_and_ends_both(tmp_path: Path) -> None:
    def full(_state: dict[str, Any]) -> None:
        raise OSError(28, "No space left on device")

    rows = tmp_path / "rows"
    tap = settings(tmp_path, "tap", project_key="x", rows=100_000)
    target = settings(tmp_path, "target", rows=str(rows))
    with pytest.raises(OSError, match="No space left"):
        pipeline([*STUB_TAP, *tap], [*STUB_TARGET, *target]).run(full)
    assert len(rows.read_text().splitlines()) < 100_000


def test_logs_are_passed_on_line_by_line_and_long_ones_in_pieces(
    capfd: pytest.CaptureFixture[str],
) -> None:
    tap = script(f"import sys; sys.stderr.write('first\\n' + 'y' * {3 * LONGEST_LINE})")
    pipeline(tap, script("import sys; sys.stdin.read()")).run(lambda _state: None)
    lines = capfd.readouterr().err.splitlines()
    assert lines == ["tap | first", *["tap | " + "y" * LONGEST_LINE] * 3]


def test_lines_that_look_like_metrics_do_no_harm() -> None:
    lines = ["METRIC: {", "METRIC: []", 'METRIC: {"metric": "record_count", "value": null}']
    tap = script(f"import sys; sys.stderr.write({chr(10).join(lines)!r}); sys.exit(1)")
    with pytest.raises(PipelineError, match="METRIC"):
        pipeline(tap, script("import sys; sys.stdin.read()")).run(lambda _state: None)
