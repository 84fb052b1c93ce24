"""What the report says of the tap is true: whatever cursors are, every record arrives (1)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.commerce7.app import build
from tap_commerce7.tap import TapCommerce7
from tests.faults.source import narrowed
from tests.support import commerce7_config, run

ODD: list[dict[str, Any]] = [
    {"cursor_order": "time"},
    {"opaque_cursors": True},
    {"made_up_cursors": "refused"},
    {"made_up_cursors": "ignored"},
]
"""With each of these the report says that one cursor only is followed."""

ROWS = 620
PAGES = 13


@pytest.mark.parametrize("options", [{}, *ODD], ids=str)
def test_cursors(options: dict[str, Any]) -> None:
    stand_in = build(size=0.1, rate_limit=None, rows={"customers": ROWS}, **options)
    with stand_in.serve() as server:
        kind = narrowed(TapCommerce7, ("customers",))
        output = run(kind, commerce7_config(server.url, concurrency=4), streams=["customers"])
    assert output.code == 0, output.log[-2000:]
    assert set(output.ids("customers")) == set(stand_in.collections["customers"].by_id)
    pages = [each for each in stand_in.requests if "limit=50" in each["query"]]
    # Ranges end within pages, so several of them take more pages than one cursor.
    assert (len(pages) > PAGES) == (not options)
