"""How a collection of the commercetools stand-in is declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.fake_values import singular

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.commercetools.records import ProjectPlan
    from sandbox.store import Record


@dataclass
class Resource:
    """A collection.

    Attributes:
        name: Name of the stream and of its packaged schema.
        scopes: Any of them gives access; by default `view_` and the name.
        rows: Number of rows at size 1.
        path: Path below the project; by default the name with hyphens. `{}` stands for an id or,
            in `key={}`, a key.
        parent: Collection of the parents of a child collection.
        type_id: Type in references and messages; by default the singular of the name.
        delete_message: Whether a deletion leaves a message.
        history: Whether Change History records changes.
        in_store: How a row belongs to a store: by its `store`, by its `stores`, or `all` rows do;
            empty if there are no lists of stores.
        where: Whether there is a query parameter `where`.
        sort: Whether there is a query parameter `sort`.
        total: Default of the query parameter `withTotal`.
        identity: Members that identify a row, see `sandbox.store.Collection`. `_parent` is the id
            of the parent, or the key of the store.
        time_fields: Members with the time of the last update.
        not_sent: Members of the packaged schema that the tap adds and the API does not send.
        keyed: Whether all records have a key.
        members: Returns members of the n-th record, instead of those made from the schema.
        complete: Whether those are all the members.
    """

    name: str
    scopes: tuple[str, ...] = ()
    rows: int = 6
    path: str = ""
    parent: str = ""
    type_id: str = ""
    delete_message: bool = False
    history: bool = False
    in_store: str = ""
    where: bool = True
    sort: bool = True
    total: bool = True
    identity: tuple[str, ...] = ("id",)
    time_fields: tuple[str, ...] = ("lastModifiedAt",)
    not_sent: tuple[str, ...] = ()
    keyed: bool = False
    members: Callable[[int, ProjectPlan], Record] | None = None
    complete: bool = False

    def __post_init__(self) -> None:
        self.scopes = self.scopes or (f"view_{self.name}",)
        self.path = self.path or self.name.replace("_", "-")
        self.type_id = self.type_id or singular(self.name)

    @property
    def deleted(self) -> str:
        """Type of the message that a deletion leaves; empty if there is none."""
        type_name = self.type_id.title().replace("-", "")
        return f"{type_name}Deleted" if self.delete_message else ""
