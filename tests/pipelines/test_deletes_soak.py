"""A few rounds of the soak of deletes, and that it sees what would be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.soak_deletes import soak
from tap_reconcile.deletes import Deletes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.demo.postgres import Postgres

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(300),
]


def test_marks_equal_the_source_after_rounds_of_changes(postgres: Postgres) -> None:
    counts, problems = soak(3, 5, postgres)
    assert problems == []
    assert min(counts[what] for what in ("marked", "unmarked", "created again")) > 5


def test_the_soak_sees_marks_that_nobody_has_confirmed(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    def everything(self: Deletes) -> Iterator[Any]:
        rows = self._database.rows(self._table, self._stream.keys, None, versions=True)
        return ((*key, version) for key, _, version in rows)

    monkeypatch.setattr(Deletes, "_confirmed", everything)
    assert any("though the source has it" in problem for problem in soak(3, 1, postgres)[1])


def test_the_soak_sees_deletes_that_are_not_marked(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Deletes, "_confirmed", lambda _self: iter(()))
    assert any("though it is gone" in problem for problem in soak(3, 5, postgres)[1])
