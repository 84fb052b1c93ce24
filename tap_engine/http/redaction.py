"""Masks secrets in everything that is printed."""

from __future__ import annotations

import base64
import logging
import re
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "***"
SHORTEST = 6
"""Masking what is shorter would garble messages: it is part of ordinary words and numbers."""


class Redactor(logging.Filter):
    """Masks known secrets in text and, as a logging filter, in every log record."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets: set[str] = set()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Add a secret, such as a token that was just issued, if it is long enough to be one."""
        if len(secret) >= SHORTEST:
            self._secrets = {*self._secrets, secret}

    def add_pair(self, user: str, password: str) -> None:
        """Add a password and the `Authorization: Basic` form of the pair."""
        self.add(password)
        self.add(base64.b64encode(f"{user}:{password}".encode()).decode())

    def add_proxies(self) -> None:
        """Add the passwords in the URLs of proxies, and the parts that they may be torn into.

        With a `#` or `/` in it, what follows is no longer taken for a part of the password, and the
        rest for the name of a host.
        """
        for url in urllib.request.getproxies().values():
            _, _, password = url.rpartition("@")[0].partition("//")[2].partition(":")
            for part in (password, *re.split(r"[^\w.-]", password)):
                self.add(part)

    def __call__(self, text: str) -> str:
        """Return the text with every known secret masked."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask secrets in a log record, including its traceback."""
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        message = record.getMessage()
        cleaned = self(message)
        if record.exc_text and (masked := self(record.exc_text)) != record.exc_text:
            # As part of the message: a structured formatter would render `exc_info` unmasked.
            cleaned = f"{cleaned}\n{masked}"
            record.exc_info = record.exc_text = None
        if cleaned != message:
            record.msg, record.args = cleaned, ()
        return True

    def guard(self) -> None:
        """Add the filter to every handler that exists, including those of the root logger."""
        loggers = [logging.getLogger()]
        loggers += [
            logger
            for logger in logging.Logger.manager.loggerDict.values()
            if isinstance(logger, logging.Logger)
        ]
        for handler in {handler for logger in loggers for handler in logger.handlers}:
            if self not in handler.filters:
                handler.addFilter(self)


def excerpt(text: str, longest: int = 300) -> str:
    """Shorten a message of the API to one line."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 3] + "..."
