"""Records that stay bytes: rows of a page, and the writer that prints them.

A page is decoded only as far as its envelope. A row is the JSON text that the API sent; beside it
stand the few values that the walk needs.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from singer_sdk.contrib.msgspec import MsgSpecWriter, serialize_jsonl
from singer_sdk.singerlib import RecordMessage, SchemaMessage, StateMessage

from tap_engine import rawjson, timestamps
from tap_engine.errors import SourceError
from tap_engine.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_sdk.singerlib.messages import Message

T = TypeVar("T")

_decoder = msgspec.json.Decoder(float_hook=Decimal)

ROWS_AT_ONCE = 50
"""Rows are put together in pieces that stay in the processor's cache; whole pages do not."""


class Row(msgspec.Struct):
    """One record of a page.

    Attributes:
        raw: The record as JSON text.
        key: Values that order the walk and identify the row, one per path of the walk.
        at: Replication timestamp in the canonical form, None when the record has none.
        sent: The timestamp as sent, where that is another form: finer than milliseconds, only this
            one says where the walk stands.
    """

    raw: bytes
    key: tuple[str, ...]
    at: str | None = None
    sent: str | None = None


def decode(raw: bytes) -> dict[str, Any]:
    """Decode a record; numbers stay exact (`int` of any size, `Decimal`)."""
    record: dict[str, Any] = _decoder.decode(raw)
    return record


class RowReader:
    """Reads keys and replication timestamps out of the rows of one stream.

    Args:
        stream: Name for messages.
        key: Dotted paths of the members that identify a row, all strings.
        replication_key: Member with the replication timestamp, if the stream has one.
    """

    def __init__(self, stream: str, key: Sequence[str], replication_key: str | None) -> None:
        self._stream = stream
        self._key = [attrgetter(path) for path in key]
        self._replication_key = replication_key
        tree: dict[str, Any] = {}
        for path in key:
            *outer, last = path.split(".")
            node = tree
            for name in outer:
                node = node.setdefault(name, {})
            node[last] = str
        if replication_key:
            tree.setdefault(replication_key, str | None)
        self._decoder = msgspec.json.Decoder(list[_struct(tree)])  # type: ignore[misc]

    def rows(self, raws: Sequence[msgspec.Raw]) -> list[Row]:
        """Read all rows of a page, many at once: a call per row costs more than the reading.

        Raises:
            SourceError: A row lacks its key or has one of another type.
        """
        heads: list[Any] = []
        try:
            for some in _pieces(raws):
                heads += self._decoder.decode(b"[" + b",".join(some) + b"]")
        except msgspec.DecodeError as error:
            msg = f"{self._stream}: the API sent a record without a usable key ({error})"
            raise SourceError(msg) from None
        keys = zip(*(map(get, heads) for get in self._key), strict=True)
        if self._replication_key is None:
            return [Row(bytes(raw), key) for raw, key in zip(raws, keys, strict=True)]
        ats = list(map(attrgetter(self._replication_key), heads))
        rows = list(map(Row, map(bytes, raws), keys, ats))
        if not timestamps.all_canonical(at for at in ats if at is not None):
            for row in rows:
                if row.at is not None and not timestamps.is_canonical(row.at):
                    self._normalise(row, row.at)
        return rows

    def _normalise(self, row: Row, value: str) -> None:
        """Bring the replication timestamp of a row into the one form."""
        try:
            row.at, row.sent = timestamps.canonical(value), value
        except ValueError:
            msg = (
                f"{self._stream}: {self._replication_key} of record {'/'.join(row.key)} is no"
                " ISO 8601 timestamp"
            )
            raise SourceError(msg) from None
        members = rawjson.members(row.raw)
        members[str(self._replication_key)] = rawjson.literal(row.at)
        row.raw = rawjson.join(members)


def _struct(tree: dict[str, Any]) -> type[msgspec.Struct]:
    fields: list[Any] = []
    for name, kind in tree.items():
        if isinstance(kind, dict):
            fields.append((name, _struct(kind)))
        elif kind is str:
            fields.append((name, str))
        else:
            fields.append((name, kind, None))
    return msgspec.defstruct("Head", fields, kw_only=True)


def _pieces(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[start : start + ROWS_AT_ONCE]


class RecordWriter(MsgSpecWriter):
    """Prints Singer messages; rows that are still bytes go out as they are.

    Flushes after every message that is not a RECORD (and the tap at its end): a flush per record
    costs more than the record.
    """

    def __init__(self) -> None:
        super().__init__()
        self.signals = Signals()

    def serialize_message(self, message: Message) -> bytearray:
        """Render a message; without the deep copy of schemas and states that the SDK makes."""
        if not isinstance(message, SchemaMessage | StateMessage):
            return super().serialize_message(message)
        members = ((each.name, getattr(message, each.name)) for each in fields(message))
        return serialize_jsonl({name: value for name, value in members if value is not None})

    def write_message(self, message: Message) -> None:
        """Write one message of the SDK."""
        with self.signals.held():
            _write_all(self.format_message(message))
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
        """Write RECORD messages around rows that are JSON text."""
        head = b'{"type":"RECORD","stream":' + msgspec.json.encode(stream) + b',"record":'
        extracted = b',"time_extracted":' + msgspec.json.encode(time_extracted)
        activated = b"" if version is None else b',"version":%d' % version
        tail = activated + extracted + b"}\n"
        between = tail + head
        with self.signals.held():
            for some in _pieces(raws):
                _write_all(b"".join((head, between.join(some), tail)))

    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
        with self.signals.held():
            sys.stdout.buffer.flush()


def _write_all(data: bytes | bytearray) -> None:
    """Write to standard output, all of it.

    With PYTHONUNBUFFERED (usual in containers) standard output is a raw file, and a signal cuts
    its writes short: half a line would stand before the STATE that is written last.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[sys.stdout.buffer.write(rest) :]
