"""Where a stand-in keeps its data: rows that are rendered once, in indexes that stay sorted."""

from __future__ import annotations

import math
import random
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec
from sortedcontainers import SortedDict, SortedList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Record = dict[str, Any]


def timestamp(seconds: float | None = None) -> str:
    """Write a time the way both APIs do: UTC, milliseconds, `Z`.

    Args:
        seconds: Since the epoch; now when left out.
    """
    milliseconds = int(time.time() * 1000) if seconds is None else round(seconds * 1000)
    whole, rest = divmod(milliseconds, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{rest:03d}Z"


class Row:
    """One record.

    Attributes:
        id: Identity inside the collection.
        at: Replication timestamp, ISO with milliseconds and `Z`; empty where there is none.
        body: The record as JSON, exactly as the API serves it.
    """

    __slots__ = ("at", "body", "id")

    def __init__(self, row_id: str, at: str, body: bytes) -> None:
        self.id = row_id
        self.at = at
        self.body = body


class Collection:
    """The rows of one collection.

    Rows are loaded on first use, so that a stand-in with fifty collections starts at once. Callers
    that read more than one thing in a row hold `lock`: tests change data from another thread.

    Args:
        name: Name of the stream.
        load: Gives the initial rows, in any order.
        identity: Dotted paths of the members that identify a record. More than one are joined
            with `/`. Members that start with `_` may be used; they are never served.
        time_fields: Members that carry the time of the last update. The first one is `Row.at`.
        versioned: Whether records carry a `version` that each update raises by one.
        seed: For the undefined orders.
    """

    def __init__(  # noqa: PLR0913 - a collection is declared in one place, by keyword
        self,
        name: str,
        load: Callable[[], Iterable[Row]] | None = None,
        *,
        identity: tuple[str, ...] = ("id",),
        time_fields: tuple[str, ...] = ("lastModifiedAt",),
        versioned: bool = True,
        seed: int = 0,
    ) -> None:
        self.name = name
        self.identity = identity
        self.time_fields = time_fields
        self.versioned = versioned
        self.lock = threading.RLock()
        self._load = load
        self._by_id: SortedDict | None = None
        self._by_time: SortedList | None = None
        self._random = random.Random(f"{seed}/{name}")

    @property
    def by_id(self) -> SortedDict:
        """Rows by identity, in the order of the identity (`SortedDict[str, Row]`)."""
        with self.lock:
            if self._by_id is None:
                rows = self._load() if self._load else ()
                ordered = sorted(rows, key=lambda row: row.id)
                self._by_id = SortedDict((row.id, row) for row in ordered)
            return self._by_id

    @property
    def by_time(self) -> SortedList:
        """Pairs `(at, id)` of all rows, sorted; built on first use."""
        with self.lock:
            if self._by_time is None:
                self._by_time = SortedList((row.at, row.id) for row in self.by_id.values())
            return self._by_time

    def __len__(self) -> int:
        return len(self.by_id)

    def get(self, row_id: str) -> Row | None:
        """Look a row up by its identity."""
        row: Row | None = self.by_id.get(row_id)
        return row

    def record(self, row_id: str) -> Record | None:
        """Give a decoded copy of a row."""
        row = self.get(row_id)
        return msgspec.json.decode(row.body) if row else None

    def identify(self, record: Record) -> str:
        """Give the identity of a record.

        Raises:
            KeyError: When an identifying member is missing.
        """
        return "/".join(str(_dig(record, path)) for path in self.identity)

    def render(self, record: Record) -> Row:
        """Make a row of a record without storing it."""
        at = str(record.get(self.time_fields[0], "")) if self.time_fields else ""
        served = {name: value for name, value in record.items() if not name.startswith("_")}
        return Row(self.identify(record), at, msgspec.json.encode(served))

    def upsert(self, record: Record) -> Row:
        """Store a record as it is, replacing the one with the same identity."""
        row = self.render(record)
        with self.lock:
            self._forget_time(row.id)
            self.by_id[row.id] = row
            if self._by_time is not None:
                self._by_time.add((row.at, row.id))
        return row

    def delete(self, row_id: str) -> Row | None:
        """Remove a row.

        Returns:
            The removed row, or None when there was none.
        """
        with self.lock:
            self._forget_time(row_id)
            row: Row | None = self.by_id.pop(row_id, None)
            return row

    def unordered(self) -> Iterator[Row]:
        """Walk all rows in an order that is neither by id nor by time and differs at each call."""
        rows = self.by_id
        return (rows.peekitem(place)[1] for place in self.scattered(0, len(rows)))

    def scattered(self, begin: int, end: int) -> Iterator[int]:
        """Give all places of a stretch of an index in an undefined order.

        The order is taken lazily (every `stride`-th place, wrapping around), so that a page out of
        a huge stretch costs no more than the page.
        """
        size = end - begin
        if size <= 0:
            return
        start = self._random.randrange(size)
        stride = self._random.randrange(1, size + 1)
        while math.gcd(stride, size) != 1:
            stride += 1
        for step in range(size):
            yield begin + (start + step * stride) % size

    def shuffled(self, rows: Iterable[Row]) -> list[Row]:
        """Give the rows in another order at each call, for ties and other undefined orders."""
        copy = list(rows)
        self._random.shuffle(copy)
        return copy

    def _forget_time(self, row_id: str) -> None:
        old = self.get(row_id)
        if old is not None and self._by_time is not None:
            self._by_time.remove((old.at, old.id))


class View(Collection):
    """Some rows of another collection under a name of their own; only for reading.

    Args:
        name: Name of the stream that a tap makes of them.
        rows: The collection.
        keep: Tells which rows.
    """

    def __init__(self, name: str, rows: Collection, keep: Callable[[Row], bool]) -> None:
        super().__init__(name, identity=rows.identity, time_fields=(), versioned=False)
        self.lock = rows.lock
        self._rows = rows
        self._keep = keep

    @property
    def by_id(self) -> SortedDict:
        """Rows by identity, as they are now."""
        with self.lock:
            rows = self._rows.by_id.values()
            return SortedDict((row.id, row) for row in rows if self._keep(row))


def _dig(record: Record, path: str) -> Any:
    value: Any = record
    for member in path.split("."):
        value = value[member]
    return value
