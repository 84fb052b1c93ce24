"""From pages to RECORD messages: selection, reshaping, and the quick way for what stays bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.mapper import SameRecordTransform

from tap_engine import rawjson, records
from tap_engine.catalog import pruning_of

if TYPE_CHECKING:
    from tap_engine.stream import EngineStream
    from tap_engine.walk import Step, Walk


class Output:
    """Writes the records of one stream.

    Rows go out as the bytes that came in, unless a stream map or flattening needs them decoded;
    both ways give the same values.
    """

    def __init__(self, stream: EngineStream) -> None:
        self._stream = stream
        self._pruning = pruning_of(stream)
        maps = stream.stream_maps
        plain = type(maps[0]) is SameRecordTransform and len(maps) == 1
        self._plain = plain and not stream.config.get("flattening_enabled")

    def raws(self, step: Step, walk: Walk) -> list[bytes]:
        """Turn the rows of a page into the records that go out, as JSON text.

        Rows older than the walk asked for are left out: not every endpoint filters. Rows without a
        replication timestamp stay, because nothing says that they are old.
        """
        since = walk.since or ""
        raws = [row.raw for row in step.page.rows if row.at is None or row.at >= since]
        pruning, stream = self._pruning, self._stream
        if stream.reshapes:
            reshaped = (stream.reshape(rawjson.members(raw), step.read) for raw in raws)
            return [rawjson.join(pruning.apply_to_members(members)) for members in reshaped]
        return [pruning.apply(raw) for raw in raws] if pruning else raws

    def write(self, step: Step, walk: Walk) -> int:
        """Write the records of a page.

        Returns:
            How many there were.
        """
        stream, raws = self._stream, self.raws(step, walk)
        if stream.ABORT_AT_RECORD_COUNT is not None:  # a dry run of the SDK
            raws = raws[: max(0, stream.ABORT_AT_RECORD_COUNT - stream.records_written)]
        stream.drift.look(raws)
        stream.records_written += len(raws)
        if self._plain:
            stream.tap.writer.write_rows(
                stream.stream_maps[0].stream_alias,
                raws,
                version=walk.version,
                time_extracted=step.page.received_at,
            )
        else:
            for raw in raws:
                stream.write_decoded(records.decode(raw), walk.version)
        return len(raws)
