"""A target that appends rows to a file and prints a STATE when the rows before it are there.

Settings: `rows` (the file); `die_once` (a file that does not exist yet) kills the first run after
`after` records; `code` is its exit code; `states` false prints none, "end" only the last;
`chatter` prints a line that is no state; `table` (a file) is made, with a pause before, unless it
was there; `wait_for` (a file) is waited for before anything is read.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, TextIO


def main() -> None:
    config = json.loads(Path(sys.argv[sys.argv.index("--config") + 1]).read_text())
    if "log" in config:
        print(config["log"], file=sys.stderr)
    while "wait_for" in config and not Path(config["wait_for"]).exists():
        time.sleep(0.02)
    if "chatter" in config:
        print(config["chatter"], flush=True)
    with Path(config["rows"]).open("a") as rows:
        last = load(config, rows)
    if config.get("states") == "end" and last:
        print(last, flush=True)
    sys.exit(config.get("code", 0))


def load(config: dict[str, Any], rows: TextIO) -> str:
    count, last = 0, ""
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "SCHEMA" and "table" in config:
            make(Path(config["table"]))
        elif message["type"] == "RECORD":
            row = {"stream": message["stream"], "record": message["record"]}
            rows.write(json.dumps(row) + "\n")
            count += 1
        elif message["type"] == "STATE":
            last = json.dumps(message["value"])
            if config.get("states", True) is True:
                rows.flush()
                print(last, flush=True)
        if count == config.get("after") and "die_once" in config:
            die(Path(config["die_once"]), rows)
    return last


def die(once: Path, rows: TextIO) -> None:
    if not once.exists():
        once.touch()
        rows.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def make(table: Path) -> None:
    if not table.exists():
        time.sleep(0.5)
        table.touch(exist_ok=False)


if __name__ == "__main__":
    main()
