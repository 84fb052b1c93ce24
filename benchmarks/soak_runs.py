"""How the soak runs a tap: in this process, or as a process of its own that may be killed."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from tap_engine import timestamps
from tap_engine.http import retry
from tap_engine.reading import counts, sync
from tap_engine.singer.cli import run_guarded
from tap_engine.singer.tap import EngineTap

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_WAIT, LONGEST_WAIT, PAUSE_SECONDS = 0.005, 0.05, 0.05

PROGRAM = """
import json
import sys
from benchmarks.soak_runs import impatient
from {module} import main
with impatient(*json.loads(sys.argv.pop(1))):
    main()
"""

KILLS = ("SIGKILL", "SIGTERM", "broken pipe")


@dataclass
class Run:
    """What a run left behind.

    Attributes:
        lines: Complete lines on standard output.
        rest: What stands behind the last of them: nothing, unless the run was cut down.
        code: Exit code; negative when a signal ended the process at once.
        log: What it logged.
        killed: How it was cut short; empty when it came to its own end.
        cut: Lines may be missing at the end, because nobody read them.
    """

    lines: list[bytes]
    rest: bytes
    code: int
    log: str
    killed: str = ""
    cut: bool = False


@dataclass
class Job:
    """What to run.

    Attributes:
        state_records: A STATE follows a page when so many records have passed.
        clock: Seconds that the local clock is ahead.
        version: What the tap makes table versions of: the second in which it begins. Each run has
            another one here, though they follow each other faster than that.
    """

    tap: type[EngineTap]
    config: dict[str, Any]
    catalog: dict[str, Any]
    state: dict[str, Any] | None
    state_records: int
    clock: float = 0
    version: int = field(default_factory=lambda: int(time.time()))

    @property
    def setup(self) -> tuple[int, float, int]:
        """Arguments of `impatient`."""
        return self.state_records, self.clock, self.version


@contextlib.contextmanager
def impatient(state_records: int, clock: float, version: int) -> Iterator[None]:
    """Make pauses short and states frequent, the local clock wrong, and versions unlike others."""
    now = timestamps.now

    def wrong() -> str:
        return timestamps.earlier(now(), -clock)

    with (
        mock.patch.object(timestamps, "now", wrong),
        mock.patch.object(counts, "PAUSE_SECONDS", PAUSE_SECONDS),
        mock.patch.object(retry, "FIRST_WAIT", FIRST_WAIT),
        mock.patch.object(retry, "LONGEST_WAIT", LONGEST_WAIT),
        mock.patch.object(sync, "STATE_RECORDS", state_records),
        mock.patch.object(EngineTap, "initialized_at", version * 1000),
    ):
        yield


def run_here(job: Job) -> Run:
    """Run a tap in this process; nearly a second quicker, and all but signals is the real thing."""
    buffer, log = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(buffer, encoding="utf-8", write_through=True)
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        with impatient(*job.setup), contextlib.redirect_stdout(out):
            # A tap keeps what it is given and changes it: hand out copies.
            tap = job.tap(
                config=dict(job.config),
                state=json.loads(json.dumps(job.state)),
                catalog=json.loads(json.dumps(job.catalog)),
            )
            code = run_guarded(tap, tap.run)
            out.flush()
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
    _join_workers()
    return _finished(buffer.getvalue(), code, log.getvalue())


@dataclass(frozen=True)
class Kill:
    """How a process is cut short.

    Attributes:
        how: One of `KILLS`.
        after_lines: How many lines to read first; the run may be over by then.
        pause: Seconds to read nothing before the kill, so that the tap waits for its reader.
        unbuffered: Set PYTHONUNBUFFERED, as container images do.
    """

    how: str
    after_lines: int
    pause: float
    unbuffered: bool


def run_process(job: Job, kill: Kill) -> Run:
    """Run a tap as a process of its own and cut it short."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1" if kill.unbuffered else ""}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as errors:
        program = PROGRAM.format(module=job.tap.__module__)
        command = [sys.executable, "-c", program, json.dumps(job.setup)]
        for name in ("config", "catalog", "state"):
            value = getattr(job, name)
            if value is not None:
                file = Path(folder, f"{name}.json")
                file.write_text(json.dumps(value))
                command += [f"--{name}", str(file)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment)
        output = process.stdout
        if output is None:  # pragma: no cover (it was asked for)
            raise OSError
        with process, output:
            head = b"".join(output.readline() for _ in range(kill.after_lines))
            time.sleep(kill.pause)
            if kill.how == "broken pipe":
                output.close()
                tail = b""
            else:
                process.send_signal(signal.Signals[kill.how])
                tail = output.read()
            code = process.wait()
        errors.seek(0)
        run = _finished(head + tail, code, errors.read().decode(errors="replace"))
    run.killed = kill.how if code else ""
    # A short run fits into the pipe: it ends well, and its lines are lost all the same.
    run.cut = kill.how == "broken pipe"
    return run


def _finished(text: bytes, code: int, log: str) -> Run:
    whole, newline, rest = text.rpartition(b"\n")
    return Run(whole.split(b"\n") if newline else [], rest, code, log)


def _join_workers() -> None:
    """Wait for requests that an aborted run left behind: they would meet the next run's faults."""
    for thread in threading.enumerate():
        if thread.name.startswith("request"):
            thread.join()
