"""Deadlines for whole answers: `requests` only limits the time between two parts of one.

So a server that sends a byte now and then, headers included, would keep a thread busy for ever.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from tap_engine.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator

TICK_SECONDS = 0.25
"""So often deadlines are looked at."""


class LateError(Exception):
    """The answer was not there by the deadline."""


class _Exchange:
    """A request under way.

    Attributes:
        ends: When it has to be over.
        socket: What it is sent through, once there is a connection.
        cut: It was cut off.
    """

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self.socket: socket.socket | None = None
        self.cut = False

    def cut_off(self) -> None:
        """End whatever reads from the socket."""
        self.cut = True
        if self.socket is not None:
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)


class _Current(threading.local):
    exchange: _Exchange | None = None


_current = _Current()


class Watch:
    """Cuts off exchanges that take too long, and all of them at the end."""

    def __init__(self) -> None:
        self._under_way: set[_Exchange] = set()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def over(self, seconds: float) -> Iterator[None]:
        """Watch over the exchange of this thread.

        Raises:
            LateError: It took longer.
            StoppedError: `stop` was called.
        """
        self._start()
        exchange = _current.exchange = _Exchange(time.monotonic() + seconds)
        self._under_way.add(exchange)
        try:
            yield
        except requests.exceptions.RequestException:
            if not exchange.cut:
                raise
        finally:
            _current.exchange = None
            self._under_way.discard(exchange)
        if self._stopping.is_set():
            raise StoppedError
        if exchange.cut:  # without an announced length, half an answer looks like a whole one
            msg = f"no whole answer within {seconds:g} s"
            raise LateError(msg)

    def stop(self) -> None:
        """End all exchanges with StoppedError."""
        self._stopping.set()
        for exchange in list(self._under_way):
            exchange.cut_off()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="deadlines", daemon=True)
                self._thread.start()

    def _look(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            now = time.monotonic()
            for exchange in list(self._under_way):
                if exchange.ends < now:
                    exchange.cut_off()


class _Exposed:
    """A connection that lets the watch know its socket."""

    sock: Any

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request."""
        super().request(*args, **kwargs)  # type: ignore[misc]
        if _current.exchange is not None:
            _current.exchange.socket = self.sock


class _HTTPConnection(_Exposed, HTTPConnection):
    pass


class _HTTPSConnection(_Exposed, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class ExposedAdapter(HTTPAdapter):
    """Makes connections, with and without a proxy, whose sockets a watch can cut off."""

    _POOLS = {"http": _HTTPPool, "https": _HTTPSPool}  # noqa: RUF012 (a constant)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._POOLS

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        """Make the pools of connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = self._POOLS
        return manager
