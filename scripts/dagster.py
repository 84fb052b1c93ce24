"""`./run dagster`: Dagster on this machine, with your tenants or with a demo."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import yaml

from scripts.console import end_on_sigterm, say
from scripts.demo.postgres import Postgres, remove
from scripts.demo.stand_ins import SOURCES, StandIn
from scripts.demo.tenants import tenants_file, variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scripts.demo.stand_ins import Source

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".dagster"
DEMO = HOME / "demo"
SETTINGS = ROOT / "orchestration" / "dagster.yaml"
COMMAND = (
    str(ROOT / ".tools/orchestration/bin/dagster"),
    *("dev", "-m", "tap_orchestration.definitions"),
)
STOP_SECONDS = 60


def main() -> None:
    """Prepare the folder that Dagster works in, and start it."""
    parser = argparse.ArgumentParser(
        prog="./run dagster",
        description=__doc__,
        epilog="All other options go to `dagster dev`, such as --port.",
    )
    parser.add_argument("--demo", action="store_true", help="stand-ins and a PostgreSQL as well")
    options, rest = parser.parse_known_args()
    end_on_sigterm()
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(demo(rest) if options.demo else own(rest))


def own(options: Sequence[str]) -> int:
    """Start Dagster with the user's tenants."""
    home = Path(os.environ.get("DAGSTER_HOME") or HOME).absolute()
    prepare(home)
    tenants = Path(os.environ.get("TENANTS_FILE") or home / "tenants.yml")
    if not tenants.exists():
        shutil.copy(ROOT / "orchestration" / "tenants.example.yml", tenants)
        sys.exit(f"Write your tenants into {tenants}, then start this again.")
    return start(home, {}, options)


def demo(options: Sequence[str]) -> int:
    """Start Dagster with a tenant at each of the stand-ins."""
    with servers(DEMO, SOURCES) as (stand_ins, postgres):
        tenants = DEMO / "tenants.yml"
        tenants.write_text(yaml.safe_dump(tenants_file(stand_ins), sort_keys=False))
        say(f"tenants at the stand-ins: {tenants.relative_to(ROOT)}")
        say(f"their tables: '{postgres.psql}' '{postgres.url}'")
        return start(DEMO, variables(postgres, tenants), options)


@contextlib.contextmanager
def servers(home: Path, sources: Iterable[Source]) -> Iterator[tuple[list[StandIn], Postgres]]:
    """Empty a folder for Dagster; run stand-ins and a PostgreSQL while the context is open."""
    remove(home / "pg")
    shutil.rmtree(home, ignore_errors=True)
    prepare(home)
    with contextlib.ExitStack() as stack:
        stand_ins = [stack.enter_context(StandIn.serve(source)) for source in sources]
        yield stand_ins, stack.enter_context(Postgres.serve(home / "pg"))


def prepare(home: Path) -> None:
    """Make a folder for Dagster, with the settings of this project.

    Settings that nobody changed follow those of this project. Of others it is said, once, that this
    project's have changed.
    """
    home.mkdir(parents=True, exist_ok=True)
    own, last = home / "dagster.yaml", home / ".dagster.yaml.shipped"
    shipped = SETTINGS.read_text(encoding="utf-8")
    before = last.read_text(encoding="utf-8") if last.exists() else None
    if not own.exists() or own.read_text(encoding="utf-8") == before:
        own.write_text(shipped, encoding="utf-8")
    elif shipped not in (before, own.read_text(encoding="utf-8")):
        say(f"{own} is kept, but this version comes with other settings: diff {own} {SETTINGS}")
    last.write_text(shipped, encoding="utf-8")


def environment_of(home: Path, more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of Dagster; taps and target-postgres are on its path."""
    folders = [ROOT / ".venv" / "bin", ROOT / ".meltano/loaders/target-postgres/venv/bin"]
    return {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "PATH": os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")]),
        **more,
    }


def start(home: Path, more: Mapping[str, str], options: Sequence[str]) -> int:
    """Run `dagster dev` until it is stopped."""
    with running(home, more, options) as process:
        return process.wait()


@contextlib.contextmanager
def running(
    home: Path, more: Mapping[str, str], options: Sequence[str], log: IO[bytes] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Keep `dagster dev` running while the context is open.

    Args:
        home: DAGSTER_HOME.
        more: Environment variables besides our own.
        options: Of `dagster dev`.
        log: Where its output goes; without, where ours goes.
    """
    # Dagster does on signals what it finds for Ctrl+C, and that is nothing where a shell has
    # started this in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(  # noqa: S603 (our own tool)
        [*COMMAND, *options],
        cwd=home,
        env=environment_of(home, more),
        stdout=log,
        stderr=log,
        process_group=0,
    )
    try:
        yield process
    finally:
        # To the runs in progress as well, which `dagster dev` would leave behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


if __name__ == "__main__":
    main()
