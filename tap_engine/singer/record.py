"""`--record`: what a tap says about itself for a recording, and where one begins and ends."""

from __future__ import annotations

import contextlib
import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from tap_engine.errors import SettingsError, TapError
from tap_engine.recording import recorder
from tap_engine.recording.recorder import Recorder
from tap_engine.singer.stream import load_schema
from tap_engine.state import shards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tap_engine.singer.stream import EngineStream
    from tap_engine.singer.tap import EngineTap

PAGERS = frozenset({"cursor", "id", "page", "time", "window"})
"""Words in states that say how a list is read."""


def recorded(tap: EngineTap, folder: str, work: Callable[[], int]) -> int:
    """Do something, and record what is asked and answered meanwhile, however it ends.

    Raises:
        SettingsError: The folder cannot be used, or the tap reads a shard.
        OSError: The recording cannot be written.
    """
    made = _begin(tap, folder)
    try:
        return work()
    finally:
        http = tap.connection.http
        http.transport.observer = None
        http.limit_retries(0)
        with contextlib.suppress(TapError):  # discovery may be what failed
            made.streams = sorted(name for name, stream in tap.streams.items() if stream.selected)
        tap.logger.info("record: %d requests and answers were recorded", made.write())


def _begin(tap: EngineTap, folder: str) -> Recorder:
    if tap.config.get(shards.NAME):
        msg = "--record does not work with the setting shard"
        raise SettingsError(msg)
    # The boundaries of several ranges depend on ids, so they could not be asked for again.
    tap.override(concurrency=1)
    try:
        own = tap.recorded()
        bases = {role: _as_sent(base) for role, base in own.bases.items()}
        made = Recorder(Path(folder), replace(own, bases=bases), tap.redactor)
    except OSError as error:
        msg = f"--record: the folder cannot be used: {error}"
        raise SettingsError(msg) from None
    made.state = copy.deepcopy(tap.state_members) or None
    tap.connection.http.transport.observer = made
    tap.logger.info(
        "record: up to %.0f MB of requests and answers are held in memory and written to %s at the"
        " end, with every value replaced (see docs/reporting.md); one page is read at a time",
        recorder.MOST_BYTES / 1e6,
        folder,
    )
    return made


def _as_sent(url: str) -> str:
    """Return a base URL as it stands in requests: host names in lower case, for instance."""
    return str(requests.Request("GET", url).prepare().url).rstrip("/")


def declared(
    streams: Iterable[type[EngineStream]], *more: str
) -> tuple[frozenset[str], frozenset[str]]:
    """Return names of members that may be kept, and those whose values may be personal or secret.

    They are read from the schema files: a catalog may hold users' names too.
    """
    schemas = (load_schema(stream.package, stream.name) for stream in streams)
    nodes = [pair for schema in schemas for pair in _nodes(schema)]
    names = frozenset({*more, *(name for name, _ in nodes)})
    return names, frozenset(name for name, node in nodes if "x-sensitive" in node)


def _nodes(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, inner in schema.get("properties", {}).items():
        yield name, inner
        yield from _nodes(inner)
    if isinstance(items := schema.get("items"), dict):
        yield from _nodes(items)


def path_words(streams: Iterable[type[EngineStream]], *more: str) -> frozenset[str]:
    """Return the words in the paths of streams, their fixed contexts included."""
    words = {"", *more}
    for stream in streams:
        words.update(part for part in stream.path.split("/") if "{" not in part)
        words.update(getattr(stream, "object_types", ()))
    return frozenset(words)


def state_words(tap: EngineTap) -> frozenset[str]:
    """Return the words in states that are the tap's own."""
    return frozenset({tap.name, *PAGERS, *(stream.name for stream in tap.stream_types)})
