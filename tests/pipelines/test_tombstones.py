"""Marks on deleted records through the loaders of meltano.yml."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import sql

from sandbox.commercetools.app import build
from sandbox.store import timestamp
from tap_commercetools.tap import TapCommercetools
from tests.support import Output, commercetools_config, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Sync = Callable[..., Output]

    from sandbox.standin import StandIn
    from scripts.demo.postgres import Postgres

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("installed"),
]

LOADERS = Path(__file__).resolve().parent.parent.parent / ".meltano" / "loaders"
STREAM = "customers"


@pytest.fixture
def shop() -> Iterator[tuple[StandIn, Sync]]:
    """A shop with six customers, and what reads it from the last state on."""
    stand_in = build(size=0.05, rows={STREAM: 6})
    states: list[dict[str, Any] | None] = [None]
    with stand_in.serve() as server:

        def sync(**settings: Any) -> Output:
            config = commercetools_config(server.url, emit_tombstones=True, **settings)
            output = run(TapCommercetools, config, streams=[STREAM], state=states[-1])
            assert output.code == 0, output.log[-1000:]
            states.append(output.state)
            return output

        yield stand_in, sync


def load(loader: str, output: Output, folder: Path, **settings: Any) -> None:
    config = folder / "target.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    command: list[str | Path] = [LOADERS / loader / "venv" / "bin" / loader, "--config", config]
    done = subprocess.run(command, input=output.text.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]


Row = tuple[str | None, int | None]


def rows(postgres: Postgres, schema: str) -> dict[str, Row]:
    """Read mark and version by id."""
    form = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
    query = sql.SQL("select id, to_char(_sdc_deleted_at, {}), version from {}.customers").format(
        sql.Literal(form), sql.Identifier(schema)
    )
    return {row_id: (mark, version) for row_id, mark, version in postgres.query(query)}


@pytest.mark.parametrize("hard_delete", [False, True])
@pytest.mark.parametrize("use_copy", [False, True])
def test_postgres_marks_and_clears(
    shop: tuple[StandIn, Sync],
    postgres: Postgres,
    tmp_path: Path,
    hard_delete: bool,
    use_copy: bool,
) -> None:
    stand_in, sync = shop
    schema = f"tombstones_{hard_delete}_{use_copy}".lower()

    def synced(**settings: Any) -> dict[str, Row]:
        load(
            "target-postgres",
            sync(**settings),
            tmp_path,
            sqlalchemy_url=postgres.sqlalchemy_url,
            default_target_schema=schema,
            hard_delete=hard_delete,
            use_copy=use_copy,
        )
        return rows(postgres, schema)

    first = synced()
    back, gone, *kept = sorted(first)
    assert {mark for mark, _ in first.values()} == {None}
    before = stand_in.collections[STREAM].record(back)
    for row_id in (back, gone):
        stand_in.delete(STREAM, row_id)
    messages = stand_in.collections["deletions"].by_id.values()
    times = {
        message["resource"]["id"]: message["createdAt"]
        for message in (json.loads(row.body) for row in messages)
    }
    second = synced()
    assert {row_id: second[row_id] for row_id in (back, gone)} == {
        back: (times[back], None),
        gone: (times[gone], None),
    }
    assert {row_id: second[row_id] for row_id in kept} == {row_id: first[row_id] for row_id in kept}

    assert before is not None
    stand_in.put(STREAM, {**before, "version": 7}, at=timestamp())
    third = synced()
    assert third[back] == (None, 7)
    assert third[gone] == (times[gone], None)


def test_jsonl_appends_what_it_gets(shop: tuple[StandIn, Sync], tmp_path: Path) -> None:
    stand_in, sync = shop
    load("target-jsonl", sync(), tmp_path, destination_path=str(tmp_path))
    gone = min(stand_in.collections[STREAM].by_id)
    stand_in.delete(STREAM, gone)
    folder = tmp_path / "second"  # a file for each run, named after the time
    folder.mkdir()
    load("target-jsonl", sync(), tmp_path, destination_path=str(folder))
    (file,) = folder.glob("customers*.jsonl")
    last = json.loads(file.read_text(encoding="utf-8").splitlines()[-1])
    mark = last["_sdc_deleted_at"]
    assert last == {"id": gone, "lastModifiedAt": mark, "_sdc_deleted_at": mark}
