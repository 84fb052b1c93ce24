"""The settings that make the loader fast change no value: COPY, no validation, arrays as JSON."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import connect, sql

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from scripts.meltano_file import extractor, fast_loader
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.hygiene.values import cleaned, rendered
from tests.pipelines.test_values import VALUES, load, numbers
from tests.support import commerce7_config, commercetools_config, run

if TYPE_CHECKING:
    from scripts.demo.postgres import Postgres
    from tap_engine.singer.tap import EngineTap

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("installed"),
]

ROOT = Path(__file__).resolve().parent.parent.parent
FAST = fast_loader()
DEFAULTS = {"use_copy": False, "validate_records": True}


@pytest.fixture(params=[TapCommercetools, TapCommerce7], ids=lambda tap: tap.name)
def tap(request: pytest.FixtureRequest) -> type[EngineTap]:
    return request.param  # type: ignore[no-any-return]


def contents(postgres: Postgres, schema: str) -> dict[str, list[Any]]:
    """Return the rows of all tables as JSON, without the loader's own columns."""
    own = (
        "select column_name::text from information_schema.columns where column_name like '\\_sdc%%'"
    )
    query = sql.SQL("select to_jsonb(t) - array({own}) from {table} as t order by 1")
    return {
        name: postgres.query(query.format(own=sql.SQL(own), table=sql.Identifier(schema, name)))
        for name in sorted(postgres.tables(schema))
    }


def arrays(postgres: Postgres, schema: str) -> int:
    """Return the number of columns with an array type of PostgreSQL."""
    query = sql.SQL(
        "select count(*) from information_schema.columns"
        " where table_schema = %s and data_type = 'ARRAY'"
    )
    found: int = postgres.query(query, schema)[0][0]
    return found


def convert(postgres: Postgres, schema: str) -> None:
    """Run the statement of docs/loading.md that turns jsonb[] into jsonb."""
    text = (ROOT / "docs" / "loading.md").read_text(encoding="utf-8")
    (statement,) = re.findall(r"```sql\n(do \$\$.*?)```", text, re.DOTALL)
    assert "'tap_commerce7'" in statement
    with connect(postgres.url) as connection:
        connection.execute(statement.replace("'tap_commerce7'", f"'{schema}'").encode())


def test_tables_hold_the_same_as_with_the_defaults_of_the_loader(
    tap: type[EngineTap], postgres: Postgres, tmp_path: Path
) -> None:
    stand_in: Any
    if tap is TapCommercetools:
        stand_in, config = build_commercetools(size=0.15), commercetools_config
    else:
        stand_in, config = build_commerce7(size=0.15, rate_limit=None), commerce7_config
    with stand_in.serve() as server:
        plain = run(tap, config(server.url))
        as_json = run(tap, config(server.url, **extractor(tap.name)["config"]))
    assert (plain.code, as_json.code) == (0, 0)
    old, new = (f"{name}_{tap.name.replace('-', '_')}" for name in ("plain", "fast"))
    load(plain, postgres, tmp_path, old, **DEFAULTS)
    load(as_json, postgres, tmp_path, new, **FAST)
    before = contents(postgres, old)
    assert sum(map(len, before.values())) > 200
    assert contents(postgres, new) == before
    assert arrays(postgres, old) > 40
    assert arrays(postgres, new) == 0

    with pytest.raises(AssertionError, match="malformed array literal"):
        load(as_json, postgres, tmp_path, old, **FAST)
    convert(postgres, old)
    assert arrays(postgres, old) == 0
    assert contents(postgres, old) == before
    load(as_json, postgres, tmp_path, old, **FAST)
    assert contents(postgres, old) == before


@pytest.mark.parametrize("style", ["ascii", "utf8", "pretty"])
def test_values_in_arrays_arrive_as_they_were_sent(
    postgres: Postgres, tmp_path: Path, style: str
) -> None:
    stand_in = build_commercetools(size=0.05, rows={"customers": len(VALUES)}, gzip=False)
    collection = stand_in.collections["customers"]
    expected = {}
    for (name, row), value in zip(collection.by_id.items(), VALUES, strict=True):
        record = {**json.loads(row.body), "addresses": [value, None, [value]]}
        # UTF-8 has no way to spell half of a surrogate pair.
        row.body = rendered(record, "ascii" if "\ud800" in str(value) else style).encode()
        expected[name] = cleaned(record["addresses"])
    with stand_in.serve() as server:
        config = commercetools_config(server.url, arrays_as_json=True)
        output = run(TapCommercetools, config, streams=["customers"])
    assert output.code == 0, output.log[-2000:]
    assert "the API sends addresses[] as array" in output.log
    schema = f"arrays_{style}"
    load(output, postgres, tmp_path, schema, **FAST)
    query = sql.SQL("select id, addresses::text from {}.customers").format(sql.Identifier(schema))
    found = {name: json.loads(value, parse_float=Decimal) for name, value in postgres.query(query)}
    assert found == {name: numbers(value) for name, value in expected.items()}
