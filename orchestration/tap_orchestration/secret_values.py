"""References to environment variables in settings, and keeping their values out of logs."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from tap_orchestration.errors import OrchestrationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_REFERENCE = "env"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MASK = "***"


def replace(settings: Any, value_of: Callable[[str], Any]) -> Any:
    """Return settings with a value in the place of each `{env: NAME}`, at any depth.

    Raises:
        ValueError: A reference is not of this form.
    """
    if isinstance(settings, list):
        return [replace(value, value_of) for value in settings]
    if not isinstance(settings, dict):
        return settings
    if _REFERENCE not in settings:
        return {name: replace(value, value_of) for name, value in settings.items()}
    name = settings[_REFERENCE]
    if len(settings) > 1 or not isinstance(name, str) or not _VARIABLE.fullmatch(name):
        msg = "a reference to an environment variable has the form {env: NAME}"
        raise ValueError(msg)
    return value_of(name)


def references(settings: Any) -> set[str]:
    """Return the names of the environment variables that settings refer to.

    Raises:
        ValueError: A reference is not of the form `{env: NAME}`.
    """
    names: set[str] = set()
    replace(settings, names.add)
    return names


def resolve(settings: Any, environment: Mapping[str, str]) -> Any:
    """Return settings with the values of environment variables in the place of references.

    Raises:
        OrchestrationError: Names all variables that are not set or empty.
    """
    missing = sorted(name for name in references(settings) if not environment.get(name))
    if missing:
        msg = f"environment variables are not set: {', '.join(missing)}"
        raise OrchestrationError(msg)
    return replace(settings, environment.__getitem__)


def environment_without(settings: Any) -> dict[str, str]:
    """Return our environment without the variables that settings refer to.

    What a process needs of them is in its settings file.
    """
    hidden = references(settings)
    return {name: value for name, value in os.environ.items() if name not in hidden}


class Masker:
    """Replaces secrets in text that third-party programs print.

    Also masked are the forms in which secrets turn up in URLs and in JSON, and the password
    inside of a secret that is a URL.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        # The longest first: a part of a secret must not hide the rest from being found.
        parts = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, parts))) if parts else None

    def __call__(self, text: str) -> str:
        """Mask a text."""
        return self._pattern.sub(MASK, text) if self._pattern else text


def _forms(secret: str) -> Iterator[str]:
    for value in filter(None, (secret, *_passwords(secret))):
        yield from (value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1])


def _passwords(secret: str) -> tuple[str, ...]:
    try:
        password = urlsplit(secret).password or ""
    except ValueError:
        return ()
    return password, unquote(password)
