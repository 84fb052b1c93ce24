"""Files with settings for processes, which nobody else can read and which do not stay."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class PrivateFolder:
    """A folder for our user only; see private_folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, name: str, value: Any) -> str:
        """Write a value as JSON, readable for our user only, and return the file's path."""
        path = self._path / name
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file)
        return str(path)


@contextlib.contextmanager
def private_folder() -> Iterator[PrivateFolder]:
    """Make a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="tap-") as name:
        yield PrivateFolder(Path(name))
