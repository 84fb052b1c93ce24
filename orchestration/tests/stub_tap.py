"""A tap that keeps the promises of our taps, and breaks off where its settings say so.

Its one stream `orders` has the ids 1 to `rows`; a shard reads every n-th. Settings that are ours:
`break_once` (a file that does not exist yet) and `how` ("exit", "kill" or "hang") end the first
run after `after` records; `report` (a file) takes arguments, environment and modes of the files.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

NAME = "tap-commercetools"


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[0] == "--merge-states":
        merge(arguments[1:])
        return
    only_schema = "--test=schema" in arguments
    if only_schema:
        arguments.remove("--test=schema")
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    config = json.loads(Path(options["--config"]).read_text())
    state = json.loads(Path(options["--state"]).read_text()) if "--state" in options else {}
    if "report" in config and not only_schema:
        report(Path(config["report"]), arguments, config, state)
    if "log" in config:
        print(config["log"], file=sys.stderr)
    if only_schema:
        schema()
    else:
        read(config, state)


def report(path: Path, arguments: list[str], config: object, state: object) -> None:
    files = [file for argument in arguments if (file := Path(argument)).is_file()]
    entry = {
        "arguments": arguments,
        "modes": {str(file): oct(file.stat().st_mode & 0o777) for file in files},
        "links": {str(file): file.stat().st_nlink for file in files},
        "environment": dict(os.environ),
        "config": config,
        "state": state,
    }
    with path.open("a") as lines:
        lines.write(json.dumps(entry) + "\n")


def read(config: dict[str, Any], state: dict[str, Any]) -> None:
    number, of = map(int, config.get("shard", "1/1").split("/"))
    done = state.get("bookmarks", {}).get("orders", {}).get("at", 0)
    schema()
    count = 0
    for row in range(1, config.get("rows", 20) + 1):
        if row % of != number - 1 or row <= done:
            continue
        say({"type": "RECORD", "stream": "orders", "record": {"id": row, "pad": config.get("pad")}})
        count += 1
        done = row
        say(state_of(config, number, of, done, finished=False))
        if count == config.get("after") and "break_once" in config:
            break_off(config)
    if config.get("fail"):
        metrics(count)
        fail(config["fail"])
    if count or not state:
        say(state_of(config, number, of, done, finished=True))
    metrics(count)


def schema() -> None:
    say({"type": "SCHEMA", "stream": "orders", "schema": {}, "key_properties": ["id"]})


def break_off(config: dict[str, Any]) -> None:
    once = Path(config["break_once"])
    if once.exists():
        return
    once.touch()
    if config["how"] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if config["how"] == "hang":
        while True:
            time.sleep(60)
    fail("no such luck")


def state_of(
    config: dict[str, Any], number: int, of: int, done: int, *, finished: bool
) -> dict[str, Any]:
    state: dict[str, Any] = {"bookmarks": {"orders": {"at": done}}}
    if "shard" in config:
        state["shard"] = {
            "tap": NAME,
            "number": number,
            "of": of,
            "finished": {"orders": "split"} if finished else {},
        }
    return {"type": "STATE", "value": state}


def metrics(count: int) -> None:
    points = [
        ("record_count", count, {"stream": "orders"}),
        ("http_requests", count + 1, {}),
        ("http_waits_seconds", 0.25, {}),
    ]
    for metric, value, tags in points:
        point = {"type": "counter", "metric": metric, "value": value, "tags": tags}
        print(f"2026-01-01 00:00:00 | INFO | METRIC: {json.dumps(point)}", file=sys.stderr)


def merge(files: list[str]) -> None:
    if "RUBBISH" in os.environ:
        print("rubbish")
        return
    states = [json.loads(Path(file).read_text()) for file in files]
    left = [s["shard"]["number"] for s in states if s["bookmarks"].keys() - s["shard"]["finished"]]
    if left:
        fail(f"states cannot be merged: shard {left[0]} is not finished")
    at = min(state["bookmarks"]["orders"]["at"] for state in states)
    print(json.dumps({"bookmarks": {"orders": {"at": at}}}))


def fail(message: str) -> None:
    print(message, file=sys.stderr)
    sys.exit(1)


def say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
