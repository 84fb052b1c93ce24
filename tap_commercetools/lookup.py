"""Asks a collection which of some ids it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_commercetools import query
from tap_commercetools.keyset import Keyset
from tap_engine.records.rows import RowReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_commercetools.collection import Collection

IDS_AT_ONCE = 100
"""A URL with about 300 ids was refused somewhere (an issue of the vendor's project-sync)."""


def existing(collection: Collection, ids: Sequence[str]) -> Iterator[str]:
    """Yield those of some ids that a collection has."""
    reader = RowReader(collection.stream, ("id",), None)
    keyset = Keyset(collection, ("id",), reader, by_time=False)
    for begin in range(0, len(ids), IDS_AT_ONCE):
        wanted = query.one_of("id", ids[begin : begin + IDS_AT_ONCE])
        for page in keyset.pages(collection.url({}), [wanted]):
            yield from (row.key[0] for row in page.rows)
