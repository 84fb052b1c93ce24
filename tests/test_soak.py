"""A short soak (behaviours 14 to 18 and 20 to 23 together) and what long ones brought to light."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from benchmarks.soak import soak
from benchmarks.soak_runs import Job, Kill, run_here, run_process
from benchmarks.soak_sources import make_sources
from benchmarks.soak_target import Target, is_message
from tap_engine.reading.counts import Counts
from tap_engine.reading.page_queue import PageQueue
from tap_engine.singer.settings import number
from tap_engine.state import entry

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    from tap_engine.reading.pager import Page
    from tap_engine.state.scan import Range, Scan

NEVER = 1000


def test_runs_amid_changes_faults_and_kills_end_in_equality() -> None:
    result = soak(1, 8, process_every=8)
    assert result.problems == []
    assert result.final > 1000
    assert result.faults
    assert result.kills


def test_the_soak_sees_pages_that_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(self: PageQueue, part: Range, page: Page) -> tuple[Range, ...]:
        return () if part.after else remaining(self, part, page)

    remaining = PageQueue._remaining
    monkeypatch.setattr(PageQueue, "_remaining", forgetful)
    # Or the tap itself sees it.
    monkeypatch.setattr(Counts, "confirm", lambda *_args, **_options: True)
    result = soak(1, 8, process_every=NEVER)
    assert any(": missing " in problem for problem in result.problems)


def test_the_soak_sees_a_bookmark_that_runs_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    def eager(state: MutableMapping[str, Any], scan: Scan) -> None:
        save(state, scan)
        if scan.run_started_at:
            state["replication_key_value"] = scan.run_started_at

    save = entry.save
    monkeypatch.setattr(entry, "save", eager)
    result = soak(1, 8, process_every=NEVER)
    assert result.problems


def test_sigterm_in_a_write_that_waits_tears_no_line() -> None:
    source, _ = make_sources(random.Random(1), 1, 0)
    with source.stand_in.serve() as server:
        config = source.make_config(server.url, page_size=100)
        catalog = source.catalog_with({"categories", "customers"})
        # More than a pipe holds, so that the tap waits for its reader. Without a buffer of
        # Python's, a signal cuts such a write short.
        job = Job(source.tap, config, catalog, None, state_records=1)
        run = run_process(job, Kill("SIGTERM", after_lines=20, pause=2, unbuffered=True))
    assert run.code == 143
    assert run.rest == b""
    assert all(is_message(line) for line in run.lines)


@pytest.mark.parametrize(
    ("which", "stream", "path", "after", "concurrency"),
    [
        # A cursor page that is empty although it names the next.
        (1, "customers", r"/customer\?", 0, 1),
        (1, "customers", r"/customer\?", 2, 1),
        (1, "customers", r"/customer\?", 0, 4),
        (1, "trash", r"/trash\?", 0, 1),
        # No parents, no children: a full table that would be activated empty.
        (0, "product_selection_products", r"/product-selections\?", 0, 4),
        (0, "store_product_selection_assignments", r"/stores\?", 0, 4),
        (0, "store_product_selection_assignments", r"/product-selection-assignments\?", 1, 1),
    ],
)
def test_an_empty_page_where_rows_are_expected_is_looked_at_twice(
    which: int, stream: str, path: str, after: int, concurrency: int
) -> None:
    source = make_sources(random.Random(1), 1, 0)[which]
    source.stand_in.faults.add(path, "empty_page", after=after)
    if stream == "trash":
        for row_id in list(source.rows("customers"))[:120]:
            source.stand_in.delete("customers", row_id)
    with source.stand_in.serve() as server:
        config = source.make_config(server.url, concurrency=concurrency, retry_max_seconds=5)
        run = run_here(Job(source.tap, config, source.catalog_with({stream}), None, 500))
    target = Target()
    target.load(run.lines)
    assert run.code == 0
    assert source.stand_in.faults.rules[0].fired == 1
    assert target.rows[stream].keys() == source.rows(stream).keys()


def test_fractions_in_a_settings_file_are_numbers() -> None:
    # The SDK reads settings files with Decimal for fractions.
    assert number({"request_timeout": Decimal("0.5")}, "request_timeout", 0.1, 3600) == 0.5
