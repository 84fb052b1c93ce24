"""Files for processes that nobody else can read."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import IO, Any


def nameless(value: Any) -> IO[bytes]:
    """Write a value as JSON into a file without a name.

    A process that is given its descriptor reads it at `path`. Nothing is left on disk, however
    this process ends.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    file.write(json.dumps(value).encode())
    file.seek(0)
    return file


def path(file: IO[bytes]) -> str:
    """Return the path of a file without a name, for a process that is given its descriptor."""
    return f"/dev/fd/{file.fileno()}"


def write(folder: str, name: str, value: Any) -> str:
    """Write a value without secrets as JSON and return the file's path."""
    path = Path(folder) / name
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(json.dumps(value), encoding="utf-8")
    return str(path)
