"""tap-reconcile refuses what it cannot compare, before it asks anybody."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tap_reconcile import cli, report
from tests.support import commercetools_config

if TYPE_CHECKING:
    from pathlib import Path


def test_a_shard_is_not_compared_with_the_table_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(commercetools_config("http://127.0.0.1:9", shard="1/2")))
    arguments = ["tap-reconcile", "tap-commercetools", "--config", str(config)]
    monkeypatch.setattr(sys, "argv", [*arguments, "--database", "postgresql://u@127.0.0.1:9/db"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == report.NOT_COMPARED
    assert "setting shard: the table holds the rows of all shards" in caplog.text
