"""What real Meltano and a loader that only keeps the last state make of the taps' states."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from scripts.declarations import env_name
from scripts.demo.pipelines import Meltano, PipelineError
from tap_commercetools.tap import TapCommercetools
from tests.pipelines.conftest import ROOT
from tests.reading.tools import next_second
from tests.support import TAPS, commerce7_config, commercetools_config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.standin import StandIn

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),  # Meltano runs of one project get in each other's way
    pytest.mark.timeout(300),
]

MERGE = "--state-strategy=merge"


class Shop:
    """A stand-in with customers and a full table, loaded by Meltano into files of JSON lines."""

    def __init__(self, name: str, stand_in: StandIn, url: str, folder: Path) -> None:
        self.name = name
        self.stand_in = stand_in
        self._output = folder / "output"
        self._output.mkdir()
        tap = TAPS[name]
        shop = tap is TapCommercetools
        config = (commercetools_config if shop else commerce7_config)(url)
        full = "project" if shop else "taxes"
        more = {"page_size": 20} if shop else {}
        settings = {
            **config,
            **more,
            "concurrency": 1,
            "retry_max_seconds": 0,
            "lookback_seconds": 0,
        }
        self._meltano = Meltano(
            ROOT,
            folder,
            {
                **{env_name(tap, key): str(value) for key, value in settings.items()},
                f"{name.upper().replace('-', '_')}__SELECT": json.dumps(
                    ["customers.*", f"{full}.*"]
                ),
                "TARGET_JSONL_DESTINATION_PATH": str(self._output),
            },
        )

    def run(self, *options: str) -> set[str]:
        """Run the pipeline and return the ids of the customers that arrived."""
        for file in self._output.iterdir():
            file.unlink()
        self._meltano.run(*options, self.name, "target-jsonl")
        texts = [file.read_text() for file in self._output.glob("customers*.jsonl")]
        return {json.loads(line)["id"] for text in texts for line in text.splitlines()}


@pytest.fixture(params=list(TAPS))
def shop(
    installed: None,  # noqa: ARG001 (needed, not used)
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> Iterator[Shop]:
    rows = {"customers": 190}
    stand_in: StandIn
    if request.param == TapCommercetools.name:
        stand_in = build_commercetools(small=True, rows=rows)
    else:
        stand_in = build_commerce7(small=True, rows=rows, rate_limit=None)
    with stand_in.serve() as server:
        yield Shop(request.param, stand_in, server.url, tmp_path)


def test_an_interrupted_scan_ends_with_the_run_that_completes_it(shop: Shop) -> None:
    rows = shop.stand_in.collections["customers"].by_id
    assert len(shop.run(MERGE)) == len(rows)
    for row_id in [row.id for row in rows.values()]:
        shop.stand_in.touch("customers", row_id)
    next_second()
    shop.stand_in.touch("customers", max(row.id for row in rows.values()))  # one at the bookmark
    next_second()
    path = "/customers" if shop.name == TapCommercetools.name else "/customer.*limit=50"
    shop.stand_in.faults.add(path, "status", status=500, times=-1, after=2)
    with pytest.raises(PipelineError):
        shop.run(MERGE)
    shop.stand_in.faults.clear()
    assert 0 < len(shop.run(MERGE)) < len(rows), "the rest of the scan"
    first = min(row.id for row in rows.values())
    for _ in range(2):
        shop.stand_in.touch("customers", first)
        next_second()
        arrived = shop.run(MERGE)
        assert first in arrived
        assert len(arrived) < 5, "the scan is over, and the state was kept"
