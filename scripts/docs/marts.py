"""The tables of docs/tables.md: what dbt's own documentation says about the marts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

PROPERTIES = (
    Path(__file__).resolve().parent.parent.parent / "transform" / "models" / "marts" / "marts.yml"
)


def marts() -> list[dict[str, Any]]:
    """Return the marts with descriptions, columns and their types."""
    found: list[dict[str, Any]] = yaml.safe_load(PROPERTIES.read_text(encoding="utf-8"))["models"]
    return found


def section() -> str:
    """Write a heading, what the mart counts, and its columns, for each mart."""
    lines = []
    for mart in marts():
        lines += ["", f"### {mart['name']}", "", mart["description"].strip(), ""]
        lines += ["| column | type | meaning |", "| --- | --- | --- |"]
        for column in mart["columns"]:
            lines.append(
                f"| `{column['name']}` | {column['data_type']} | {column['description'].strip()} |"
            )
    return "\n".join([*lines, "", ""])
