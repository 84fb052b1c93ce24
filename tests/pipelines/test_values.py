"""Value for value into PostgreSQL, and what a full table looks like there after a broken run."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import sql

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.hygiene.values import Spelled, cleaned, rendered
from tests.support import (
    Output,
    commerce7_config,
    commercetools_config,
    run,
)

if TYPE_CHECKING:
    from scripts.demo.postgres import Postgres

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("installed"),
]

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / ".meltano" / "loaders" / "target-postgres" / "venv" / "bin" / "target-postgres"

DEEP: Any = "bottom"
for _ in range(40):
    DEEP = {"down": [DEEP]}

VALUES: list[Any] = [
    "a\x00b\ud800c",
    'line\nbreak\u2028 tab\t quote" backslash\\ u0000 \\u0000',
    "\U0001f377 Zürich",
    Spelled("123456789012345678901234567890"),
    Spelled("1.10"),
    Spelled("123456789.123456789"),
    Spelled("1e300"),
    [Spelled("0.1"), None, True, "", []],
    {"x" * 200: {"": None}, "Key with spaces": [[1], [2, [3]]]},
    DEEP,
]


def load(output: Output, postgres: Postgres, folder: Path, schema: str, **settings: Any) -> None:
    """Feed what a tap printed to the loader."""
    config = folder / "target.json"
    given = {"sqlalchemy_url": postgres.sqlalchemy_url, "default_target_schema": schema, **settings}
    config.write_text(json.dumps(given), encoding="utf-8")
    done = subprocess.run(
        [TARGET, "--config", config], input=output.text.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]


@pytest.mark.parametrize("style", ["ascii", "utf8", "pretty"])
def test_values_arrive_as_they_were_sent(postgres: Postgres, tmp_path: Path, style: str) -> None:
    stand_in = build_commercetools(size=0.05, rows={"custom_objects": len(VALUES)}, gzip=False)
    collection = stand_in.collections["custom_objects"]
    expected = {}
    for (name, row), value in zip(collection.by_id.items(), VALUES, strict=True):
        record = {**json.loads(row.body), "value": value}
        # UTF-8 has no way to spell half of a surrogate pair.
        row.body = rendered(record, "ascii" if "\ud800" in str(value) else style).encode()
        expected[name] = cleaned(value)
    with stand_in.serve() as server:
        output = run(TapCommercetools, commercetools_config(server.url), streams=["custom_objects"])
    assert output.code == 0, output.log[-2000:]
    schema = f"values_{style}"
    load(output, postgres, tmp_path, schema)
    query = sql.SQL("select id, value::text from {}.custom_objects").format(sql.Identifier(schema))
    found = {name: json.loads(value, parse_float=Decimal) for name, value in postgres.query(query)}
    assert found == {name: numbers(value) for name, value in expected.items()}


def test_flattened_values_of_any_type_load(postgres: Postgres, tmp_path: Path) -> None:
    values: list[Any] = ["text", 5, 1.5, True, None, ["a", 1], {"a": {"b": 1}}, [[1], ["x"]]]
    stand_in = build_commercetools(size=0.05, rows={"custom_objects": len(values)})
    names = sorted(stand_in.collections["custom_objects"].by_id)
    for name, value in zip(names, values, strict=True):
        stand_in.put("custom_objects", {"id": name, "value": value}, merge=True)
    with stand_in.serve() as server:
        flat = {"flattening_enabled": True, "flattening_max_depth": 1}
        config = commercetools_config(server.url, **flat)
        output = run(TapCommercetools, config, streams=["custom_objects"])
    assert output.code == 0
    load(output, postgres, tmp_path, "any_flat")
    query = sql.SQL("select value from {}.custom_objects order by id")
    found = [value for (value,) in postgres.query(query.format(sql.Identifier("any_flat")))]
    assert found == ["text", "5", "1.5", "true", None, '["a",1]', '{"a":{"b":1}}', '[[1],["x"]]']


def numbers(value: Any) -> Any:
    """Read a value back as PostgreSQL gives it: whole numbers lose a written exponent."""
    if isinstance(value, Decimal) and value == value.to_integral_value() and "E" in str(value):
        return int(value)
    if isinstance(value, list):
        return [numbers(inner) for inner in value]
    if isinstance(value, dict):
        return {name: numbers(inner) for name, inner in value.items()}
    return value


def test_hard_delete_waits_for_a_complete_run(postgres: Postgres, tmp_path: Path) -> None:
    stand_in = build_commerce7(size=0.05, rows={"vendors": 160}, rate_limit=None)
    schema = "hard_delete"

    def held() -> int:
        return postgres.counts(schema)["vendors"]

    with stand_in.serve() as server:
        config = commerce7_config(server.url, retry_max_seconds=0)

        def sync() -> Output:
            output = run(TapCommerce7, config, streams=["vendors"])
            load(output, postgres, tmp_path, schema, hard_delete=True)
            return output

        assert sync().code == 0
        assert held() == 160
        for name in list(stand_in.collections["vendors"].by_id)[:20]:
            stand_in.delete("vendors", name)
        stand_in.faults.add("/vendor.*page=2", "status", times=-1, status=500)
        assert sync().code == 1
        assert held() == 160, "a run that broke off removes nothing"
        stand_in.faults.clear()
        assert sync().code == 0
        assert held() == 140
