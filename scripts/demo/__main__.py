"""`./run demo`: both stand-ins, both pipelines, and tables for analysts, twice."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.console import end_on_sigterm, print_table, say
from scripts.declarations import on_by_default
from scripts.demo import compare, tables
from scripts.demo.pipelines import Meltano, PipelineError
from scripts.demo.postgres import Postgres, remove
from scripts.demo.stand_ins import SOURCES, StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".demo"
DATA = FOLDER / "pg"
STREAMS = on_by_default()
UPDATES = 3
"""Records updated in each changed collection before the second run."""


def main() -> None:
    """Read the command line and run the demo, or look at what it loaded."""
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running at the end")
    parser.add_argument("--look", action="store_true", help="open psql on the last demo's data")
    options = parser.parse_args()
    end_on_sigterm()
    try:
        with alone():
            look() if options.look else demo(keep=options.keep)
    except PipelineError as error:
        sys.exit(f"{error}\n\nThe demo failed; the whole log is in {FOLDER / 'meltano.log'}")
    except KeyboardInterrupt:
        sys.exit("stopped")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Keep a second demo from pulling the data from under a running one."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit("another ./run demo is running in this folder")
        yield


def demo(*, keep: bool) -> None:
    """Load, compare, change something, load again, compare again."""
    clean_up()
    with contextlib.ExitStack() as stack:
        say("starting the stand-ins of both platforms and a PostgreSQL")
        stand_ins = [stack.enter_context(StandIn.serve(source)) for source in SOURCES]
        postgres = stack.enter_context(Postgres.serve(DATA))
        settings = {"TARGET_POSTGRES_SQLALCHEMY_URL": postgres.sqlalchemy_url}
        for stand_in in stand_ins:
            settings |= stand_in.environment
        meltano = Meltano(ROOT, FOLDER, settings)

        for stand_in in stand_ins:
            first_run(meltano, postgres, stand_in)
        tables.build(meltano)
        for stand_in in stand_ins:
            second_run(meltano, postgres, stand_in)
        tables.build(meltano)
        tables.show(postgres)
        explain(postgres, keep=keep)
        if keep:
            say("everything keeps running until Ctrl+C")
            for stand_in in stand_ins:
                print(f"  {stand_in.source.module} at {stand_in.address}")
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()


def clean_up() -> None:
    """Remove what the last demo left."""
    remove(DATA)
    for path in FOLDER.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "lock":
            path.unlink()


def first_run(meltano: Meltano, postgres: Postgres, stand_in: StandIn) -> None:
    """Load everything and compare it with the source."""
    source = stand_in.source
    run(meltano, source.tap, "first run, loads everything")
    result = compare.compare(postgres, stand_in, STREAMS[source.tap])
    print_table(
        ("stream", "rows in PostgreSQL", "records at the source"),
        [(line.stream, line.loaded, line.there) for line in result],
    )
    compare.must_agree(source.tap, result)


def second_run(meltano: Meltano, postgres: Postgres, stand_in: StandIn) -> None:
    """Change some records, load again and show what arrived."""
    source = stand_in.source
    schema = source.schema
    before = {s.name: compare.last_batch(postgres, schema, s) for s in STREAMS[source.tap]}
    changes = stand_in.change(UPDATES)
    run(meltano, source.tap, f"second run, after {len(changes)} changes at the source")

    lines = []
    whole = 0
    for stream in STREAMS[source.tap]:
        arrived = compare.rows(postgres, schema, stream, before[stream.name])
        if stream.cursor is None:
            whole += len(arrived)
            continue
        changed = {row_id for name, row_id in changes if name == stream.name}
        if missing := changed - set(arrived):
            sys.exit(f"{stream.name}: changed at the source, but not loaded: {sorted(missing)}")
        lines.append((stream.name, len(changed), len(arrived), len(arrived) - len(changed)))
    print_table(
        ("incremental stream", "changed", "arrived", "of which read again"),
        [line for line in lines if line[1]],
    )
    rest = [line for line in lines if not line[1]]
    print(
        f"  {len(rest)} other incremental streams: {sum(line[2] for line in rest)} rows read again"
        " (the last ones before their bookmarks, in case of late writes)"
    )
    print(f"  full-table streams: all of their {whole} rows, as in every run")
    compare.must_agree(source.tap, compare.compare(postgres, stand_in, STREAMS[source.tap]))


def run(meltano: Meltano, tap: str, what: str) -> None:
    """Run one pipeline and say how long it took."""
    say(f"meltano run {tap} target-postgres: {what}")
    began = time.monotonic()
    meltano.run(tap, "target-postgres")
    print(f"  took {time.monotonic() - began:.0f} s")


def explain(postgres: Postgres, *, keep: bool) -> None:
    """Print how to go on."""
    say("done")
    schemas = " and ".join(source.schema for source in SOURCES)
    print(f"The data are in the schemas {schemas}, the tables in analytics. To look at them:")
    example = "select * from analytics.orders limit 5"
    if keep:
        print(f"  '{postgres.psql}' '{postgres.url}' -c '{example}'")
    else:
        print("  ./run demo --look           opens psql on them, also in a pipe:")
        print(f"  echo '{example}' | ./run demo --look")
        print("  ./run demo --keep           leaves the database and the stand-ins running")
    print("  ./run docs                  shows the catalogue of the tables in a browser")
    print("To use your own shop and database:")
    print("  cp .env.example .env        fill in credentials and the database")
    print("  ./run sync --tables")


def look() -> None:
    """Open psql on the data of the last demo."""
    if not DATA.exists():
        sys.exit("nothing to look at yet: ./run demo loads the data")
    with Postgres.serve(DATA) as postgres:
        # Ctrl+C ends a query inside psql; psql itself ends with \q.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = subprocess.run([postgres.psql, postgres.url], check=False).returncode  # noqa: S603
    sys.exit(code)


if __name__ == "__main__":
    main()
