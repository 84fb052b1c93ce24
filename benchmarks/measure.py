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
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Command = list[str]
Name = TypeVar("Name")
Contender = TypeVar("Contender")


@dataclass(frozen=True)
class Figures:
    """What a process took, or the medians of several.

    Attributes:
        cpu: Seconds of CPU, user and system.
        wall: Seconds from start to end.
        peak: Largest resident memory in MB. The kernel counts what the process was forked from, so
            figures below this harness's own size (some 50 MB) are too high.
    """

    cpu: float
    wall: float
    peak: float


class FailedError(RuntimeError):
    """A measured process did not exit with 0."""


def once(command: Command, output: Path = Path(os.devnull)) -> Figures:
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
    return Figures(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def side_by_side(commands: Sequence[Command]) -> Figures:
    """Run processes at once; wall time is until the last ends, CPU and memory are sums."""
    began = time.perf_counter()
    with ThreadPoolExecutor(len(commands)) as pool:
        found = list(pool.map(once, commands))
    wall = time.perf_counter() - began
    return Figures(sum(each.cpu for each in found), wall, sum(each.peak for each in found))


def alternately(
    contenders: Mapping[Name, Contender], rounds: int, run: Callable[[Contender], Figures]
) -> dict[Name, Figures]:
    """Run contenders in turn, A B C A B C, so that a machine that gets slower slows all of them.

    Returns:
        The medians of each.
    """
    samples: dict[Name, list[Figures]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            samples[name].append(run(contender))
    return {name: medians(found) for name, found in samples.items()}


def medians(samples: Sequence[Figures]) -> Figures:
    """Take the medians of some samples."""
    return Figures(
        cpu=statistics.median(each.cpu for each in samples),
        wall=statistics.median(each.wall for each in samples),
        peak=statistics.median(each.peak for each in samples),
    )
