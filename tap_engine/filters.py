"""The setting `stream_filters`: what the user asks of the records of single streams."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_engine.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_engine.stream import EngineStream

NAME = "stream_filters"


def setting(description: str) -> th.Property[Any]:
    """Declare the setting; its values are checked by `check`, which does not quote them."""
    return th.Property(
        NAME,
        th.ObjectType(additional_properties=True),
        title="Stream filters",
        description=(
            f"{description} Another filter makes the stream read everything anew; see"
            " docs/filters.md."
        ),
    )


def check(config: Mapping[str, Any], streams: Iterable[type[EngineStream]]) -> None:
    """Check the names of streams and each filter.

    Raises:
        SettingsError: A stream does not exist or takes no filter, or a filter cannot be right.
    """
    known = {stream.name: stream for stream in streams}  # type: ignore[misc] # declared on classes
    for name, value in (config.get(NAME) or {}).items():
        if name not in known:
            msg = f"setting {NAME}: there is no stream {name!r:.60}"
            raise SettingsError(msg)
        if wrong := known[name].wrong_filter(value):
            msg = f"setting {NAME}: {name}: {wrong}"
            raise SettingsError(msg)


def fingerprint(value: object) -> str:
    """Shorten a filter to what state keeps of it; the text may name a person.

    64 bits: enough to notice a change, and nobody can read the filter out of it.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
