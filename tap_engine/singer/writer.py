"""Writes Singer messages; records that are JSON text are written as they are."""

from __future__ import annotations

import sys
from dataclasses import fields
from typing import TYPE_CHECKING

import msgspec
from singer_sdk.contrib.msgspec import MsgSpecWriter, serialize_jsonl
from singer_sdk.singerlib import RecordMessage, SchemaMessage, StateMessage

from tap_engine.records.rows import batches
from tap_engine.singer.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk.singerlib.messages import Message


class RecordWriter(MsgSpecWriter):
    """Writes Singer messages to standard output.

    Flushes after every message except RECORD: flushing would cost more than the record itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.signals = Signals()
        self.ends_with_state = False

    def serialize_message(self, message: Message) -> bytearray:
        """Serialize a message without the SDK's deep copy of schemas and states."""
        if not isinstance(message, SchemaMessage | StateMessage):
            return super().serialize_message(message)
        members = ((each.name, getattr(message, each.name)) for each in fields(message))
        return serialize_jsonl({name: value for name, value in members if value is not None})

    def write_message(self, message: Message) -> None:
        """Write a message of the SDK."""
        with self.signals.held():
            _write_all(self.format_message(message))
            self.ends_with_state = isinstance(message, StateMessage)
            if not isinstance(message, RecordMessage):
                sys.stdout.buffer.flush()

    def write_rows(
        self,
        stream: str,
        raws: Sequence[bytes],
        *,
        version: int | None,
        time_extracted: str,
    ) -> None:
        """Write RECORD messages for records that are JSON text."""
        head = b'{"type":"RECORD","stream":' + msgspec.json.encode(stream) + b',"record":'
        extracted = b',"time_extracted":' + msgspec.json.encode(time_extracted)
        activated = b"" if version is None else b',"version":%d' % version
        tail = activated + extracted + b"}\n"
        between = tail + head
        self.ends_with_state = False
        with self.signals.held():
            for batch in batches(raws):
                _write_all(b"".join((head, between.join(batch), tail)))

    def flush(self) -> None:
        """Flush standard output."""
        with self.signals.held():
            sys.stdout.buffer.flush()


def _write_all(data: bytes | bytearray) -> None:
    """Write all bytes to standard output.

    With PYTHONUNBUFFERED, common in containers, standard output is a raw file, and a signal can cut
    its writes short: the final STATE would follow half a line.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[sys.stdout.buffer.write(rest) :]
