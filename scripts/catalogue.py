"""`./run docs`: the catalogue of the tables, in a browser on this machine."""

from __future__ import annotations

import argparse
import contextlib
import sys

from scripts import dbt, sync
from scripts.console import end_on_sigterm, say
from scripts.demo.__main__ import DATA, alone
from scripts.demo.postgres import Postgres


def main() -> None:
    """Build the catalogue and serve it until Ctrl+C."""
    parser = argparse.ArgumentParser(prog="./run docs", description=__doc__)
    parser.add_argument("--port", type=int, default=8700, help="port on 127.0.0.1")
    parser.add_argument("--build", action="store_true", help="only build it, in transform/target")
    options = parser.parse_args()
    end_on_sigterm()
    settings = sync.read_settings()
    with contextlib.ExitStack() as stack:
        if sync.missing("target-postgres", settings):
            if not DATA.exists():
                sys.exit("nothing to describe yet: fill in .env, or run ./run demo")
            say("no database in .env: the catalogue of the last demo")
            stack.enter_context(alone())
            settings |= {dbt.URL: stack.enter_context(Postgres.serve(DATA)).sqlalchemy_url}
        with dbt.alone():
            code = dbt.run(["docs", "generate"], settings)
        if code:
            sys.exit(code)
        if options.build:
            return
        say(f"http://127.0.0.1:{options.port}, until Ctrl+C")
        serve = ["docs", "serve", "--host=127.0.0.1", f"--port={options.port}"]
        with contextlib.suppress(KeyboardInterrupt):
            sys.exit(dbt.run(serve, settings))


if __name__ == "__main__":
    main()
