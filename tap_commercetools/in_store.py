"""Collections of which each store has a list of its own; the setting `store_keys` chooses those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tap_commercetools.client import CommercetoolsStream
from tap_commercetools.error_table import IN_STORE_RULES
from tap_engine.errors import RefusedError
from tap_engine.records import json_text
from tap_engine.state.coverage import MORE, Coverage
from tap_engine.state.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_engine.singer.tap import EngineTap
    from tap_engine.state.scan import Context

STORE_KEY = "storeKey"
"""Column, and member of a context, that holds the key of the store."""

COLUMN = {STORE_KEY: {"type": "string"}}


class StoreCoverage(Coverage, omit_defaults=True, forbid_unknown_fields=True):
    """Coverage of a stream that is read from the lists of stores.

    Attributes:
        stores: Keys of the stores; None for the project's list.
    """

    stores: list[str] | None = None

    def gap(self, before: Coverage) -> str:
        """Return why a bookmark is not enough: stores were added, or rows have another key."""
        old = set((before.stores if isinstance(before, StoreCoverage) else None) or ())
        new = set(self.stores or ())
        rekeyed = bool(old) != bool(new)
        return super().gap(before) or (MORE if rekeyed or not new <= old else "")


class InStoreStream(CommercetoolsStream):
    """A collection that is read from the project's list, or with `store_keys` from each store's.

    A customer, a discount or a business unit can be in several stores, and what a store shows of
    records that are in none is not documented. So each store's rows stand for themselves: the
    store's key is part of the key, whatever the record.
    """

    def __init__(self, tap: EngineTap) -> None:
        self.stores = sorted(set(tap.config.get("store_keys") or ()))
        if self.stores:
            self.keys = (STORE_KEY, *self.keys)
            self.reshapes = True
        super().__init__(tap)
        if self.stores:
            self.may_be_absent = ""  # a 404 means that there is no such store
            self.schema["required"] = list(self.keys)

    @property
    def added_properties(self) -> Mapping[str, Mapping[str, Any]]:
        """The column for the store's key, which is there with `store_keys` only."""
        return {**super().added_properties, **(COLUMN if self.stores else {})}

    @property
    def effective_schema(self) -> dict[str, Any]:
        """The schema of the input catalog, which may be from before `store_keys` changed."""
        schema = super().effective_schema
        properties = dict(schema.get("properties", {}))
        required = [name for name in schema.get("required", ()) if name != STORE_KEY]
        if bool(self.stores) == (STORE_KEY in properties):
            return schema
        if self.stores:
            properties, required = {**COLUMN, **properties}, [STORE_KEY, *required]
        else:
            del properties[STORE_KEY]
        return {**schema, "properties": properties, "required": required}

    def contexts(self) -> Sequence[Context]:
        """Return one list for each store, or the project's."""
        return [{STORE_KEY: key} for key in self.stores] or super().contexts()

    def url(self, context: Context) -> str:
        """Return the URL of a store's list, or of the project's."""
        if STORE_KEY not in context:
            return super().url(context)
        store = quote(context[STORE_KEY], safe="")
        return f"{self.connection.project_url}/in-store/key={store}/{self.path}"

    def collection_members(self) -> dict[str, Any]:
        """Let a 404 mean that there is no such store."""
        members = super().collection_members()
        return {**members, "rules": IN_STORE_RULES} if self.stores else members

    def reshape(self, members: json_text.Members, context: Context) -> json_text.Members:
        """Add the store's key."""
        members = super().reshape(members, context)
        if STORE_KEY not in context:
            return members
        return {**members, STORE_KEY: json_text.literal(context[STORE_KEY])}

    @property
    def narrowed_by(self) -> str:
        """The setting that leaves records out: `store_keys` does."""
        return super().narrowed_by or ("store_keys" if self.stores else "")

    @property
    def coverage(self) -> StoreCoverage:
        """The settings of a bookmark; a new store has to be read from its start."""
        return StoreCoverage(**super().coverage.as_state(), stores=self.stores or None)

    def apply_catalog(self, catalog: Any) -> None:
        """Take over a catalog; one from before `store_keys` changed does not know the key."""
        super().apply_catalog(catalog)
        others = [name for name in self.primary_keys if name != STORE_KEY]
        self.primary_keys = [STORE_KEY, *others] if self.stores else others

    def check_scopes(self) -> None:
        """Compare the token's scopes with those that open each store's list.

        Raises:
            RefusedError: No scope of the token opens one of them.
        """
        if not self.stores:
            super().check_scopes()
        for store in self.stores:
            if self.connection.lacks_scope(self.scopes, store):
                msg = (
                    f"{self.name}: the token has no scope that opens it in store {store}; it takes"
                    f" {self.needs}, of the project or of the store"
                )
                raise RefusedError(msg)

    def check(self) -> None:
        """Try the list of each store."""
        if not self.stores:
            super().check()
            return
        self.check_scopes()
        self.check_presence()
        pager = self.make_pager(self.full_pager, Scan(pager=self.full_pager.name, full=True))
        for context in self.contexts():
            pager.check(context)
