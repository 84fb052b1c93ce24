"""No five characters in a row of a value get into a recording or a report (2)."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine.ids import UUID
from tap_engine.probing.asker import Asker
from tap_engine.probing.report import as_json, as_markdown
from tap_engine.probing.source import probe
from tap_engine.recording import kept
from tap_engine.recording.replacing import DATE, TIME
from tap_engine.records.user_defined import OF_USERS
from tests.recording.tools import TAPS, build, recorded
from tests.support import commerce7_config, commercetools_config

if TYPE_CHECKING:
    from sandbox.standin import StandIn
    from tap_engine.singer.tap import EngineTap

ROOT = Path(__file__).resolve().parents[2]

each_tap = pytest.mark.parametrize("kind", TAPS, ids=lambda kind: kind.name)

LETTERS = "ghlmnprstGHLMNPRST"
"""No hexadecimal digits, no letters that replacements are made of, and no vowels, as names have."""

LENGTH = 5
ROWS = 6
SKIPPED = {"change_history", "deletions", "meta_data_configs", "project", "tags"}
OFF = {"approval_flows", "approval_rules", "change_history"}


class Marked:
    """A stand-in whose texts can be told from all others.

    Attributes:
        parts: All parts of five characters of its texts.
    """

    def __init__(self, stand_in: StandIn, seed: int) -> None:
        self._random = random.Random(seed)
        self.parts: set[str] = set()
        for name, collection in stand_in.collections.items():
            if name.partition(".")[0] in SKIPPED or collection.identity != ("id",):
                continue
            for row in list(collection.by_id.values())[:ROWS]:
                record = self._changed(json.loads(row.body), "")
                record["extra"] = {self._text(): self._text()}
                for free in ("custom", "metaData", "appData"):
                    if isinstance(record.get(free), dict):
                        record[free] |= {self._text(): self._text(), "type": self._text()}
                stand_in.put(name, record)

    def _text(self) -> str:
        length = self._random.randint(LENGTH, 40)
        text = "".join(self._random.choice(LETTERS + " .-@7") for _ in range(length))
        self.note(text)
        return text

    def note(self, text: str) -> None:
        """Remember the parts of a text; those without three letters may be anywhere by chance."""
        parts = (text[start : start + LENGTH] for start in range(len(text) - LENGTH + 1))
        self.parts |= {part for part in parts if sum(map(str.isalpha, part)) > 2}

    def _changed(self, value: Any, name: str) -> Any:
        if isinstance(value, dict):
            return {key: self._changed(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._changed(inner, name) for inner in value]
        if not isinstance(value, str) or name in {*kept.ENUMERATIONS, *kept.CODES, "container"}:
            return value
        apart = UUID.fullmatch(value) or TIME.fullmatch(value) or DATE.fullmatch(value)
        return value if apart or name == "id" else self._text()

    def found(self, text: str) -> set[str]:
        """Return the parts that a text holds."""
        windows = {text[start : start + LENGTH] for start in range(len(text) - LENGTH + 1)}
        return windows & self.parts


def streams(kind: type[EngineTap]) -> list[str]:
    return [each.name for each in kind.stream_types if each.name not in OFF]


@each_tap
@pytest.mark.parametrize("seed", [1, 2])
def test_recordings(kind: type[EngineTap], seed: int, tmp_path: Path) -> None:
    stand_in = build(kind, size=0.05)
    marked = Marked(stand_in, seed)
    recording = recorded(kind, stand_in, tmp_path / "rec", streams(kind))
    assert recording.output.of_type("RECORD")
    text = recording.text
    assert len(marked.parts) > 3000
    assert marked.found(text) == set()
    for setting in ("demo-secret", "demo-app", "demo-winery", "demo-client", "/demo", "127.0.0.1"):
        assert setting not in text
    assert not re.search(r"(?i)\bauthorization\b|bearer [a-z0-9]|basic [a-z0-9]", text)


@each_tap
def test_numbers(kind: type[EngineTap], tmp_path: Path) -> None:
    stand_in = build(kind, size=0.05)
    price = 1_234_605
    name = "orders"
    for row in list(stand_in.collections[name].by_id.values()):
        record = json.loads(row.body)
        record |= {"totalPrice": {"centAmount": price}, "total": price, "note": {"phone": price}}
        stand_in.put(name, record)
    recording = recorded(kind, stand_in, tmp_path / "rec", [name])
    assert str(price) in recording.output.text
    assert str(price) not in recording.text
    assert str(price)[:5] not in recording.text


@each_tap
def test_reports(kind: type[EngineTap]) -> None:
    stand_in = build(kind, size=0.1)
    marked = Marked(stand_in, 3)
    make = commerce7_config if kind is TapCommerce7 else commercetools_config
    with stand_in.serve() as server:
        tap = kind(config=make(server.url))
        http = tap.connection.http
        report = probe(tap.probed(Asker(http, tap.read_error, tap.logger)))
        tap.stop()
    assert report.learned
    for text in (as_markdown(report, kind.name, "1"), as_json(report, kind.name, "1")):
        assert marked.found(text) == set()


def test_tokens_are_not_even_held_in_memory(tmp_path: Path) -> None:
    stand_in: Any = build(TapCommercetools, size=0.05)
    recording = recorded(TapCommercetools, stand_in, tmp_path / "rec", ["zones"])
    tokens = list(stand_in.authority.tokens)
    assert tokens
    held = repr(recording.recorder._exchanges)
    assert "/oauth/token" in held
    assert not [token for token in tokens if token in held or token in recording.text]


DOCUMENTED = {
    "codes": set(kept.CODES),
    "enumerations": kept.ENUMERATIONS,
    "error words": kept.ERROR_WORDS,
    "page numbers": kept.PAGE_NUMBERS,
    "numbers": kept.NUMBERS,
    "parameters": kept.PARAMETERS,
    "of users": OF_USERS,
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_what_is_kept_is_documented(name: str) -> None:
    text = (ROOT / "docs" / "reporting.md").read_text(encoding="utf-8")
    part = text.partition(f"<!-- kept: {name} -->")[2]
    part = re.split(r"\n- |\n\n|<!--", part)[0]
    assert set(re.findall(r"`(\w+)`", part)) == DOCUMENTED[name]
