"""Serves the Commerce7 stand-in: `python -m sandbox.commerce7 --port 8702`."""

from __future__ import annotations

import argparse
import gc
import signal
import threading
from typing import Any

from sandbox.commerce7.app import build
from sandbox.commerce7.values import FIXED_ROWS, SCALED_ROWS

STREAMS = (*SCALED_ROWS, *FIXED_ROWS)


def main() -> None:
    """Read the command line, load the data and serve until interrupted."""
    arguments = _parser().parse_args()
    rows = dict(arguments.rows)
    for name in STREAMS:
        if getattr(arguments, name) is not None:
            rows[name] = getattr(arguments, name)
    options: dict[str, Any] = {"gzip": arguments.gzip}
    if not arguments.rate_limit:
        options["rate_limit"] = None
    stand_in = build(
        arguments.size,
        arguments.seed,
        rows=rows,
        rows_per_timestamp=arguments.rows_per_timestamp,
        small=arguments.small,
        latency=arguments.latency,
        **options,
    )
    # Millions of rows: the collector must not walk through them again and again.
    gc.disable()
    for collection in stand_in.collections.values():
        len(collection)
    gc.enable()
    gc.freeze()

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with stand_in.serve(arguments.port) as running:
        print(f"Commerce7 stand-in ready at {running.url}/v1 (stop: Ctrl+C)", flush=True)
        stop.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.commerce7")
    parser.add_argument("--port", type=int, default=8702, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same data")
    parser.add_argument("--size", type=float, default=1, help="factor on large collections")
    parser.add_argument(
        "--rows",
        type=_row_count,
        action="append",
        default=[],
        metavar="STREAM=NUMBER",
        help="row count of one collection, may be repeated",
    )
    parser.add_argument("--rows-per-timestamp", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0, help="seconds per answer")
    parser.add_argument("--small", action="store_true", help="records of a few members")
    parser.add_argument("--no-gzip", dest="gzip", action="store_false")
    parser.add_argument(
        "--no-rate-limit", dest="rate_limit", action="store_false", help="never answer 429"
    )
    for name in STREAMS:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=argparse.SUPPRESS)
    return parser


def _row_count(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if name not in STREAMS or not number.isdecimal():
        msg = f"{text} is not STREAM=NUMBER with a known stream"
        raise argparse.ArgumentTypeError(msg)
    return name, int(number)


if __name__ == "__main__":
    main()
