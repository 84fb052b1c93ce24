"""`tap | target-postgres` with every stream and every field selected."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts.declarations import TAPS, streams
from tests.support import commerce7_config, commercetools_config

if TYPE_CHECKING:
    from scripts.demo.postgres import Postgres
    from scripts.demo.stand_ins import StandIn

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),  # Meltano runs of one project get in each other's way
    pytest.mark.timeout(900),
]

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / ".meltano" / "loaders" / "target-postgres" / "venv" / "bin" / "target-postgres"
VIEWS = {"product_projections", "variant_projections"}
"""The API shows only what is published of these, so their collections hold more."""
CONFIGS = {"tap-commerce7": commerce7_config, "tap-commercetools": commercetools_config}


@pytest.mark.usefixtures("installed")
def test_all_streams_load_twice(postgres: Postgres, stand_in: StandIn, tmp_path: Path) -> None:
    tap = stand_in.source.tap
    schema = f"piped_{stand_in.source.schema}"
    command: list[str | Path] = [
        Path(sys.executable).parent / tap,
        "--config",
        tmp_path / "tap.json",
    ]
    _write(tmp_path / "tap.json", CONFIGS[tap](stand_in.address))
    _write(
        tmp_path / "target.json",
        {"sqlalchemy_url": postgres.sqlalchemy_url, "default_target_schema": schema},
    )
    catalog = json.loads(
        subprocess.run([*command, "--discover"], check=True, capture_output=True).stdout
    )
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = True
    _write(tmp_path / "catalog.json", catalog)

    there = stand_in.counts()
    (declared,) = (streams(each) for each in TAPS if each.name == tap)
    expected = {each.name: there[each.name] for each in declared if each.name not in VIEWS}
    counts = []
    for _ in range(2):
        _pipe(
            [*command, "--catalog", tmp_path / "catalog.json"],
            [TARGET, "--config", tmp_path / "target.json"],
            tmp_path,
        )
        counts.append(postgres.counts(schema))
        assert {name: n for name, n in counts[-1].items() if name not in VIEWS} == expected
    assert counts[0] == counts[1]
    assert all(counts[0].values())


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def _pipe(tap: list[Any], target: list[Any], folder: Path) -> None:
    with (
        (folder / "tap.log").open("w") as tap_log,
        (folder / "target.log").open("w") as target_log,
        subprocess.Popen(tap, stdout=subprocess.PIPE, stderr=tap_log) as source,
    ):
        sink = subprocess.run(
            target,
            stdin=source.stdout,
            stdout=subprocess.DEVNULL,
            stderr=target_log,
            check=False,
        )
    codes = (source.returncode, sink.returncode)
    logs = [(folder / name).read_text()[-2000:] for name in ("tap.log", "target.log")]
    assert codes == (0, 0), "\n".join(logs)
