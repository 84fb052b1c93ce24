"""The packaged JSON Schemas, and how tests go through them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("tap_commerce7", "tap_commercetools")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package / "schemas").glob("*"))]
SCHEMAS = {f"{path.parent.parent.name}.{path.stem}": json.loads(path.read_text()) for path in FILES}

ANY_TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"]
KINDS = {"object", "array", "string", "number", "integer", "boolean"}


def nested(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield path and node of everything below a node; `[]` marks the elements of an array."""
    for name, node in schema.get("properties", {}).items():
        yield f"{path}{name}", node
        yield from nested(node, f"{path}{name}.")
    if "items" in schema:
        elements = f"{path.removesuffix('.')}[]"
        yield elements, schema["items"]
        yield from nested(schema["items"], f"{elements}.")


def kinds_of(node: dict[str, Any]) -> list[str]:
    """Return the JSON types of a node."""
    return [node["type"]] if isinstance(node["type"], str) else node["type"]
