"""The base class of commercetools streams: URL, filter, scopes, pagers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import quote

from tap_commercetools import lookup, query
from tap_commercetools.collection import Collection
from tap_commercetools.graphql import FIELDS, IdsById, IdsOnly
from tap_commercetools.page_size import PageSize
from tap_commercetools.paging import ById, ByTime
from tap_engine.errors import RefusedError
from tap_engine.records.dates import dates_of
from tap_engine.records.rows import RowReader
from tap_engine.singer.stream import EngineStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_commercetools.connection import Connection
    from tap_engine.reading.pager import Pager
    from tap_engine.records.rows import Row
    from tap_engine.state.scan import Context, Scan


class CommercetoolsStream(EngineStream):
    """A collection with `where` and `sort`: first by id, later by replication timestamp."""

    package = "tap_commercetools"
    replication_key: str | None = "lastModifiedAt"
    full_pager: ClassVar[type[Pager[Any]]] = ById
    change_pager: ClassVar[type[Pager[Any]]] = ByTime
    shardable = True
    scopes: ClassVar[tuple[str, ...]]
    """Any one of these scopes opens the collection."""
    restriction: ClassVar[str] = ""
    """Predicate that makes the stream out of a list with other things in it."""
    countable: ClassVar[bool] = True
    """The API's totals count exactly the stream's records."""
    filterable: ClassVar[bool] = True
    """The stream takes an entry in `stream_filters`."""

    @property
    def connection(self) -> Connection:
        """What the project is asked with."""
        return cast("Connection", self.host.connection)

    @property
    def needs(self) -> str:
        """The scopes that open the stream."""
        return f"scope {' or '.join(self.scopes)}"

    def url(self, context: Context) -> str:
        """Return the URL of a list."""
        path = self.path.format_map({name: quote(v, safe="") for name, v in context.items()})
        return f"{self.connection.project_url}/{path}".rstrip("/")

    def contexts(self) -> Sequence[Context]:
        """Return all lists, where they are known beforehand."""
        return ({},)

    def keep_row(self, row: Row) -> bool:
        """Return whether a row is one of the stream's; asked where `restriction` is set."""
        del row
        return True

    @cached_property
    def collection(self) -> Collection:
        """What the pagers need to know of the stream."""
        return Collection(**self.collection_members())

    def collection_members(self) -> dict[str, Any]:
        """Return the arguments of the collection."""
        return {
            "stream": self.name,
            "connection": self.connection,
            "logger": self.logger,
            "url": self.url,
            "key": self.row_key,
            "time": self.row_time,
            "rows": RowReader(self.name, self.row_key, self.row_time, dates_of(self.schema)),
            "page_size": PageSize(self.connection.page_size),
            "contexts": self.contexts(),
            "user_filter": self.stream_filter,
            "shard": self.shard,
            "restriction": self.restriction,
            "keep": self.keep_row if self.restriction else None,
            "counted": self.countable,
        }

    def make_pager(self, kind: type[Pager[Any]], scan: Scan) -> Pager[Any]:
        """Make a pager for a scan."""
        return kind(scan, self.collection)

    def keys_pager(self, scan: Scan) -> Pager[Any]:
        """Make a pager that reads ids and timestamps alone where GraphQL has the list."""
        if not self.connection.graphql:
            return super().keys_pager(scan)
        if self.name not in FIELDS or not self._is_listed_by_id:
            self.logger.info("%s: GraphQL has no list of its ids; reading whole records", self.name)
            return super().keys_pager(scan)
        # Ids do not show whether a row is one of the stream's: the restriction has to be enough.
        other = {"page_size": PageSize(query.LONGEST_PAGE), "keep": None}
        members = {**self.collection_members(), **other}
        ids = IdsOnly(**members, root=FIELDS[self.name], whole=self.collection)
        return IdsById(scan, ids)

    def existing(self, keys: Sequence[tuple[str, ...]]) -> set[tuple[str, ...]] | None:
        """Ask the collection for some ids, where it has `where` and its rows are told apart so."""
        if not self._is_listed_by_id:
            return None
        return {(row_id,) for row_id in lookup.existing(self.collection, [key[0] for key in keys])}

    def filter_for(self, keys: Sequence[tuple[str, ...]]) -> Any:
        """Return a predicate for some ids; none for more than a URL can hold."""
        few = len(keys) <= lookup.IDS_AT_ONCE
        if not (few and self.filterable and self._is_listed_by_id):
            return None
        return query.one_of("id", [key[0] for key in keys])

    @property
    def _is_listed_by_id(self) -> bool:
        return (
            issubclass(self.full_pager, ById)
            and self.keys == self.row_key == ("id",)
            and list(self.contexts()) == [{}]
        )

    @classmethod
    def wrong_filter(cls, value: object) -> str:
        """Check the form of a predicate; what it means only the API knows."""
        if not cls.filterable:
            return super().wrong_filter(value)
        if not isinstance(value, str) or not value.strip():
            return "a filter is a query predicate, as text that is not empty"
        return query.unbalanced(value)

    # The connection check.

    def check(self) -> None:
        """Go by the token's scopes where they are known, and ask the API otherwise."""
        self.check_scopes()
        super().check()

    def check_scopes(self) -> None:
        """Compare the token's scopes with those that open the collection.

        Raises:
            RefusedError: No scope of the token opens it.
        """
        if self.connection.lacks_scope(self.scopes):
            msg = f"{self.name}: the token has no scope that opens it; it takes {self.needs}"
            raise RefusedError(msg)
