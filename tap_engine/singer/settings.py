"""Settings that both taps share, and checks that a JSON schema cannot express."""

from __future__ import annotations

import os
import ssl
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from singer_sdk.configuration._dict_config import parse_environment_config  # no public name

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
# As both platforms' pages write it: one text, with spaces.
WORDS = th.CustomType({"type": ["array", "string"], "items": {"type": ["string"]}})
INTEGER = th.IntegerType
BOOLEAN = th.BooleanType
# The SDK only parses an environment variable as a number if the type includes `integer`, and
# Meltano 4.4 cannot pass on settings of kind `decimal`. So fractions only work in settings files.
NUMBER = th.CustomType({"type": ["integer", "number"]})

FILTERS = "stream_filters"
MOST_CONCURRENCY = 16
CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
FALSE = ("false", "0", "no", "off")


def setting(  # noqa: PLR0913 (the attributes of a setting)
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
        name: Name of the setting.
        kind: One of the types above.
        title: Title for user interfaces.
        description: What the setting does, for `--about` and the documentation.
        default: Value if the setting is missing.
        required: Whether the tap needs it.
        secret: Whether its value is masked in all output.
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
    """Return the JSON schema of all settings."""
    return th.PropertiesList(*settings).to_dict()


def stream_filters(description: str) -> Property:
    """Declare `stream_filters`; `check_filters` checks its values and never quotes them."""
    return setting(
        FILTERS,
        th.ObjectType(additional_properties=True),
        "Stream filters",
        f"{description} After a change, the stream is read from the start; see docs/filters.md.",
    )


def shared(*, concurrency: int, lookback_seconds: int) -> list[Property]:
    """Declare the settings that both taps share, with the defaults of one tap."""
    return [
        setting(
            "start_date",
            th.DateTimeType,
            "Start date",
            "Lower bound of the first sync of incremental streams, ISO 8601, in UTC unless it has"
            " an offset. If you move it back later, these streams are read again in full.",
        ),
        setting(
            "concurrency",
            INTEGER,
            "Concurrency",
            f"Maximum number of requests in flight, 1 to {MOST_CONCURRENCY}.",
            default=concurrency,
        ),
        setting(
            "lookback_seconds",
            INTEGER,
            "Lookback",
            "How many seconds before its bookmark a stream starts to read, to catch late writes.",
            default=lookback_seconds,
        ),
        setting(
            "full_table_interval_hours",
            NUMBER,
            "Full table interval",
            "Hours after which full-table streams are read again; 0 reads them in every run.",
            default=0,
        ),
        setting(
            "request_timeout",
            NUMBER,
            "Request timeout",
            "Seconds to wait for a connection and for each part of a response; a whole response may"
            " take three times as long.",
            default=120,
        ),
        setting(
            "retry_max_seconds",
            NUMBER,
            "Retry budget",
            "Seconds to keep retrying a request before its stream fails.",
            default=600,
        ),
        setting(
            "skip_forbidden_streams",
            BOOLEAN,
            "Skip forbidden streams",
            "Only warn about selected streams that the API refuses to these credentials from the"
            " start. Otherwise the run reads the other streams and then fails.",
            default=False,
        ),
        setting(
            "arrays_as_json",
            BOOLEAN,
            "Arrays as JSON",
            "Do not say in SCHEMA messages what the arrays of a record hold. target-postgres then"
            " makes jsonb columns of them instead of jsonb[], and loads them much faster.",
            default=False,
        ),
        setting(
            "mixed_types_as_text",
            BOOLEAN,
            "Mixed types as text",
            "Write columns that may hold any JSON type, such as the value of custom objects, as"
            " text that holds JSON. Loaders of the PipelineWise family need it; see"
            " docs/loaders.md.",
            default=False,
        ),
        setting(
            "verify_counts",
            th.StringType(allowed_values=list(counts.MODES)),
            "Verify counts",
            "After a full scan, compare the number of records with the API's own count, if it has"
            " one. If records are missing that did not change meanwhile, scan again and then fail"
            " (strict), or only warn (log); off skips the check.",
            default=counts.STRICT,
        ),
        setting(
            "emit_activate_version_messages",
            BOOLEAN,
            "Activate versions",
            "After a full scan of a full-table stream, tell the target which version of its rows is"
            " current, so that it can mark or remove rows that are gone. If not set, this is on,"
            " except for streams without a replication key that have a column named version, for"
            " which target-postgres needs hard_delete.",
        ),
        setting(
            "user_agent", TEXT, "User agent", "User-Agent header to send instead of the tap's own."
        ),
    ]


def read_settings(config: Mapping[str, Any]) -> ReadSettings:
    """Parse the settings that reading depends on.

    Raises:
        SettingsError: A setting is invalid.
    """
    return ReadSettings(
        start_date=start_date(config),
        lookback_seconds=number(config, "lookback_seconds", 0, 86_400 * 366),
        concurrency=int(number(config, "concurrency", 1, MOST_CONCURRENCY)),
        verify_counts=str(config["verify_counts"]),
        shard=shards.read_setting(config),
        full_table_interval_hours=number(config, "full_table_interval_hours", 0, 24 * 366),
        skip_forbidden_streams=bool(config.get("skip_forbidden_streams")),
    )


def check_filters(
    config: Mapping[str, Any], wrong_filters: Mapping[str, Callable[[object], str]]
) -> None:
    """Check the stream names and filters in `stream_filters`.

    Args:
        config: Settings of the tap.
        wrong_filters: For each stream, a function that returns what is wrong with a filter.

    Raises:
        SettingsError: A stream does not exist or takes no filter, or a filter is malformed.
    """
    for name, value in (config.get(FILTERS) or {}).items():
        if name not in wrong_filters:
            msg = f"setting {FILTERS}: there is no stream {name!r:.60}"
            raise SettingsError(msg)
        if wrong := wrong_filters[name](value):
            msg = f"setting {FILTERS}: {name}: {wrong}"
            raise SettingsError(msg)


def from_environment(definitions: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Read settings from environment variables, as the SDK does.

    Args:
        definitions: JSON schemas of the settings by name.
        prefix: Prefix of the variables, such as `TAP_COMMERCE7_`.

    Raises:
        ValueError: A value has the wrong type. The SDK's own message does not name the variable.
    """
    config: dict[str, Any] = {}
    for name, definition in definitions.items():
        try:
            config |= _parsed(name, definition, prefix)
        except ValueError:
            kind = definition["type"][0]
            msg = f"environment variable {prefix}{name.upper()} is not a valid {kind}"
            raise ValueError(msg) from None
    return config


def _parsed(name: str, definition: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    parsed = parse_environment_config({"properties": {name: definition}}, prefix)
    # The SDK takes for false whatever it does not take for true.
    if parsed.get(name) is False and os.environ[f"{prefix}{name.upper()}"].lower() not in FALSE:
        msg = "no truth value"
        raise ValueError(msg)
    return parsed


def require(config: Mapping[str, Any], *names: str) -> None:
    """Check that settings are present and not empty.

    Raises:
        SettingsError: Settings are missing; the message names all of them.
    """
    missing = [name for name in names if not str(config.get(name) or "").strip()]
    if missing:
        msg = f"settings missing: {', '.join(missing)}"
        raise SettingsError(msg)


def words(config: Mapping[str, Any], name: str) -> list[str]:
    """Read a list of words, which may be one text with white space or commas between them."""
    value = config.get(name) or []
    texts = [value] if isinstance(value, str) else value
    return [word for text in texts for word in text.replace(",", " ").split()]


def header(config: Mapping[str, Any], *names: str) -> None:
    """Check settings that are sent in HTTP headers.

    Raises:
        SettingsError: A value contains line breaks or non-ASCII characters.
    """
    for name in names:
        value = str(config.get(name) or "")
        if not (value.isascii() and value.isprintable()):
            msg = f"setting {name} must be plain ASCII without line breaks"
            raise SettingsError(msg)


def certificates(environment: Mapping[str, str]) -> None:
    """Check the file or folder with certificates that the environment names.

    Raises:
        SettingsError: It cannot be used; without this check every request would fail.
    """
    name = next((each for each in CERTIFICATES if environment.get(each)), None)
    if name is None:
        return
    path = Path(environment[name])
    try:
        if not path.is_dir():
            ssl.create_default_context(cafile=path)
    except OSError as error:  # of which errors of TLS are a kind
        msg = f"environment variable {name} names no usable certificates: {path} ({error.strerror})"
        raise SettingsError(msg) from None


def number(config: Mapping[str, Any], name: str, least: float, most: float) -> float:
    """Return a number that must be within bounds.

    Raises:
        SettingsError: It is out of bounds, or not a number.
    """
    value = config[name]
    # The SDK parses fractions in a settings file as Decimal.
    numeric = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if not numeric or not least <= value <= most:
        msg = f"setting {name} must be a number from {least:g} to {most:g}"
        raise SettingsError(msg)
    return float(value)


def start_date(config: Mapping[str, Any]) -> str | None:
    """Return `start_date` in canonical form; it is in UTC unless it has an offset.

    Raises:
        SettingsError: It is not an ISO 8601 date.
    """
    value = config.get("start_date")
    if value is None or value == "":
        return None
    try:
        return timestamps.canonical(str(value))
    except ValueError:
        msg = f"setting start_date is not an ISO 8601 date: {value!r:.60}"
        raise SettingsError(msg) from None
