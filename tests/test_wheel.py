"""The wheel holds the packages and nothing else, and works from an empty folder.

`./run` builds it and installs it into `.tools/wheel`, apart from this project's environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from scripts.declarations import TAPS, streams
from tests.support import commerce7_config, commercetools_config

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.standin import StandIn
    from tap_engine.singer.tap import EngineTap

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
PACKAGES = {"tap_commerce7", "tap_commercetools", "tap_engine", "tap_reconcile"}

BUILD: dict[str, Callable[..., StandIn]] = {
    "tap-commerce7": build_commerce7,
    "tap-commercetools": build_commercetools,
}
CONFIG = {"tap-commerce7": commerce7_config, "tap-commercetools": commercetools_config}


@pytest.fixture(scope="module")
def wheel() -> zipfile.ZipFile:
    (path,) = (TOOLS / "dist").glob("*.whl")
    return zipfile.ZipFile(path)


def installed(folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a console script of the installed wheel in an empty folder."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    empty = folder / "empty"
    empty.mkdir(exist_ok=True)
    command = [str(TOOLS / "wheel" / "bin" / program), *arguments]
    return subprocess.run(command, cwd=empty, env=own, capture_output=True, text=True, check=False)


def test_the_wheel_holds_only_the_packages(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES
    kinds = {Path(name).suffix for name in wheel.namelist() if ".dist-info/" not in name}
    assert kinds == {".py", ".json", ".typed"}


def test_the_wheel_holds_every_schema_and_the_licence(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    for tap in TAPS:
        package = tap.name.replace("-", "_")
        declared = {f"{package}/schemas/{stream.name}.json" for stream in streams(tap)}
        assert {name for name in names if name.startswith(f"{package}/schemas/")} == declared
    assert any(name.endswith("/LICENSE") for name in names)
    assert {f"{package}/py.typed" for package in PACKAGES} <= names


def test_the_taps_install_without_dagster() -> None:
    (packages,) = (TOOLS / "wheel" / "lib").glob("python3*/site-packages")
    names = {path.name.split("-")[0].lower() for path in packages.glob("*.dist-info")}
    assert "singer_sdk" in names
    assert not {name for name in names if "dagster" in name or "orchestration" in name}


@pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.name)
def test_console_scripts_work_from_an_empty_folder(tap: type[EngineTap], tmp_path: Path) -> None:
    version = installed(tmp_path, tap.name, "--version")
    assert version.stdout.startswith(f"{tap.name} v0."), version.stderr
    about = installed(tmp_path, tap.name, "--about", "--format=json")
    assert json.loads(about.stdout)["name"] == tap.name
    catalog = json.loads(installed(tmp_path, tap.name, "--discover").stdout)
    found = {entry["tap_stream_id"] for entry in catalog["streams"]}
    assert found == {stream.name for stream in streams(tap)}


@pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.name)
def test_the_installed_taps_read(tap: type[EngineTap], tmp_path: Path) -> None:
    stand_in = BUILD[tap.name](size=0.05)
    config = tmp_path / "config.json"
    with stand_in.serve() as server:
        config.write_text(json.dumps(CONFIG[tap.name](server.url)), "utf-8")
        done = installed(tmp_path, tap.name, "--config", str(config))
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    loaded = {m["stream"] for m in lines if m["type"] == "RECORD"}
    assert {"customers", "orders", "products"} <= loaded
    assert any(message["type"] == "STATE" for message in lines)


def test_nothing_of_the_development_environment_comes_along(tmp_path: Path) -> None:
    for module in ("psycopg", "starlette", "pytest", "meltano", "sandbox", "scripts"):
        done = installed(tmp_path, "python", "-c", f"import {module}")
        assert done.returncode == 1, module
    done = installed(tmp_path, "tap-reconcile", "--help")
    assert done.returncode == 0, done.stderr
