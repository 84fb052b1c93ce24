"""What the tests share: Dagster without telemetry, and a world of stubs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"

import dagster as dg
import pytest

from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path / "dagster")) as instance:
        yield World(tmp_path, instance)


@pytest.fixture
def lasting_world(tmp_path: Path) -> Iterator[World]:
    """Give a world whose instance others can open too, as schedules do."""
    (tmp_path / "dagster").mkdir()
    with dg.instance_for_test(temp_dir=str(tmp_path / "dagster")) as instance:
        yield World(tmp_path, instance)
