"""Runs the taps the way a user would, and reads what comes out."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine.singer.cli import run_guarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tap_engine.singer.tap import EngineTap

TAPS: dict[str, type[EngineTap]] = {
    "tap-commerce7": TapCommerce7,
    "tap-commercetools": TapCommercetools,
}


def commercetools_config(url: str, **more: Any) -> dict[str, Any]:
    """Settings for the commercetools stand-in at a URL."""
    return {
        "project_key": "demo",
        "client_id": "demo-client",
        "client_secret": "demo-secret",
        "api_url": url,
        "auth_url": url,
        "history_url": f"{url}/history",
        **more,
    }


def commerce7_config(url: str, **more: Any) -> dict[str, Any]:
    """Settings for the Commerce7 stand-in at a URL, without the tap's own throttle."""
    return {
        "tenant": "demo-winery",
        "app_id": "demo-app",
        "app_secret": "demo-app-secret",
        "api_url": f"{url}/v1",
        "max_requests_per_minute": 100_000,
        **more,
    }


@dataclass
class Output:
    """What a tap printed.

    Attributes:
        text: Standard output, decoded.
        log: What it logged, or standard error.
        code: Exit code.
        messages: The Singer messages, in order; numbers are exact.
    """

    text: str
    log: str
    code: int
    messages: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Only a line feed ends a line: JSON may hold what else Python takes for an end of line.
        lines = self.text.removesuffix("\n").split("\n") if self.text else []
        self.messages = [json.loads(line, parse_float=Decimal) for line in lines]

    def of_type(self, kind: str, stream: str | None = None) -> list[dict[str, Any]]:
        """Messages of a type, of one stream if wanted."""
        return [
            message
            for message in self.messages
            if message["type"] == kind and stream in {None, message.get("stream")}
        ]

    def records(self, stream: str) -> list[dict[str, Any]]:
        """Records of a stream, in order."""
        return [message["record"] for message in self.of_type("RECORD", stream)]

    def ids(self, stream: str) -> list[str]:
        """Ids of a stream's records, in order."""
        return [record["id"] for record in self.records(stream)]

    def latest(self, stream: str) -> dict[str, dict[str, Any]]:
        """Last version of each record, as an upserting target would hold it."""
        return {record["id"]: record for record in self.records(stream)}

    @property
    def streams(self) -> set[str]:
        """Streams with a SCHEMA message."""
        return {message["stream"] for message in self.of_type("SCHEMA")}

    @property
    def states(self) -> list[dict[str, Any]]:
        """Values of all STATE messages."""
        return [message["value"] for message in self.of_type("STATE")]

    @property
    def state(self) -> dict[str, Any]:
        """Value of the last STATE message."""
        return self.states[-1]

    def bookmark(self, stream: str) -> str | None:
        """Bookmark of a stream in the last STATE."""
        value: str | None = self.state["bookmarks"].get(stream, {}).get("replication_key_value")
        return value


def catalog_of(
    tap: type[EngineTap],
    streams: Iterable[str],
    *,
    deselect: Iterable[tuple[str, ...]] = (),
    method: str | None = None,
) -> dict[str, Any]:
    """Make a catalog with some streams selected.

    Args:
        tap: Whose streams.
        streams: Names of the selected streams; no others are in the catalog.
        deselect: Breadcrumbs to deselect in every stream, such as ("properties", "email").
        method: Replication method to force.
    """
    entries = []
    discovered = tap(config={}, validate_config=False, setup_mapper=False).catalog_dict
    for entry in discovered["streams"]:
        if entry["tap_stream_id"] not in set(streams):
            continue
        for item in entry["metadata"]:
            breadcrumb = tuple(item["breadcrumb"])
            if not breadcrumb:
                item["metadata"]["selected"] = True
                if method:
                    item["metadata"]["forced-replication-method"] = method
                    entry["replication_method"] = method
            elif breadcrumb in set(deselect):
                item["metadata"]["selected"] = False
        entries.append(entry)
    assert len(entries) == len(set(streams)), "unknown stream"
    return {"streams": entries}


def run(
    tap: type[EngineTap],
    config: dict[str, Any],
    *,
    streams: Iterable[str] | None = None,
    state: dict[str, Any] | None = None,
    catalog: dict[str, Any] | None = None,
) -> Output:
    """Run a tap in this process; quick, and everything but signals and exit is the real thing."""
    if catalog is None and streams is not None:
        catalog = catalog_of(tap, streams)
    buffer, log = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(buffer, encoding="utf-8", write_through=True)
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with contextlib.redirect_stdout(out):
            made = tap(
                config=json.loads(json.dumps(config)),
                state=json.loads(json.dumps(state)) if state is not None else None,
                catalog=catalog,
            )
            code = run_guarded(made, made.run)
            out.flush()
        join_workers()
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    return Output(buffer.getvalue().decode(), log.getvalue(), code)


def join_workers() -> None:
    """Wait for requests that a run left behind: they would meet the next test's faults."""
    for thread in threading.enumerate():
        if thread.name == "request":
            thread.join(10)


@contextlib.contextmanager
def spawned(
    tap: type[EngineTap],
    config: dict[str, Any],
    folder: Path,
    *arguments: str,
    state: dict[str, Any] | None = None,
    catalog: dict[str, Any] | None = None,
    **options: Any,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a tap as a process of its own, with pipes on its output; killed at the end."""
    command = [sys.executable, "-c", f"from {tap.__module__} import main; main()"]
    for name, value in (("config", config), ("state", state), ("catalog", catalog)):
        if value is not None:
            file = folder / f"{name}.json"
            file.write_text(json.dumps(value))
            command += [f"--{name}", str(file)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([*command, *arguments], **{**pipes, **options})
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def command(
    tap: type[EngineTap],
    config: dict[str, Any] | None,
    folder: Path,
    *arguments: str,
    state: dict[str, Any] | None = None,
    catalog: dict[str, Any] | None = None,
    timeout: float = 120,
    **options: Any,
) -> Output:
    """Run a tap as a process of its own to its end.

    The output is only parsed as messages when it is a run, so `text` serves for `--discover`.
    """
    with spawned(
        tap, config or {}, folder, *arguments, state=state, catalog=catalog, **options
    ) as process:
        out, err = process.communicate(timeout=timeout)
    output = Output("", err.decode(), process.returncode)
    output.text = out.decode()
    if not arguments:
        output.__post_init__()
    return output
