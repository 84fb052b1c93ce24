"""Settings that both taps have, and the checks that a JSON schema cannot make."""

from __future__ import annotations

import ipaddress
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk import typing as th
from singer_sdk.configuration._dict_config import parse_environment_config  # public nowhere

from tap_engine import timestamps
from tap_engine.errors import SettingsError
from tap_engine.reading import counts
from tap_engine.reading.run import ReadSettings
from tap_engine.state import shards

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Property = th.Property[Any]

TEXT = th.StringType
TEXTS = th.ArrayType(th.StringType)
INTEGER = th.IntegerType
BOOLEAN = th.BooleanType
# From a variable of the environment the SDK makes a number only where the type says `integer`, and
# Meltano 4.4 cannot pass on a number of its kind `decimal`. Fractions come from settings files.
NUMBER = th.CustomType({"type": ["integer", "number"]})

FILTERS = "stream_filters"
MOST_CONCURRENCY = 16


def setting(  # noqa: PLR0913 (what can be said of a setting)
    name: str,
    kind: Any,
    title: str,
    description: str,
    *,
    default: Any = None,
    required: bool = False,
    secret: bool = False,
) -> Property:
    """Declare a setting.

    Args:
        name: Its name.
        kind: One of the types above.
        title: Title for user interfaces.
        description: What it does, for `--about` and the documentation.
        default: Value without one.
        required: It has to be set.
        secret: Its value is masked in everything that is printed.
    """
    return th.Property(
        name,
        kind,
        required=required,
        default=default,
        secret=secret,
        title=title,
        description=description,
    )


def declare(*settings: Property) -> dict[str, Any]:
    """Return the JSON schema of settings."""
    return th.PropertiesList(*settings).to_dict()


def stream_filters(description: str) -> Property:
    """Declare `stream_filters`; `check_filters` checks the values without quoting them."""
    return setting(
        FILTERS,
        th.ObjectType(additional_properties=True),
        "Stream filters",
        f"{description} Another filter makes the stream read everything anew; see docs/filters.md.",
    )


def shared(*, concurrency: int, lookback_seconds: int) -> list[Property]:
    """Declare the settings that both taps have, with the defaults of one."""
    return [
        setting(
            "start_date",
            th.DateTimeType,
            "Start date",
            "Lower bound of the first sync of incremental streams, ISO 8601; without an offset it"
            " means UTC. Moving it back later makes the tap read everything again.",
        ),
        setting(
            "concurrency",
            INTEGER,
            "Concurrency",
            f"Most requests in flight at once, 1 to {MOST_CONCURRENCY}.",
            default=concurrency,
        ),
        setting(
            "lookback_seconds",
            INTEGER,
            "Lookback",
            "How far before its bookmark a stream is read again, for late writes.",
            default=lookback_seconds,
        ),
        setting(
            "request_timeout",
            NUMBER,
            "Request timeout",
            "Seconds to wait for a connection and for each part of an answer; a whole answer may"
            " take three times as long.",
            default=120,
        ),
        setting(
            "retry_max_seconds",
            NUMBER,
            "Retry budget",
            "How long one request is tried again before its stream fails, in seconds.",
            default=600,
        ),
        setting(
            "skip_forbidden_streams",
            BOOLEAN,
            "Skip forbidden streams",
            "Only warn about selected streams that the API refuses to these credentials from the"
            " start, instead of ending with an error after the others are done.",
            default=False,
        ),
        setting(
            "type_custom_fields",
            BOOLEAN,
            "Type custom fields",
            "Read the definitions of custom fields (commercetools: types, Commerce7: metadata"
            " configurations) at discovery, and at the start of a run without a catalog, and"
            " declare those fields in the schemas.",
            default=False,
        ),
        setting(
            "verify_counts",
            th.StringType(allowed_values=list(counts.MODES)),
            "Verify counts",
            "After a complete reading, compare the number of records with the API's own count"
            " where it tells one: log both (log), also end with an error when records are missing"
            " that did not change meanwhile (strict), or do not ask (off).",
            default=counts.LOG,
        ),
        setting(
            "emit_activate_version_messages",
            BOOLEAN,
            "Activate versions",
            "After a complete reading of a full-table stream, tell the target which version of its"
            " rows is valid, so that it can mark or remove rows that are gone. Without a value:"
            " yes, except for always-full tables with a column version, on which target-postgres"
            " only works with hard_delete.",
        ),
        setting(
            "user_agent", TEXT, "User agent", "Replaces the User-Agent header that the tap sends."
        ),
    ]


