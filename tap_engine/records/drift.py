"""Detects drift: what the API sends and the schema does not declare.

Only the first record of each page is compared; comparing all of them would cost more than reading
them. Reports contain paths and JSON types, never values.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tap_engine.records import rows

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Mapping

SAMPLE = "the first record of every page"

_NAMES = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    Decimal: "number",
    str: "string",
    list: "array",
    dict: "object",
}


class Drift:
    """Collects what the records of a stream contain and its schema does not declare.

    Args:
        schema: JSON schema of the stream.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self.undeclared: dict[str, set[str]] = defaultdict(set)
        self.contradicting: dict[str, set[str]] = defaultdict(set)

    def __bool__(self) -> bool:
        return bool(self.undeclared or self.contradicting)

    def look(self, raws: Iterable[bytes]) -> None:
        """Compare the first record of a page with the schema."""
        first = next(iter(raws), None)
        if first is not None:
            self._compare(rows.decode(first), self._schema, "")

    def _compare(self, value: Any, schema: Mapping[str, Any], path: str) -> None:
        names = schema.get("type")
        if names is not None:
            found = json_type(value)
            if found not in names and not (found == "integer" and "number" in names):
                self.contradicting[path].add(found)
                return
            if schema.get("format") in {"date-time", "date"} and isinstance(value, str):
                self._check_date(value, path)
        properties, items = schema.get("properties"), schema.get("items")
        if isinstance(value, dict) and properties:
            for name, inner in value.items():
                inside = f"{path}.{name}" if path else name
                if name in properties:
                    self._compare(inner, properties[name], inside)
                else:
                    self.undeclared[inside].add(json_type(inner))
        elif isinstance(value, list) and items:
            for inner in value:
                self._compare(inner, items, f"{path}[]")

    def _check_date(self, value: str, path: str) -> None:
        try:
            datetime.fromisoformat(value)
        except ValueError:
            self.contradicting[path].add("string that is not a date")

    def report(self, stream: str, logger: logging.Logger) -> None:
        """Log warnings for people and one line of JSON for programs."""
        for path, types in sorted(self.undeclared.items()):
            logger.warning(
                "%s: the API sends %s (%s), which the schema does not declare",
                stream,
                path,
                ", ".join(sorted(types)),
            )
        for path, types in sorted(self.contradicting.items()):
            logger.warning(
                "%s: the API sends %s as %s, which contradicts the schema",
                stream,
                path,
                ", ".join(sorted(types)),
            )
        line = {
            "stream": stream,
            "looked_at": SAMPLE,
            "undeclared": {path: sorted(types) for path, types in self.undeclared.items()},
            "contradicting": {path: sorted(types) for path, types in self.contradicting.items()},
        }
        logger.info("DRIFT: %s", json.dumps(line, sort_keys=True))


def json_type(value: Any) -> str:
    """Return the JSON type of a decoded value."""
    return _NAMES[type(value)]
