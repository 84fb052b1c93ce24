"""The two sources of the soak: stand-ins with little data, and how that data changes at random."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from sandbox.fake import load_schemas
from sandbox.standin import Hook
from sandbox.store import timestamp
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine.records.pruning import secret_breadcrumbs
from tests.support import catalog_of, commerce7_config, commercetools_config

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Collection

    from sandbox.standin import StandIn
    from sandbox.store import Collection as Rows
    from sandbox.store import Record, Row
    from tap_engine.singer.tap import EngineTap


@dataclass(frozen=True)
class Parents:
    """Where the lists of a stream hang.

    Attributes:
        name: Collection of the parents.
        key: Member that names one of them.
        path: Regular expression for the requests for them.
    """

    name: str
    key: str
    path: str


Action = Literal["upsert", "delete"]
TIMES = ("createdAt", "lastModifiedAt", "updatedAt")


@dataclass(frozen=True)
class Soaked:
    """A stream of the soak.

    Attributes:
        name: Of the stream and its collection.
        path: Regular expression for its requests.
        rows: How many it starts with.
        text: Member that an update changes; empty when records are only added and removed.
        bookmark: Its replication key; empty for a full table.
        grows: Records are added and removed by this soak, not only by what follows from others.
        numbered: It is read by numbered pages.
        parents: Where its lists hang; None if it is a list of its own.
        references: For children: their rows are identified by the parent and these members.
    """

    name: str
    path: str
    rows: int
    text: str = ""
    bookmark: str = ""
    grows: bool = True
    numbered: bool = False
    parents: Parents | None = None
    references: tuple[str, ...] = ()


PARENTS = 26
"""Parents of child lists: more than the smallest page has rows."""

MODIFIED, UPDATED = "lastModifiedAt", "updatedAt"

COMMERCETOOLS = (
    Soaked("customers", r"/customers\?", 220, "firstName", MODIFIED),
    Soaked("inventory_entries", r"/inventory\?", 160, "sku", MODIFIED),
    Soaked("reviews", r"/reviews\?", 60, "text", MODIFIED),
    Soaked("custom_objects", r"/custom-objects\?", 60, "key", MODIFIED),
    Soaked("product_selections", r"/product-selections\?", PARENTS, "key", MODIFIED, grows=False),
    Soaked("messages", r"/messages\?", 150, "", "createdAt"),
    # Full tables: one read by id ranges, one with ids that are no UUIDs, two of children.
    Soaked("categories", r"/categories\?", 150, "key"),
    Soaked("api_clients", r"/api-clients\?", 60, "name"),
    Soaked(
        "product_selection_products",
        r"/product-selections/[^/]+/products\?",
        90,
        parents=Parents("product_selections", "id", r"/product-selections\?"),
        references=("product",),
    ),
    Soaked(
        "store_product_selection_assignments",
        r"/product-selection-assignments\?",
        30,
        parents=Parents("stores", "key", r"/stores\?"),
        references=("product", "productSelection"),
    ),
)

COMMERCE7 = (
    Soaked("customers", r"/v1/customer\?", 220, "firstName", UPDATED),
    Soaked("customer_addresses", r"/v1/customer-address\?", 160, "city", UPDATED),
    Soaked("notes", r"/v1/note\?", 120, "content", UPDATED),
    Soaked("reservations", r"/v1/reservation\?", 60, "notes", UPDATED),
    # Full tables: numbered lists, one list for each object type, and one with a cursor.
    Soaked("collections", r"/v1/collection\?", 70, "title", numbered=True),
    Soaked("gift_cards", r"/v1/gift-card\?", 260, "notes", numbered=True),
    Soaked("tags", r"/v1/tag/", 55, "title", numbered=True),
    Soaked("trash", r"/v1/trash\?", 3, grows=False),
)


@dataclass
class Source:
    """A stand-in, the tap that reads it, and what is known of its changes.

    Attributes:
        streams: What is read.
        make_config: Makes settings for a URL.
        uncounted: Regular expression for requests whose failure need not end a run.
        late: Writes become visible up to so many seconds after their timestamp.
        changed: When a row was last seen to have changed, seconds since the epoch, by stream and
            identity. Never earlier than the change itself.
        gone: The same for rows that were deleted.
        mutations: Number of changes so far, those waiting in hooks included.
    """

    tap: type[EngineTap]
    stand_in: StandIn
    streams: tuple[Soaked, ...]
    make_config: Callable[..., dict[str, Any]]
    uncounted: str
    late: float
    changed: dict[str, dict[str, float]] = field(default_factory=dict)
    gone: dict[str, dict[str, float]] = field(default_factory=dict)
    mutations: int = 0

    def __post_init__(self) -> None:
        names = [stream.name for stream in self.streams]
        self.catalog = catalog_of(self.tap, names)
        for entry in self.catalog["streams"]:
            stream = self.stream(entry["tap_stream_id"])
            if not stream.bookmark:
                entry["replication_method"] = "FULL_TABLE"
                root = next(item for item in entry["metadata"] if not item["breadcrumb"])
                root["metadata"]["forced-replication-method"] = "FULL_TABLE"
        # The catalog does not say what is secret.
        self._schemas = load_schemas(self.tap.__module__.partition(".")[0])
        self._bodies: dict[str, dict[str, bytes]] = {}
        self._usual = {name: len(self.collection(name)) for name in names}
        self.observe(0.0)

    def stream(self, name: str) -> Soaked:
        """Return a stream by name."""
        return next(stream for stream in self.streams if stream.name == name)

    def catalog_with(self, names: Collection[str]) -> dict[str, Any]:
        """Return a catalog of some streams."""
        entries = self.catalog["streams"]
        return {"streams": [entry for entry in entries if entry["tap_stream_id"] in names]}

    def secrets(self, name: str) -> set[str]:
        """Name the members of a stream that hold secrets somewhere, which stay at home."""
        return {breadcrumb[1] for breadcrumb in secret_breadcrumbs(self._schemas[name])}

    def collection(self, name: str) -> Rows:
        """Return the rows of a stream."""
        return self.stand_in.collections[name]

    def rows(self, name: str) -> dict[str, Row]:
        """Copy the rows of a stream, by identity."""
        collection = self.collection(name)
        with collection.lock:
            return dict(collection.by_id)

    def observe(self, now: float | None = None) -> None:
        """Note which rows have changed or gone since the last look."""
        for stream in self.streams:
            rows, known = self.rows(stream.name), self._bodies.get(stream.name, {})
            moment = time.time() if now is None else now
            changed = self.changed.setdefault(stream.name, {})
            gone = self.gone.setdefault(stream.name, {})
            changed.update((i, moment) for i, row in rows.items() if known.get(i) != row.body)
            gone.update((row_id, moment) for row_id in known if row_id not in rows)
            for row_id in rows:
                gone.pop(row_id, None)
            self._bodies[stream.name] = {row_id: row.body for row_id, row in rows.items()}

    def mutate(self, rng: random.Random, count: int) -> None:
        """Change the data now."""
        for _ in range(count):
            name, action, record = self._change(rng, self._growing())
            if action == "delete":
                self.stand_in.delete(name, self.collection(name).identify(record))
            else:
                late = self.late and self.stream(name).bookmark and rng.random() < 0.5
                at = timestamp(time.time() - rng.uniform(0, self.late)) if late else None
                self.stand_in.put(name, record, merge=True, at=at)
        self.observe()

    def import_at_once(self, rng: random.Random, count: int) -> None:
        """Update many records in one millisecond, as imports do: more than a page has rows."""
        streams = [stream for stream in self._growing() if stream.bookmark and stream.text]
        stream, at = rng.choice(streams), timestamp()
        self.mutations += count
        for row_id in rng.sample(list(self.rows(stream.name)), count):
            record = {**self._identity(stream, row_id), stream.text: f"import {self.mutations}"}
            self.stand_in.put(stream.name, record, merge=True, at=at)
        self.observe()

    def spread(self, rng: random.Random) -> None:
        """Give children to more than the few parents that have some."""
        for stream in self.streams:
            for row_id in list(self.rows(stream.name)) if stream.parents else ():
                self.stand_in.put(stream.name, self._new(rng, stream, row_id))
                self.stand_in.delete(stream.name, row_id)
        self.observe(0.0)

    def mutate_during(self, rng: random.Random, count: int, requests: int) -> set[str]:
        """Let the data change while the next requests are answered.

        A numbered list is changed at most once: one that never rests cannot be read.

        Returns:
            The streams that will change.
        """
        names: set[str] = set()
        for _ in range(count):
            streams = [s for s in self._growing() if not (s.numbered and s.name in names)]
            name, action, record = self._change(rng, streams)
            names.add(name)
            after = rng.randint(1, requests)
            self.stand_in.hooks.append(Hook(after, name, action, record))
        return names

    def _growing(self) -> list[Soaked]:
        return [stream for stream in self.streams if stream.grows]

    def _change(self, rng: random.Random, streams: list[Soaked]) -> tuple[str, Action, Record]:
        """Choose a change: stream, action and record."""
        self.mutations += 1
        # Large collections change more often than small ones.
        weights = [self._usual[stream.name] + 20 for stream in streams]
        stream = rng.choices(streams, weights)[0]
        rows = self.rows(stream.name)
        row_id = rng.choice(list(rows))
        chosen = rng.random()
        usual = self._usual[stream.name]
        if chosen < 0.2 and len(rows) > usual * 0.7:
            return stream.name, "delete", self._identity(stream, row_id)
        if (chosen < 0.45 or not stream.text) and len(rows) < usual * 1.4:
            return stream.name, "upsert", self._new(rng, stream, row_id)
        if not stream.text:
            return stream.name, "delete", self._identity(stream, row_id)
        new = {stream.text: f"soak {self.mutations}"}
        return stream.name, "upsert", {**self._identity(stream, row_id), **new}

    def _identity(self, stream: Soaked, row_id: str) -> Record:
        """Return the members that identify a row."""
        if stream.parents:
            parent, *ids = row_id.split("/")
            references = dict(zip(stream.references, ids, strict=True))
            return {"_parent": parent, **{name: {"id": i} for name, i in references.items()}}
        if "/" in row_id:
            object_type, _, inner = row_id.rpartition("/")
            return {"objectType": object_type, "id": inner}
        return {"id": row_id}

    def _new(self, rng: random.Random, stream: Soaked, row_id: str) -> Record:
        """Copy a record under another identity: at the low end, the high end or anywhere."""
        old = self.collection(stream.name).record(row_id) or {}
        record = {name: value for name, value in old.items() if name not in TIMES}
        fresh = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        new_id = rng.choice((fresh, f"00000000{fresh[8:]}", f"ffffffff{fresh[8:]}"))
        if not stream.parents:
            return {**record, **self._identity(stream, row_id), "id": new_id}
        parents = self.collection(stream.parents.name)
        parent = parents.record(rng.choice(list(parents.by_id))) or {}
        first = stream.references[0]
        return {
            **record,
            "_parent": parent[stream.parents.key],
            first: {**record[first], "id": new_id},
        }


def make_sources(rng: random.Random, seed: int, late: float) -> tuple[Source, Source]:
    """Build both sources; what the documentation leaves open is answered by chance."""
    sources = (
        Source(
            TapCommercetools,
            build_commercetools(
                seed=seed,
                rows={"project": 1, "stores": PARENTS, **{s.name: s.rows for s in COMMERCETOOLS}},
                rows_per_timestamp=rng.choice((1, 1, 7, 45)),
            ),
            COMMERCETOOLS,
            commercetools_config,
            # The question for the total, asked on the side.
            uncounted=r"withTotal=true",
            late=late,
        ),
        Source(
            TapCommerce7,
            build_commerce7(
                seed=seed,
                rows={s.name: s.rows for s in COMMERCE7},
                rows_per_timestamp=rng.choice((1, 1, 7, 45)),
                rate_limit=None,
                undocumented_filters=rng.choice(("refused", "seen", "accepted")),
                end_cursor=rng.choice(("absent", "null", "empty")),
                cursor_elsewhere=rng.choice(("ignored", "refused", "works")),
            ),
            COMMERCE7,
            commerce7_config,
            # The question for the total, and the look at where ranges would begin.
            uncounted=r"limit=1$",
            late=late,
        ),
    )
    for source in sources:
        source.spread(rng)
    return sources
