"""Stand-ins of both APIs that serve nothing but the vendors' own samples.

The samples are not part of the repository: see tests/test_reference.py.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tests.test_reference import rows, sample_files

if TYPE_CHECKING:
    from collections.abc import Container

    from sandbox.standin import StandIn

MARKS = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        "TAP_REFERENCE" not in os.environ, reason="TAP_REFERENCE names no reference directory"
    ),
]


def stand_ins(streams: Container[str], *, skip_parts: bool = False) -> list[StandIn]:
    """Return the stand-ins of commercetools and Commerce7.

    Args:
        streams: The streams whose samples they serve, such as `tap_commerce7.orders`.
        skip_parts: Leave out samples that show only a part of a record, without its identity.
    """
    made: dict[str, StandIn] = {
        "tap_commercetools": build_commercetools(size=0),
        "tap_commerce7": build_commerce7(size=0, rate_limit=None),
    }
    for collection in made["tap_commerce7"].collections.values():
        for name in list(collection.by_id):
            collection.delete(name)
    for name, path in [each.values for each in sample_files() if each.values[0] in streams]:
        package, stream = str(name).split(".")
        collection = made[package].collections[stream]
        for record in rows(path):
            if not skip_parts or record.keys() >= {*collection.identity}:
                collection.upsert(record)
    return [*made.values()]
