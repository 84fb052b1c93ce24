"""Runs `tap | target` as two processes, and saves each state that the target prints.

The target reads from the tap through a pipe of the operating system, so nothing piles up here
when it is slower. What the target prints on its standard output are states whose records it has
stored; those of the tap itself are never looked at.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tap_orchestration.errors import OrchestrationError
from tap_orchestration.measures import Measures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_orchestration.secret_values import Masker

    Process = subprocess.Popen[bytes]
    Save = Callable[[dict[str, Any]], None]

LONGEST_LINE = 64 * 1024
"""Longer lines of a log are passed on in pieces of this many bytes."""

# Kills the process group $0 unless it gets a line first: its input ends without one when the
# process that runs the pipeline is gone, even if that was killed with SIGKILL. Without `--`, which
# the shell of Debian does not know there.
WATCH = 'read line || kill -KILL "-$0"'


class PipelineError(Exception):
    """The tap or the target failed; the message says which, how and its last line."""


@dataclass
class Pipeline:
    """A tap and a target.

    Attributes:
        name: Name of the tap for messages; the target's is that of its command.
        tap: Command with arguments, without secrets.
        target: The same of the target.
        environment: Environment of both.
        mask: Masks secrets in what they log.
        tap_files: Descriptors of files that the tap reads.
        target_files: The same of the target.
        grace_seconds: How long they may take to end by themselves once they have to.
    """

    name: str
    tap: Sequence[str]
    target: Sequence[str]
    environment: Mapping[str, str]
    mask: Masker
    tap_files: Sequence[int] = ()
    target_files: Sequence[int] = ()
    grace_seconds: float = 20
    measures: Measures = field(default_factory=Measures, init=False)
    _line: bytes = field(default=b"", init=False)

    def run(self, save: Save) -> None:
        """Run both to their end.

        Whatever ends this early, such as Dagster that stops the run: the tap is told to stop, the
        target may store what it got, and its last states are saved as well. After
        grace_seconds both are killed.

        Args:
            save: Called with each state as soon as the target has printed it.

        Raises:
            PipelineError: One of them did not end with 0.
            OrchestrationError: One of them cannot be started.
        """
        with ExitStack() as stack:
            files = self.tap_files
            stdin = subprocess.DEVNULL
            tap = self._start(stack, self.tap, stdin=stdin, process_group=0, pass_fds=files)
            stack.callback(_kill, tap)
            _watch(stack, tap.pid)
            files = self.target_files
            target = self._start(
                stack, self.target, stdin=tap.stdout, process_group=tap.pid, pass_fds=files
            )
            _pipe(tap.stdout).close()  # the target's alone, or the tap would not notice its end
            logs = stack.enter_context(ThreadPoolExecutor(2))
            names = (Path(self.target[0]).name, self.name)
            lines = [
                logs.submit(self._pass_on, names[0], _pipe(target.stderr), Measures()),
                logs.submit(self._pass_on, names[1], _pipe(tap.stderr), self.measures),
            ]
            stack.callback(_kill, tap, target)
            try:
                self._save_states(_pipe(target.stdout), save)
                codes = self._codes(tap, target)
            except BaseException:
                self._stop(tap, target, save)
                raise
        failures = [
            f"{name} {ended(code)}{line.result()}"
            for name, code, line in zip(names, codes, lines, strict=True)
            if code != 0
        ]
        if failures:
            raise PipelineError("; ".join(failures))

    def _start(self, stack: ExitStack, command: Sequence[str], **options: Any) -> Process:
        try:
            process = subprocess.Popen(  # noqa: S603 (the command is the operator's)
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self.environment,
                **options,
            )
        except OSError as error:
            msg = f"cannot start {command[0]}: {error.strerror}"
            raise OrchestrationError(msg) from None
        return stack.enter_context(process)

    def _pass_on(self, name: str, log: IO[bytes], measures: Measures) -> str:
        """Pass a log on to our standard error, masked; return its last line for messages."""
        last = ""
        for line in iter(lambda: log.readline(LONGEST_LINE), b""):
            text = line.decode(errors="replace").rstrip()
            masked = self.mask(text)
            if not measures.take(text) and masked:
                last = f": {masked[:500]}"
            _say(f"{name} | {masked}")
        return last

    def _save_states(self, output: IO[bytes], save: Save) -> None:
        # The line is kept until it is saved: what stops us may come between.
        while line := self._line or output.readline():
            self._line = line
            try:
                state = json.loads(line)
            except ValueError:
                state = None
            if isinstance(state, dict):
                save(state)
            elif line.strip():
                text = line[:LONGEST_LINE].decode(errors="replace").rstrip()
                _say(f"{self.target[0]} printed what is no state: {self.mask(text)}")
            self._line = b""

    def _codes(self, tap: Process, target: Process) -> list[int]:
        """Wait for both and return their exit codes; the target first, as it ends last."""
        target_code = target.wait()
        try:
            tap_code = tap.wait(self.grace_seconds)
        except subprocess.TimeoutExpired:  # it has nobody to write to any more
            tap.terminate()
            with suppress(subprocess.TimeoutExpired):
                tap.wait(self.grace_seconds)
            tap.kill()
            tap_code = tap.wait()
        return [target_code, tap_code]

    def _stop(self, tap: Process, target: Process, save: Save) -> None:
        """Let the tap stop between two records and the target store what it got."""
        tap.terminate()
        killer = threading.Timer(self.grace_seconds, _kill, [tap, target])
        killer.start()
        try:
            self._save_states(_pipe(target.stdout), save)
            target.wait()
        finally:
            killer.cancel()


def ended(code: int) -> str:
    """Say how a process ended, which may be by a signal."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"


def _watch(stack: ExitStack, group: int) -> None:
    watcher = subprocess.Popen(  # noqa: S603 (all ours)
        ["/bin/sh", "-c", WATCH, str(group)], stdin=subprocess.PIPE, process_group=0
    )
    # In this order: it is told first and waited for then.
    stack.enter_context(watcher)
    stack.callback(lambda: _pipe(watcher.stdin).write(b"done\n"))


def _kill(leader: Process, *others: Process) -> None:
    """Kill the group of a process, with what its members have started themselves.

    Not when all have been waited for: the number of the group may be somebody else's by then.
    """
    if any(process.returncode is None for process in (leader, *others)):
        with suppress(ProcessLookupError):
            os.killpg(leader.pid, signal.SIGKILL)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:  # pragma: no cover (it was asked for)
        raise RuntimeError
    return pipe


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 (Dagster keeps it as the run's log)
