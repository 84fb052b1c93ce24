"""Which runs are in progress, and which of them began before us."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUSES = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def earlier(context: dg.AssetExecutionContext, tags: Mapping[str, str]) -> list[str]:
    """Give the ids of other runs with these tags that started before this one.

    Of several that start at the same moment all but one see another.
    """
    started = {
        record.dagster_run.run_id: (record.start_time, record.storage_id)
        for record in context.instance.get_run_records(dg.RunsFilter(statuses=STATUSES, tags=tags))
        if record.start_time is not None
    }
    mine = started.pop(context.run.run_id, None)
    return [run for run, at in started.items() if mine is None or at < mine]
