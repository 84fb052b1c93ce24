"""What the tests of this folder share: an API with its tap, and what a target would hold."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine import timestamps
from tests.support import catalog_of, commerce7_config, commercetools_config, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.standin import StandIn
    from tap_engine.singer.tap import EngineTap
    from tests.support import Output

LONG_AGO = "2010-01-01T00:00:00.000Z"
"""Before anything in the stand-ins."""

LOWEST_ID = "00000000-0000-4000-a000-000000000001"
HIGHEST_ID = "ffffffff-ffff-4fff-afff-fffffffffffe"

Pairs = list[tuple[str, str]]


@dataclass
class Source:
    """A stand-in that is being served, and the tap that reads it.

    Attributes:
        defaults: Settings of every run.
        stamp: Member of a record that holds its replication timestamp.
    """

    tap: type[EngineTap]
    stand_in: StandIn
    url: str
    defaults: dict[str, Any]
    stamp: str

    def run(
        self,
        *streams: str,
        state: dict[str, Any] | None = None,
        catalog: dict[str, Any] | None = None,
        default_catalog: bool = False,
        **settings: Any,
    ) -> Output:
        """Run the tap over some streams.

        The tap is one that has no others: preparing fifty streams takes longer than reading one.

        Args:
            streams: Their names; without a catalog all of them are selected.
            state: State to begin with.
            catalog: Catalog to go by.
            default_catalog: Give no catalog at all.
            settings: Settings besides the defaults.
        """
        tap = narrowed(self.tap, streams) if streams else self.tap
        if catalog is None and streams and not default_catalog:
            catalog = json.loads(_catalog(tap, streams))
        make = commercetools_config if self.tap is TapCommercetools else commerce7_config
        config = make(self.url, **{**self.defaults, **settings})
        return run(tap, config, state=state, catalog=catalog)

    def catalog(self, *streams: str, **options: Any) -> dict[str, Any]:
        """Make a catalog of some streams."""
        return catalog_of(self.tap, streams, **options)

    def rows(self, stream: str) -> dict[str, str]:
        """What the source holds: replication timestamps by id."""
        return {row.id: row.at for row in self.stand_in.collections[stream].by_id.values()}

    def records(self, stream: str) -> dict[str, dict[str, Any]]:
        """What the source holds: records by identity, numbers exact."""
        rows = self.stand_in.collections[stream].by_id.values()
        return {row.id: json.loads(row.body, parse_float=Decimal) for row in rows}

    def held(self, stream: str, *outputs: Output | list[dict[str, Any]]) -> dict[str, str]:
        """What a target that upserts holds after some runs: replication timestamps by id."""
        held = {}
        for output in outputs:
            messages = output if isinstance(output, list) else output.messages
            for message in messages:
                if message["type"] == "RECORD" and message["stream"] == stream:
                    held[message["record"]["id"]] = message["record"][self.stamp]
        return held

    def path(self, stream: str) -> str:
        """Path of a stream's list."""
        found = (each.path for each in self.tap.stream_types if each.name == stream)
        return f"/{next(found).lstrip('/')}"

    def pages(self, stream: str) -> str:
        """Regular expression for the requests for a stream's pages.

        Commerce7 is also asked for single rows, to see where ranges can begin.
        """
        return self.path(stream) + (r"\?.*limit=50" if self.stamp == "updatedAt" else "")

    def asked(self, path: str) -> list[dict[str, list[str]]]:
        """Query parameters of the requests so far to paths that end so, in order."""
        asked = []
        for request in self.stand_in.requests:
            if request["path"].endswith(path):
                query: dict[str, list[str]] = {}
                for name, value in parse_qsl(request["query"], keep_blank_values=True):
                    query.setdefault(name, []).append(value)
                asked.append(query)
        return asked

    def forget_requests(self) -> None:
        """Begin to count anew."""
        self.stand_in.requests.clear()

    def fail_after(self, count: int, match: str) -> None:
        """Let some requests through and refuse all later ones for good."""
        self.stand_in.faults.add(match, "status", status=500, times=-1, after=count)

    def heal(self) -> None:
        """End all faults."""
        self.stand_in.faults.clear()

    def rewrite(self, path: str, change: Callable[[Pairs], Pairs]) -> None:
        """Make the server understand a request to a path otherwise than it was meant."""
        self.stand_in._api = _Rewriter(self.stand_in._api, path, change)


