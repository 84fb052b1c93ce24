"""The command line that both stand-ins have in common."""

from __future__ import annotations

import argparse
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

    from sandbox.standin import StandIn


def make_parser(package: str, port: int, streams: Container[str]) -> argparse.ArgumentParser:
    """Return a parser of the options that both stand-ins take.

    Args:
        package: The package that is started.
        port: The default port.
        streams: Names that `--rows` accepts.
    """

    def row_count(text: str) -> tuple[str, int]:
        name, _, number = text.partition("=")
        if name not in streams or not number.isdecimal():
            msg = f"{text} is not STREAM=NUMBER with a known stream"
            raise argparse.ArgumentTypeError(msg)
        return name, int(number)

    parser = argparse.ArgumentParser(prog=f"python -m {package}")
    parser.add_argument("--port", type=int, default=port, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same data")
    parser.add_argument("--size", type=float, default=1, help="factor on large collections")
    parser.add_argument("--latency", type=float, default=0, help="seconds added to each answer")
    parser.add_argument(
        "--rows",
        type=row_count,
        action="append",
        default=[],
        metavar="STREAM=NUMBER",
        help="row count of one collection; may be repeated",
    )
    return parser


def serve(stand_in: StandIn, port: int, name: str, path: str) -> None:
    """Serve a stand-in until the process is interrupted or terminated.

    Args:
        stand_in: The stand-in.
        port: TCP port; 0 takes a free one.
        name: Name of the platform, for the line that says it is ready.
        path: Path of the API, for the same line.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with stand_in.serve(port) as running:
        print(f"{name} stand-in ready at {running.url}{path} (stop: Ctrl+C)", flush=True)
        stop.wait()
