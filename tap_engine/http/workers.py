"""Worker threads that nobody has to wait for: one that is stuck does not hold up the exit."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import Future, InvalidStateError
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from tap_engine.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Workers:
    """A pool of daemon threads; those of the standard library are waited for at the exit.

    Args:
        most: Number of threads; they start when there is work for them.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._pending: set[Future[Any]] = set()
        self._threads = 0
        self._stopped = False
        self._lock = threading.Lock()

    def submit(self, work: Callable[..., T], *args: Any) -> Future[T]:
        """Run something in a thread.

        Raises:
            StoppedError: `stop` was called.
        """
        future: Future[T] = Future()

        def task() -> None:
            if not future.set_running_or_notify_cancel():
                return
            with contextlib.suppress(InvalidStateError):  # stopped meanwhile
                try:
                    result = work(*args)
                except BaseException as error:  # noqa: BLE001 (raised again by whoever waits)
                    future.set_exception(error)
                else:
                    future.set_result(result)

        with self._lock:
            if self._stopped:
                raise StoppedError
            self._pending.add(future)
            if len(self._pending) > self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._serve, name="request", daemon=True).start()
        future.add_done_callback(self._pending.discard)
        self._tasks.put(task)
        return future

    def stop(self) -> None:
        """Fail what is pending with StoppedError, and let the threads end."""
        with self._lock:
            self._stopped = True
        for future in list(self._pending):
            if not future.cancel():
                with contextlib.suppress(InvalidStateError):
                    future.set_exception(StoppedError())
        for _ in range(self._threads):
            self._tasks.put(None)

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
            del task  # or an idle thread would keep a whole page in memory
