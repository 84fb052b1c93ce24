"""Collections that each store has a list of its own of; the setting `store_keys` chooses those."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as url_quote

from tap_commercetools import errors
from tap_commercetools.client import CommercetoolsStream
from tap_engine import rawjson
from tap_engine.errors import RefusedError
from tap_engine.walk import Range, Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_commercetools.tap import TapCommercetools
    from tap_engine.http import Call
    from tap_engine.walk import Context

IN_STORE = "/in-store/"

STORE_KEY = "storeKey"
"""Column, and member of a list's name, that holds the key of the store."""

COLUMN = {STORE_KEY: {"type": "string"}}


class InStoreStream(CommercetoolsStream):
    """A collection that is read from the project's list, or with `store_keys` from each store's.

    A customer, a discount or a business unit can be in several stores, and what a store shows of
    records that are in none is not documented. So each store's rows stand for themselves: the
    store's key is part of the key, whatever the record.
    """

    def __init__(self, tap: TapCommercetools) -> None:
        self.stores = tap.store_keys
        if self.stores:
            self.keys = (STORE_KEY, *self.keys)
            self.reshapes = True
        super().__init__(tap)
        if self.stores:
            self.schema["required"] = list(self.keys)

    @property
    def added_properties(self) -> Mapping[str, Mapping[str, Any]]:
        """Declare the column for the store's key, which is there with `store_keys` only."""
        return {**super().added_properties, **(COLUMN if self.stores else {})}

    @property
    def effective_schema(self) -> dict[str, Any]:
        """The schema of the input catalog, which may be from before `store_keys` changed."""
        schema = super().effective_schema
        properties, required = dict(schema.get("properties", {})), list(schema.get("required", ()))
        if bool(self.stores) == (STORE_KEY in properties):
            return schema
        if self.stores:
            properties, required = {**COLUMN, **properties}, [STORE_KEY, *required]
        else:
            del properties[STORE_KEY]
            required.remove(STORE_KEY)
        return {**schema, "properties": properties, "required": required}

    def lists(self) -> Iterable[Context]:
        """Name one list for each store, or the project's."""
        return [{STORE_KEY: key} for key in self.stores] or super().lists()

    def url(self, piece: Range) -> str:
        """Build the URL of a store's list, or of the project's."""
        if STORE_KEY not in piece.of:
            return super().url(piece)
        store = url_quote(piece.of[STORE_KEY], safe="")
        return f"{self.tap.project_url}{IN_STORE}key={store}/{self.path}"

    def call(self, url: str, params: list[tuple[str, str]], *, smallest_page: bool = True) -> Call:
        """Build a request; what is not found in a store's list is the store."""
        call = super().call(url, params, smallest_page=smallest_page)
        return replace(call, rules=errors.IN_STORE_RULES) if IN_STORE in url else call

    def reshape(self, members: rawjson.Members, piece: Range) -> rawjson.Members:
        """Add the store's key."""
        members = super().reshape(members, piece)
        if STORE_KEY not in piece.of:
            return members
        return {**members, STORE_KEY: rawjson.literal(piece.of[STORE_KEY])}

    def read_with(self) -> dict[str, Any]:
        """Add the stores: a new one has to be read from its start."""
        return {**super().read_with(), **({"stores": self.stores} if self.stores else {})}

    def widened(self, before: dict[str, Any]) -> bool:
        """Tell whether stores were added, or rows have another key than before."""
        old = before.get("stores") or []
        rekeyed = bool(old) != bool(self.stores)
        return rekeyed or not set(self.stores) <= set(old) or super().widened(before)

    def apply_catalog(self, catalog: Any) -> None:
        """Take over a catalog; one from before `store_keys` changed does not know the key."""
        super().apply_catalog(catalog)
        others = [name for name in self.primary_keys if name != STORE_KEY]
        self.primary_keys = [STORE_KEY, *others] if self.stores else others

    def check_scopes(self) -> None:
        """Compare the token's scopes with what each store's list takes.

        Raises:
            RefusedError: No scope of the token opens one of them.
        """
        granted = self.tap.authenticator.granted()
        if not self.stores or granted is None:
            super().check_scopes()
            return
        for store in self.stores:
            if not self.tap.scope_opens(granted, self.scopes, store):
                msg = (
                    f"{self.name}: the token has no scope that opens it in store {store}; it takes"
                    f" {self.needs}, of the project or of the store"
                )
                raise RefusedError(msg)

    def check(self) -> str:
        """Try the list of each store."""
        if not self.stores:
            return super().check()
        self.check_scopes()
        walk = Walk(order=self.full_order, first=True)
        for context in self.lists():
            self.check_list(walk, Range(of=context))
        return "readable"
