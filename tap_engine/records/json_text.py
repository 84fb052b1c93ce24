"""Edits JSON text without decoding its values: numbers, order and spelling stay as sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from tap_engine.errors import BadBodyError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Members = dict[str, msgspec.Raw]

_members = msgspec.json.Decoder(Members)
_items = msgspec.json.Decoder(list[msgspec.Raw])
_encoder = msgspec.json.Encoder()

_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
# Matches one escape sequence at a time, so that an escaped backslash never starts another one.
_ESCAPE = re.compile(rb"\\(?:u(?P<hex>[0-9a-fA-F]{4})(?P<low>\\u[dD][c-fC-F][0-9a-fA-F]{2})?|.)")


def members(raw: bytes | msgspec.Raw) -> Members:
    """Split an object into its members, each still JSON text.

    Raises:
        msgspec.DecodeError: The text is not a JSON object.
    """
    return _members.decode(raw)


def items(raw: bytes | msgspec.Raw) -> list[msgspec.Raw]:
    """Split an array into its elements, each still JSON text.

    Raises:
        msgspec.DecodeError: The text is not a JSON array.
    """
    return _items.decode(raw)


def inner(parts: Mapping[str, msgspec.Raw], name: str, inside: str) -> msgspec.Raw:
    """Return member `inside` of the object that is member `name`.

    Raises:
        KeyError: Either member is missing.
    """
    return members(parts[name])[inside]


def join(parts: Mapping[str, msgspec.Raw]) -> bytes:
    """Join members into an object."""
    return _encoder.encode(parts)


def with_texts(raw: bytes, names: Collection[str]) -> bytes:
    """Replace members by a string that holds their JSON text; null stays null."""
    parts = members(raw)
    for name in parts.keys() & names:
        if (value := bytes(parts[name])) != b"null":
            parts[name] = literal(value.decode())
    return join(parts)


def literal(value: object) -> msgspec.Raw:
    """Encode a Python value as JSON text."""
    return msgspec.Raw(_encoder.encode(value))


def tidy(body: bytes) -> bytes:
    r"""Make a response body safe for line-wise output and for databases.

    Removes NUL characters and the line breaks between tokens, and replaces unpaired surrogates with
    U+FFFD: PostgreSQL accepts neither NUL nor unpaired surrogates, and a loader that meets one
    aborts. Everything else, including the spelling of numbers, is kept byte for byte.

    Raises:
        BadBodyError: The body is not UTF-8 or not JSON.
    """
    try:
        if not body.isascii():
            body.decode()
        if b"\\" in body and _SUSPECT.search(body):
            body = _ESCAPE.sub(_clean_escape, body)
        if b"\n" in body or b"\r" in body:
            body = msgspec.json.format(body, indent=-1)
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        msg = f"the body is not valid JSON ({error})"
        raise BadBodyError(msg) from None
    return body


def _clean_escape(match: re.Match[bytes]) -> bytes:
    digits, low = match["hex"], match["low"]
    if digits is None:
        return match[0]
    code = int(digits, 16)
    if 0xD800 <= code <= 0xDBFF:  # noqa: PLR2004 (a high surrogate)
        return match[0] if low else rb"\ufffd"
    if low:  # a low surrogate, but what it follows is not a high one
        return _clean_escape(_ESCAPE.fullmatch(match[0][:6])) + rb"\ufffd"  # type: ignore[arg-type]
    if 0xDC00 <= code <= 0xDFFF:  # noqa: PLR2004
        return rb"\ufffd"
    return b"" if code == 0 else match[0]
