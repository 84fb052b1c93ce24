"""HTTP that both stand-ins have in common: added headers and Basic credentials."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class WithHeader:
    """ASGI layer that adds a header where it is absent; its value may depend on the request."""

    def __init__(self, app: ASGIApp, name: str, value: Callable[[Scope], str]) -> None:
        self._app = app
        self._name = name
        self._value = value

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault(self._name, self._value(scope))
            await send(message)

        await self._app(scope, receive, add)


def basic_credentials(authorization: str) -> tuple[str, str] | None:
    """Return user and password of an `Authorization` header, None if it is not Basic."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password
