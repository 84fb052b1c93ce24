"""Reads the tenants file."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from tap_orchestration.errors import OrchestrationError
from tap_orchestration.tenants import Tenants

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

FILE_VARIABLE = "TENANTS_FILE"


class _NoDoubles(yaml.SafeLoader):
    """Refuses a key that is there twice, of which YAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the dict of a mapping."""
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"the key {key.value!r} is there twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the file is: `TENANTS_FILE`, or `tenants.yml` in `DAGSTER_HOME`."""
    home = environment.get("DAGSTER_HOME", "")
    return Path(environment.get(FILE_VARIABLE) or Path(home) / "tenants.yml").absolute()


def load(file: Path) -> Tenants:
    """Read and check the file; again only after it changed.

    Raises:
        OrchestrationError: It is not there, or says what it may not say; all mistakes in one line.
    """
    try:
        return _load(file, file.stat().st_mtime_ns)
    except OSError as error:
        msg = f"cannot read the tenants file {file.name}: {error.strerror}"
        raise OrchestrationError(msg) from None


@functools.lru_cache(maxsize=4)
def _load(file: Path, _changed: int) -> Tenants:
    try:
        # The loader is a safe one.
        data = yaml.load(file.read_text(encoding="utf-8"), _NoDoubles)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}" if mark else ""
        msg = f"{file.name}{where}: {error.problem}"
        raise OrchestrationError(msg) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        msg = f"{file.name} is no YAML"
        raise OrchestrationError(msg) from None
    if not isinstance(data, dict):
        msg = f"{file.name} is not of the form 'tenants: [...]'"
        raise OrchestrationError(msg)
    try:
        tenants = Tenants.model_validate({**data, "folder": file.parent})
    except ValidationError as error:
        # Without the values: a secret may have been written where a reference belongs.
        details = error.errors(include_url=False, include_input=False, include_context=False)
        lines = "; ".join(_line(detail, data) for detail in details)
        msg = f"{file.name}: {lines}"
        raise OrchestrationError(msg) from None
    return tenants


def _line(detail: ErrorDetails, data: Mapping[str, Any]) -> str:
    """Return a line that says what is wrong where, with the names of tenants."""
    where = list(detail["loc"])
    text = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        text = "is not known here"
    if where[:1] == ["tenants"] and len(where) > 1 and isinstance(where[1], int):
        entry = data["tenants"][where[1]]
        name = entry.get("name") if isinstance(entry, dict) else None
        where[:2] = [f"tenant {name or where[1] + 1}"]
    prefix = ": ".join(str(part) for part in where)
    return f"{prefix}: {text}" if prefix else text
