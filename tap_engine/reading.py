"""One run of one stream: from its walk to records, checkpoints and the bookmark."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tap_engine import checkpoint, partial, records
from tap_engine.errors import QueryRefusedError
from tap_engine.numbered import NumberedReader
from tap_engine.output import Output
from tap_engine.planning import plan
from tap_engine.progress import Progress
from tap_engine.walk import PAGE_NUMBERS, Page, Range, Walk, Walker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_engine.stream import EngineStream

STATE_RECORDS = 500
STATE_SECONDS = 5.0
"""A STATE follows a page when so many records or seconds have passed since the last."""


class Reading:
    """Reads a stream once, going on where an interrupted run stopped.

    Raises:
        StateError: The stream's state cannot be understood.
    """

    def __init__(self, stream: EngineStream) -> None:
        self._stream = stream
        walk, self._resumed = plan(stream)
        if self._resumed:
            stream.logger.info("%s: going on with an interrupted walk", stream.name)
        self._reader = self._make_reader(walk)

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

    def run(self, count: Callable[[int], object]) -> None:
        """Write everything, then set the bookmark.

        Args:
            count: Is told how many records each page had.

        Raises:
            StreamError: The stream cannot be read.
            TapError: The run cannot go on.
        """
        while True:
            self.begin()
            try:
                self._write_pages(count)
                break
            except QueryRefusedError as error:
                self._begin_anew(error)
        for some in self._stream.complete(self._reader.walk):
            count(partial.write(self._stream, some))
        self._finish(self._reader.walk)

    def _write_pages(self, count: Callable[[int], object]) -> None:
        stream, tap, reader = self._stream, self._stream.tap, self._reader
        walk, output, hold = reader.walk, Output(stream), tap.writer.signals.held
        progress = Progress(stream.name, tap.http, stream.logger, lambda: stream.ask_total(walk))
        pending, since_state = 0, time.monotonic()
        for step in reader.steps():
            if walk.cut is None:
                walk.cut = tap.http.cut
            tap.read_ahead(stream)
            written = output.write(step, walk)
            count(written)
            progress.add(written)
            pending += written
            stream.check_limit()
            with hold():
                reader.advance(step)
                if walk.opened is not None:
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
                at_cut=stream.bookmark_at_cut,
            )
            stream.tap.write_state()

    def _begin_anew(self, error: QueryRefusedError) -> None:
        """Begin the walk anew in an order that the API may accept."""
        stream, old = self._stream, self._reader.walk
        # A position out of an old state may be what the API does not take: first without it.
        order = stream.order_after(error, old.order, resumed=self._resumed)
        if order is None:
            raise error
        self._resumed = False
        stream.logger.warning("%s; reading everything and leaving out what is older", error)
        self._reader.close()
        stream.begin_anew()
        walk = Walk(
            order=order,
            since=old.since,
            version=old.version,
            first=old.first,
            read_with=old.read_with,
        )
        self._reader = self._make_reader(walk)

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
            )
        return Walker(
            walk,
            stream.lists_after(walk.opened),
            fetch=fetch,
            submit=stream.tap.http.submit,
            width=stream.width(walk),
            split=stream.split,
        )
