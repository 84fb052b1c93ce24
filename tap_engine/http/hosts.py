"""What a run knows of the hosts that it asks, and how much patience each is worth."""

from __future__ import annotations

import enum
import threading
from collections import defaultdict

FIRST_CONTACT_SECONDS = 15.0
"""Retry budget for a host that has never answered: a typo should fail quickly."""

MOST_UNANSWERED = 3
"""So many streams in a row without an answer mean that the host is gone."""


class Contact(enum.IntEnum):
    """How far a request came that failed."""

    NOWHERE = enum.auto()
    """There was no connection."""
    RESET = enum.auto()
    """The connection was closed without an answer."""
    FOREIGN = enum.auto()
    """Something else than the API answered, such as a firewall."""
    LATE = enum.auto()
    """There was no answer in time."""
    ANSWERED = enum.auto()
    """The API answered."""


class Hosts:
    """Remembers who answered, and which streams gave up since a host last gave a good answer.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._answered: set[str] = set()
        self._settings: dict[str, str] = {}
        self._given_up: dict[str, set[str]] = defaultdict(set)
        self._lock = threading.Lock()

    def name(self, host: str, setting: str) -> None:
        """Note which setting a host comes from."""
        self._settings[host] = setting

    def origin(self, host: str) -> str:
        """Return where the name of a host that has never answered comes from, for messages."""
        known = self.silent(host) and host in self._settings
        return f"; the host is from setting {self._settings[host]}" if known else ""

    @property
    def reached_any(self) -> bool:
        """Whether any host has answered yet."""
        return bool(self._answered)

    def note_answer(self, host: str) -> None:
        """Note that a host answered, whatever it said."""
        self._answered.add(host)

    def note_success(self, host: str) -> None:
        """Note that a host sent what was asked for."""
        self._answered.add(host)
        with self._lock:
            self._given_up[host].clear()

    def budget(self, host: str, stream: str, most: float, contact: Contact) -> float:
        """Return the retry budget of a request in seconds.

        Each stream that gave up on the host since its last good answer halves it, so that a dead
        platform costs a run little more than twice the budget, however many streams there are.

        Args:
            host: The host.
            stream: The stream that the request is for.
            most: The budget for a host in good health.
            contact: How far the request came.
        """
        shortest = min(most, FIRST_CONTACT_SECONDS)
        if contact < Contact.LATE and host not in self._answered:
            return shortest
        with self._lock:
            others = len(self._given_up[host] - {stream})
        return max(shortest, most / float(2**others))

    def give_up(self, host: str, stream: str) -> bool:
        """Note that a stream used up its budget.

        Returns:
            Whether so many did that a host without an answer must be gone.
        """
        with self._lock:
            self._given_up[host].add(stream)
            return len(self._given_up[host]) >= MOST_UNANSWERED

    def silent(self, host: str) -> bool:
        """Return whether a host has never answered."""
        return host not in self._answered
