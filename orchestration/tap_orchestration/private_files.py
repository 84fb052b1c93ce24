"""Files with settings for processes, readable for our user only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write(folder: str, name: str, value: Any) -> str:
    """Write a value as JSON and return the file's path."""
    path = Path(folder) / name
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(json.dumps(value), encoding="utf-8")
    return str(path)
