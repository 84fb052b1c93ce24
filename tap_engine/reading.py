"""One run of one stream: from its walk to records, checkpoints and the bookmark."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_engine import checkpoint, counts, partial, records, timestamps
from tap_engine.counts import Counts
from tap_engine.errors import IncompleteError, QueryRefusedError
from tap_engine.numbered import NumberedReader
from tap_engine.output import Output
from tap_engine.planning import plan
from tap_engine.progress import Progress
from tap_engine.walk import PAGE_NUMBERS, Page, Range, Step, Walk, Walker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_engine.stream import EngineStream

STATE_RECORDS = 500
STATE_SECONDS = 5.0
"""A STATE follows a page when so many records or seconds have passed since the last."""


NO_BOUND = timedelta(days=366)
"""So far ahead that it leaves nothing out."""


class Reading:
    """Reads a stream once, going on where an interrupted run stopped.

    Args:
        stream: The stream.
        walk: What to read of it, instead of what its state asks for.

    Raises:
        StateError: The stream's state cannot be understood.
    """

    def __init__(self, stream: EngineStream, walk: Walk | None = None) -> None:
        self._stream = stream
        walk, self._resumed = (walk, False) if walk else plan(stream)
        if self._resumed:
            stream.logger.info("%s: going on with an interrupted walk", stream.name)
        self._reader = self._make_reader(walk)
        self._pages = 0
        self._counts = Counts(stream)

    def begin(self) -> None:
        """Ask for the first pages without waiting for them."""
        self._reader.begin()

    def close(self) -> None:
        """Drop what was asked for and not written."""
        self._reader.close()

    @property
    def asking(self) -> int:
        """Number of pages in flight or waiting to be written."""
        return self._reader.asking

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the records, decoded, as long as the first order works; state is left alone."""
        reader, output = self._reader, Output(self._stream)
        for step in reader.steps():
            for raw in output.raws(step, reader.walk):
                yield records.decode(raw)
            reader.advance(step)

    def pages(self) -> Iterator[Step]:
        """Yield the pages, in whatever order the API takes; state is left alone.

        A walk that has to begin anew in another order yields again what it has yielded before. Rows
        older than the walk asked for may be among the others: not every endpoint filters.
        """
        while True:
            self.begin()
            try:
                for step in self._reader.steps():
                    yield step
                    self._reader.advance(step)
            except QueryRefusedError as error:
                self._fall_back(error)
            else:
                return

    def run(self, count: Callable[[int], object]) -> None:
        """Write everything, then set the bookmark.

        Args:
            count: Is told how many records each page had.

        Raises:
            StreamError: The stream cannot be read.
            TapError: The run cannot go on.
        """
        self._read(count)
        walk = self._reader.walk
        if walk.version is not None and self._stream.cursor_field is not None:
            self._catch_up(walk, count)
        for some in self._stream.complete(walk):
            count(partial.write(self._stream, some))
        self._finish(walk)

    def _read(self, count: Callable[[int], object], *, save: bool = True) -> None:
        complete = False
        while not complete:
            self.begin()
            try:
                self._write_pages(count, save=save)
                complete = self._counted()
            except QueryRefusedError as error:
                self._fall_back(error)

    def _catch_up(self, walk: Walk, count: Callable[[int], object]) -> None:
        """Write what changed since a full-table walk began, before its version is activated.

        Incremental runs may have loaded such records meanwhile, above all when the walk was
        interrupted. Without this version they would be removed, and never be read again.
        """
        stream = self._stream
        began = walk.cut or timestamps.now()
        changes = Walk(
            order=stream.change_order(),
            since=timestamps.earlier(began, stream.tap.lookback_seconds),
            cut=timestamps.render(datetime.now(UTC) + NO_BOUND),
            version=walk.version,
        )
        self._resumed = False
        stream.begin_anew()
        self._reader = self._make_reader(changes)
        self._read(count, save=False)

    def _write_pages(self, count: Callable[[int], object], *, save: bool) -> None:
        stream, tap, reader = self._stream, self._stream.tap, self._reader
        walk, output, hold = reader.walk, Output(stream), tap.writer.signals.held
        progress = Progress(stream.name, tap.http, stream.logger, lambda: self._counts.total(walk))
        pending, since_state = 0, time.monotonic()
        tap.read_ahead(stream)
        for step in reader.steps():
            if walk.cut is None:
                walk.cut = tap.http.cut
            tap.read_ahead(stream)
            self._pages += 1
            self._counts.ask_early(walk, step.page)
            written = output.write(step, walk)
            count(written)
            progress.add(written)
            pending += written
            stream.check_limit()
            with hold():
                reader.advance(step)
                if save and walk.opened is not None:
                    checkpoint.save(stream.stream_state, walk)
            if pending >= STATE_RECORDS or time.monotonic() - since_state >= STATE_SECONDS:
                tap.write_state()
                pending, since_state = 0, time.monotonic()

    def _finish(self, walk: Walk) -> None:
        """Activate the version of a full table, set the bookmark, write the state."""
        stream = self._stream
        with stream.tap.writer.signals.held():
            if walk.version is not None:
                stream.activate(walk.version)
            checkpoint.finish(
                stream.stream_state,
                walk,
                None if stream.is_full_table else stream.replication_key,
                stream.read_with(),
                # An empty shard's bookmark has to say when it was empty: the others' go further.
                at_cut=stream.bookmark_at_cut or (stream.shard is not None and not walk.highest),
            )
            stream.tap.note_finished(stream)
            stream.tap.write_state()

    def _counted(self) -> bool:
        """Compare with the source's count; begin anew and return False if that leaves doubt."""
        stream, walk = self._stream, self._reader.walk
        try:
            if self._counts.confirm(walk, self._pages):
                return True
        except IncompleteError:
            checkpoint.drop(stream.stream_state)
            raise
        stream.logger.info("%s: reading everything again to see what is missing", stream.name)
        self._begin_anew(walk.order)
        return False

    def _fall_back(self, error: QueryRefusedError) -> None:
        """Begin the walk anew in an order that the API may accept."""
        stream = self._stream
        # A position out of an old state may be what the API does not take: first without it.
        order = stream.order_after(error, self._reader.walk.order, resumed=self._resumed)
        if order is None:
            raise error
        stream.logger.warning("%s; reading everything and leaving out what is older", error)
        self._begin_anew(order)

    def _begin_anew(self, order: str) -> None:
        old = self._reader.walk
        self._resumed, self._pages = False, 0
        self._counts.forget_early()
        self._reader.close()
        self._stream.begin_anew()
        self._reader = self._make_reader(
            Walk(
                order=order,
                since=old.since,
                version=old.version,
                first=old.first,
                read_with=old.read_with,
            )
        )

    def _make_reader(self, walk: Walk) -> Walker | NumberedReader:
        stream = self._stream

        def fetch(piece: Range) -> Page:
            return stream.fetch(walk, piece)

        if walk.order == PAGE_NUMBERS:
            return NumberedReader(
                stream.name,
                walk,
                stream.lists_after(walk.opened),
                fetch=fetch,
                submit=stream.tap.http.submit,
                logger=stream.logger,
                strict=stream.tap.verify_counts == counts.STRICT,
            )
        return Walker(
            walk,
            stream.lists_after(walk.opened),
            fetch=fetch,
            submit=stream.tap.http.submit,
            width=stream.width(walk),
            split=stream.split,
        )
