"""Rows of a page: JSON text as the API sent it, plus the few values that reading needs."""

from __future__ import annotations

from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

from tap_engine import timestamps
from tap_engine.errors import SourceError
from tap_engine.records import json_text
from tap_engine.records.dates import without_empty

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_engine.records.dates import Dates

T = TypeVar("T")

_decoder = msgspec.json.Decoder(float_hook=Decimal)

_Date = Annotated[str, msgspec.Meta(min_length=1)] | None

ROWS_AT_ONCE = 50
"""Size of a batch that fits into the processor's cache; a whole page does not."""


class Row(msgspec.Struct):
    """One record of a page.

    Attributes:
        raw: The record as JSON text.
        key: Values that identify the row, one for each key path of its reader.
        at: Replication timestamp in canonical form; None if the record has none.
        sent: The timestamp as sent, if that is not canonical. If it is finer than milliseconds,
            only this one gives the position of a range.
    """

    raw: bytes
    key: tuple[str, ...]
    at: str | None = None
    sent: str | None = None


def decode(raw: bytes) -> dict[str, Any]:
    """Decode a record, with exact numbers (`int` of any size, `Decimal`)."""
    record: dict[str, Any] = _decoder.decode(raw)
    return record


class RowReader:
    """Reads keys and replication timestamps from the rows of one list.

    Args:
        stream: Name of the stream, for messages.
        key: Dotted paths of the members that identify a row; all of them are strings.
        replication_key: Member with the replication timestamp, if the stream has one.
        dates: Members in which an empty text means null.
    """

    def __init__(
        self,
        stream: str,
        key: Sequence[str],
        replication_key: str | None,
        dates: Dates | None = None,
    ) -> None:
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
        self._dates = dict(dates or {})
        if replication_key:
            self._dates[replication_key] = None
        self._decoder = msgspec.json.Decoder(list[_struct(tree)])  # type: ignore[misc]
        # Finds an empty date on the way, as a value of the wrong type: to search for one would take
        # longer than all else that is done with a row.
        _add_dates(tree, self._dates)
        self._first_decoder = msgspec.json.Decoder(list[_struct(tree)])  # type: ignore[misc]

    def rows(self, raws: Sequence[msgspec.Raw]) -> list[Row]:
        """Read the rows of a page, in batches: a call per row would cost more than the decoding.

        Raises:
            SourceError: A row has no key, or a key or timestamp that is not a string.
        """
        heads: list[Any] = []
        texts: Sequence[bytes | msgspec.Raw] = raws
        for batch in batches(raws):
            try:
                heads += self._first_decoder.decode(b"[" + b",".join(batch) + b"]")
            except msgspec.DecodeError:
                repaired = [without_empty(raw, self._dates) for raw in batch]
                texts = [*texts[: len(heads)], *repaired, *texts[len(heads) + len(batch) :]]
                heads += self._decode(repaired)
        keys = zip(*(map(get, heads) for get in self._key), strict=True)
        if self._replication_key is None:
            return list(map(Row, map(bytes, texts), keys))
        ats = list(map(attrgetter(self._replication_key), heads))
        rows = list(map(Row, map(bytes, texts), keys, ats))
        if not timestamps.all_canonical(at for at in ats if at is not None):
            for row in rows:
                if row.at is not None and not timestamps.is_canonical(row.at):
                    self._normalise(row, row.at)
        return rows

    def _decode(self, batch: Sequence[bytes]) -> list[Any]:
        try:
            heads: list[Any] = self._decoder.decode(b"[" + b",".join(batch) + b"]")
        except msgspec.DecodeError as error:
            msg = f"{self._stream}: the API sent a record without a usable key ({error})"
            raise SourceError(msg) from None
        return heads

    def _normalise(self, row: Row, value: str) -> None:
        """Convert the replication timestamp of a row to canonical form."""
        try:
            row.at, row.sent = timestamps.canonical(value), value
        except ValueError:
            msg = (
                f"{self._stream}: {self._replication_key} of record {'/'.join(row.key)} is not"
                " an ISO 8601 timestamp"
            )
            raise SourceError(msg) from None
        members = json_text.members(row.raw)
        members[str(self._replication_key)] = json_text.literal(row.at)
        row.raw = json_text.join(members)


def _struct(tree: dict[str, Any]) -> type[msgspec.Struct]:
    fields: list[Any] = []
    for name, kind in tree.items():
        if isinstance(kind, dict):
            fields.append((name, _struct(kind)))
        elif kind is str:
            fields.append((name, str))
        elif isinstance(kind, _Optional):
            fields.append((name, _struct(kind.tree) | None, None))
        else:
            fields.append((name, kind, None))
    return msgspec.defstruct("Head", fields, kw_only=True)


class _Optional:
    """An object that may be missing, with the dates inside of it."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self.tree = tree


def _add_dates(tree: dict[str, Any], dates: Dates) -> None:
    """Add dates to the members that a decoder looks at."""
    for name, inside in dates.items():
        if inside is None:
            if tree.get(name) is not str:
                tree[name] = _Date
        elif isinstance(tree.get(name), dict):
            _add_dates(tree[name], inside)
        elif name not in tree:
            inner: dict[str, Any] = {}
            _add_dates(inner, inside)
            tree[name] = _Optional(inner)


def batches(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield rows in batches of `ROWS_AT_ONCE`."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[start : start + ROWS_AT_ONCE]
