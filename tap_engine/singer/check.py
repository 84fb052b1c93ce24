"""The output of `--test` and `--discover`: connection check, SCHEMA messages, catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_engine.errors import RequestError, StreamError, UnreachableError
from tap_engine.reading.run import explained

if TYPE_CHECKING:
    from tap_engine.singer.tap import EngineTap

CHECK_SECONDS = 15.0
"""Retry budget of a check; somebody is waiting for the result."""


def check(tap: EngineTap) -> int:
    """Check whether each selected stream can be read.

    Returns:
        The exit code: 0 if all are readable.

    Raises:
        UnreachableError: The API has never answered.
    """
    http = tap.current_run.http
    http.limit_retries(CHECK_SECONDS)
    failed = 0
    for stream in tap.ready_streams():
        result = "readable"
        try:
            stream.check()
        except (RequestError, UnreachableError) as error:
            if not http.reached_anything:
                raise
            result = f"unreachable: {error}"
            failed += 1
        except StreamError as error:
            result = f"refused: {explained(error, stream.needs)}"
            failed += 1
        print(f"{stream.name}: {result}")  # noqa: T201 (this is the command's output)
    return 1 if failed else 0


def print_schemas(tap: EngineTap) -> int:
    """Print the SCHEMA messages of the selected streams and return the exit code.

    A target that reads them creates the tables. Loaders that start at the same time, such as those
    of shards, would get in each other's way doing that.
    """
    for stream in tap.ready_streams():
        stream.write_schema()
    tap.writer.flush()
    return 0


def print_catalog(tap: EngineTap) -> int:
    """Print the catalog and return the exit code."""
    tap.run_discovery()
    return 0
