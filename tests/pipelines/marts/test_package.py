"""The dbt project as a package of somebody else's project, as docs/tables.md describes it."""

from __future__ import annotations

import os
import re
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from scripts import dbt
from scripts.dbt import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pipelines.marts.world import World

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(600),
]

TURNOVER = """
select currency, sum(total_after_refunds) as turnover
from {{ ref('tap_commerce', 'orders') }}
where not is_cancelled
group by currency
"""


def documented(file: str) -> dict[str, Any]:
    """Return what the document puts into a file of such a project."""
    text = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"```yaml\n# {re.escape(file)}\n(.*?)```", text, re.DOTALL)
    content: dict[str, Any] = yaml.safe_load(found)
    return content


def test_another_project_builds_on_the_marts(world: World, tmp_path: Path) -> None:
    packages = documented("packages.yml")["packages"]
    assert [each["subdirectory"] for each in packages] == [dbt.PROJECT.name]
    settings = documented("dbt_project.yml")
    settings["vars"]["tap_commerce"] |= {
        f"{platform}_schema": shop.schema for platform, shop in world.shops.items()
    }
    project = {"name": "analysts", "version": "1.0.0", "profile": "tap_commerce", **settings}
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "turnover.sql").write_text(TURNOVER, encoding="utf-8")
    for name, content in {
        "dbt_project.yml": project,
        "packages.yml": {"packages": [{"local": str(dbt.PROJECT)}]},
    }.items():
        (tmp_path / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    settings = {"TRANSFORM_SCHEMA": "theirs", dbt.URL: world.postgres.sqlalchemy_url}
    environment = {**os.environ, **dbt.environment(settings)}
    for command in (["deps"], ["run", "--select", "+turnover"], ["run", "--select", "+turnover"]):
        done = subprocess.run(
            [dbt.DBT, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:]
    turnover = dict(world.query("select currency, turnover from theirs.turnover"))
    expected: dict[str | None, Decimal] = {}
    for row in world.rows("orders"):
        if not row["is_cancelled"]:
            known = expected.get(row["currency"], Decimal(0))
            expected[row["currency"]] = known + (row["total_after_refunds"] or 0)
    expected["CAD"] = expected.pop("USD") - usd_of_commercetools(world)
    expected["USD"] = usd_of_commercetools(world)
    assert turnover == expected
    schemas = {
        name
        for (name,) in world.query(
            "select table_schema::text from information_schema.tables where table_name in"
            " ('orders', 'stg_commerce7__orders') and table_schema like 'theirs%'"
        )
    }
    assert schemas == {"theirs_commerce", "theirs_commerce_staging"}


def usd_of_commercetools(world: World) -> Decimal:
    """Return the turnover in dollars of the platform whose records name the currency."""
    rows = [row for row in world.rows("orders") if row["platform"] == "commercetools"]
    counted = [row for row in rows if row["currency"] == "USD" and not row["is_cancelled"]]
    return sum((row["total_after_refunds"] or Decimal(0) for row in counted), Decimal(0))
