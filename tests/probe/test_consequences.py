"""What the report says of the tap is true: whatever cursors are, every record arrives (1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from sandbox.commerce7.app import build
from tap_commerce7.tap import TapCommerce7
from tests.faults.source import narrowed
from tests.support import commerce7_config, run

NO_IDS: list[dict[str, Any]] = [{"cursor_order": "time"}, {"opaque_cursors": True}]
"""The first page shows that the list cannot be divided, so no cursor is made up."""

NO_START: list[dict[str, Any]] = [{"made_up_cursors": "refused"}, {"made_up_cursors": "ignored"}]
"""Cursors are made up, and lead nowhere."""


@pytest.mark.parametrize("options", [{}, *NO_IDS, *NO_START], ids=str)
def test_cursors(options: dict[str, Any]) -> None:
    stand_in = build(size=0.1, rate_limit=None, rows={"customers": 620}, **options)
    with stand_in.serve() as server:
        kind = narrowed(TapCommerce7, ("customers",))
        output = run(kind, commerce7_config(server.url, concurrency=4), streams=["customers"])
    assert output.code == 0, output.log[-2000:]
    assert set(output.ids("customers")) == set(stand_in.collections["customers"].by_id)
    asked = [parse_qs(each["query"]) for each in stand_in.requests]
    followed = [each["cursor"][0] for each in asked if each["limit"] == ["50"]][1:]
    made_up = [each for each in asked if "cursor" in each and each["limit"] == ["1"]]
    assert bool(made_up) == (options not in NO_IDS)
    if options not in NO_IDS:
        several = followed != sorted(followed)
        assert several == (not options), "one cursor alone leads from id to id"
