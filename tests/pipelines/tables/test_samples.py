"""The vendors' own samples of all streams go through taps, loader and staging tables.

They are not part of the repository: see tests/test_reference.py.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tests.pipelines.marts.conftest import served
from tests.pipelines.tables.everything import COMPARED, MADE_BY_TAP, MODELS, Everything, must_agree
from tests.test_reference import rows, sample_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.standin import StandIn
    from scripts.demo.postgres import Postgres

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        "TAP_REFERENCE" not in os.environ, reason="TAP_REFERENCE names no reference directory"
    ),
]


@pytest.fixture(scope="module")
def samples(
    installed: None,  # noqa: ARG001 (needed, not used)
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Everything]:
    """Both platforms with nothing but the samples."""
    made = Everything(postgres, tmp_path_factory.mktemp("samples"), "all_samples")
    stand_ins: dict[str, StandIn] = {
        "tap_commercetools": build_commercetools(size=0),
        "tap_commerce7": build_commerce7(size=0, rate_limit=None),
    }
    for collection in stand_ins["tap_commerce7"].collections.values():
        for name in list(collection.by_id):
            collection.delete(name)
    # There is only one project, and it is not the sample's.
    used = {f"tap_{each.platform}.{each.stream}" for each in MODELS.values()}
    used -= {"tap_commercetools.project", *(f"tap_commercetools.{name}" for name in MADE_BY_TAP)}
    for name, path in [each.values for each in sample_files() if each.values[0] in used]:
        package, stream = str(name).split(".")
        collection = stand_ins[package].collections[stream]
        for record in rows(path):
            if record.keys() >= {*collection.identity}:  # a few samples show parts of records
                collection.upsert(record)
    with served(made, *stand_ins.values()):
        made.load()
        made.staging("build")
        yield made


@pytest.mark.parametrize("name", COMPARED)
def test_rows_ids_and_amounts_are_those_of_the_samples(samples: Everything, name: str) -> None:
    must_agree(samples, MODELS[name])
