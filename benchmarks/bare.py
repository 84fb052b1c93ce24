"""The bare loop: asks for pages with `requests`, one after the other, and writes RECORD lines.

It is told what to ask for and how rows begin, so it does less than any program that has to find
out: it parses nothing, keeps no state, retries nothing. What it costs is the floor.

`python -m benchmarks.bare PLAN` reads a JSON file with the members of `Plan`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TypedDict

import requests


class Plan(TypedDict):
    """What to do.

    Attributes:
        token_url: Where to get a token first; empty for none.
        credentials: User name and password.
        headers: Sent with each request.
        urls: What to ask for, in order.
        stream: Name in the RECORD lines.
        first_member: How each row begins, and nothing inside a row.
        drop: Text to leave out of the rows; empty for none.
    """

    token_url: str
    credentials: list[str]
    headers: dict[str, str]
    urls: list[str]
    stream: str
    first_member: str
    drop: str


def main() -> None:
    """Carry out the plan."""
    plan: Plan = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    user, password = plan["credentials"]
    session = requests.Session()
    session.auth = (user, password)
    session.headers.update(plan["headers"])
    if plan["token_url"]:
        form = {"grant_type": "client_credentials"}
        token = session.post(plan["token_url"], data=form, timeout=60).json()["access_token"]
        session.auth = None
        session.headers["Authorization"] = f"Bearer {token}"
    time_extracted = "2026-01-01T00:00:00.000Z"
    head = f'{{"type":"RECORD","stream":"{plan["stream"]}","record":'.encode()
    tail = f',"time_extracted":"{time_extracted}"}}\n'.encode()
    first, drop = plan["first_member"].encode(), plan["drop"].encode()
    for url in plan["urls"]:
        body = session.get(url, timeout=60).content
        rows = body[body.find(b"[") + 1 : body.rfind(b"]")]
        if drop:
            rows = rows.replace(drop, b"")
        if rows:
            lines = rows.replace(b"},{" + first, b"}" + tail + head + b"{" + first)
            sys.stdout.buffer.writelines((head, lines, tail))


if __name__ == "__main__":
    main()