class _Rewriter:
    """Changes the query of a request before the API sees it."""

    def __init__(self, app: ASGIApp, path: str, change: Callable[[Pairs], Pairs]) -> None:
        self._app, self._path, self._change = app, path, change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].endswith(self._path):
            pairs = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
            scope = {**scope, "query_string": urlencode(self._change(pairs)).encode()}
        await self._app(scope, receive, send)


class Rewritten:
    """Replaces what matches in the bodies of all answers; the length has to stay the same.

    The API must not compress them.
    """

    def __init__(self, app: ASGIApp, pattern: bytes, replacement: bytes) -> None:
        self._app, self._pattern, self._replacement = app, pattern, replacement

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            body = re.sub(self._pattern, self._replacement, message.get("body", b""))
            await send({**message, "body": body} if body else message)

        await self._app(scope, receive, changed)


class Changed:
    """Changes answers of any length, given the decoded `path?query` and the body.

    The API must not compress them.
    """

    def __init__(self, app: ASGIApp, change: Callable[[str, Any], Any]) -> None:
        self._app, self._change = app, change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        target = f"{scope['path']}?{unquote_plus(scope['query_string'].decode())}"
        start: Message = {}
        body = bytearray()

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            made = json.dumps(self._change(target, json.loads(body))).encode()
            kept = [pair for pair in start["headers"] if pair[0] != b"content-length"]
            length = (b"content-length", str(len(made)).encode())
            await send({**start, "headers": [*kept, length]})
            await send({"type": "http.response.body", "body": made})

        await self._app(scope, receive, changed)


@functools.cache
def narrowed(tap: type[EngineTap], streams: tuple[str, ...]) -> type[EngineTap]:
    """Make a tap that only has some of its streams."""
    kept = tuple(each for each in tap.stream_types if each.name in streams)
    return type(tap.__name__, (tap,), {"stream_types": kept, "__module__": tap.__module__})


@functools.cache
def _catalog(tap: type[EngineTap], streams: tuple[str, ...]) -> str:
    return json.dumps(catalog_of(tap, streams))


@contextlib.contextmanager
def commercetools(**options: Any) -> Iterator[Source]:
    """Serve a commercetools project with small records, in small pages so that there are many."""
    stand_in = build_commercetools(**{"small": True, **options})
    defaults = {"page_size": 20, "retry_max_seconds": 0}
    with _served(stand_in) as url:
        yield Source(TapCommercetools, stand_in, url, defaults, "lastModifiedAt")


@contextlib.contextmanager
def commerce7(**options: Any) -> Iterator[Source]:
    """Serve a Commerce7 tenant with small records, without rate limit."""
    stand_in = build_commerce7(**{"small": True, "rate_limit": None, **options})
    with _served(stand_in) as url:
        yield Source(TapCommerce7, stand_in, url, {"retry_max_seconds": 0}, "updatedAt")


@contextlib.contextmanager
def _served(stand_in: StandIn) -> Iterator[str]:
    server = stand_in.serve()
    try:
        yield server.url
    finally:
        # Stopping takes a tenth of a second; with hundreds of tests that is not worth a wait.
        threading.Thread(target=server.stop).start()


def next_second() -> None:
    """Wait until a run's start is past all changes.

    It is the first answer's `Date`, which counts whole seconds, less the time that answer
    took. On a slow machine that is more than the first moments of the next second.
    """
    time.sleep(2.01 - time.time() % 1)


def bookmarked(stream: str, value: str, key: str = "lastModifiedAt") -> dict[str, Any]:
    """A state with one bookmark, as another version or a person may have written it."""
    entry = {"replication_key": key, "replication_key_value": value}
    return {"bookmarks": {stream: entry}}


def scan_of(state: dict[str, Any], stream: str) -> dict[str, Any]:
    """The unfinished scan of a stream in a state; empty without one."""
    text = state["bookmarks"].get(stream, {}).get("scan")
    return json.loads(text) if text else {}


def prefixes(output: Output) -> Iterator[tuple[list[dict[str, Any]], dict[str, Any]]]:
    """Give every STATE of a run with all messages that were printed before it."""
    for place, message in enumerate(output.messages):
        if message["type"] == "STATE":
            yield output.messages[:place], message["value"]


def where(query: dict[str, list[str]]) -> str:
    """The filter of a request, empty without one."""
    return unquote_plus(" and ".join(query.get("where", [])))


def days_ago(days: float) -> str:
    """Name a moment some days ago."""
    return timestamps.render(datetime.now(UTC) - timedelta(days=days))
