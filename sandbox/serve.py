"""Runs a stand-in on a real socket, next to a test or for the demo."""

from __future__ import annotations

import logging
import socket
import threading
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

START_SECONDS = 10


class OpenProtocol(HttpToolsProtocol):
    """HTTP protocol that shows the application its connection, for `sandbox.faults`."""

    def on_message_begin(self) -> None:
        """Put the transport into the scope of the coming request."""
        super().on_message_begin()
        extensions: dict[str, Any] = {"sandbox.transport": self.transport}
        self.scope["extensions"] = extensions


class Dated:
    """ASGI layer that puts the time on every answer; uvicorn's own header lags by up to 1 s."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def stamp(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = (b"date", formatdate(usegmt=True).encode())
                message = {**message, "headers": [date, *message.get("headers", ())]}
            await send(message)

        await self._app(scope, receive, stamp)


class Running:
    """An application served on the loopback interface by a thread of its own.

    Args:
        app: What to serve.
        port: TCP port; 0 takes a free one.

    Raises:
        OSError: When the port is taken.
        RuntimeError: When the server does not come up.
    """

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._socket = socket.socket(
            socket.AF_INET,
            socket.SOCK_STREAM,
            socket.IPPROTO_TCP,  # without it asyncio leaves small answers to wait for 40 ms
        )
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError:
            self._socket.close()
            raise
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                Dated(app),
                http=OpenProtocol,
                interface="asgi3",
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
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
