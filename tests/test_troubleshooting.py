"""The messages that docs/troubleshooting.md explains are those that the code prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOREIGN = {
    "CERTIFICATE_VERIFY_FAILED",
    "bindparam() name 'version' is reserved",
    "duplicate key value violates unique constraint",
    "invalid literal for int()",
    "Failed to parse JSON",
    "malformed array literal",
    "invalid input syntax for type json",
    "Conversion Error: CSV Error on Line",
    "dict contains fields not in fieldnames",
    "Unknown message type ACTIVATE_VERSION",
}
"""What others print: the TLS library, the loader, Meltano."""


def messages() -> list[str]:
    """The first column of all tables, without what differs from case to case."""
    text = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    cells = re.findall(r"^\| (`.*?) \| ", text, re.MULTILINE)
    quoted = [message for cell in cells for message in re.findall(r"`([^`]+)`", cell)]
    parts = [part.strip() for message in quoted for part in message.split("...")]
    return sorted({part for part in parts if len(part) > 5} - FOREIGN)


def sources() -> str:
    """All texts of the programs, with implicitly joined string literals put together."""
    files = [ROOT / "run"]
    for room in ("tap_engine", "tap_commerce7", "tap_commercetools", "tap_reconcile", "scripts"):
        files += sorted((ROOT / room).rglob("*.py"))
    text = "\n".join(file.read_text("utf-8") for file in files)
    return re.sub(r"\"\s*f?\"", "", text)


@pytest.mark.parametrize("message", messages())
def test_every_message_is_printed_somewhere(message: str) -> None:
    pattern = re.escape(message).replace(r"\ ", r"\s+")
    assert re.search(pattern, sources())
