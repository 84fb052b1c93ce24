"""`./run sync`: the pipelines against the real APIs and your PostgreSQL."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from scripts import dbt
from scripts.declarations import TAPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
MELTANO = (str(ROOT / ".tools" / "meltano" / "bin" / "meltano"), "--environment=prod")

# Per plugin the sets of variables of which one has to be complete.
NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "tap-commerce7": (
        ("TAP_COMMERCE7_TENANT", "TAP_COMMERCE7_APP_ID", "TAP_COMMERCE7_APP_SECRET"),
        ("TAP_COMMERCE7_TENANT", "TAP_COMMERCE7_USERNAME", "TAP_COMMERCE7_PASSWORD"),
    ),
    "tap-commercetools": (
        (
            "TAP_COMMERCETOOLS_PROJECT_KEY",
            "TAP_COMMERCETOOLS_CLIENT_ID",
            "TAP_COMMERCETOOLS_CLIENT_SECRET",
        ),
    ),
    "target-postgres": (
        ("TARGET_POSTGRES_SQLALCHEMY_URL",),
        (
            "TARGET_POSTGRES_HOST",
            "TARGET_POSTGRES_USER",
            "TARGET_POSTGRES_PASSWORD",
            "TARGET_POSTGRES_DATABASE",
        ),
    ),
}

RECONCILING = {tap.name.replace("tap-", "reconcile-"): tap.name for tap in TAPS}
"""Schedules of meltano.yml that read everything again to find deletes, and the tap of each."""


def main() -> None:
    """Check what is set, then run one pipeline after the other."""
    parser = argparse.ArgumentParser(
        prog="./run sync",
        description=__doc__,
        epilog="All other options go to `meltano run`, such as --full-refresh.",
    )
    names = [tap.name for tap in TAPS]
    parser.add_argument(
        "pipeline",
        nargs="*",
        help=f"{', '.join([*names, *RECONCILING])}; without, every tap that is configured",
    )
    parser.add_argument(
        "--tables", action="store_true", help="afterwards build the tables of docs/tables.md"
    )
    options, rest = parser.parse_known_args()
    if unknown := set(options.pipeline) - {*names, *RECONCILING}:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    settings = read_settings()
    pipelines = options.pipeline or [name for name in names if begun(name, settings)]
    plugins = {RECONCILING.get(name, name) for name in pipelines}
    if refusal := lacking(sorted(plugins), settings, loader=True):
        sys.exit(refusal)
    code = max(run(name, rest) for name in pipelines)
    if options.tables and code:
        print("the tables are not built: not everything is loaded", file=sys.stderr)
    elif options.tables:
        with dbt.alone():
            code = dbt.run(["build"], settings)
    sys.exit(code)


def read_settings() -> dict[str, str]:
    """Read .env; the environment goes before it."""
    settings = {**dotenv_values(ROOT / ".env"), **os.environ}
    return {name: value for name, value in settings.items() if value is not None}


def lacking(taps: Sequence[str], settings: Mapping[str, str], *, loader: bool) -> str:
    """Return what taps, and the loader where needed, lack; empty when they have everything."""
    if not taps:
        return "nothing is configured: cp .env.example .env, then fill in .env"
    plugins = [*taps, "target-postgres"] if loader else taps
    if lines := [line for plugin in plugins if (line := missing(plugin, settings))]:
        return "\n".join([*lines, "Set them in .env (see .env.example) or the environment."])
    return ""


def begun(plugin: str, settings: Mapping[str, str]) -> bool:
    """Return whether anything that a plugin needs is set."""
    return any(settings.get(name) for names in NEEDED[plugin] for name in names)


def missing(plugin: str, settings: Mapping[str, str]) -> str:
    """Return what a plugin lacks; empty when it has all that it needs."""
    lacking = [[name for name in names if not settings.get(name)] for names in NEEDED[plugin]]
    fewest: list[str] = min(lacking, key=len)
    return f"{plugin} is not configured; missing: {', '.join(fewest)}" if fewest else ""


def run(pipeline: str, options: list[str]) -> int:
    """Run one pipeline in the environment `prod`; Meltano reads .env by itself.

    Args:
        pipeline: Name of a tap or of a schedule.
        options: Options of `meltano run`.

    Returns:
        Meltano's exit code, 128 + signal when it was killed.
    """
    if pipeline in RECONCILING:
        arguments = ["schedule", "run", pipeline, *options]
    else:
        arguments = ["run", *options, pipeline, "target-postgres"]
    print(f"==> meltano {' '.join(arguments)}", flush=True)
    command = [*MELTANO, *arguments]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 (our own tool)
    return exit_code(code)


def exit_code(code: int) -> int:
    """Turn the negative code of a killed process into 128 + signal, so that it beats a 0."""
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    main()
