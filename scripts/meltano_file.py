"""What meltano.yml says about the plugins."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
FAST = ("use_copy", "validate_records", "batch_size_rows")
"""Settings of target-postgres that decide how fast it is; see docs/loading.md."""


@cache
def _plugins() -> dict[str, list[dict[str, Any]]]:
    text = (ROOT / "meltano.yml").read_text(encoding="utf-8")
    plugins: dict[str, list[dict[str, Any]]] = yaml.safe_load(text)["plugins"]
    return plugins


def extractor(tap: str) -> dict[str, Any]:
    """Return the definition of a tap."""
    (found,) = [each for each in _plugins()["extractors"] if each["name"] == tap]
    return found


def fast_loader() -> dict[str, Any]:
    """Return the settings that make target-postgres fast."""
    (found,) = [each for each in _plugins()["loaders"] if each["name"] == "target-postgres"]
    values = {each["name"]: each.get("value") for each in found["settings"]}
    return {name: values[name] for name in FAST}
