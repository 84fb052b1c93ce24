"""How a list of the Commerce7 stand-in is declared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sandbox.fake_values import singular

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.commerce7.records import Linker
    from sandbox.store import Record

Kind = Literal["date", "number", "text"]

EQUALS = ("",)
COMPARES = ("", "gt", "gte", "lt", "lte")
RANGES = (*COMPARES, "btw")
MEMBERS = ("", "in")


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that narrows a list.

    Attributes:
        name: The query parameter.
        path: Members of the record to compare, dotted; lists on the way are searched.
        kind: How values compare.
        operators: What may stand before the colon; the empty string is plain equality.
    """

    name: str
    path: str
    kind: Kind = "text"
    operators: tuple[str, ...] = EQUALS


def texts(*names: str, operators: tuple[str, ...] = EQUALS) -> tuple[Filter, ...]:
    """Return filters on members that have the same names."""
    return tuple(Filter(name, name, "text", operators) for name in names)


def dates(*names: str, operators: tuple[str, ...] = COMPARES) -> tuple[Filter, ...]:
    """Return filters on dates that have the same names."""
    return tuple(Filter(name, name, "date", operators) for name in names)


(UPDATED_AT,) = dates("updatedAt")
TAG = Filter("tagId", "tags.id")


@dataclass
class Resource:
    """A list, and the single records below it.

    Attributes:
        name: Name of the list, and of its collection unless `collection` is set.
        permission: What an app needs to read it, None if no permission is known.
        rows: Number of rows at size 1; of partitioned lists, for every object type.
        scales: Whether that number grows with the size, as it does for all cursor endpoints.
        path: Path below `/v1`; `{}` stands for an object type or for the id of a parent. By
            default the singular of the name.
        key: Member of the envelope with the rows; by default the name in camel case.
        cursor: Whether the documentation lists it as a cursor endpoint.
        filters: Query parameters besides those that every list takes.
        partitions: Allowed values of `{}` if that is an object type.
        parent: Collection that has to have a record with the id `{}`; empty for no check.
        parent_field: Member of the records with the id of the parent.
        collection: Collection to serve if it belongs to another list.
        verified: Whether the list is known to exist at all.
        dated: Whether the records have createdAt and updatedAt.
        updated_at_seen: Whether a client relies on the undocumented `updatedAt` filter.
        values: Values that members of the records take in turn.
        finish: Changes a made-up record in place, given its number, to fit the others.
    """

    name: str
    permission: str | None = None
    rows: int = 5
    scales: bool = False
    path: str = ""
    key: str = ""
    cursor: bool = False
    filters: tuple[Filter, ...] = ()
    partitions: tuple[str, ...] = ()
    parent: str = ""
    parent_field: str = ""
    collection: str = ""
    verified: bool = True
    dated: bool = True
    updated_at_seen: bool = False
    values: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    finish: Callable[[Linker, int, Record], None] | None = None

    def __post_init__(self) -> None:
        first, *others = self.name.split("_")
        self.path = self.path or f"/{singular(self.name)}"
        self.scales = self.scales or self.cursor
        self.key = self.key or first + "".join(map(str.title, others))

    @property
    def object_type(self) -> str:
        """The `objectType` of its records in the trash."""
        return self.path.removesuffix("/{}").rpartition("/")[2].title().replace("-", "")

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of its parts: `tags.order` and so on if it is partitioned."""
        return tuple(f"{self.name}.{part}" for part in self.partitions) or (self.name,)
