"""The data of a stand-in: records rendered to JSON once, in indexes that stay sorted."""

from __future__ import annotations

import math
import random
import threading
import time
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import msgspec
from sortedcontainers import SortedDict, SortedList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Record = dict[str, Any]


def timestamp(seconds: float | None = None) -> str:
    """Format a time as both APIs do: UTC, milliseconds, `Z`.

    Args:
        seconds: Since the epoch; now by default.
    """
    milliseconds = int(time.time() * 1000) if seconds is None else round(seconds * 1000)
    whole, rest = divmod(milliseconds, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{rest:03d}Z"


@dataclass(slots=True, eq=False)
class Row:
    """One record.

    Attributes:
        id: Identity within the collection.
        at: Time of the last update, or an empty string if records have none.
        body: The record as JSON, exactly as the API serves it.
    """

    id: str
    at: str
    body: bytes


def by_update_time(row: Row) -> tuple[str, str]:
    """Return the key of the index `Collection.by_time`."""
    return row.at, row.id


class Collection:
    """The rows of one collection.

    Rows are loaded on first use, so that a stand-in with fifty collections starts at once. Hold
    `lock` to read more than one thing: tests change data from other threads.

    Args:
        name: Name of the stream.
        load: Returns the initial rows, or the records that become rows, in any order.
        identity: Dotted paths of the members that identify a record; several are joined with `/`.
            Members whose name starts with `_` can be used here, but are never served.
        time_fields: Members with the time of the last update. The first one becomes `Row.at`.
        versioned: Whether records have a `version` that every update increases.
        seed: Seed of undefined orders.
    """

    def __init__(  # noqa: PLR0913 - all but the first two are rare and given by keyword
        self,
        name: str,
        load: Callable[[], Iterable[Row | Record]] = tuple,
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
        self._indexes: dict[Callable[[Row], Any], SortedList] = {}
        self._random = random.Random(f"{seed}/{name}")

    @property
    def by_id(self) -> SortedDict:
        """Rows by identity, sorted (`SortedDict[str, Row]`)."""
        with self.lock:
            if self._by_id is None:
                loaded = (it if isinstance(it, Row) else self.render(it) for it in self._load())
                ordered = sorted(loaded, key=lambda row: row.id)
                self._by_id = SortedDict((row.id, row) for row in ordered)
            return self._by_id

    @property
    def by_time(self) -> SortedList:
        """Pairs `(at, id)` of all rows, sorted."""
        return self.index(by_update_time)

    def index(self, key: Callable[[Row], Any]) -> SortedList:
        """Return the sorted keys of all rows, which later changes keep up to date."""
        with self.lock:
            if key not in self._indexes:
                self._indexes[key] = SortedList(map(key, self.by_id.values()))
            return self._indexes[key]

    def __len__(self) -> int:
        return len(self.by_id)

    def get(self, row_id: str) -> Row | None:
        """Return a row by its identity."""
        row: Row | None = self.by_id.get(row_id)
        return row

    def record(self, row_id: str) -> Record | None:
        """Return a decoded copy of a row."""
        row = self.get(row_id)
        return msgspec.json.decode(row.body) if row else None

    def identify(self, record: Record) -> str:
        """Return the identity of a record.

        Raises:
            KeyError: If one of the members is missing.
        """
        return "/".join(str(_member(record, path)) for path in self.identity)

    def render(self, record: Record) -> Row:
        """Return the row of a record without storing it."""
        at = str(record.get(self.time_fields[0], "")) if self.time_fields else ""
        served = {name: value for name, value in record.items() if not name.startswith("_")}
        return Row(self.identify(record), at, msgspec.json.encode(served))

    def upsert(self, record: Record) -> Row:
        """Store a record as it is, replacing the one with the same identity."""
        row = self.render(record)
        with self.lock:
            self._reindex(self.get(row.id), row)
            self.by_id[row.id] = row
        return row

    def delete(self, row_id: str) -> Row | None:
        """Remove a row and return it, or None if there was none."""
        with self.lock:
            row: Row | None = self.by_id.pop(row_id, None)
            self._reindex(row, None)
            return row

    def unordered(self) -> Iterator[Row]:
        """Yield all rows in an order that means nothing and differs from call to call."""
        rows = self.by_id
        return (rows.peekitem(place)[1] for place in self.scattered(0, len(rows)))

    def scattered(self, begin: int, end: int) -> Iterator[int]:
        """Yield all places of a part of an index in an undefined order.

        It is lazy (every `stride`-th place, wrapping around), so that a page costs the same however
        many rows there are.
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
        """Return rows in a new random order, as for ties and other undefined orders."""
        copy = list(rows)
        self._random.shuffle(copy)
        return copy

    def _reindex(self, old: Row | None, new: Row | None) -> None:
        for key, index in self._indexes.items():
            if old is not None:
                index.remove(key(old))
            if new is not None:
                index.add(key(new))


class View(Collection):
    """Some of the rows of another collection, read-only, under a stream name of their own.

    Args:
        name: Name of the stream.
        rows: The other collection.
        keep: Whether a row belongs to the view.
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


def _member(record: Record, path: str) -> Any:
    return reduce(lambda value, name: value[name], path.split("."), record)
