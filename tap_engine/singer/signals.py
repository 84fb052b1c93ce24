"""SIGTERM and SIGINT: stop between two lines, never inside one."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from tap_engine.errors import TerminatedError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Signals:
    """Turns a signal into an exception at a moment when output and state are whole."""

    def __init__(self) -> None:
        self._depth = 0
        self._received: int | None = None
        self._delivered = False

    def receive(self, signum: int) -> None:
        """Take a signal; to be called from the signal handler.

        A second signal ends the process at once: whoever sends it does not want to wait for a
        loader that has stopped reading.

        Raises:
            TerminatedError: Nothing is being written.
        """
        if self._received is not None:
            os._exit(128 + signum)
        self._received = signum
        if self._depth == 0:
            self._deliver()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Put off a signal until the block is done.

        Raises:
            TerminatedError: A signal arrived inside the outermost block.
        """
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if self._depth == 0 and self._received is not None:
            self._deliver()

    def _deliver(self) -> None:
        """Raise once: what is written on the way out must not raise again."""
        if not self._delivered and self._received is not None:
            self._delivered = True
            raise TerminatedError(self._received)
