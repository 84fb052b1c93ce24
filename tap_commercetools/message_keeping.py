"""Whether the project keeps messages, and how long: without them deletes leave no trace."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from tap_engine import timestamps
from tap_engine.errors import GapError, StreamError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from tap_engine.records import json_text

DEFAULT_DAYS = 15
DAY_SECONDS = 86_400

LOST_MESSAGES = "the messages in between are gone"
LOST_DELETES = (
    "deletes in between cannot be seen; reconcile with full tables (job reconcile-commercetools)"
)


class Keeping(msgspec.Struct, rename="camel"):
    """Member `messages` of the project (commercetools API specification, MessagesConfiguration).

    Attributes:
        enabled: None when the project does not say.
        delete_days_after_creation: Days that a message is kept, 1 to 90.
    """

    enabled: bool | None = None
    delete_days_after_creation: int | None = None


class MessageKeeping:
    """Compares the streams that are made of messages with what the project keeps.

    The project is asked at most once a run.

    Args:
        read_project: Reads the project.
        fail: Remembers the error of a stream, so that the run ends with it.
    """

    def __init__(
        self,
        read_project: Callable[[], json_text.Members],
        logger: logging.Logger,
        fail: Callable[[str, StreamError], object],
    ) -> None:
        self._read_project = read_project
        self._logger = logger
        self._fail = fail
        self._said_off = False

    def check(self, stream: str, lost: str, since: str | None, now: str | None) -> None:
        """Warn when messages are off; fail when older ones are gone than those asked for.

        The stream is read all the same, and its new bookmark accepts the gap: it is reported once.

        Args:
            stream: Name of the stream that was read.
            lost: What it means when messages are gone, for the error.
            since: Moment up to which it had been read before; None if it had not.
            now: Start of the run.
        """
        keeping = self._keeping
        if keeping is None:
            return
        if keeping.enabled is False:
            if not self._said_off:
                self._said_off = True
                self._logger.warning(
                    "%s: messages are switched off in this project (messages.enabled): there are no"
                    " new messages, and no delete is seen by one",
                    stream,
                )
            return
        if since is None:  # nothing was read before, so nothing is missing in between
            return
        days = keeping.delete_days_after_creation or DEFAULT_DAYS
        kept = timestamps.earlier(now or timestamps.now(), days * DAY_SECONDS)
        since = timestamps.canonical(since)
        if since < kept:
            msg = (
                f"{stream}: read up to {since}, but the project keeps messages for {days} days,"
                f" back to {kept}: {lost}. What is left was read; the new bookmark accepts the gap,"
                " so that the next run does not fail"
            )
            self._fail(stream, GapError(msg))

    @cached_property
    def _keeping(self) -> Keeping | None:
        reason = "the project does not say"
        try:
            keeping = read_keeping(self._read_project())
        except StreamError as error:
            keeping, reason = None, str(error)
        if keeping is None:
            self._logger.info(
                "whether and how long the project keeps messages could not be checked: %s", reason
            )
        return keeping


def read_keeping(project: json_text.Members) -> Keeping | None:
    """Read `messages` out of the project; None when it says nothing that can be used."""
    try:
        return msgspec.json.decode(project.get("messages", b"null"), type=Keeping | None)
    except msgspec.ValidationError:
        return None
