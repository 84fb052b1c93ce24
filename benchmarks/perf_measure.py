"""Measures whole processes as the kernel counts them: CPU and wall seconds, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Command = list[str]


@dataclass(frozen=True)
class Sample:
    """One finished process.

    Attributes:
        cpu: Seconds of CPU, user and system.
        wall: Seconds from start to end.
        peak: Largest resident memory in MB. The kernel counts what the process was forked from, so
            figures below this harness's own size (some 50 MB) are too high.
    """

    cpu: float
    wall: float
    peak: float


@dataclass(frozen=True)
class Figures:
    """Medians over the samples of one command."""

    cpu: float
    wall: float
    peak: float
    spread: float
    """Slowest by fastest run, CPU."""


class FailedError(RuntimeError):
    """A measured process did not exit with 0."""


def once(command: Command, output: Path = Path(os.devnull)) -> Sample:
    """Run a process to its end.

    Args:
        command: What to run.
        output: Where its standard output goes.

    Raises:
        FailedError: It did not exit with 0; the message has the end of its standard error.
    """
    with tempfile.TemporaryFile() as log, output.open("wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            said = log.read().decode(errors="replace")[-2000:]
            msg = f"{' '.join(command)} exited with {process.returncode}:\n{said}"
            raise FailedError(msg)
    return Sample(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def side_by_side(commands: Sequence[Command]) -> tuple[float, float]:
    """Run processes at once; give seconds until the last ended, and CPU seconds of all."""
    began = time.perf_counter()
    with ThreadPoolExecutor(len(commands)) as pool:
        found = list(pool.map(once, commands))
    return time.perf_counter() - began, sum(sample.cpu for sample in found)


def alternately(
    commands: Mapping[str, Command],
    rounds: int,
    before: Callable[[str], object] = lambda _: None,
) -> dict[str, Figures]:
    """Run commands in turn, A B C A B C, so that a machine that gets slower slows all of them.

    Args:
        commands: By name.
        rounds: How often each is run.
        before: Called with the name before each run.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            before(name)
            samples[name].append(once(command))
    return {name: medians(found) for name, found in samples.items()}


def medians(samples: Sequence[Sample]) -> Figures:
    """Take the medians of some samples."""
    cpus = [sample.cpu for sample in samples]
    return Figures(
        cpu=statistics.median(cpus),
        wall=statistics.median(sample.wall for sample in samples),
        peak=statistics.median(sample.peak for sample in samples),
        spread=max(cpus) / max(min(cpus), 0.001),
    )
