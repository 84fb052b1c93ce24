"""What the taps declare in code and the documentation repeats."""

from __future__ import annotations

import contextlib
import functools
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine.records.embedded import embedding
from tap_engine.records.pruning import secret_breadcrumbs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_engine.singer.stream import EngineStream
    from tap_engine.singer.tap import EngineTap

TAPS: tuple[type[EngineTap], ...] = (TapCommerce7, TapCommercetools)

# The SDK declares it for every plugin, but it needs the `faker` package, which is not installed.
LEFT_OUT = {"faker_config"}


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        kind: Meltano's name for the type, such as `date_iso8601` or `integer`.
        default: None if there is none.
    """

    name: str
    label: str
    description: str
    kind: str
    default: Any
    sensitive: bool
    required: bool


@dataclass(frozen=True)
class StreamFacts:
    """One stream.

    Attributes:
        key: Key properties.
        cursor: Replication key; None for full-table streams.
        on: Whether the stream is selected by default.
        off_because: Why it is not.
        may_be_absent: Why not every source has it; empty for most streams.
        needs: Scope or app permission; empty if the vendor documents none.
        secrets: Breadcrumbs of the fields that are deselected by default.
        embedding: Breadcrumbs of open members that may contain secrets of other records.
        activates: Whether a full scan tells the target which rows are current.
        pager: Name of the pager of a full scan.
        base: Name of the base class.
        parent: Path of the collection whose objects have a list each; empty for most streams.
        schema: JSON schema of a record.
        forgotten: Whether the platform deletes old records by itself.
    """

    name: str
    key: tuple[str, ...]
    cursor: str | None
    on: bool
    off_because: str
    may_be_absent: str
    needs: str
    secrets: list[tuple[str, ...]]
    embedding: list[tuple[str, ...]]
    activates: bool
    pager: str
    base: str
    parent: str
    schema: dict[str, Any]
    forgotten: bool


def own_settings(tap: type[EngineTap]) -> list[Setting]:
    """Return the settings that the tap declares itself."""
    # The SDK adds its own settings to the class when a tap is created.
    of_sdk = {setting.name for setting in sdk_settings(tap)} | LEFT_OUT
    return [each for each in _settings(tap.config_jsonschema) if each.name not in of_sdk]


def sdk_settings(tap: type[EngineTap]) -> list[Setting]:
    """Return the settings that the Singer SDK adds."""
    schema: dict[str, Any] = {"properties": {}}
    tap.append_builtin_config(schema)
    return [each for each in _settings(schema) if each.name not in LEFT_OUT]


@functools.cache
def streams(tap: type[EngineTap]) -> list[StreamFacts]:
    """Return the streams in alphabetical order, without asking the API."""
    placeholders = dict.fromkeys(tap.config_jsonschema.get("required", ()), "placeholder")
    with _signals_kept():
        made = tap(config=placeholders).discover_streams()
    return sorted((_facts(stream) for stream in made), key=lambda facts: facts.name)


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Restore the signal handlers, which every new tap replaces."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


def env_name(tap: type[EngineTap], setting: str) -> str:
    """Return the environment variable of a setting, as used by both the SDK and Meltano."""
    return f"{tap.name}_{setting}".upper().replace("-", "_")


def select_pattern(stream: str, breadcrumb: tuple[str, ...]) -> str:
    """Return a breadcrumb as a pattern for Meltano's `select`.

    Meltano's patterns have no notation for array elements; a star covers `items`.
    """
    parts: list[str] = []
    crumbs = iter(breadcrumb)
    for crumb in crumbs:
        if crumb == "items":
            parts[-1] += "*"
        else:  # "properties", followed by a name
            parts.append(next(crumbs))
    return f"{stream}.{'.'.join(parts)}"


def on_by_default() -> dict[str, list[StreamFacts]]:
    """Return the streams that are on by default, by tap name."""
    return {tap.name: [stream for stream in streams(tap) if stream.on] for tap in TAPS}


def _settings(schema: dict[str, Any]) -> list[Setting]:
    required = set(schema.get("required", ()))
    return [
        Setting(
            name=name,
            label=definition["title"],
            description=" ".join(definition.get("description", "").split()),
            kind=_kind(definition),
            default=definition.get("default"),
            sensitive=bool(definition.get("secret")),
            required=name in required,
        )
        for name, definition in schema["properties"].items()
    ]


def _kind(definition: dict[str, Any]) -> str:
    if definition.get("format") == "date-time":
        return "date_iso8601"
    types: str | list[str] = definition["type"]
    return types if isinstance(types, str) else types[0]


def _facts(stream: EngineStream) -> StreamFacts:
    return StreamFacts(
        name=stream.name,
        key=stream.keys,
        cursor=stream.replication_key,
        on=stream.selected_by_default,
        off_because=stream.off_because,
        may_be_absent=stream.may_be_absent,
        needs=stream.needs,
        secrets=secret_breadcrumbs(stream.schema),
        embedding=[at for at in embedding(stream.schema) if at],
        activates=stream.activates,
        pager=stream.full_pager.__name__,
        base=type(stream).__mro__[1].__name__,
        parent=getattr(stream, "parent", getattr(stream, "parent_path", "").strip("/")),
        schema=stream.schema,
        forgotten=stream.source_expires,
    )
