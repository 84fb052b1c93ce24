"""States of the taps, in a folder or an object store.

Of each tenant, under its name:

    tables.json
        The target has made the tables.
    shard-2-of-8.json
        The last state that the target emitted; shard-1-of-1.json where one run reads everything.
    shard-2-of-8.finished
        The shard was read and loaded to its end.
    shard-1-of-1.failed
        The last attempt failed; incremental runs go on with what is left.
    merged.json
        All shards together; where incremental runs begin.
    incremental.json
        The last state of the incremental runs.
"""

from __future__ import annotations

import json
import os
import posixpath
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from tap_orchestration.errors import OrchestrationError

if TYPE_CHECKING:
    from datetime import datetime

MERGED = "merged.json"
INCREMENTAL = "incremental.json"


class States:
    """The states of all tenants.

    Args:
        location: A folder or a URL of fsspec, such as `s3://bucket/prefix`.
        base: What a relative folder is relative to.
    """

    def __init__(self, location: str, base: Path) -> None:
        if "://" not in location:
            location = str(base / location)
        # Without the cache of listings: what other processes wrote is seen at once.
        self._files, self._root = url_to_fs(location, use_listings_cache=False)

    def read(self, tenant: str, name: str) -> dict[str, Any] | None:
        """Return a state; None if there is none.

        Raises:
            OrchestrationError: It is no JSON object.
        """
        try:
            text = self._files.cat_file(self._path(tenant, name))
        except FileNotFoundError:
            return None
        try:
            state = json.loads(text)
        except ValueError:
            state = None
        if not isinstance(state, dict):
            msg = f"the saved state {tenant}/{name} is no JSON object"
            raise OrchestrationError(msg)
        return state

    def write(self, tenant: str, name: str, state: Any) -> None:
        """Replace a state as a whole: whoever reads sees the old one or the new one."""
        path = self._path(tenant, name)
        data = json.dumps(state).encode()
        self._files.makedirs(posixpath.dirname(path), exist_ok=True)
        if isinstance(self._files, LocalFileSystem):
            _replace(Path(path), data)
        else:  # an object is there when it is complete, or not at all
            self._files.pipe_file(path, data)

    def remove(self, tenant: str, name: str) -> None:
        """Remove a file if it is there."""
        path = self._path(tenant, name)
        if self._files.exists(path):
            self._files.rm_file(path)

    def has(self, tenant: str, name: str) -> bool:
        """Return whether there is a file of that name."""
        return bool(self._files.exists(self._path(tenant, name)))

    def changed(self, tenant: str, name: str) -> datetime:
        """Return when a file was written."""
        changed: datetime = self._files.modified(self._path(tenant, name))
        return changed

    def names(self) -> dict[str, set[str]]:
        """Return the names of all files by tenant; one request where the store allows it."""
        found: dict[str, set[str]] = {}
        for path in self._files.find(self._root):
            tenant, name = str(path).rsplit("/", 2)[-2:]
            found.setdefault(tenant, set()).add(name)
        return found

    def _path(self, tenant: str, name: str) -> str:
        return f"{self._root}/{tenant}/{name}"


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".state-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise
