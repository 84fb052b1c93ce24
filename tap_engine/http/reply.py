"""What came back for a request that is sent only once, whatever it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_engine.http.hosts import Contact

if TYPE_CHECKING:
    from collections.abc import Mapping

REASONS = {
    Contact.NOWHERE: "no connection",
    Contact.RESET: "the connection was closed without an answer",
    Contact.LATE: "no answer in time",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, good or bad.

    Attributes:
        status: HTTP status.
        headers: Its headers; names compare without case.
        body: The body, as sent.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoReplyError(Exception):
    """There was no answer; the message names neither host nor path, `detail` does."""

    def __init__(self, contact: Contact, detail: str) -> None:
        super().__init__(REASONS.get(contact, "no answer"))
        self.detail = detail
