"""Serves the stand-in: `python -m sandbox.commercetools --port 8701`."""

from __future__ import annotations

import argparse
import gc
import signal
import threading

from sandbox.commercetools.app import build
from sandbox.commercetools.resources import RESOURCES


def main() -> None:
    """Parse the command line, load the data and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.commercetools")
    parser.add_argument("--port", type=int, default=8701)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--size", type=float, default=1, help="factor on all collections")
    parser.add_argument("--rows", action="append", default=[], metavar="STREAM=NUMBER")
    parser.add_argument("--rows-per-timestamp", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0, help="seconds per answer")
    parser.add_argument("--project", default="demo", help="project key")
    parser.add_argument("--small", action="store_true", help="records of a few members")
    parser.add_argument("--no-gzip", action="store_true")
    parser.add_argument("--no-messages", action="store_true", help="messages are not enabled")
    options = parser.parse_args()
    try:
        rows = {name: int(number) for name, number in (item.split("=") for item in options.rows)}
    except ValueError:
        parser.error("--rows takes STREAM=NUMBER")
    unknown = rows.keys() - RESOURCES.keys()
    if unknown:
        parser.error(f"there is no stream {', '.join(sorted(unknown))}")

    stand_in = build(
        size=options.size,
        seed=options.seed,
        rows=rows,
        rows_per_timestamp=options.rows_per_timestamp,
        small=options.small,
        messages=not options.no_messages,
        gzip=not options.no_gzip,
        latency=options.latency,
        project=options.project,
    )
    # Millions of rows: the collector must not walk through them again and again.
    gc.disable()
    for collection in stand_in.collections.values():
        if collection.time_fields:
            len(collection.by_time)
    gc.enable()
    gc.freeze()

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with stand_in.serve(options.port) as running:
        print(
            f"commercetools stand-in ready at {running.url}/{options.project} (stop: Ctrl+C)",
            flush=True,
        )
        stop.wait()


if __name__ == "__main__":
    main()
