"""Names of columns and models."""

from __future__ import annotations

import re

_SINGULARS = {
    "taxes": "tax",
    "sync_info": "sync",
    "product_tailoring": "product_tailoring",
    "project": "project",
    "trash": "trash",
}


def snake(name: str) -> str:
    """Return a member's name in snake case: `volumeInML` becomes `volume_in_ml`."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", words)
    return re.sub(r"\W", "_", words).lower()


def singular(name: str) -> str:
    """Return the singular of a name in snake case: `order_line_items` becomes `order_line_item`."""
    for plural, single in _SINGULARS.items():
        if name == plural or name.endswith(f"_{plural}"):
            return name.removesuffix(plural) + single
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    if name.endswith("sses"):
        return name[:-2]
    return name.removesuffix("s")
