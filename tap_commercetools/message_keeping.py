"""Whether the project keeps messages, and how long: without them deletes leave no trace."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from tap_commercetools import errors
from tap_commercetools.pages import json_members
from tap_engine import timestamps
from tap_engine.errors import RequestError, StreamError
from tap_engine.http import Call

if TYPE_CHECKING:
    from tap_commercetools.client import CommercetoolsStream
    from tap_commercetools.tap import TapCommercetools

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
    """Compares the streams that live on messages with what the project keeps.

    The project is asked at most once a run, and only warnings come of it.
    """

    def __init__(self, tap: TapCommercetools) -> None:
        self._tap = tap
        self._said_off = False

    def check(self, stream: CommercetoolsStream, lost: str, since: str | None = None) -> None:
        """Warn when messages are off, or older ones gone than those that were asked for.

        Args:
            stream: The stream that was read.
            lost: What it means when messages are gone, for the warning.
            since: Moment up to which it had been read before; by default its bookmark.
        """
        keeping = self._keeping
        if keeping is None:
            return
        log = self._tap.logger
        if keeping.enabled is False:
            if not self._said_off:
                self._said_off = True
                log.warning(
                    "%s: messages are switched off in this project (messages.enabled): there are no"
                    " new messages, and no delete is seen by one",
                    stream.name,
                )
            return
        since = since or stream.stream_state.get("replication_key_value")
        if since is None:  # nothing was read before, so nothing is missing in between
            return
        days = keeping.delete_days_after_creation or DEFAULT_DAYS
        now = self._tap.http.cut or timestamps.now()
        kept = timestamps.earlier(now, days * DAY_SECONDS)
        since = timestamps.canonical(since)
        if since < kept:
            log.warning(
                "%s: read up to %s, but the project keeps messages for %d days, back to %s: %s",
                stream.name,
                since,
                days,
                kept,
                lost,
            )

    @cached_property
    def _keeping(self) -> Keeping | None:
        call = Call(
            stream="messages setting",
            url=self._tap.project_url,
            rules=errors.RULES,
            auth=self._tap.authenticator,
            limiters=self._tap.limiters,
        )
        reason = "the project does not say"
        try:
            keeping = self._tap.http.send(call, read_keeping)
        except (StreamError, RequestError) as error:
            keeping, reason = None, str(error)
        if keeping is None:
            self._tap.logger.info(
                "whether and how long the project keeps messages could not be checked: %s", reason
            )
        return keeping


def read_keeping(body: bytes) -> Keeping | None:
    """Read `messages` out of the project; None when it says nothing that can be used.

    Raises:
        BadBodyError: The body is no JSON object.
    """
    raw = json_members(body).get("messages", b"null")
    try:
        return msgspec.json.decode(raw, type=Keeping | None)
    except msgspec.ValidationError:
        return None
