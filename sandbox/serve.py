"""A server for stand-ins, on a real socket, in a thread of the process that uses it."""

from __future__ import annotations

import logging
import socket
import threading
import time
from contextlib import AbstractContextManager
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.http import WithHeader

if TYPE_CHECKING:
    from starlette.types import ASGIApp

START_SECONDS = 10


class OpenProtocol(HttpToolsProtocol):
    """HTTP protocol that shows the application its connection, for `sandbox.faults`."""

    def on_message_begin(self) -> None:
        """Put the transport into the scope of the coming request."""
        super().on_message_begin()
        extensions: dict[str, Any] = {"sandbox.transport": self.transport}
        self.scope["extensions"] = extensions


class Running(AbstractContextManager["Running"]):
    """An application that is being served on the loopback interface.

    Args:
        app: The application.
        port: TCP port; 0 takes a free one.

    Raises:
        OSError: If the port is taken.
        RuntimeError: If the server does not start.
    """

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        listener = socket.create_server(("127.0.0.1", port))
        # Connections inherit it. Without it small answers would wait for 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                # The server's own Date header lags by up to a second.
                WithHeader(app, "date", lambda _scope: formatdate(usegmt=True)),
                http=OpenProtocol,
                proxy_headers=False,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level=logging.CRITICAL,
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                msg = f"the stand-in did not start on {self.url}"
                raise RuntimeError(msg)
            time.sleep(0.005)

    def stop(self) -> None:
        """Close all connections and end the thread; a second call does nothing."""
        self._server.should_exit = True
        self._thread.join()

    def __exit__(self, *_exception: object) -> None:
        self.stop()
