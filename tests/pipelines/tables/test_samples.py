"""The vendors' own samples of all streams go through taps, loader and staging tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pipelines.marts.conftest import served
from tests.pipelines.samples import MARKS, stand_ins
from tests.pipelines.tables.everything import COMPARED, MADE_BY_TAP, MODELS, Everything, must_agree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.demo.postgres import Postgres

pytestmark = MARKS


@pytest.fixture(scope="module")
def samples(
    installed: None,  # noqa: ARG001 (needed, not used)
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Everything]:
    """Both platforms with nothing but the samples."""
    made = Everything(postgres, tmp_path_factory.mktemp("samples"), "all_samples")
    # There is only one project, and it is not the sample's.
    used = {f"tap_{each.platform}.{each.stream}" for each in MODELS.values()}
    used -= {"tap_commercetools.project", *(f"tap_commercetools.{name}" for name in MADE_BY_TAP)}
    with served(made, *stand_ins(used, skip_parts=True)):
        made.load()
        made.staging("build")
        yield made


@pytest.mark.parametrize("name", COMPARED)
def test_rows_ids_and_amounts_are_those_of_the_samples(samples: Everything, name: str) -> None:
    must_agree(samples, MODELS[name])
