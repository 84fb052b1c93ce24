"""One run of a tap: what its streams share, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tap_engine.errors import (
    AbsentError,
    GapError,
    NotFoundError,
    RefusedError,
    StreamError,
    TapError,
)

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager

    from tap_engine.http.session import Http
    from tap_engine.state.shards import Shard


NO_SUCH_PAGE = 404

MOST_NAMES = 10
"""Most streams that one line names."""

ABSENT, SKIPPED, NOT_READ, NOT_FINISHED = "absent", "skipped", "not read", "not finished"
"""What becomes of a stream that is not complete."""

WARNINGS = {ABSENT: "stream absent: %s", SKIPPED: "stream skipped: %s"}

AHEAD_BYTES = 32_000_000
"""No further page is asked for ahead while those that wait or travel may take more than this."""


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

    @property
    def held_bytes(self) -> int:
        """Size of the pages that wait to be written."""

    def prefetch(self) -> None:
        """Ask for the first pages."""


class Checkable(Protocol):
    """What the end of a run needs of a stream."""

    name: str

    def check(self) -> None:
        """Try to read the stream.

        Raises:
            StreamError: It cannot be read.
        """


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
        self._skips = False
        self._failures: dict[str, StreamError] = {}
        self._complete: list[Checkable] = []
        self._queue: list[Prefetchable] = []

    def prefetch_from(self, streams: Sequence[Prefetchable]) -> None:
        """Take the streams that will be read, in their order."""
        self._queue = list(streams)

    def prefetch(self, current: Prefetchable) -> None:
        """Ask for first pages of coming streams while requests are free.

        The session limits what is in flight; the number of pages ahead and their size, what waits
        in memory. What travels is taken to be as large as the largest answer so far.
        """
        if current in self._queue:
            del self._queue[: self._queue.index(current) + 1]
        pending, held = current.pending, -1
        largest = self.http.longest_body
        most = self.settings.concurrency * (2 if largest else 1)
        coming = [each for each in self._queue if each.can_prefetch][:most]
        for stream in coming:
            if pending >= most:
                return
            if held < 0:
                held = sum(each.held_bytes for each in coming)
            if held + pending * largest > AHEAD_BYTES:
                return
            try:
                stream.prefetch()
            except TapError:  # raised again, and dealt with, when it is the stream's turn
                return
            pending += stream.pending

    def failed(self, stream: str, error: StreamError) -> None:
        """Remember a stream that cannot be read; the others can."""
        self._failures[stream] = error
        self._logger.info("%s", error)
        self.write_state()

    def succeeded(self, stream: Checkable) -> None:
        """Remember a stream that was read to its end."""
        self._complete.append(stream)

    def report(self, hint: Callable[[], str]) -> int:
        """Log the streams that were not read; one line if it was none at all.

        Args:
            hint: Returns what is probably wrong if no stream can be read; empty if unknown.

        Returns:
            The exit code: 0 when every selected stream is complete, or forgiven.
        """
        refused = any(self._is_refusal(error) for error in self._failures.values())
        self._skips = self.settings.skip_forbidden_streams and refused and self._still_reads()
        outcomes = {name: self._outcome(error) for name, error in self._failures.items()}
        lasting = [name for name, outcome in outcomes.items() if outcome == NOT_READ]
        more = hint() if lasting and not self._complete else ""
        more = more and f"; {more}"
        if len(lasting) > 1 and not self._complete:
            text = "none of %d streams can be read; the first: %s%s"
            self._logger.error(text, len(lasting), self._failures[lasting[0]], more)
            return 1
        for name in lasting:
            gap = isinstance(self._failures[name], GapError)
            text = "stream incomplete: %s%s" if gap else "stream not read: %s%s"
            self._logger.error(text, self._failures[name], more)
        for name in sorted(outcomes.keys() - set(lasting)):
            self._logger.warning(WARNINGS[outcomes[name]], self._failures[name])
        return 1 if lasting else 0

    def summary(self, selected: Collection[str]) -> str:
        """Return the one line that says how a run ended.

        Args:
            selected: Names of the streams that were to be read.
        """
        complete = {stream.name for stream in self._complete}
        text = (
            f"{len(complete)} of {len(selected)} streams complete, {self.records:,} records,"
            f" {self.http.sent:,} requests, waited {self.http.waited:,.0f} s"
        )
        outcomes = dict.fromkeys([name for name in selected if name not in complete], NOT_FINISHED)
        outcomes |= {name: self._outcome(error) for name, error in self._failures.items()}
        for outcome in (ABSENT, SKIPPED, NOT_READ, NOT_FINISHED):
            names = [name for name in outcomes if outcomes[name] == outcome]
            if names:
                text += f"; {outcome}: {listed(names)}"
        return text

    def _outcome(self, error: StreamError) -> str:
        """Return what became of a stream that was not read."""
        # If no stream was readable, it is rather the address that is wrong.
        if isinstance(error, AbsentError) and self._complete:
            return ABSENT
        return SKIPPED if self._skips and self._is_refusal(error) else NOT_READ

    @staticmethod
    def _is_refusal(error: StreamError) -> bool:
        return isinstance(error, RefusedError) and not isinstance(error, AbsentError)

    def _still_reads(self) -> bool:
        """Return whether the credentials still open what they opened before.

        Credentials that are wrong, or were replaced during the run, look like missing permissions.
        """
        if not self._complete:
            return False
        known = self._complete[-1]
        try:
            known.check()
        except TapError as error:
            self._logger.error(  # noqa: TRY400 (one line, no traceback)
                "the credentials no longer open a stream that was read: %s", error
            )
            return False
        return True


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
    # Whoever answers: frameworks have their own words for a path that they do not know.
    if may_be_absent and error.status == NO_SUCH_PAGE:
        kind, text = AbsentError, f"{text}; {may_be_absent}"
    elif refused and needs not in text:
        text = f"{text}; it takes {needs}"
    told = kind(text)
    told.status, told.reason = error.status, error.reason
    return told
