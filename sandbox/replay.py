"""A stand-in that answers from a recording: `python -m sandbox.replay FOLDER`.

A tap that is pointed at it sees what the recorded run saw, so it does the same. What it asks for
and the recording does not hold is answered with 501 and reported: there the two runs differ.

Two things in a request come from the tap's clock or its own arithmetic, and are never the same
twice: times and ids that no recorded answer holds. They do not count when requests are compared.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from starlette.responses import Response

from sandbox.faults import hang_up
from sandbox.serve import Running

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

FORMAT = 1
MADE_BY_THE_TAP = re.compile(
    r"\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


class Replay:
    """Answers from a recording.

    Args:
        folder: The recording.

    Raises:
        ValueError: It is none, or of a format that is not known.

    Attributes:
        missed: Requests that were not recorded.
    """

    def __init__(self, folder: Path) -> None:
        self._index = json.loads((folder / "recording.json").read_text(encoding="utf-8"))
        if self._index.get("format") != FORMAT:
            msg = f"{folder} is not a recording of format {FORMAT}"
            raise ValueError(msg)
        lines = (folder / "exchanges.jsonl").read_text(encoding="utf-8").splitlines()
        exchanges = [json.loads(line) for line in lines]
        self._known = {
            found for each in exchanges for found in MADE_BY_THE_TAP.findall(each["body"])
        }
        self._answers: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for each in exchanges:
            path = unquote(self._index["mounts"][each["role"]] + each["path"])
            self._answers[self._key(each["method"], path, each["params"], each["query"])] += [each]
        self._served: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        self.missed: list[str] = []

    def settings(self, url: str) -> dict[str, Any]:
        """Return the settings for a tap that is to ask the server at a URL."""
        return {
            name: value.format(url=url) if name.endswith("_url") else value
            for name, value in self._index["settings"].items()
        }

    @property
    def unasked(self) -> int:
        """Number of recorded answers that nobody asked for."""
        return sum(len(each) - self._served[key] for key, each in self._answers.items())

    def serve(self, port: int = 0) -> Running:
        """Serve on the loopback interface; port 0 takes a free one."""
        return Running(self.app, port)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as an ASGI application."""
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        answer = self._answer(scope, body)
        if answer is None:
            response = Response('{"statusCode": 501, "message": "not recorded"}', 501)
        elif not answer["status"]:
            await hang_up(scope, receive)
            return
        else:
            response = Response(answer["body"], answer["status"], dict(answer["headers"]))
        await response(scope, receive, send)

    def _answer(self, scope: Scope, body: bytes) -> dict[str, Any] | None:
        query = scope["query_string"].decode("latin-1")
        params = parse_qsl(query, keep_blank_values=True)
        is_query = scope["path"].endswith("/graphql") and body
        key = self._key(
            scope["method"], scope["path"], params, json.loads(body) if is_query else None
        )
        with self._lock:
            answers = self._answers.get(key)
            if not answers:
                self.missed.append(f"{scope['method']} {scope['path']}?{query}")
                return None
            # Asked more often than it was, it gets the last answer again.
            place = min(self._served[key], len(answers) - 1)
            self._served[key] = min(self._served[key] + 1, len(answers))
            return answers[place]

    def _key(self, method: str, path: str, params: Any, query: Any) -> str:
        text = json.dumps([method, path, sorted(map(list, params)), query])
        return MADE_BY_THE_TAP.sub(lambda match: match[0] if match[0] in self._known else "*", text)


def main() -> None:
    """Parse the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.replay", description=__doc__)
    parser.add_argument("folder", type=Path, help="what --record wrote")
    parser.add_argument("--port", type=int, default=8703, help="0 takes a free one")
    given = parser.parse_args()
    try:
        replay = Replay(given.folder)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with replay.serve(given.port) as server:
        print(json.dumps(replay.settings(server.url)), flush=True)
        ended.wait()
    for request in replay.missed:
        print(f"not recorded: {request}", file=sys.stderr)
    print(f"{replay.unasked} recorded answers were not asked for", file=sys.stderr)
    sys.exit(1 if replay.missed else 0)


if __name__ == "__main__":
    main()
