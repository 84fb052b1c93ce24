"""References to environment variables in settings, and keeping their values out of logs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from tap_orchestration.errors import OrchestrationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_REFERENCE = "env"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MASK = "***"


def references(settings: Any) -> Iterator[str]:
    """Name the environment variables that settings refer to as `{env: NAME}`, at any depth."""
    if isinstance(settings, dict):
        if _REFERENCE in settings:
            yield str(settings[_REFERENCE])
        else:
            for value in settings.values():
                yield from references(value)
    elif isinstance(settings, list):
        for value in settings:
            yield from references(value)


def check_references(settings: Any) -> None:
    """Check the form of all references.

    Raises:
        ValueError: One is not of the form `{env: NAME}`.
    """
    if isinstance(settings, dict) and _REFERENCE in settings:
        name = settings[_REFERENCE]
        if len(settings) > 1 or not isinstance(name, str) or not _VARIABLE.fullmatch(name):
            msg = "a reference to an environment variable has the form {env: NAME}"
            raise ValueError(msg)
    elif isinstance(settings, dict | list):
        for value in settings.values() if isinstance(settings, dict) else settings:
            check_references(value)


def resolve(settings: Any, environment: Mapping[str, str]) -> Any:
    """Put the values of environment variables in the place of references.

    Raises:
        OrchestrationError: Names all variables that are not set or empty.
    """
    missing = sorted({name for name in references(settings) if not environment.get(name)})
    if missing:
        msg = f"environment variables are not set: {', '.join(missing)}"
        raise OrchestrationError(msg)
    return _resolved(settings, environment)


def _resolved(settings: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(settings, dict):
        if _REFERENCE in settings:
            return environment[settings[_REFERENCE]]
        return {name: _resolved(value, environment) for name, value in settings.items()}
    if isinstance(settings, list):
        return [_resolved(value, environment) for value in settings]
    return settings


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
