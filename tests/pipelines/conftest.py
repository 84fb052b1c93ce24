"""What the pipelines run on: Meltano with its plugins, one PostgreSQL, both stand-ins."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from scripts.declarations import env_name, own_settings
from scripts.demo.pipelines import Meltano
from scripts.demo.postgres import Postgres
from scripts.demo.stand_ins import SOURCES, StandIn
from scripts.meltano_file import extractor
from tap_commercetools.tap import TapCommercetools
from tests.pipelines.shop import SMALL, Shop
from tests.support import TAPS, commerce7_config, commercetools_config

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
SMALLER = {
    "tap-commerce7": {"orders": 80, "reservations": 40, "carts": 40, "wine_appellations": 120},
    "tap-commercetools": {"orders": 40, "carts": 40, "quotes": 10, "quote_requests": 10},
}
"""Validating large documents is what takes the loader's time."""


@pytest.fixture(scope="session")
def installed() -> None:
    """Meltano and its plugins; `./run test` has installed them already."""
    subprocess.run([ROOT / "run", "install"], check=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL for all tests; each uses schemas of its own."""
    # Not tmp_path: pytest closes that folder for other users, and as root PostgreSQL is another.
    folder = Path(tempfile.mkdtemp(prefix="tap-commerce-test-"))
    with Postgres.serve(folder / "pg") as server:
        yield server
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=SOURCES, ids=lambda source: source.tap)
def stand_in(request: pytest.FixtureRequest) -> Iterator[StandIn]:
    """One stand-in after the other."""
    rows = [f"--rows={name}={number}" for name, number in SMALLER[request.param.tap].items()]
    options = (*request.param.options, *rows)
    with StandIn.serve(dataclasses.replace(request.param, options=options)) as running:
        yield running


@pytest.fixture(scope="module")
def meltano(
    installed: None,  # noqa: ARG001 (needed, not used)
    postgres: Postgres,
    stand_in: StandIn,
    tmp_path_factory: pytest.TempPathFactory,
) -> Meltano:
    """Meltano with a state of its own, between the stand-in and the database.

    All settings that have a default come from the environment, as they may from .env, except for
    those that meltano.yml sets.
    """
    folder = tmp_path_factory.mktemp(stand_in.source.tap)
    tap = TAPS[stand_in.source.tap]
    defaults = {
        env_name(tap, setting.name): str(setting.default)
        for setting in own_settings(tap)
        if setting.default is not None and setting.name not in extractor(tap.name)["config"]
    }
    loader = {"TARGET_POSTGRES_SQLALCHEMY_URL": postgres.sqlalchemy_url}
    return Meltano(ROOT, folder, {**defaults, **stand_in.environment, **loader})


@pytest.fixture(scope="session", params=TAPS.values(), ids=list(TAPS))
def shop(
    installed: None,  # noqa: ARG001 (needed, not used)
    request: pytest.FixtureRequest,
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    """Load a few streams of each API."""
    tap = request.param
    folder = tmp_path_factory.mktemp("reconcile")
    stand_in: Any
    if tap is TapCommercetools:
        stand_in, config = build_commercetools(size=0.3, rows={"zones": 40}), commercetools_config
    else:
        stand_in, config = build_commerce7(size=0.3, rate_limit=None), commerce7_config
    schema = f"reconcile_{tap.name.replace('-', '_')}"
    with stand_in.serve() as server:
        made = Shop(tap, stand_in, config(server.url), postgres, schema, folder)
        made.load(*SMALL[tap])
        yield made


@pytest.fixture
def kept(shop: Shop) -> Iterator[Shop]:
    """Put the tables back after a test that changes them."""
    tables = SMALL[shop.tap]
    for name in tables:
        shop.change(f'create table "{name}_kept" as table "{name}"')
    yield shop
    for name in tables:
        shop.change(f'delete from "{name}"')
        shop.change(f'insert into "{name}" table "{name}_kept"')
        shop.change(f'drop table "{name}_kept"')
