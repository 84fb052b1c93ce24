"""Handles SIGTERM and SIGINT: a run stops between two lines of output, never inside one."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from tap_engine.errors import TerminatedError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Signals:
    """Turns a signal into an exception at a point where output and state are consistent."""

    def __init__(self) -> None:
        self._depth = 0
        self._received: int | None = None
        self._delivered = False

    def receive(self, signum: int) -> None:
        """Receive a signal; call this from the signal handler.

        A second signal ends the process at once: whoever sends it does not want to wait for a
        loader that has stopped reading.

        Raises:
            TerminatedError: No block is holding signals back.
        """
        if self._received is not None:
            os._exit(128 + signum)
        self._received = signum
        if self._depth == 0:
            self._deliver()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Defer signals until the block has finished.

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
        """Raise once only, so that the last writes before exit are not interrupted."""
        if not self._delivered and self._received is not None:
            self._delivered = True
            raise TerminatedError(self._received)
