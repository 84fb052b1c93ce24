"""The output of `--test` and `--discover`: connection check, SCHEMA messages, catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_engine.errors import (
    AbsentError,
    CredentialsError,
    RequestError,
    StreamError,
    UnreachableError,
)
from tap_engine.reading.run import explained

if TYPE_CHECKING:
    from tap_engine.singer.tap import EngineTap

CHECK_SECONDS = 15.0
"""Retry budget of a check; somebody is waiting for the result."""


def check(tap: EngineTap) -> int:
    """Check whether each selected stream can be read.

    Returns:
        The exit code: 0 if all are readable, apart from those that the source does not have.

    Raises:
        CredentialsError: The credentials are for something else.
        UnreachableError: The API has never answered.
    """
    http = tap.current_run.http
    http.limit_retries(CHECK_SECONDS)
    streams = tap.ready_streams()
    if hint := tap.refusal_hint():
        raise CredentialsError(hint)
    lines, readable, failed = _Lines(), 0, 0
    for stream in streams:
        try:
            stream.check()
        except (RequestError, UnreachableError) as error:
            if not http.reached_anything:
                raise
            lines.add(stream.name, "unreachable", str(error))
            failed += 1
        except StreamError as error:
            told = explained(error, stream.needs, stream.may_be_absent)
            absent = isinstance(told, AbsentError)
            failed += not absent
            lines.add(stream.name, "absent" if absent else "refused", str(told), told.reason)
        else:
            readable += 1
            lines.add(stream.name, "readable")
    lines.end()
    return 1 if failed or not readable else 0


class _Lines:
    """Prints a line for each stream, or one for all if all are refused for the same reason."""

    def __init__(self) -> None:
        self._held: list[tuple[str, str, str]] | None = []
        self._reason: str | None = None

    def add(self, stream: str, outcome: str, text: str = "", reason: str = "") -> None:
        """Take in what became of a stream.

        Args:
            stream: Its name.
            outcome: What became of it, in a word.
            text: What the API said.
            reason: The same, without what differs from stream to stream.
        """
        if self._held is not None and reason and self._reason in {None, reason}:
            self._reason = reason
            self._held.append((stream, outcome, text))
            return
        self._release()
        _print(stream, outcome, text)

    def end(self) -> None:
        """Print what was held back."""
        if self._held and len(self._held) > 1:
            names = ", ".join(name for name, _, _ in self._held)
            _print(f"all {len(self._held)} streams are refused", self._held[0][2])
            _print("streams", names)
        else:
            self._release()

    def _release(self) -> None:
        for held in self._held or ():
            _print(*held)
        self._held = None


def _print(*parts: str) -> None:
    print(": ".join(part for part in parts if part), flush=True)  # noqa: T201 (this is the command's output)


def print_schemas(tap: EngineTap) -> int:
    """Print the SCHEMA messages of the selected streams and return the exit code.

    A target that reads them creates the tables. Loaders that start at the same time, such as those
    of shards, would get in each other's way doing that.
    """
    for stream in tap.ready_streams():
        stream.write_schema()
    tap.writer.flush()
    return 0
