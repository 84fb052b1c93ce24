"""One run of a tap: what its streams share, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tap_engine.errors import AbsentError, NotFoundError, RefusedError, StreamError, TapError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager

    from tap_engine.http.session import Http
    from tap_engine.state.shards import Shard


MOST_NAMES = 10
"""Most streams that one line names."""

ABSENT, SKIPPED, NOT_READ, NOT_FINISHED = "absent", "skipped", "not read", "not finished"
"""What becomes of a stream that is not complete."""

WARNINGS = {ABSENT: "stream absent: %s", SKIPPED: "stream skipped: %s"}


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """The settings that reading depends on, parsed.

    Attributes:
        start_date: Lower bound of first syncs in the canonical form.
        lookback_seconds: How far before a bookmark reading begins.
        concurrency: Most requests in flight.
        verify_counts: One of `tap_engine.reading.counts.MODES`.
        shard: The part of everything that this process reads; None for all of it.
        skip_forbidden_streams: Only warn about streams that the credentials give no access to.
    """

    start_date: str | None
    lookback_seconds: float
    concurrency: int
    verify_counts: str
    shard: Shard | None
    skip_forbidden_streams: bool


class Prefetchable(Protocol):
    """What prefetching needs of a stream."""

    @property
    def can_prefetch(self) -> bool:
        """Whether first pages may be asked for before the stream's turn."""

    @property
    def pending(self) -> int:
        """Number of pages in flight or waiting to be written."""

    def prefetch(self) -> None:
        """Ask for the first pages."""


class Run:
    """What the streams of a run share, and what became of each.

    Attributes:
        records: Number of records written.

    Args:
        version: Table version of full tables that begin in this run.
        write_state: Writes a STATE message.
        hold: Defers signals inside a block, so that output and state stay whole.
    """

    def __init__(  # noqa: PLR0913 (one for each thing that is shared)
        self,
        settings: ReadSettings,
        http: Http,
        *,
        version: int,
        write_state: Callable[[], None],
        hold: Callable[[], AbstractContextManager[None]],
        logger: logging.Logger,
    ) -> None:
        self.settings = settings
        self.http = http
        self.version = version
        self.write_state = write_state
        self.hold = hold
        self._logger = logger
        self.records = 0
        self._failures: dict[str, StreamError] = {}
        self._complete: set[str] = set()
        self._queue: list[Prefetchable] = []

    def prefetch_from(self, streams: Sequence[Prefetchable]) -> None:
        """Take the streams that will be read, in their order."""
        self._queue = list(streams)

    def prefetch(self, current: Prefetchable) -> None:
        """Ask for first pages of coming streams while requests are free.

        The session limits what is in flight; the number of pages ahead limits what waits in memory.
        """
        if current in self._queue:
            del self._queue[: self._queue.index(current) + 1]
        pending = current.pending
        most = 2 * self.settings.concurrency
        for stream in [each for each in self._queue if each.can_prefetch][:most]:
            if pending >= most:
                return
            try:
                stream.prefetch()
            except TapError:  # raised again, and dealt with, when it is the stream's turn
                return
            pending += stream.pending

    def failed(self, stream: str, error: StreamError) -> None:
        """Remember a stream that cannot be read; its state stays as it was."""
        self._failures[stream] = error
        self._logger.info("%s", error)

    def succeeded(self, stream: str) -> None:
        """Remember a stream that was read to its end."""
        self._complete.add(stream)

    def report(self, hint: Callable[[], str]) -> int:
        """Log the streams that were not read; one line if it was none at all.

        Args:
            hint: Returns what is probably wrong if no stream can be read; empty if unknown.

        Returns:
            The exit code: 0 when every selected stream is complete, or forgiven.
        """
        outcomes = {name: self._outcome(error) for name, error in self._failures.items()}
        lasting = [name for name, outcome in outcomes.items() if outcome == NOT_READ]
        text = hint() if lasting and not self._complete else ""
        more = f"; {text}" if text else ""
        if len(lasting) > 1 and not self._complete:
            first = self._failures[lasting[0]]
            text = "none of %d streams can be read; the first: %s%s"
            self._logger.error(text, len(lasting), first, more)
            return 1
        for name in lasting:
            self._logger.error("stream not read: %s%s", self._failures[name], more)
        for name in sorted(outcomes.keys() - set(lasting)):
            self._logger.warning(WARNINGS[outcomes[name]], self._failures[name])
        return 1 if lasting else 0

    def summary(self, selected: Collection[str]) -> str:
        """Return the one line that says how a run ended.

        Args:
            selected: Names of the streams that were to be read.
        """
        text = (
            f"{len(self._complete)} of {len(selected)} streams complete, {self.records:,} records,"
            f" {self.http.sent:,} requests, waited {self.http.waited:,.0f} s"
        )
        outcomes = {name: self._outcome(error) for name, error in self._failures.items()}
        outcomes |= {
            name: NOT_FINISHED
            for name in selected
            if name not in outcomes and name not in self._complete
        }
        for outcome in (ABSENT, SKIPPED, NOT_READ, NOT_FINISHED):
            names = [name for name in outcomes if outcomes[name] == outcome]
            if names:
                text += f"; {outcome}: {listed(names)}"
        return text

    def _outcome(self, error: StreamError) -> str:
        """Return what became of a stream that was not read."""
        # If no stream was readable, assume bad credentials or a bad address.
        if self._complete and isinstance(error, AbsentError):
            return ABSENT
        if (
            self._complete
            and self.settings.skip_forbidden_streams
            and isinstance(error, RefusedError)
        ):
            return SKIPPED
        return NOT_READ


def listed(names: Sequence[str]) -> str:
    """Return names with commas, at most ten of them."""
    more = len(names) - MOST_NAMES
    text = ", ".join(names[:MOST_NAMES])
    return f"{text} and {more} more" if more > 0 else text


def explained(error: StreamError, needs: str, may_be_absent: str = "") -> StreamError:
    """Return an error that also says what a stream needs, or that the source lacks it.

    Args:
        error: What the API said.
        needs: What a credential needs to read the stream; empty if that is unknown.
        may_be_absent: Why the source may lack the stream; empty if it has it.
    """
    kind, text = type(error), str(error)
    refused = isinstance(error, RefusedError) and not isinstance(error, NotFoundError)
    if refused and needs not in text:
        text = f"{text}; it takes {needs}"
    elif kind is NotFoundError and may_be_absent:
        kind, text = AbsentError, f"{text}; {may_be_absent}"
    told = kind(text)
    told.reason = error.reason
    return told
