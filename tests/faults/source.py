"""A stand-in of either API together with the tap that reads it, for tests that are about both."""

from __future__ import annotations

import contextlib
import functools
import json
from dataclasses import dataclass
from decimal import Decimal
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.support import Output, commerce7_config, commercetools_config, run

if TYPE_CHECKING:
    from sandbox.standin import StandIn
    from tap_engine.singer.tap import EngineTap

ROWS = 130
STREAMS = {"tap-commercetools": "customer_groups", "tap-commerce7": "customer_addresses"}
"""The stream that most tests read: incremental, small records, no secret fields."""


@functools.cache
def narrowed(tap: type[EngineTap], streams: tuple[str, ...]) -> type[EngineTap]:
    """Give a tap that knows some streams only: to set up all of them takes most of a short run."""
    types = tuple(kind for kind in tap.stream_types if kind.name in streams)
    assert len(types) == len(set(streams)), "unknown stream"
    return type(tap.__name__, (tap,), {"stream_types": types})


@dataclass
class Source:
    """A stand-in, its tap and how the two are told apart.

    Attributes:
        path: Path of the stream that most tests read.
        concurrency: Setting of the tap.
    """

    tap: type[EngineTap]
    stand_in: StandIn
    url: str
    path: str
    concurrency: int

    @property
    def is_commercetools(self) -> bool:
        """Tell which of the two it is."""
        return self.tap.name == "tap-commercetools"

    @property
    def stream(self) -> str:
        """Name the stream that most tests read."""
        return STREAMS[self.tap.name]

    @property
    def match(self) -> str:
        """Match the requests for pages of that stream alone, not those for its total."""
        return rf"^{self.path}(\?(?!.*withTotal=true)|$)"

    @property
    def at(self) -> str:
        """Name the replication key."""
        return "lastModifiedAt" if self.is_commercetools else "updatedAt"

    def config(self, **more: Any) -> dict[str, Any]:
        """Make settings; small pages where the tap has that setting."""
        if self.is_commercetools:
            return commercetools_config(
                self.url, **{"page_size": 20, "concurrency": self.concurrency, **more}
            )
        return commerce7_config(self.url, **{"concurrency": self.concurrency, **more})

    def run(self, *streams: str, state: dict[str, Any] | None = None, **settings: Any) -> Output:
        """Run the tap in this process, on one stream unless told otherwise."""
        names = streams or (self.stream,)
        output = run(narrowed(self.tap, names), self.config(**settings), streams=names, state=state)
        self.settle()
        return output

    def settle(self) -> None:
        """Have the server see what the run sent last, which would meet the next test's faults.

        Requests that the tap gave up may still wait in its sockets; it takes these up before, or
        together with, one that comes later, hence two.
        """
        for _ in range(2):
            connection = HTTPConnection(urlsplit(self.url).netloc, timeout=10)
            with contextlib.closing(connection), contextlib.suppress(OSError, HTTPException):
                connection.request("GET", "/_control/requests")
                connection.getresponse().read()

    def truth(self, stream: str | None = None) -> dict[str, dict[str, Any]]:
        """Give the source's records by id, numbers exact."""
        rows = self.stand_in.collections[stream or self.stream].by_id.values()
        records = [json.loads(row.body, parse_float=Decimal) for row in rows]
        return {record["id"]: record for record in records}

    def asked(self, path: str | None = None) -> list[dict[str, Any]]:
        """List the requests for a path, by default for pages of the one stream."""
        return [
            entry
            for entry in self.stand_in.requests
            if entry["path"] == (path or self.path) and "withTotal=true" not in entry["query"]
        ]
