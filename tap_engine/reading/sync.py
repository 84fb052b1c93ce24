"""The run of one stream: from its scan to records, checkpoints and the bookmark."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from tap_engine import timestamps
from tap_engine.errors import (
    BetterWayError,
    IncompleteError,
    QueryRefusedError,
    RefusedError,
    StreamError,
)
from tap_engine.reading import counts
from tap_engine.reading.counts import Counts
from tap_engine.reading.numbered import NumberedPages
from tap_engine.reading.page_queue import PageQueue
from tap_engine.reading.plan import Planned, plan
from tap_engine.reading.progress import Progress
from tap_engine.reading.run import Prefetchable
from tap_engine.state import entry
from tap_engine.state.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from tap_engine.reading.page_queue import Step
    from tap_engine.reading.pager import Pager
    from tap_engine.reading.run import Run

STATE_RECORDS = 500
STATE_SECONDS = 5.0
"""A STATE follows a page when so many records or seconds have passed since the last."""

NO_BOUND = timedelta(days=366)
"""So far ahead that it leaves nothing out."""


class Source(Planned, Prefetchable, Protocol):
    """What the run of a stream needs of the stream."""

    source_expires: ClassVar[bool]
    """The source removes old records by itself."""

    def complete(self, scan: Scan) -> Iterable[int]:
        """Do what is left when the last page is written and the bookmark not yet set.

        Yields:
            Numbers of further records that were written.
        """

    def activate(self, version: int) -> None:
        """Write an ACTIVATE_VERSION message."""

    def note_finished(self) -> None:
        """Note in the state that a shard's scan of the stream is complete."""


class Output(Protocol):
    """Writes the records of a stream."""

    def write(self, step: Step, scan: Scan) -> int:
        """Write the records of a page and return their number."""


