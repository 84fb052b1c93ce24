"""A stand-in whose streams are loaded into PostgreSQL, to be compared with its tables."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import unittest.mock
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import connect, sql

from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_reconcile.cli import main
from tests.pipelines.test_values import load
from tests.support import run

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.standin import StandIn
    from scripts.demo.postgres import Postgres
    from tap_engine.singer.tap import EngineTap

DIFFERENCES = ("missing", "extra", "stale", "newer")


@dataclass
class Ended:
    """How tap-reconcile ended."""

    code: int
    out: str
    err: str

    @property
    def streams(self) -> dict[str, dict[str, Any]]:
        """What it says of each stream, with --json."""
        return {each["stream"]: each for each in json.loads(self.out)["streams"]}

    def counts(self, stream: str) -> dict[str, int]:
        """Differences of a stream, those that there are."""
        found = self.streams[stream]
        return {kind: found[kind] for kind in DIFFERENCES if found[kind]}


@dataclass
class Shop:
    """A stand-in, its tap and the schema with its tables."""

    tap: type[EngineTap]
    stand_in: StandIn
    config: dict[str, Any]
    postgres: Postgres
    schema: str
    folder: Path

    def load(self, *streams: str, **settings: Any) -> None:
        """Run the tap into the loader."""
        output = run(self.tap, {**self.config, **settings}, streams=streams)
        assert output.code == 0, output.log[-2000:]
        load(output, self.postgres, self.folder, self.schema)

    def change(self, statement: str) -> int:
        """Change tables behind the loader's back; tells how many rows."""
        with connect(self.postgres.url) as connection:
            connection.execute(sql.SQL("set search_path to {}").format(sql.Identifier(self.schema)))
            return connection.execute(statement).rowcount

    def reconcile(self, *arguments: str, **options: Any) -> Ended:
        """Run the command line of tap-reconcile in this process; the URL is in the environment."""
        file = self.folder / "reconcile.json"
        file.write_text(json.dumps(options.get("config", self.config)), encoding="utf-8")
        schema = options.get("schema", self.schema)
        database = options.get("database", self.postgres.sqlalchemy_url)
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        err = io.StringIO()
        handler = logging.StreamHandler(err)
        logging.getLogger().addHandler(handler)
        command = [self.tap.name, f"--config={file}", f"--schema={schema}", *arguments]
        try:
            with (
                unittest.mock.patch.dict(os.environ, {"TAP_RECONCILE_DATABASE_URL": database}),
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
                pytest.raises(SystemExit) as left,
            ):
                main(command)
        finally:
            logging.getLogger().removeHandler(handler)
        code = left.value.code
        assert isinstance(code, int)
        return Ended(code, out.buffer.getvalue().decode(), err.getvalue())


SMALL: dict[type[EngineTap], tuple[str, ...]] = {
    TapCommercetools: ("zones", "messages", "project"),
    TapCommerce7: ("notes", "tags", "vendors"),
}
INCREMENTAL: dict[type[EngineTap], tuple[str, str]] = {
    TapCommercetools: ("zones", "lastModifiedAt"),
    TapCommerce7: ("notes", "updatedAt"),
}
