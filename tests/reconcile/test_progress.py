"""Long comparisons say now and then how far they are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_reconcile import streams

if TYPE_CHECKING:
    import pytest

    from tap_reconcile.compare import Held


def test_rows_of_the_table_are_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(streams, "LOOK_EVERY", 2)
    monkeypatch.setattr(streams, "INTERVAL_SECONDS", 0)
    rows: list[Held] = [((str(number),), None, "") for number in range(5)]
    with caplog.at_level(logging.INFO):
        assert list(streams._counted(iter(rows), "notes", logging.getLogger("tap"))) == rows
    assert caplog.messages == [
        "notes: 2 rows of the table compared",
        "notes: 4 rows of the table compared",
    ]
