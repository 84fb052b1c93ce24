"""Command line of the benchmarks: one subcommand for each module in `COMMANDS`."""

from __future__ import annotations

import argparse
import importlib
import sys

COMMANDS = {
    "loading": "benchmarks.loading",
    "perf": "benchmarks.perf",
    "reconcile": "benchmarks.reconcile",
    "shards": "benchmarks.shards",
    "soak": "benchmarks.soak",
}
"""Subcommand -> module with `HELP`, `add_arguments(parser)` and `run(arguments)`.

`run` returns the exit code. Only the module that is asked for is imported: the peak memory of a
measured process counts from the size of the process that starts it.
"""
DEFAULT = "perf"


def main() -> int:
    """Run the subcommand that was asked for."""
    given = sys.argv[1:]
    name = given.pop(0) if given and given[0] in COMMANDS else DEFAULT
    module = importlib.import_module(COMMANDS[name])
    others = ", ".join(other for other in COMMANDS if other != name)
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks {name}",
        description=module.HELP,
        epilog=f"Other commands: {others}.",
    )
    module.add_arguments(parser)
    code: int = module.run(parser.parse_args(given))
    return code


if __name__ == "__main__":
    sys.exit(main())
