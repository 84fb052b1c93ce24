"""As a process of its own: one clear line and exit 1, no traceback, no secret at DEBUG (1, 2, 25).

The other tests of this folder run the command line in their own process; here the interpreter's
start and end are part of the test.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.support import catalog_of, spawned

if TYPE_CHECKING:
    from pathlib import Path

    from tap_engine.singer.tap import EngineTap
    from tests.faults.source import Source

CT, C7 = TapCommercetools, TapCommerce7
DEAD = "http://127.0.0.1:1"
CASES: list[tuple[Any, dict[str, Any], str]] = [
    (CT, {"client_secret": "wrong-secret"}, "answered 401 invalid_client"),
    (CT, {"api_url": "http://api.example.com"}, "plain http://"),
    (CT, {"client_secret": 5318008531}, "client_secret has the wrong type"),
    (C7, {"app_secret": "wrong-secret"}, "answered 401 unauthorized"),
    (C7, {"api_url": DEAD, "retry_max_seconds": 0.5}, "Connection refused"),
    (C7, {"start_date": "yesterday"}, "start_date"),
]
SECRETS = ("wrong-secret", "5318008531", "demo-secret", "demo-app-secret", "Basic ZGVt", "Bearer ")


@pytest.mark.parametrize(("tap", "settings", "words"), CASES)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path,
    sources: dict[str, Source],
    tap: type[EngineTap],
    settings: dict[str, Any],
    words: str,
) -> None:
    config = {**sources[tap.name].config(), **settings}
    config = {name: value for name, value in config.items() if value is not None}
    environment = {**os.environ, "LOGLEVEL": "DEBUG"}
    with spawned(tap, config, tmp_path, env=environment) as process:
        out, err = (text.decode() for text in process.communicate(timeout=60))
    assert process.returncode == 1
    assert "RECORD" not in out
    lines = [line for line in err.splitlines() if "| ERROR" in line]
    assert len(lines) == 1, err
    assert words in lines[0]
    assert "| DEBUG" in err
    for unwanted in ("Traceback", "Exception ignored", *SECRETS):
        assert unwanted not in err + out


def test_a_run_that_goes_well_keeps_its_secrets(tmp_path: Path, sources: dict[str, Source]) -> None:
    source = sources[CT.name]
    environment = {**os.environ, "LOGLEVEL": "DEBUG"}
    catalog = catalog_of(CT, ["zones"])
    with spawned(CT, source.config(), tmp_path, catalog=catalog, env=environment) as process:
        out, err = (text.decode() for text in process.communicate(timeout=60))
    assert process.returncode == 0
    assert out.endswith("\n")
    assert '"type":"STATE"' in out.splitlines()[-1]
    stand_in: Any = source.stand_in
    tokens = stand_in.authority.tokens
    for unwanted in ("Traceback", *SECRETS, *tokens):
        assert unwanted not in err + out


@pytest.mark.parametrize("tap", [CT, C7])
def test_a_start_imports_nothing_of_probes_and_recordings(
    tmp_path: Path, tap: type[EngineTap]
) -> None:
    environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    with spawned(tap, {}, tmp_path, "--version", env=environment) as process:
        err = process.communicate(timeout=60)[1].decode()
    modules = {line.rpartition("|")[2].strip() for line in err.splitlines()}
    package = tap.__module__.partition(".")[0]
    assert f"{package}.streams" in modules
    rooms = "tap_engine.probing", "tap_engine.recording"
    own = (f"{package}.{name}" for name in ("judging", "probed", "questions"))
    assert not modules & {*rooms, *own}