class StreamSync:
    """Reads a stream once, resuming an interrupted scan if there is one.

    Args:
        source: The stream.
        run: The run that it is part of.
        pager: What to read, instead of what the stream's state asks for.

    Raises:
        StateError: The stream's state cannot be used.
    """

    def __init__(self, source: Source, run: Run, pager: Pager[Any] | None = None) -> None:
        self._source = source
        self._run = run
        self._resumed = False
        if pager is None:
            pager, self._resumed = plan(source, run.settings, run.version)
        if self._resumed:
            source.logger.info("%s: resuming an interrupted scan", source.name)
        self._pages = 0
        self._received = False
        self._counts = Counts(
            run.settings,
            run.http.sleep,
            source.logger,
            checksums=not (self._resumed or pager.counts_changes),
        )
        self._open(pager)

    def begin(self) -> None:
        """Ask for the first pages without waiting for them."""
        self._queue.begin()

    def close(self) -> None:
        """Drop what was asked for and not written."""
        self._queue.close()

    @property
    def pending(self) -> int:
        """Number of pages in flight or waiting to be written."""
        return self._queue.pending

    @property
    def answered(self) -> bool:
        """Whether a page of the stream has arrived, now or in an earlier run."""
        return self._received or self._resumed

    @property
    def held_bytes(self) -> int:
        """Size of the pages that have arrived and wait to be written."""
        return self._queue.held_bytes

    @property
    def scan(self) -> Scan:
        """What is being read, and where it stands."""
        return self._pager.scan

    def pages(self, *, counted: bool = False) -> Iterator[Step]:
        """Yield the pages, with whichever pager the API accepts; no record is written.

        A scan that has to begin anew yields again what it has yielded before. Rows older than the
        scan asked for may be among the others: not every endpoint filters.

        Args:
            counted: Compare with the API's count at the end, as the setting verify_counts says.

        Raises:
            IncompleteError: Records are missing.
        """
        complete = False
        while not complete:
            self.begin()
            try:
                for step in self._queue.steps():
                    self._note(step)
                    yield step
                    self._queue.commit(step)
                complete = not counted or self._counted()
            except QueryRefusedError as error:
                self._fall_back(error)

    def _note(self, step: Step) -> None:
        """Take in a page before it is written, for the count at the end."""
        scan = self._pager.scan
        if scan.run_started_at is None:
            scan.run_started_at = self._run.http.run_started_at
        self._pages += 1
        if scan.full:
            self._counts.add(step.page.rows)

    def run(self, output: Callable[[], Output], count: Callable[[int], object]) -> None:
        """Write everything, then set the bookmark.

        Args:
            output: Makes what writes the records.
            count: Called with the number of records of each page.

        Raises:
            RefusedError: The first answer said that the credentials do not open the stream.
            StreamError: The stream cannot be read.
            TapError: The run cannot go on.
        """
        try:
            self._read(output, count)
            scan = self._pager.scan
            if scan.version is not None and self._source.replication_key is not None:
                self._catch_up(scan, output, count)
        except RefusedError as error:
            if not self._received:
                raise
            # A missing permission would have shown at once; this is no stream to be skipped.
            msg = f"{error}; refused in the middle of the stream"
            raise StreamError(msg) from None
        for number in self._source.complete(scan):
            count(number)
        self._finish(scan)

    def _read(
        self, output: Callable[[], Output], count: Callable[[int], object], *, save: bool = True
    ) -> None:
        complete = False
        while not complete:
            self.begin()
            try:
                self._write_pages(output(), count, save=save)
                complete = self._counted()
            except QueryRefusedError as error:
                self._fall_back(error)

    def _write_pages(self, output: Output, count: Callable[[int], object], *, save: bool) -> None:
        source, run, scan = self._source, self._run, self._pager.scan
        progress = Progress(source.name, run.http, source.logger, self.ask_total)
        unsaved, saved_at = 0, time.monotonic()
        run.prefetch(source)
        for step in self._queue.steps():
            self._received |= not step.page.lacking
            run.prefetch(source)
            self._note(step)
            if save and self._pages == 1 and self._rewrites:
                with run.hold():
                    entry.save(source.stream_state, scan)
                    run.write_state()
            written = output.write(step, scan)
            count(written)
            progress.add(written)
            unsaved += written
            with run.hold():
                self._queue.commit(step)
                if save and scan.last_list is not None:
                    entry.save(source.stream_state, scan)
            if unsaved >= STATE_RECORDS or time.monotonic() - saved_at >= STATE_SECONDS:
                run.write_state()
                unsaved, saved_at = 0, time.monotonic()

    def ask_total(self) -> Future[int | None] | None:
        """Ask in a worker thread for the length of the list, if that takes no waiting."""
        pager = self._pager
        if not pager.can_count or pager.waits_for_count:
            return None
        return self._run.http.submit(pager.count)

    def _catch_up(
        self, scan: Scan, output: Callable[[], Output], count: Callable[[int], object]
    ) -> None:
        """Write what changed since the scan of a full table began, before its version is activated.

        Incremental runs may have loaded such records meanwhile, above all when the scan was
        interrupted. Without this version they would be removed, and never be read again.
        """
        source = self._source
        began = scan.run_started_at or timestamps.now()
        changes = Scan(
            pager=source.change_pager.name,
            since=timestamps.earlier(began, self._run.settings.lookback_seconds),
            run_started_at=timestamps.render(datetime.now(UTC) + NO_BOUND),
            version=scan.version,
        )
        self._resumed = False
        self._open(source.make_pager(source.change_pager, changes))
        self._read(output, count, save=False)

    def _finish(self, scan: Scan) -> None:
        """Activate the version of a full table, set the bookmark, write the state."""
        source = self._source
        with self._run.hold():
            if scan.version is not None:
                source.activate(scan.version)
            entry.finish(
                source.stream_state,
                scan,
                None if source.is_full_table else source.replication_key,
                source.coverage,
                expires=source.source_expires,
            )
            source.note_finished()
            self._run.write_state()

    def _counted(self) -> bool:
        """Compare with the source's count; begin anew and return False if that leaves doubt."""
        source, scan = self._source, self._pager.scan
        # Of an empty list no bookmark is set, so that every run reads and would count it.
        sharded = self._run.settings.shard is not None
        ends = source.replication_key is None or source.source_expires or sharded
        ends |= scan.version is not None
        matters = ends or scan.count > 0
        try:
            if self._counts.confirm(source.name, self._pager, self._pages, matters=matters):
                return True
        except IncompleteError as error:
            other = self._pager.instead_of_missing()
            if other is None:
                entry.drop(source.stream_state)
                raise
            source.logger.warning("%s; %s", error, self._pager.instead)
            self._begin_anew(other)
            return False
        source.logger.info("%s: reading everything again to see what is missing", source.name)
        self._begin_anew(self._pager.again())
        return False

    def _fall_back(self, error: QueryRefusedError) -> None:
        """Begin anew with a pager whose queries the API may accept."""
        # A position from an old state may be what the API refuses: try without it first.
        pager = self._pager.restart(error, resumed=self._resumed)
        if pager is None:
            raise error
        level = logging.INFO if isinstance(error, BetterWayError) else logging.WARNING
        self._source.logger.log(level, "%s; %s", error, self._pager.instead)
        self._begin_anew(pager)

    @property
    def _bookmarks(self) -> bool:
        """Whether a complete scan moves a bookmark."""
        return self._source.replication_key is not None and not self._source.is_full_table

    @property
    def _rewrites(self) -> bool:
        """Whether records are written again, by settings that may be others than before.

        State says so before the first of them, or they would stay if the run were killed then and
        the settings taken back.
        """
        scan = self._pager.scan
        begun = scan.bookmark is not None or entry.is_scanned(self._source.stream_state)
        return scan.full and begun

    def _begin_anew(self, pager: Pager[Any]) -> None:
        self._resumed, self._pages = False, 0
        self._counts.begin_anew()
        self._queue.close()
        self._open(pager)

    def _open(self, pager: Pager[Any]) -> None:
        self._pager = pager
        submit = self._run.http.submit
        self._queue: PageQueue | NumberedPages
        if pager.rereads:
            self._queue = NumberedPages(
                self._source.name,
                pager,
                submit,
                sleep=self._run.http.sleep,
                logger=self._source.logger,
                strict=self._run.settings.verify_counts == counts.STRICT,
                twice=pager.scan.version is not None or self._bookmarks,
            )
        else:
            self._queue = PageQueue(pager, submit)