def read_settings(config: Mapping[str, Any]) -> ReadSettings:
    """Parse the settings that reading depends on.

    Raises:
        SettingsError: One is unusable.
    """
    return ReadSettings(
        start_date=start_date(config),
        lookback_seconds=number(config, "lookback_seconds", 0, 86_400 * 366),
        concurrency=int(number(config, "concurrency", 1, MOST_CONCURRENCY)),
        verify_counts=str(config["verify_counts"]),
        shard=shards.read_setting(config),
        skip_forbidden_streams=bool(config.get("skip_forbidden_streams")),
    )


def check_filters(
    config: Mapping[str, Any], wrong_filters: Mapping[str, Callable[[object], str]]
) -> None:
    """Check `stream_filters`: the names of streams, and each filter.

    Args:
        config: Settings of the tap.
        wrong_filters: By stream, what returns the fault of a filter.

    Raises:
        SettingsError: A stream does not exist or takes no filter, or a filter cannot be right.
    """
    for name, value in (config.get(FILTERS) or {}).items():
        if name not in wrong_filters:
            msg = f"setting {FILTERS}: there is no stream {name!r:.60}"
            raise SettingsError(msg)
        if wrong := wrong_filters[name](value):
            msg = f"setting {FILTERS}: {name}: {wrong}"
            raise SettingsError(msg)


def from_environment(definitions: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Read settings from variables of the environment, as the SDK does.

    Args:
        definitions: JSON schema of each setting by its name.
        prefix: What names of variables begin with, such as `TAP_COMMERCE7_`.

    Raises:
        ValueError: A value cannot be read; the SDK's own message does not name the variable.
    """
    config: dict[str, Any] = {}
    for name, definition in definitions.items():
        try:
            config |= parse_environment_config({"properties": {name: definition}}, prefix)
        except ValueError:
            kind = definition["type"][0]
            msg = f"environment variable {prefix}{name.upper()} holds no {kind}"
            raise ValueError(msg) from None
    return config


def require(config: Mapping[str, Any], *names: str) -> None:
    """Check that settings are there and not empty.

    Raises:
        SettingsError: Names all that are missing.
    """
    missing = [name for name in names if not str(config.get(name) or "").strip()]
    if missing:
        msg = f"settings missing: {', '.join(missing)}"
        raise SettingsError(msg)


def header(config: Mapping[str, Any], *names: str) -> None:
    """Check settings that travel in HTTP headers.

    Raises:
        SettingsError: One holds line breaks or characters outside of ASCII.
    """
    for name in names:
        value = str(config.get(name) or "")
        if not (value.isascii() and value.isprintable()):
            msg = f"setting {name} must be plain ASCII without line breaks"
            raise SettingsError(msg)


def number(config: Mapping[str, Any], name: str, least: float, most: float) -> float:
    """Read a number within bounds.

    Raises:
        SettingsError: It is outside.
    """
    value = config[name]
    # The SDK reads fractions in a settings file as Decimal.
    numeric = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if not numeric or not least <= value <= most:
        msg = f"setting {name} must be a number from {least:g} to {most:g}"
        raise SettingsError(msg)
    return float(value)


def start_date(config: Mapping[str, Any]) -> str | None:
    """Read `start_date` in the canonical form; without an offset it is UTC.

    Raises:
        SettingsError: It is no ISO 8601 date.
    """
    value = config.get("start_date")
    if value is None or value == "":
        return None
    try:
        return timestamps.canonical(str(value))
    except ValueError:
        msg = f"setting start_date is no ISO 8601 date: {value!r:.60}"
        raise SettingsError(msg) from None


def base_url(name: str, value: str) -> str:
    """Check a base URL and strip the slash at its end.

    Raises:
        SettingsError: It is no URL, holds credentials, or is plain `http://` to a host that is
            not this machine.
    """
    try:
        parts = urlsplit(value.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        msg = f"setting {name} is no URL of the form https://host/path"
        raise SettingsError(msg)
    if parts.username or parts.password:
        msg = f"setting {name} must not hold credentials"
        raise SettingsError(msg)
    if parts.scheme == "http" and not _is_loopback(host):
        msg = (
            f"setting {name}: plain http:// is only for this machine (loopback), credentials would"
            f" travel in the open to {host}; use https://"
        )
        raise SettingsError(msg)
    return value.strip().rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
