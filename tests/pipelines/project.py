"""What meltano.yml says about the pipelines."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def _plugins() -> dict[str, list[dict[str, Any]]]:
    text = (ROOT / "meltano.yml").read_text(encoding="utf-8")
    plugins: dict[str, list[dict[str, Any]]] = yaml.safe_load(text)["plugins"]
    return plugins


def extractor(tap: str) -> dict[str, Any]:
    """Return the definition of a tap."""
    (found,) = [each for each in _plugins()["extractors"] if each["name"] == tap]
    return found


def loader_settings(*names: str) -> dict[str, Any]:
    """Return settings of target-postgres."""
    (found,) = [each for each in _plugins()["loaders"] if each["name"] == "target-postgres"]
    values = {each["name"]: each["value"] for each in found["settings"] if "value" in each}
    return {name: values[name] for name in names}
