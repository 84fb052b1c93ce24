"""All streams that are on by default, loaded and built into staging tables."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import sql

from scripts.declarations import on_by_default
from scripts.meltano_file import fast_loader
from scripts.tables.models import models
from tests.pipelines.marts.world import World
from tests.pipelines.tables import source
from tests.pipelines.test_values import load
from tests.support import run

if TYPE_CHECKING:
    from scripts.tables.models import Model

ON = on_by_default()
MODELS = {model.name: model for model in models()}
MADE_BY_TAP = {"deletions", "product_selection_products"}
"""Streams whose rows are not the records of a collection."""


COMPARED = [name for name, model in MODELS.items() if model.stream not in MADE_BY_TAP]
STAGING = "path:models/staging path:models/custom_fields"


class Everything(World):
    """A world with all streams that are on by default."""

    def load(self, *streams: str) -> None:
        """Run the taps into the loader, each from where it stopped."""
        for shop in self.shops.values():
            wanted = [
                each.name for each in ON[shop.tap.name] if not streams or each.name in streams
            ]
            output = run(shop.tap, shop.config, streams=wanted, state=shop.state)
            assert output.code == 0, output.log[-2000:]
            load(output, self.postgres, self.folder, shop.schema, **fast_loader())
            shop.state = output.state

    def staging(self, command: str, select: str = STAGING, *options: str, **given: Any) -> None:
        """Build the staging models, and run their tests where the command is `build`."""
        done = self.dbt(command, "--select", select, *options, **given)
        assert done.returncode == 0, self.failures() or done.stdout[-3000:]

    def made(self, model: Model) -> list[dict[str, Any]]:
        """Return the rows of a model."""
        return self.rows_of("staging", model.name)

    def change(self, statement: LiteralString, *table: str) -> None:
        """Change a table behind the back of the loader."""
        self.postgres.execute(sql.SQL(statement).format(sql.Identifier(*table)))


def records(world: World, model: Model) -> list[dict[str, Any]]:
    """Return the records of a model's stream at the source."""
    found = world.shops[model.platform].records(model.stream)
    if model.stream == "messages":
        # What only some types of messages have is in one column.
        common = {column.about.split("`")[1].partition(".")[0] for column in model.columns}
        for record in found:
            record["payload"] = {name: record.pop(name) for name in {*record} - common}
    return found


def must_agree(world: Everything, model: Model) -> None:
    """Compare all columns of a model with the records of the source."""
    there = source.rows(model, records(world, model))
    rows = world.made(model)
    assert len(rows) == len(there)
    for column in there[0] if there else ():
        wanted = Counter(source.frozen(row[column]) for row in there)
        found = Counter(source.frozen(row[column]) for row in rows)
        assert found == wanted, column
    columns = ", ".join(f'"{column.name}"' for column in model.columns if column.type == "jsonb")
    if columns:
        table = f"{world.target}_staging.{model.name}"
        nulls = f"select from {table} where 'null'::jsonb in ({columns})"
        assert world.query(nulls) == []
    whole = [{name: row[name] for name in there[0]} for row in rows]
    assert Counter(map(source.frozen, whole)) == Counter(map(source.frozen, there))
