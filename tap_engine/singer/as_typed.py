"""Settings as people type them: white space around values, and names that do not exist."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers import capabilities

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

AROUND = " \t\r\n\f\v\u00a0\u200b\ufeff"
"""White space of files, web pages and editors."""

OF_SDK = frozenset(
    setting
    for name, schema in vars(capabilities).items()
    if name.endswith("_CONFIG")
    for setting in schema["properties"]
)
"""Settings of the Singer SDK, of targets as well: shared settings files hold them."""


def tidied(config: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Strip the texts of settings, and those in lists; objects stay as they are.

    Returns:
        The settings, and the names of those that changed.
    """
    clean = {name: _stripped(value) for name, value in config.items()}
    return clean, [name for name, value in config.items() if clean[name] != value]


def _stripped(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip(AROUND)
    if isinstance(value, list):
        return [_stripped(each) for each in value]
    return value


def unknown(config: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    """Yield a sentence about each setting that no tap or SDK knows.

    Names that begin with an underscore are Meltano's.
    """
    for name in config:
        if name in known or name in OF_SDK or name.startswith("_"):
            continue
        near = difflib.get_close_matches(name.lower(), known, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        yield f"there is no setting {name!r:.60}; ignored{meant}"
