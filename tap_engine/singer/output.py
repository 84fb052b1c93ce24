"""From pages to RECORD messages: selection, reshaping, and the quick way for JSON text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_engine.records import json_text
from tap_engine.records.rows import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tap_engine.reading.page_queue import Step
    from tap_engine.records.drift import Drift
    from tap_engine.records.pruning import Pruning
    from tap_engine.singer.writer import RecordWriter
    from tap_engine.state.scan import Context, Scan


class Output:
    """Writes the records of one stream.

    Rows are written as the JSON text that came in, unless a stream map or flattening needs them
    decoded; both ways give the same values.

    Args:
        drift: Compares records with the schema.
        pruning: Members to leave out.
        reshape: Changes the members of a record; None to leave records as they are.
        as_text: Members to write as JSON text.
        alias: Name of the stream in the messages; None where records have to be decoded.
        write_decoded: Writes a decoded record with its table version.
    """

    def __init__(  # noqa: PLR0913 (one for each step of the way)
        self,
        writer: RecordWriter,
        drift: Drift,
        *,
        pruning: Pruning,
        reshape: Callable[[json_text.Members, Context], json_text.Members] | None,
        as_text: Collection[str],
        alias: str | None,
        write_decoded: Callable[[dict[str, Any], int | None], None],
    ) -> None:
        self._writer = writer
        self._drift = drift
        self._pruning = pruning
        self._reshape = reshape
        self._as_text = as_text
        self._alias = alias
        self._write_decoded = write_decoded

    def records(self, step: Step, since: str | None) -> list[bytes]:
        """Return the records of a page as they are written, as JSON text."""
        raws, names = self._selected(step, since), self._as_text
        return [json_text.with_texts(raw, names) for raw in raws] if names else raws

    def _selected(self, step: Step, since: str | None) -> list[bytes]:
        """Return the records of a page with the members that are selected.

        Rows older than the scan asked for are left out: not every endpoint filters. Rows without a
        replication timestamp stay, because nothing says that they are old.

        The first record is compared with the schema before anything is left out of it.
        """
        least = since or ""
        raws = [row.raw for row in step.page.rows if row.at is None or row.at >= least]
        pruning, reshape = self._pruning, self._reshape
        if reshape is not None:
            context = step.part.list
            reshaped = [reshape(json_text.members(raw), context) for raw in raws]
            self._drift.look(map(json_text.join, reshaped))
            return [json_text.join(pruning.apply_to_members(members)) for members in reshaped]
        self._drift.look(raws)
        return [pruning.apply(raw) for raw in raws] if pruning else raws

    def write(self, step: Step, scan: Scan) -> int:
        """Write the records of a page and return their number."""
        raws = self.records(step, scan.since)
        if self._alias is None:
            for raw in raws:
                self._write_decoded(decode(raw), scan.version)
        else:
            self._writer.write_rows(
                self._alias, raws, version=scan.version, time_extracted=step.page.received_at
            )
        return len(raws)
