"""Shards that are stopped anywhere, in any order, while records change: nothing is missing."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.reading.test_shards import ODD_IDS, merged, shards
from tests.reading.tools import commercetools, next_second

if TYPE_CHECKING:
    from tests.reading.tools import Source
    from tests.support import Output


def run_with_stops(source: Source, count: int, rng: random.Random) -> tuple[list[Output], Any]:
    """Run shards in any order until all are complete; change records after each run.

    Returns:
        The outputs of all runs, and the merged state.
    """
    outputs: list[Output] = []
    complete: dict[str, Output] = {}
    states: dict[str, Any] = {}
    while left := [shard for shard in shards(count) if shard not in complete]:
        shard = rng.choice(left)
        if not outputs or rng.random() < 0.6:
            source.fail_after(rng.randrange(12) if outputs else 1, source.path("customers"))
        output = source.run(
            "customers", shard=shard, state=states.get(shard), concurrency=rng.choice([1, 3])
        )
        source.heal()
        outputs.append(output)
        states[shard] = output.state
        if output.code == 0:
            complete[shard] = output
        for row_id in rng.sample(sorted(source.rows("customers")), 3):
            source.stand_in.touch("customers", row_id)
        new = f"{rng.randrange(2**32):08x}-1111-4111-8111-111111111111"
        source.stand_in.put("customers", {"id": new})
    return outputs, merged(source, [complete[shard] for shard in shards(count)])


@pytest.mark.parametrize("seed", range(4))
def test_the_end_equals_the_source(seed: int) -> None:
    rng = random.Random(seed)
    with commercetools(rows={"customers": 200}) as source:
        source.defaults["lookback_seconds"] = 0
        for row_id in rng.sample(ODD_IDS, 4):
            source.stand_in.put("customers", {"id": row_id})
        outputs, state = run_with_stops(source, rng.choice([2, 3, 8]), rng)
        assert any(output.code for output in outputs)
        next_second()
        outputs.append(source.run("customers", state=state))
        assert outputs[-1].code == 0
        latest: dict[str, str] = {}
        for output in outputs:
            for record in output.records("customers"):
                latest[record["id"]] = max(latest.get(record["id"], ""), record[source.stamp])
        assert latest == source.rows("customers")
